// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/repetitions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace prism {

namespace {

struct Measured {
    std::size_t file;
    const FileSummary::Point* point;
};

void addSpreads(BundlePlan::Repetition& repetition, const std::vector<Measured>& points)
{
    for (std::size_t n = 0; n < FileSummary::shownNumbers; ++n) {
        const double first = points.front().point->numbers[n];
        const FileSummary::Shown& shown = FileSummary::shown()[n];
        BundlePlan::Repetition::Spread spread { shown.metric, shown.stat, first, first };
        bool all = true;
        for (const Measured& measured : points) {
            const double value = measured.point->numbers[n];
            all = all && std::isfinite(value);
            spread.lowest = std::min(spread.lowest, value);
            spread.highest = std::max(spread.highest, value);
        }
        if (all) {
            repetition.spreads.push_back(spread);
        }
    }
}

} // namespace

std::vector<BundlePlan::Repetition> repetitionsOf(
    const std::vector<FileSummary>& files, const std::vector<PointsOfFile>& run)
{
    std::map<std::pair<std::string_view, std::string_view>, std::vector<Measured>> loads;
    for (const PointsOfFile& part : run) {
        for (const FileSummary::Point& point : files[part.file].points) {
            if (point.part == part.part && !point.load.empty()) {
                loads[{ point.load, point.setup }].push_back({ part.file, &point });
            }
        }
    }
    std::vector<BundlePlan::Repetition> repetitions;
    for (const auto& [load, points] : loads) {
        if (points.size() < 2) {
            continue;
        }
        BundlePlan::Repetition repetition { std::string(load.first), points.size(), {}, {} };
        for (const Measured& measured : points) {
            if (repetition.files.empty() || repetition.files.back() != measured.file) {
                repetition.files.push_back(measured.file);
            }
        }
        addSpreads(repetition, points);
        repetitions.push_back(std::move(repetition));
    }
    return repetitions;
}

} // namespace prism
