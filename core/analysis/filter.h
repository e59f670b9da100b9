// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace prism {

/// Which points are shown: for each facet the ticked values (none ticked is "all"), numeric bounds and a
/// text. Facets are category columns; ranges are measures or numeric categories.
struct Filter {
    std::map<std::string, std::set<std::string>>
        facets; ///< category name → ticked values ("" is "not stated")
    struct Range {
        std::string metric; ///< metric id
        Stat stat = Stat::value();
        double low;
        double high;
    };
    std::vector<Range> ranges; ///< both ends inclusive; points without the number fall out
    std::string text; ///< every word must occur in some category of the point, any case

    bool empty() const { return facets.empty() && ranges.empty() && text.empty(); }
    friend bool operator==(const Filter&, const Filter&) = default;
};
bool operator==(const Filter::Range& a, const Filter::Range& b);

/// One bit a row.
class RowSet {
public:
    explicit RowSet(Row rows = 0, bool all = false);
    /// The rows for which `is(row)`. Whole words at a time: what a row is like decides no jump.
    template <class Is>
    static RowSet where(Row rows, Is is)
    {
        RowSet out(rows);
        for (Row begin = 0; begin < rows; begin += 64) {
            const Row end = std::min(rows, begin + 64);
            std::uint64_t word = 0;
            for (Row row = begin; row < end; ++row) {
                word |= static_cast<std::uint64_t>(is(row)) << (row - begin);
            }
            out.m_words[begin >> 6] = word;
        }
        return out;
    }
    bool contains(Row row) const { return (m_words[row >> 6] >> (row & 63)) & 1; }
    void insert(Row row) { m_words[row >> 6] |= 1ull << (row & 63); }
    void erase(Row row) { m_words[row >> 6] &= ~(1ull << (row & 63)); }
    /// Of sets over the same rows.
    RowSet& operator&=(const RowSet& other);
    RowSet& operator|=(const RowSet& other);
    RowSet& operator-=(const RowSet& other);
    Row size() const; ///< number of rows in it
    Row capacity() const { return m_rows; }
    std::vector<Row> rows() const; ///< ascending
    friend bool operator==(const RowSet&, const RowSet&) = default;

private:
    Row m_rows;
    std::vector<std::uint64_t> m_words;
};

/// Counts of one facet, computed without the facet's own filter: what ticking a value would show.
struct FacetCounts {
    std::string category;
    std::vector<std::uint32_t> counts; ///< one a code of the category column
};

struct Filtered {
    RowSet passing;
    std::vector<FacetCounts> facets; ///< one a category column
};

/// Applies a filter to all rows; 20 ms at most for a million rows with all counts of 20 categories.
Filtered apply(const ColumnTable& table, const Filter& filter);

} // namespace prism
