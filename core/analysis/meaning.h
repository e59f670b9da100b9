// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <cstdint>
#include <optional>
#include <span>

namespace prism {

/// An axis on which points are compared: its numbers, and the meaning that was chosen for it.
struct MeaningAxis {
    const MeasureColumn* column = nullptr; ///< null for what has one meaning only (a number of the load)
    std::optional<std::uint16_t> chosen; ///< index into ColumnTable::semanticsTexts()
};

struct AxisMeanings {
    std::uint16_t x = 0; ///< indexes into ColumnTable::semanticsTexts(); 0 is the contract's meaning
    std::uint16_t y = 0;
};

/// The one meaning of each axis in which `rows` are compared, of those that points with numbers on both axes
/// have: the contract's where any point has it, else the one with the fewest qualifiers ("since-start,
/// from-buckets" has two), and of these the one that most points share. Both axes are settled together, so
/// that some point has both.
AxisMeanings meaningsOf(
    const ColumnTable& table, std::span<const Row> rows, const MeaningAxis& x, const MeaningAxis& y);

} // namespace prism
