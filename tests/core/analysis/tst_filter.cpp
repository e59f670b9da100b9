// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/filter.h"

#include "tests/support/synthetic_table.h"

#include <QtTest>

#include <limits>

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
};

QTEST_GUILESS_MAIN(TestFilter)
#include "tst_filter.moc"
