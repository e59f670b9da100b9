// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/stated_load.h"

#include <cmath>

namespace prism {

StatedLoads::StatedLoads(const ColumnTable& table)
    : m_columns { { { table.category("concurrency"), StatedLoad::Kind::Concurrency },
        { table.category("request_rate"), StatedLoad::Kind::RequestRate },
        { table.category("batch_size"), StatedLoad::Kind::BatchSize } } }
{
}

StatedLoad StatedLoads::of(Row row) const
{
    for (const auto& [column, kind] : m_columns) {
        if (column && column->codes[row] < column->numbers.size()
            && !std::isnan(column->numbers[column->codes[row]])) {
            return { kind, column->numbers[column->codes[row]] };
        }
    }
    return { StatedLoad::Kind::None, std::nan("") };
}

StatedLoad statedLoad(const ColumnTable& table, Row row)
{
    return StatedLoads(table).of(row);
}

} // namespace prism
