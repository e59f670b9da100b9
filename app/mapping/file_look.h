// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/dry_read.h"
#include "core/mapping/mapping.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prism::app {

/// A table or document of unknown make as the parser's process sees it: what mappings are made from.
struct FileLook {
    std::string file;
    std::uint64_t bytes = 0; ///< of the file
    Mapping proposal; ///< with the shape of the file; its values are proposals
    std::vector<std::string> columns; ///< those beside the rows ("^/model") too
    std::vector<std::string> arrays; ///< pointers of what could be the rows of a document
    std::vector<std::vector<std::string>> rows; ///< the first ones, cells in the order of the columns
    /// Of each row, by column: how an import without decimal commas reads the number, where that is not what
    /// the cell shows. May be shorter than `rows`.
    std::vector<std::map<std::size_t, std::string>> numbers;
    bool changed = false; ///< the file changed while it was read
};

using ReadProgress = std::function<void(std::uint64_t bytes)>;

/// Looks at a file, as a mapping says where one is given (its header row, delimiter, place of the rows).
/// Blocks for as long as a document is long; a table is only begun. Not for the GUI thread.
Result<FileLook> lookAt(const std::string& file, const std::optional<Mapping>& as, std::stop_token stop,
    const ReadProgress& progress);

/// Rows that a preview reads at most.
inline constexpr std::uint64_t previewRows = 10'000;

/// What a mapping makes of the first rows of a file. Of a mapping that is not in order yet the values that
/// are.
Result<DryRead> preview(
    const std::string& file, const Mapping& mapping, std::stop_token stop, const ReadProgress& progress);

/// The values of a mapping that can be used, its proposals among them.
Mapping usable(Mapping mapping);

} // namespace prism::app
