// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// Reads a producer's name of a statistic; empty for keys that are none.
using StatSpelling = std::optional<Stat> (*)(std::string_view key);

/// The spellings that mean the same everywhere: mean, median, std, stddev, std_dev, min, max, count, and
/// percentiles with a plain number after p or P, where ".", "p" or "_" stands for the decimal point: "p99",
/// "P25", "p99.9", "p0p1". Not for producers that write 99.9 as "p999".
std::optional<Stat> plainStat(std::string_view key);

/// Reports every statistic of a block {"mean": …, "p99": …} whose name `spell` knows, `count` as a number.
/// The first of two names of one statistic counts. Whatever else the block holds stays unclaimed.
void distribution(PointWriter& out, std::string_view metric, const read::Node* block, SourceUnit unit,
    StatSpelling spell = plainStat, std::string_view semantics = {});

/// Count, mean, standard deviation (of the population), minimum, maximum and the usual percentiles of samples
/// in the metric's own unit, as derived values. Nothing without samples.
void derivedDistribution(PointWriter& out, std::string_view metric, std::vector<double> samples,
    const std::string& formula, std::string_view semantics = {});

/// Seconds since 1970 as RFC 3339 in UTC with milliseconds; empty outside the years 1971 … 9999.
std::string utcText(double epochSeconds);
/// Seconds since 1970 of an RFC 3339 time; empty without a zone, because a local time says nothing of UTC.
std::optional<double> epochOfUtcText(std::string_view text);

/// Claims keys, tokens, passwords and headers below `node`, so that none becomes an extra.
void claimSecrets(const read::Node& node);

} // namespace prism
