// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/filter.h"

#include <optional>
#include <span>
#include <string>

namespace prism {

/// How a value stands to the baseline's. `Same` is a difference under 0.5 %; `Other` is one of a metric that
/// has no good direction.
enum class Standing : unsigned char { Same, Better, Worse, Other };

struct Difference {
    double ratio = 0; ///< value / base - 1
    Standing standing = Standing::Same;
};

/// Empty where either is not a number or the base is not positive: a share of zero says nothing.
std::optional<Difference> difference(double value, double base, Direction direction);

/// "▲ +14.8 %", "▼ −14.5 %"; "= 0.2 %" when Same. Thin space, true minus.
std::string text(const Difference& difference);

/// The row of a run at the same load as `row`: equal load mode, concurrency, request rate, batch size, and
/// input and output length as asked for. Empty where no row or more than one matches, or the row states no
/// load.
std::optional<Row> atSameLoad(const ColumnTable& table, RunId run, Row row);
/// The same among given rows, for whoever asks often.
std::optional<Row> atSameLoad(const ColumnTable& table, std::span<const Row> among, Row row);

} // namespace prism
