// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"

#include <optional>
#include <string>
#include <vector>

namespace prism {

/// $XDG_DATA_HOME/prism/mappings: a file a mapping, NAME.json. Those in it apply themselves to files of their
/// shape.
std::string mappingFolder();

struct SavedMapping {
    std::string file;
    Mapping mapping; ///< meaningful only without an error
    std::optional<Error> error; ///< it cannot be read, or is not in order; it is then not applied
};
/// Sorted by file name. An absent folder holds none.
std::vector<SavedMapping> savedMappings();

/// Those that are in order: an import of the user's applies them.
std::vector<Mapping> appliedMappings();

/// Whether there is one of this name, in order or not.
bool isSavedMapping(const std::string& name);
/// A name like the wanted one that no saved mapping has: "sweep", "sweep-2".
std::string freeMappingName(const std::string& wanted);

/// Reads one by its path, or by the name of a saved one.
Result<Mapping> loadMapping(const std::string& fileOrName);

/// Writes NAME.json into the folder, whole or not at all, and returns its path. A mapping whose units are not
/// all stated is saved too: it waits for them. `replace` allows that there is one of this name.
Result<std::string> saveMapping(const Mapping& mapping, bool replace);

/// Removes a saved one; it is no error when it is gone already.
Result<void> removeMapping(const std::string& name);

} // namespace prism
