// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/mapping/mapping.h"

namespace prism {

/// A mapping at work: an importer like the others, which recognises the files of its shape and can be forced
/// upon any file. Its id is "mapping-NAME"; its version follows from its content, so that a changed mapping
/// reads old files anew.
class MappingImporter : public Importer {
public:
    explicit MappingImporter(Mapping mapping);

    ImporterInfo info() const override;
    /// Likely when the file has exactly the columns that the mapping was made for, in any order. A known
    /// producer's certain match wins.
    std::optional<Match> recognise(const Sample& sample) const override;
    Result<void> read(Input& input, Sink& sink) const override;

private:
    Mapping m_mapping;
    std::string m_id;
    std::string m_tool;
    int m_version = 1;
};

/// The importer's id of a mapping of this name.
std::string mappingImporterId(const std::string& name);

} // namespace prism
