// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <array>
#include <utility>

namespace prism {

/// Which number of the load a row states first, and that number; NaN where it states none. Loads of different
/// kinds have no order: 10 req/s is neither more nor less than 8 in flight.
struct StatedLoad {
    enum class Kind { Concurrency, RequestRate, BatchSize, None };
    Kind kind = Kind::None;
    double number = 0;
};
StatedLoad statedLoad(const ColumnTable& table, Row row);

/// The same for many rows: the columns are looked up once. Keeps no table alive.
class StatedLoads {
public:
    explicit StatedLoads(const ColumnTable& table);
    StatedLoad of(Row row) const;

private:
    std::array<std::pair<const CategoryColumn*, StatedLoad::Kind>, 3> m_columns;
};

} // namespace prism
