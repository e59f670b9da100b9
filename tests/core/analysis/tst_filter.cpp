// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/filter.h"

#include "tests/support/synthetic_table.h"

#include <QtTest>

#include <limits>
#include <random>

using namespace prism;
using prism::test::syntheticTable;

class TestFilter : public QObject {
    Q_OBJECT

private:
    std::shared_ptr<const ColumnTable> m_table = syntheticTable({
        { 1, { { "model", "A" }, { "engine", "vLLM" } }, { { "ttft p99", 10 } }, {}, {} },
        { 1, { { "model", "A" }, { "engine", "SGLang" } }, { { "ttft p99", 20 } }, {}, {} },
        { 2, { { "model", "B" }, { "engine", "vLLM" } }, { { "ttft p99", 30 } }, {}, {} },
        { 3, { { "engine", "vLLM" } }, {}, {}, {} },
    });

    std::uint32_t count(const Filtered& filtered, const std::string& category, const std::string& value) const
    {
        const CategoryColumn* column = m_table->category(category);
        for (const FacetCounts& facet : filtered.facets) {
            if (facet.category == category) {
                const auto at = std::find(column->dictionary.begin(), column->dictionary.end(), value);
                return facet.counts[std::size_t(at - column->dictionary.begin())];
            }
        }
        return 0;
    }

private Q_SLOTS:
    void everythingPassesWithoutAFilter()
    {
        const Filtered filtered = apply(*m_table, {});
        QCOMPARE(filtered.passing.size(), 4u);
        QCOMPARE(count(filtered, "model", "A"), 2u);
        QCOMPARE(count(filtered, "model", ""), 1u);
    }

    void aFacetIsCountedWithoutItsOwnFilter()
    {
        Filter filter;
        filter.facets["model"] = { "A" };
        const Filtered filtered = apply(*m_table, filter);
        QCOMPARE(filtered.passing.rows(), (std::vector<Row> { 0, 1 }));
        QCOMPARE(count(filtered, "model", "B"), 1u); // ticking B too would show it
        QCOMPARE(count(filtered, "engine", "vLLM"), 1u); // but engines count only what passes
        QCOMPARE(count(filtered, "engine", "SGLang"), 1u);
    }

    void aRowThatFailsTwoFacetsCountsNowhere()
    {
        Filter filter;
        filter.facets["model"] = { "A" };
        filter.facets["engine"] = { "SGLang" };
        const Filtered filtered = apply(*m_table, filter);
        QCOMPARE(filtered.passing.rows(), (std::vector<Row> { 1 }));
        QCOMPARE(count(filtered, "model", "B"), 0u);
        QCOMPARE(count(filtered, "engine", "vLLM"), 1u);
    }

    void notStatedCanBeTicked()
    {
        Filter filter;
        filter.facets["model"] = { "" };
        QCOMPARE(apply(*m_table, filter).passing.rows(), (std::vector<Row> { 3 }));
    }

    void aRangeKeepsItsEndsAndDropsPointsWithoutTheNumber()
    {
        Filter filter;
        filter.ranges.push_back(
            { "ttft", Stat::percentile(99), 20, std::numeric_limits<double>::infinity() });
        const Filtered filtered = apply(*m_table, filter);
        QCOMPARE(filtered.passing.rows(), (std::vector<Row> { 1, 2 }));
        QCOMPARE(count(filtered, "model", ""), 0u);
    }

    void everyWordMustOccurSomewhere()
    {
        Filter filter;
        filter.text = "vllm b";
        QCOMPARE(apply(*m_table, filter).passing.rows(), (std::vector<Row> { 2 }));
        filter.text = "nothing";
        QCOMPARE(apply(*m_table, filter).passing.size(), 0u);
    }

    void rowSetsCountAcrossWords()
    {
        RowSet all(130, true);
        QCOMPARE(all.size(), 130u);
        all.erase(64);
        QVERIFY(!all.contains(64));
        QCOMPARE(all.rows().size(), std::size_t(129));
    }

    void rowSetsAreMadeAWordAtATime()
    {
        for (const Row rows : { 0u, 1u, 63u, 64u, 65u, 200u }) {
            const RowSet third = RowSet::where(rows, [](Row row) { return row % 3 == 0; });
            RowSet both = RowSet::where(rows, [](Row row) { return row % 2 == 0; });
            both &= third;
            RowSet either = RowSet::where(rows, [](Row row) { return row % 2 == 0; });
            either |= third;
            RowSet rest(rows, true);
            rest -= third;
            for (Row row = 0; row < rows; ++row) {
                QCOMPARE(third.contains(row), row % 3 == 0);
                QCOMPARE(both.contains(row), row % 6 == 0);
                QCOMPARE(either.contains(row), row % 2 == 0 || row % 3 == 0);
                QCOMPARE(rest.contains(row), row % 3 != 0);
            }
        }
    }

    /// Small and large dictionaries, rows of several values, any number of facets: as counted by hand.
    void countsAreThoseOfEachRowByItself()
    {
        constexpr Row rows = 5003;
        const std::size_t sizes[] = { 2, 5, 3000, 9, 40 };
        std::mt19937 random(7);
        ColumnTable::Contents contents;
        contents.semanticsTexts = { "" };
        for (Row row = 0; row < rows; ++row) {
            contents.points.push_back(row + 1);
            contents.runs.push_back(row / 8);
            contents.order.push_back(row % 8);
        }
        for (std::size_t c = 0; c < std::size(sizes); ++c) {
            CategoryColumn column { "c" + std::to_string(c), { "" }, {}, {} };
            for (std::size_t v = 1; v < sizes[c]; ++v) {
                column.dictionary.push_back("v" + std::to_string(v));
            }
            for (Row row = 0; row < rows; ++row) {
                column.codes.push_back(static_cast<Code>(random() % sizes[c]));
            }
            contents.categories.push_back(std::move(column));
        }
        contents.categories[3].members.resize(9);
        contents.categories[3].members[8] = { 1, 2 };
        const ColumnTable table(std::move(contents));

        for (std::size_t facets = 0; facets <= 4; ++facets) {
            Filter filter;
            for (std::size_t c = 0; c < facets; ++c) {
                filter.facets["c" + std::to_string(c + 1)] = { "v1", "v2", "v3", "v4" };
            }
            const Filtered filtered = apply(table, filter);
            std::vector<std::vector<std::uint32_t>> counts;
            for (const CategoryColumn& column : table.categories()) {
                counts.emplace_back(column.dictionary.size(), 0);
            }
            for (Row row = 0; row < rows; ++row) {
                std::vector<std::size_t> failed;
                for (std::size_t c = 1; c <= facets; ++c) {
                    const Code code = table.categories()[c].codes[row];
                    if (!(code >= 1 && code <= 4) && !(c == 3 && code == 8)) {
                        failed.push_back(c);
                    }
                }
                QCOMPARE(filtered.passing.contains(row), failed.empty());
                for (std::size_t c = 0; c < counts.size(); ++c) {
                    if (failed.empty() || (failed.size() == 1 && failed[0] == c)) {
                        const Code code = table.categories()[c].codes[row];
                        const bool several = c == 3 && code == 8;
                        for (const Code counted :
                            several ? std::vector<Code> { 1, 2 } : std::vector<Code> { code }) {
                            ++counts[c][counted];
                        }
                    }
                }
            }
            for (std::size_t c = 0; c < counts.size(); ++c) {
                QVERIFY(filtered.facets[c].counts == counts[c]);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestFilter)
#include "tst_filter.moc"
