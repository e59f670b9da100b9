// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"

#include <string>

namespace prism {

/// Where a number comes from. Estimated values are marked wherever they are shown and are left out of
/// frontiers unless the user asks for them.
enum class Origin : unsigned char { Reported, Derived, Estimated, User };

/// Why there is a number or none. Missing is never zero.
enum class Status : unsigned char { Ok, Missing, NotANumber, Infinite, Failed };

std::string_view name(Origin origin);
std::string_view name(Status status);
std::optional<Origin> originFromName(std::string_view name);
std::optional<Status> statusFromName(std::string_view name);

/// One statistic of one metric of a load point, always in the metric's own unit.
struct Measure {
    const Metric* metric = nullptr; ///< from findMetric(), never null in a stored point
    Stat stat = Stat::value();
    double value = 0; ///< meaningful only when status is Ok
    Status status = Status::Ok;
    Origin origin = Origin::Reported;
    std::string path; ///< JSON pointer, or "line:column" for text and CSV
    std::string given; ///< what the producer called it
    std::string semantics; ///< empty when the meaning is the contract's; "token-weighted", "per-chunk" …
    std::string formula; ///< for derived and estimated values: formula and inputs

    friend bool operator==(const Measure&, const Measure&) = default;
};

} // namespace prism
