// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/plan.h"

#include "core/import/bundle/words.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace prism {

std::string_view name(FileRole role)
{
    static constexpr std::array<std::string_view, 11> names { "result", "repetition", "twin", "part",
        "sidecar", "telemetry", "timeline", "alone", "left-out", "refused", "skipped" };
    return names[static_cast<std::size_t>(role)];
}

bool BundlePlan::decides() const
{
    const auto plain = [](const File& file) {
        return (file.role == FileRole::Result && file.bySight) || file.role == FileRole::Skipped
            || file.role == FileRole::Refused;
    };
    const bool sight = std::all_of(runs.begin(), runs.end(),
        [&](const Run& run) { return std::all_of(run.files.begin(), run.files.end(), plain); });
    return !sight || !std::all_of(others.begin(), others.end(), plain);
}

bool BundlePlan::asks() const
{
    const auto any = [](const std::vector<File>& files) {
        return std::any_of(files.begin(), files.end(), [](const File& file) { return file.asks; });
    };
    return any(others)
        || std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return any(run.files); });
}

std::string noteOfMemory(const BundlePlan& plan, const std::vector<FileSummary>& files)
{
    std::map<std::int64_t, std::set<std::size_t>> decided; ///< files by the change
    const auto look = [&](const std::vector<BundlePlan::File>& entries) {
        for (const BundlePlan::File& entry : entries) {
            if (entry.edit != 0) {
                decided[entry.edit].insert(entry.file);
            }
        }
    };
    for (const BundlePlan::Run& run : plan.runs) {
        look(run.files);
    }
    look(plan.others);
    constexpr std::size_t mostNames = 3;
    std::string note;
    for (const auto& [edit, those] : decided) {
        std::string names;
        std::size_t named = 0;
        for (auto file = those.begin(); file != those.end() && named < mostNames; ++file, ++named) {
            const std::string& path = files[*file].path;
            names
                += (named == 0 ? "" : ", ") + path.substr(path.starts_with(plan.root) ? plan.root.size() : 0);
        }
        if (those.size() > named) {
            names += " and " + words::counted(those.size() - named, "more file");
        }
        note += (note.empty() ? "" : " ") + ("Placed or left out" + whenceOf(edit)) + ": " + names
            + ". To take that back: prismctl undo " + std::to_string(edit)
            + "; to have a file as proposed this time: --as-proposed FILE.";
    }
    return note;
}

} // namespace prism
