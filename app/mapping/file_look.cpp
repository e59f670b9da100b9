// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/file_look.h"

#include "core/mapping/mapping_importer.h"
#include "core/mapping/proposal_importer.h"
#include "core/settings/settings.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

namespace prism::app {

namespace {

std::string importChild()
{
    return setting("import_child").value;
}

Error noAnswer(const std::string& file)
{
    return { file, {}, "the parser said nothing of it that a mapping could be made from", "Report the file" };
}

} // namespace

Result<FileLook> lookAt(const std::string& file, const std::optional<Mapping>& as, std::stop_token stop,
    const ReadProgress& progress)
{
    DryReadRequest request;
    request.file = file;
    request.forced = ProposalImporter::id;
    if (as) {
        // How the file is cut is all that counts; what the values are may not be complete yet.
        Mapping frame = *as;
        frame.values.clear();
        frame.leaveOut.clear();
        frame.columns.clear();
        request.mappings = { std::move(frame) };
    }
    request.importChild = importChild();
    request.progress = progress;
    const auto read = dryRead(request, std::move(stop));
    if (!read) {
        return read.error();
    }
    if (read->refusal) {
        return *read->refusal;
    }
    if (read->points.empty()) {
        return noAnswer(file);
    }
    FileLook look;
    look.file = file;
    look.changed = read->changed;
    std::error_code unknown;
    const auto size = std::filesystem::file_size(file, unknown);
    look.bytes = unknown ? 0 : size;
    for (const Extra& extra : read->points.front().extras) {
        if (extra.path == "mapping") {
            auto proposal = parseMapping(extra.text, file);
            if (!proposal) {
                return proposal.error();
            }
            look.proposal = std::move(*proposal);
        } else if (extra.path == "column") {
            look.columns.push_back(extra.text);
        } else if (extra.path == "array") {
            look.arrays.push_back(extra.text);
        }
    }
    for (std::size_t i = 1; i < read->points.size(); ++i) {
        std::vector<std::string>& row = look.rows.emplace_back();
        auto& numbers = look.numbers.emplace_back();
        constexpr std::string_view number = "number/";
        for (const Extra& extra : read->points[i].extras) {
            std::size_t column = 0;
            if (!extra.path.starts_with(number)) {
                row.push_back(extra.text);
            } else if (const char* end = extra.path.data() + extra.path.size();
                       std::from_chars(extra.path.data() + number.size(), end, column).ptr == end) {
                numbers.emplace(column, extra.text);
            }
        }
        row.resize(look.columns.size()); // a row may be shorter or longer than the names
    }
    return look;
}

Mapping usable(Mapping mapping)
{
    mapping = accepted(std::move(mapping));
    std::set<std::size_t> wrong;
    for (const MappingProblem& problem : problemsOf(mapping)) {
        wrong.insert(problem.value);
    }
    std::vector<MappedValue> values;
    for (std::size_t i = 0; i < mapping.values.size(); ++i) {
        const bool empty = mapping.values[i].column.empty() && mapping.values[i].constant.empty();
        if (!empty && !wrong.contains(i)) {
            values.push_back(std::move(mapping.values[i]));
        }
    }
    mapping.values = std::move(values);
    return mapping;
}

Result<DryRead> preview(
    const std::string& file, const Mapping& mapping, std::stop_token stop, const ReadProgress& progress)
{
    DryReadRequest request;
    request.file = file;
    request.mappings = { usable(mapping) };
    request.mappings.front().name = "preview"; // that its name cannot be one yet is no reason to show nothing
    request.forced = mappingImporterId("preview");
    request.importChild = importChild();
    request.mostRows = previewRows;
    request.progress = progress;
    return dryRead(request, std::move(stop));
}

} // namespace prism::app
