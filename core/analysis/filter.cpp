// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <optional>
#include <span>
#include <sstream>

namespace prism {

namespace {

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
    return out;
}

RowSet rowsOfFacet(const CategoryColumn& column, const std::set<std::string>& ticked)
{
    std::vector<char> wanted(column.dictionary.size(), 0);
    for (std::size_t code = 0; code < wanted.size(); ++code) {
        wanted[code] = ticked.contains(column.dictionary[code]) ? 1 : 0;
    }
    for (Code code = 0; code < column.members.size(); ++code) {
        for (const Code member : column.members[code]) {
            wanted[code] = wanted[code] || wanted[member] ? 1 : 0;
        }
    }
    return RowSet::where(
        static_cast<Row>(column.codes.size()), [&](Row row) { return wanted[column.codes[row]] != 0; });
}

/// False also for NaN.
RowSet rowsOfRange(const ColumnTable& table, const Metric& metric, const Filter::Range& range)
{
    const auto column = table.measures(metric, range.stat);
    return RowSet::where(table.rows(), [&, low = range.low, high = range.high](Row row) {
        const double value = column->values[row];
        return (static_cast<int>(value >= low) & static_cast<int>(value <= high)) != 0;
    });
}

/// A word is looked up once in every dictionary; rows then only compare codes.
RowSet rowsOfWord(const ColumnTable& table, const std::string& word)
{
    RowSet found(table.rows());
    for (const CategoryColumn& column : table.categories()) {
        std::vector<char> hits(column.dictionary.size(), 0);
        bool any = false;
        for (std::size_t code = 1; code < hits.size(); ++code) {
            hits[code] = lower(column.dictionary[code]).find(word) != std::string::npos ? 1 : 0;
            any = any || hits[code];
        }
        if (any) {
            found |= RowSet::where(table.rows(), [&](Row row) { return hits[column.codes[row]] != 0; });
        }
    }
    return found;
}

/// Adds the rows of each code to `counts`. Neighbours often share a code, and each addition to one counter
/// would wait for the one before: four counters a code, while they fit the processor's nearest cache.
template <class RowAt>
void tally(const CategoryColumn& column, Row size, RowAt rowAt, std::vector<std::uint32_t>& counts)
{
    constexpr std::size_t lanes = 4;
    constexpr std::size_t mostCodes = 1024;
    const Code* codes = column.codes.data();
    Row i = 0;
    if (counts.size() <= mostCodes) {
        std::array<std::uint32_t, lanes * mostCodes> apart;
        std::fill_n(apart.begin(), lanes * counts.size(), 0u);
        for (; i + lanes <= size; i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                ++apart[lanes * codes[rowAt(i + lane)] + lane];
            }
        }
        for (std::size_t code = 0; code < counts.size(); ++code) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                counts[code] += apart[lanes * code + lane];
            }
        }
    }
    for (; i < size; ++i) {
        ++counts[codes[rowAt(i)]];
    }
}

void tally(const CategoryColumn& column, std::span<const Row> rows, std::vector<std::uint32_t>& counts)
{
    const auto size = static_cast<Row>(rows.size());
    if (size == column.codes.size()) {
        tally(
            column, size, [](std::size_t i) { return i; }, counts);
    } else {
        tally(
            column, size, [rows](std::size_t i) { return rows[i]; }, counts);
    }
}

/// A row of several values counts for each of them.
void shareOut(const CategoryColumn& column, std::vector<std::uint32_t>& counts)
{
    for (Code code = 0; code < column.members.size(); ++code) {
        for (const Code member : column.members[code]) {
            counts[member] += counts[code];
        }
        counts[code] = column.isSeveral(code) ? 0 : counts[code];
    }
}

} // namespace

bool operator==(const Filter::Range& a, const Filter::Range& b)
{
    return a.metric == b.metric && a.stat == b.stat && a.low == b.low && a.high == b.high;
}

RowSet::RowSet(Row rows, bool all)
    : m_rows(rows)
    , m_words((rows + 63) / 64, all ? ~0ull : 0ull)
{
    if (all && rows % 64) {
        m_words.back() = (1ull << (rows % 64)) - 1;
    }
}

RowSet& RowSet::operator&=(const RowSet& other)
{
    for (std::size_t i = 0; i < m_words.size(); ++i) {
        m_words[i] &= other.m_words[i];
    }
    return *this;
}

RowSet& RowSet::operator|=(const RowSet& other)
{
    for (std::size_t i = 0; i < m_words.size(); ++i) {
        m_words[i] |= other.m_words[i];
    }
    return *this;
}

RowSet& RowSet::operator-=(const RowSet& other)
{
    for (std::size_t i = 0; i < m_words.size(); ++i) {
        m_words[i] &= ~other.m_words[i];
    }
    return *this;
}

Row RowSet::size() const
{
    Row size = 0;
    for (const std::uint64_t word : m_words) {
        size += static_cast<Row>(std::popcount(word));
    }
    return size;
}

std::vector<Row> RowSet::rows() const
{
    std::vector<Row> out(size());
    auto next = out.begin();
    for (std::size_t i = 0; i < m_words.size(); ++i) {
        for (std::uint64_t word = m_words[i]; word; word &= word - 1) {
            *next++ = static_cast<Row>(i * 64 + static_cast<unsigned>(std::countr_zero(word)));
        }
    }
    return out;
}

Filtered apply(const ColumnTable& table, const Filter& filter)
{
    RowSet others(table.rows(), true); // what the filters that are no facets leave
    for (const Filter::Range& range : filter.ranges) {
        if (const Metric* metric = findMetric(range.metric)) {
            others &= rowsOfRange(table, *metric, range);
        }
    }
    std::istringstream words(lower(filter.text));
    for (std::string word; words >> word;) {
        others &= rowsOfWord(table, word);
    }

    const auto categories = table.categories();
    std::vector<std::optional<RowSet>> failing(categories.size()); ///< of each column's own filter
    RowSet failingSome(table.rows());
    RowSet failingMore(table.rows()); ///< than one
    for (std::size_t i = 0; i < categories.size(); ++i) {
        const auto it = filter.facets.find(categories[i].name);
        if (it == filter.facets.end() || it->second.empty()) {
            continue;
        }
        RowSet& fails = failing[i].emplace(others);
        fails -= rowsOfFacet(categories[i], it->second);
        RowSet again = fails;
        again &= failingSome;
        failingMore |= again;
        failingSome |= fails;
    }

    Filtered out { others, {} };
    out.passing -= failingSome;
    const std::vector<Row> passing = out.passing.rows();
    out.facets.resize(categories.size());
    for (std::size_t i = 0; i < categories.size(); ++i) {
        FacetCounts& facet = out.facets[i];
        facet.category = categories[i].name;
        facet.counts.assign(categories[i].dictionary.size(), 0);
        tally(categories[i], passing, facet.counts);
        if (failing[i]) {
            // A row that fails no facet but this one counts for it alone.
            *failing[i] -= failingMore;
            tally(categories[i], failing[i]->rows(), facet.counts);
        }
        shareOut(categories[i], facet.counts);
    }
    return out;
}

} // namespace prism
