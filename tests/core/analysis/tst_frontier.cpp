// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/frontier.h"
#include "core/analysis/slo.h"

#include "tests/support/synthetic_table.h"

#include <QtTest>
#include <rapidcheck.h>

using namespace prism;
using prism::test::SyntheticPoint;
using prism::test::syntheticTable;

namespace {

const FrontierAxis tpot { findMetric("tpot"), Stat::percentile(99), false };
const FrontierAxis output { findMetric("output_throughput"), Stat::value(), false };

SyntheticPoint point(double tpotMs, double tokens)
{
    return { 1, {}, { { "tpot p99", tpotMs }, { "output_throughput", tokens } }, {}, {} };
}

/// The definition, word by word: nothing is better on one axis and at least as good on the other.
std::vector<Row> slowFrontier(const std::vector<std::pair<double, double>>& points)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < points.size(); ++i) {
        bool beaten = false;
        for (std::size_t j = 0; j < points.size(); ++j) {
            const bool atLeast = points[j].first <= points[i].first && points[j].second >= points[i].second;
            const bool equal = points[j] == points[i];
            beaten = beaten || (atLeast && (!equal || j < i));
        }
        if (!beaten) {
            rows.push_back(Row(i));
        }
    }
    std::sort(rows.begin(), rows.end(), [&](Row a, Row b) { return points[a].first < points[b].first; });
    return rows;
}

} // namespace

class TestFrontier : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goodDirectionsComeFromTheRegistry()
    {
        const auto table = syntheticTable({ point(10, 100), point(20, 200), point(30, 150) });
        QCOMPARE(frontier(*table, RowSet(3, true), tpot, output).rows, (std::vector<Row> { 0, 1 }));
    }

    void agreesWithTheDefinition()
    {
        QVERIFY(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& small) {
            std::vector<std::pair<double, double>> points;
            std::vector<SyntheticPoint> made;
            for (const auto& [x, y] : small) {
                points.emplace_back(x, y);
                made.push_back(point(x, y));
            }
            const auto table = syntheticTable(made);
            RC_ASSERT(
                frontier(*table, RowSet(table->rows(), true), tpot, output).rows == slowFrontier(points));
        }));
    }

    void pruningManyPointsChangesNothing()
    {
        std::vector<SyntheticPoint> made;
        std::vector<std::pair<double, double>> points;
        for (unsigned i = 0; i < 20'000; ++i) {
            const unsigned hash = i * 2654435761u;
            points.emplace_back(hash % 1999, (hash >> 11) % 1777);
            made.push_back(point(points.back().first, points.back().second));
        }
        const auto table = syntheticTable(made);
        std::vector<Row> expected;
        double best = -1;
        std::map<double, std::pair<double, Row>> byX;
        for (Row i = 0; i < points.size(); ++i) {
            auto [it, fresh] = byX.try_emplace(points[i].first, points[i].second, i);
            if (!fresh && points[i].second > it->second.first) {
                it->second = { points[i].second, i };
            }
        }
        for (const auto& [x, y] : byX) {
            if (y.first > best) {
                best = y.first;
                expected.push_back(y.second);
            }
        }
        QCOMPARE(frontier(*table, RowSet(table->rows(), true), tpot, output).rows, expected);
    }

    void leavesOutWhatCannotBeCompared()
    {
        auto estimated = point(1, 1000);
        estimated.origins["output_throughput"] = Origin::Estimated;
        auto weighted = point(2, 900);
        weighted.semantics["tpot p99"] = "token-weighted";
        SyntheticPoint without { 1, {}, { { "output_throughput", 5000 } }, {}, {} };
        const auto table = syntheticTable({ point(10, 100), point(20, 200), estimated, weighted, without });
        const Frontier f = frontier(*table, RowSet(5, true), tpot, output);
        QCOMPARE(f.rows, (std::vector<Row> { 0, 1 }));
        QCOMPARE(f.estimated, 1u);
        QCOMPARE(f.otherSemantics, 1u);
        QCOMPARE(f.missing, 1u);
        QCOMPARE(frontier(*table, RowSet(5, true), tpot, output, true).rows, (std::vector<Row> { 2 }));
    }

    void theContractsMeaningIsComparedWhereAnyPointHasIt()
    {
        const auto lifetime = [](double tpotMs, const char* meaning) {
            auto made = point(tpotMs, 1000);
            made.semantics["tpot p99"] = meaning;
            return made;
        };
        const auto table = syntheticTable(
            { lifetime(1, "since-start"), lifetime(2, "since-start"), point(10, 100), point(20, 200) });
        const Frontier f = frontier(*table, RowSet(4, true), tpot, output);
        QCOMPARE(f.rows, (std::vector<Row> { 2, 3 }));
        QVERIFY(f.xSemantics.empty() && f.ySemantics.empty());
        QCOMPARE(f.otherSemantics, 2u);
        QCOMPARE(f.otherMeanings, (std::set<std::string> { "TPOT p99: since-start" }));
    }

    void ofOtherMeaningsTheOneOfFewestQualifiersIsNamed()
    {
        auto since = point(1, 1000);
        since.semantics["tpot p99"] = "since-start, from-buckets";
        since.semantics["output_throughput"] = "since-start";
        auto between = point(10, 100);
        between.semantics["tpot p99"] = "from-buckets";
        // Its meaning of x is the contract's, but it has no y: nothing would be left to compare.
        const SyntheticPoint without { 1, {}, { { "tpot p99", 5 } }, {}, {} };
        const auto table = syntheticTable({ since, since, between, without });
        const Frontier f = frontier(*table, RowSet(4, true), tpot, output);
        QCOMPARE(f.rows, (std::vector<Row> { 2 }));
        QCOMPARE(f.xSemantics, std::string("from-buckets"));
        QVERIFY(f.ySemantics.empty());
        QCOMPARE(f.otherMeanings.size(), std::size_t(2));
        QCOMPARE(frontier(*table, RowSet(0), tpot, output).otherSemantics, 0u);
    }

    void perAcceleratorNeedsTheirNumber()
    {
        auto two = point(10, 100);
        two.attributes["accelerator_count"] = "2";
        const auto table = syntheticTable({ two, point(5, 500) });
        FrontierAxis perGpu = output;
        perGpu.perAccelerator = true;
        const auto values = axisValues(*table, perGpu);
        QCOMPARE(values[0], 50.0);
        QVERIFY(std::isnan(values[1]));
        QCOMPARE(frontier(*table, RowSet(2, true), tpot, perGpu).rows, (std::vector<Row> { 0 }));
    }

    void sloVerdicts()
    {
        const auto table = syntheticTable({ point(10, 100), point(60, 300), point(50, 200),
            { 1, {}, { { "output_throughput", 5000 } }, {}, {} } });
        const std::vector<SloLimit> limits { { findMetric("tpot"), Stat::percentile(99), 50 },
            { findMetric("output_throughput"), Stat::value(), 100 } };
        const auto verdicts = judge(*table, limits);
        QCOMPARE(verdicts[0], SloVerdict::Holds);
        QCOMPARE(verdicts[1], SloVerdict::Breaks);
        QCOMPARE(verdicts[2], SloVerdict::Holds);
        QCOMPARE(verdicts[3], SloVerdict::Unknown);
        QCOMPARE(highestHolding(*table, { 0, 1, 2, 3 }, verdicts), (std::vector<Row> { 2 }));
    }

    void highestLoadIsOneOfItsKind()
    {
        const auto at = [](RunId run, const char* kind, const char* number) {
            return SyntheticPoint { run, { { kind, number } }, {}, {}, {} };
        };
        const auto table = syntheticTable(
            { at(1, "concurrency", "1"), at(1, "concurrency", "8"), at(1, "concurrency", "16"),
                at(1, "request_rate", "2"), at(1, "request_rate", "10"), at(2, "batch_size", "4") });
        auto verdicts = judge(*table, {});
        verdicts[2] = SloVerdict::Breaks;
        // 10 req/s is not more than 8 in flight: each kind has its own.
        QCOMPARE(highestHolding(*table, { 5, 4, 3, 2, 1, 0 }, verdicts), (std::vector<Row> { 1, 4, 5 }));
    }

    void limitsSayWhatTheyJudgeOtherwise()
    {
        auto weighted = point(20, 300);
        weighted.semantics["tpot p99"] = "token-weighted";
        SyntheticPoint without { 1, {}, { { "output_throughput", 5000 } }, {}, {} };
        const auto table = syntheticTable({ point(10, 100), weighted, without });
        const std::vector<std::pair<const Metric*, Stat>> limits {
            { findMetric("output_throughput"), Stat::value() }, { findMetric("tpot"), Stat::percentile(99) }
        };
        QVERIFY(judgedOtherwise(*table, limits, 0).empty());
        QVERIFY(judgedOtherwise(*table, limits, 2).empty());
        const auto others = judgedOtherwise(*table, limits, 1);
        QCOMPARE(others.size(), 1u);
        QCOMPARE(others[0].text(), std::string("TPOT p99: token-weighted"));
    }
};

QTEST_GUILESS_MAIN(TestFrontier)
#include "tst_frontier.moc"
