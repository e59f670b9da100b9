// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/decisions.h"
#include "core/import/bundle/file_summary.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace prism {

/// What was decided of a file, and the file that it names.
struct Told {
    static constexpr std::size_t nobody = SIZE_MAX;
    const Decision* decision = nullptr;
    std::size_t target = nobody;

    bool is(Decision::Kind kind) const { return decision && decision->kind == kind; }
};

/// By the number of the file. Of several words on a file the last one holds that names a file which is there;
/// of several files that a pattern means, the one that lies nearest to the file. `decisions` must outlive it.
/// Costs little more than the files' names.
std::vector<Told> toldOf(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<Decision>& decisions);

} // namespace prism
