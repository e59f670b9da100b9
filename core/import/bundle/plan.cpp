// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/plan.h"

#include <algorithm>
#include <array>

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

} // namespace prism
