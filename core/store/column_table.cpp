// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/column_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prism {

namespace {

std::size_t bytesOf(const MeasureColumn& column)
{
    return column.values.size() * sizeof(double) + column.status.size() + column.origin.size()
        + column.semantics.size() * sizeof(std::uint16_t);
}

} // namespace

ColumnTable::ColumnTable(Contents contents, std::size_t budgetBytes)
    : m_contents(std::move(contents))
    , m_budgetBytes(budgetBytes)
{
    m_rowOf.reserve(m_contents.points.size());
    for (Row row = 0; row < rows(); ++row) {
        m_rowOf.emplace(m_contents.points[row], row);
    }
}

std::optional<Row> ColumnTable::rowOf(PointId point) const
{
    const auto it = m_rowOf.find(point);
    return it == m_rowOf.end() ? std::nullopt : std::optional(it->second);
}

const RunRecord* ColumnTable::runRecord(RunId run) const
{
    const auto it = m_contents.runRecords.find(run);
    return it == m_contents.runRecords.end() ? nullptr : &it->second;
}

const CategoryColumn* ColumnTable::category(std::string_view name) const
{
    const auto it = std::find_if(m_contents.categories.begin(), m_contents.categories.end(),
        [name](const CategoryColumn& c) { return c.name == name; });
    return it == m_contents.categories.end() ? nullptr : &*it;
}

std::string_view ColumnTable::text(std::string_view name, Row row) const
{
    const CategoryColumn* column = category(name);
    return column ? std::string_view(column->dictionary[column->codes[row]]) : std::string_view();
}

std::shared_ptr<const MeasureColumn> ColumnTable::measures(const Metric& metric, Stat stat) const
{
    const std::pair key { &metric, stat };
    const std::scoped_lock lock(m_mutex);
    for (auto& [k, cached] : m_cache) {
        if (k == key) {
            cached.used = ++m_clock;
            return cached.column;
        }
    }
    auto column = std::make_shared<MeasureColumn>();
    column->metric = &metric;
    column->stat = stat;
    column->values.assign(rows(), std::nan(""));
    column->status.assign(rows(), Status::Missing);
    column->origin.assign(rows(), Origin::Reported);
    column->semantics.assign(rows(), 0);
    if (m_contents.load) {
        m_contents.load(*column);
    }
    for (Row row = 0; row < rows(); ++row) {
        if (column->status[row] == Status::Ok) {
            ++column->present;
        } else {
            column->values[row] = std::nan("");
        }
    }
    m_cache.push_back({ key, { column, nullptr, ++m_clock } });
    evict(m_cache.size() - 1);
    return column;
}

std::shared_ptr<const std::vector<Row>> ColumnTable::ascending(const Metric& metric, Stat stat) const
{
    const auto column = measures(metric, stat);
    const std::pair key { &metric, stat };
    {
        const std::scoped_lock lock(m_mutex);
        for (const auto& [k, cached] : m_cache) {
            if (k == key && cached.ascending) {
                return cached.ascending;
            }
        }
    }
    auto order = std::make_shared<std::vector<Row>>();
    order->reserve(column->present);
    for (Row row = 0; row < rows(); ++row) {
        if (!std::isnan(column->values[row])) {
            order->push_back(row);
        }
    }
    std::stable_sort(
        order->begin(), order->end(), [&](Row a, Row b) { return column->values[a] < column->values[b]; });
    const std::scoped_lock lock(m_mutex);
    for (auto& [k, cached] : m_cache) {
        if (k == key) {
            cached.ascending = order;
        }
    }
    return order;
}

void ColumnTable::evict(std::size_t keepIndex) const
{
    const auto keep = m_cache[keepIndex].first;
    const auto total = [this] {
        return std::accumulate(
            m_cache.begin(), m_cache.end(), std::size_t(0), [](std::size_t sum, const auto& entry) {
                const auto& cached = entry.second;
                return sum + bytesOf(*cached.column)
                    + (cached.ascending ? cached.ascending->size() * sizeof(Row) : 0);
            });
    };
    while (m_cache.size() > 1 && total() > m_budgetBytes) {
        const auto oldest = std::min_element(
            m_cache.begin(), m_cache.end(), [&](const auto& a, const auto& b) {
                return (a.first == keep ? ~0ull : a.second.used) < (b.first == keep ? ~0ull : b.second.used);
            });
        if (oldest->first == keep) {
            return;
        }
        m_cache.erase(oldest);
    }
}

} // namespace prism
