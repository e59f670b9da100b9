// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <sstream>

namespace prism {

namespace {

/// How many active filters a row fails. Beyond two it does not matter which.
using Fails = std::vector<std::uint8_t>;

constexpr std::uint8_t nobody = 255;

struct Verdicts {
    explicit Verdicts(Row rows)
        : fails(rows, 0)
        , blame(rows, nobody)
    {
    }
    Fails fails;
    std::vector<std::uint8_t> blame; ///< the facet that a row fails, when it fails exactly one

    void fail(Row row, std::uint8_t facet)
    {
        blame[row] = facet;
        fails[row] = static_cast<std::uint8_t>(std::min(2, fails[row] + 1));
    }
    /// A filter that is no facet: nothing counts the row any more.
    void drop(Row row) { fails[row] = 2; }
};

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
    return out;
}

void applyFacet(
    const CategoryColumn& column, const std::set<std::string>& ticked, std::uint8_t facet, Verdicts& verdicts)
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
    for (Row row = 0; row < column.codes.size(); ++row) {
        if (!wanted[column.codes[row]]) {
            verdicts.fail(row, facet);
        }
    }
}

void applyRange(const ColumnTable& table, const Filter::Range& range, Verdicts& verdicts)
{
    const Metric* metric = findMetric(range.metric);
    if (!metric) {
        return;
    }
    const auto column = table.measures(*metric, range.stat);
    for (Row row = 0; row < table.rows(); ++row) {
        const double value = column->values[row];
        if (!(value >= range.low && value <= range.high)) { // also false for NaN
            verdicts.drop(row);
        }
    }
}

/// A word is looked up once in every dictionary; rows then only compare codes.
void applyWord(const ColumnTable& table, const std::string& word, Verdicts& verdicts)
{
    std::vector<char> found(table.rows(), 0);
    for (const CategoryColumn& column : table.categories()) {
        std::vector<char> hits(column.dictionary.size(), 0);
        bool any = false;
        for (std::size_t code = 1; code < hits.size(); ++code) {
            hits[code] = lower(column.dictionary[code]).find(word) != std::string::npos ? 1 : 0;
            any = any || hits[code];
        }
        if (!any) {
            continue;
        }
        for (Row row = 0; row < column.codes.size(); ++row) {
            found[row] = static_cast<char>(found[row] | hits[column.codes[row]]);
        }
    }
    for (Row row = 0; row < table.rows(); ++row) {
        if (!found[row]) {
            verdicts.drop(row);
        }
    }
}

/// Rows that pass all filters count everywhere; a row that fails one facet counts for that facet alone.
void count(const CategoryColumn& column, std::uint8_t facet, const Verdicts& verdicts,
    const std::vector<Row>& passing, const std::vector<Row>& failingOne, std::vector<std::uint32_t>& counts)
{
    counts.assign(column.dictionary.size(), 0);
    for (const Row row : passing) {
        ++counts[column.codes[row]];
    }
    if (facet != nobody) {
        for (const Row row : failingOne) {
            if (verdicts.blame[row] == facet) {
                ++counts[column.codes[row]];
            }
        }
    }
    // A row of several values counts for each of them.
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
    std::vector<Row> out;
    out.reserve(size());
    for (std::size_t i = 0; i < m_words.size(); ++i) {
        for (std::uint64_t word = m_words[i]; word; word &= word - 1) {
            out.push_back(static_cast<Row>(i * 64 + static_cast<unsigned>(std::countr_zero(word))));
        }
    }
    return out;
}

Filtered apply(const ColumnTable& table, const Filter& filter)
{
    Verdicts verdicts(table.rows());
    const auto categories = table.categories();
    std::vector<std::uint8_t> facetOf(categories.size(), nobody);
    std::uint8_t facets = 0;
    for (std::size_t i = 0; i < categories.size(); ++i) {
        const auto it = filter.facets.find(categories[i].name);
        if (it != filter.facets.end() && !it->second.empty() && facets < nobody) {
            facetOf[i] = facets++;
            applyFacet(categories[i], it->second, facetOf[i], verdicts);
        }
    }
    for (const Filter::Range& range : filter.ranges) {
        applyRange(table, range, verdicts);
    }
    std::istringstream words(lower(filter.text));
    for (std::string word; words >> word;) {
        applyWord(table, word, verdicts);
    }

    Filtered out { RowSet(table.rows()), {} };
    std::vector<Row> passing;
    std::vector<Row> failingOne;
    for (Row row = 0; row < table.rows(); ++row) {
        if (verdicts.fails[row] == 0) {
            passing.push_back(row);
            out.passing.insert(row);
        } else if (verdicts.fails[row] == 1 && facets > 0) {
            failingOne.push_back(row);
        }
    }
    out.facets.resize(categories.size());
    for (std::size_t i = 0; i < categories.size(); ++i) {
        out.facets[i].category = categories[i].name;
        count(categories[i], facetOf[i], verdicts, passing, failingOne, out.facets[i].counts);
    }
    return out;
}

} // namespace prism
