// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_data.h"
#include "app/charts/point_card.h"
#include "tests/support/synthetic_table.h"

#include <QtTest/QtTest>

#include <cmath>

using namespace prism;
using namespace prism::app;
using test::SyntheticPoint;

class TestChartData : public QObject {
    Q_OBJECT

    static ChartRequest request(const std::vector<SyntheticPoint>& points)
    {
        ChartRequest r;
        r.table = test::syntheticTable(points);
        r.passing = RowSet(r.table->rows(), true);
        r.spec.x.quantity = "tpot";
        r.spec.x.stat = Stat::percentile(99);
        r.spec.y.quantity = "output_throughput";
        return r;
    }

    static SyntheticPoint point(RunId run, double tpot, double output)
    {
        return { .run = run,
            .attributes = { { "engine", run == 1 ? "vLLM" : "SGLang" }, { "accelerator_count", "4" } },
            .measures = { { "tpot p99", tpot }, { "output_throughput", output } } };
    }

    static const LeftOut* find(const ChartData& data, LeftOutBecause because)
    {
        for (const LeftOut& l : data.leftOut) {
            if (l.because == because) {
                return &l;
            }
        }
        return nullptr;
    }

private Q_SLOTS:
    void pointsAreJoinedByLoad()
    {
        const auto data = buildChart(request({ point(2, 30, 300), point(1, 10, 100), point(2, 20, 400) }));
        QCOMPARE(data->size(), 3u);
        QCOMPARE(data->lines.size(), std::size_t(2));
        QCOMPARE(data->lines[0].run, RunId(1));
        QCOMPARE(data->rows, (std::vector<Row> { 1, 0, 2 }));
        QCOMPARE(data->groups.size(), std::size_t(2));
        QCOMPARE(data->groups[0].label, QStringLiteral("SGLang"));
        QCOMPARE(data->pointLabel(1), QStringLiteral("SGLang · point 1"));
        QCOMPARE(data->pointOf(2), std::optional<std::uint32_t>(2));
    }

    void aRateIsNotJoinedToAConcurrency()
    {
        const auto at = [](const char* load, const char* number, double tpot) {
            SyntheticPoint p = point(1, tpot, 100);
            p.attributes[load] = number;
            return p;
        };
        ChartRequest r = request({ at("request_rate", "10", 40), at("concurrency", "1", 10),
            at("concurrency", "8", 60), at("concurrency", "4", 20), at("request_rate", "5", 30) });
        r.limits = { { findMetric("tpot"), Stat::percentile(99), 50 } };
        r.verdicts = judge(*r.table, r.limits);
        const auto data = buildChart(r);
        QCOMPARE(data->lines.size(), std::size_t(1));
        std::vector<bool> starts;
        for (const std::uint8_t flags : data->flags) {
            starts.push_back(flags & ChartData::Starts);
        }
        QCOMPARE(starts, (std::vector<bool> { true, false, false, true, false }));
        QCOMPARE(data->x, (std::vector<double> { 10, 60, 20, 40, 30 })); // by kind, then as the run has them
        // Each kind of load has a highest one of its own that holds.
        QCOMPARE(data->highestHolding, (std::vector<std::uint32_t> { 2, 4 }));
        // What states no load has no order to be joined in.
        const auto loose = buildChart(request({ point(1, 10, 100), point(1, 20, 200) }));
        QVERIFY(loose->flags[1] & ChartData::Starts);
    }

    void whatIsMeasuredAtOneLoadIsNotJoined()
    {
        const auto at = [](const char* load, double tpot) {
            SyntheticPoint p = point(1, tpot, 100);
            p.attributes["concurrency"] = load;
            return p;
        };
        const auto data = buildChart(request({ at("4", 40), at("4", 10), at("8", 60), at("8", 20) }));
        std::vector<bool> starts;
        for (const std::uint8_t flags : data->flags) {
            starts.push_back(flags & ChartData::Starts);
        }
        QCOMPARE(starts, (std::vector<bool> { true, true, false, true }));
    }

    void whatCannotBeDrawnIsCountedWithItsReason()
    {
        auto noTpot = point(1, 0, 100);
        noTpot.measures.erase("tpot p99");
        auto zero = point(1, 0, 100);
        auto otherwise = point(1, 15, 100);
        otherwise.semantics["tpot p99"] = "per-chunk";
        auto noCount = point(1, 15, 100);
        noCount.attributes.erase("accelerator_count");
        ChartRequest r
            = request({ point(1, 10, 100), point(1, 20, 200), noTpot, zero, otherwise, noCount, noTpot });
        r.spec.x.logarithmic = true;
        r.spec.y.perAccelerator = true;
        const auto data = buildChart(r);
        QCOMPARE(data->size(), 2u);
        QCOMPARE(data->y[0], 25.);
        QCOMPARE(data->usersCounts, 0u);
        auto mine = point(1, 20, 200);
        mine.origins["accelerator_count"] = Origin::User;
        auto notDrawn = noTpot;
        notDrawn.origins["accelerator_count"] = Origin::User;
        ChartRequest counted = request({ point(1, 10, 100), mine, notDrawn });
        counted.spec = r.spec;
        const auto users = buildChart(counted);
        QCOMPARE(users->usersCounts, 1u);
        QVERIFY(users->flags[*users->pointOf(1)] & ChartData::UsersCount);
        QVERIFY(!(users->flags[*users->pointOf(0)] & ChartData::UsersCount));
        QVERIFY(cardText(*users, *users->pointOf(1), 0).footer.contains(QStringLiteral("you set")));
        QCOMPARE(find(*data, LeftOutBecause::Missing)->rows, (std::vector<Row> { 2, 6 }));
        QCOMPARE(find(*data, LeftOutBecause::Missing)->text(), QStringLiteral("2 points have no TPOT p99"));
        QCOMPARE(find(*data, LeftOutBecause::NotPositive)->rows, (std::vector<Row> { 3 }));
        QCOMPARE(find(*data, LeftOutBecause::OtherSemantics)->rows, (std::vector<Row> { 4 }));
        QVERIFY(find(*data, LeftOutBecause::OtherSemantics)->text().contains(QStringLiteral("per-chunk")));
        QCOMPARE(find(*data, LeftOutBecause::NoAcceleratorCount)->rows, (std::vector<Row> { 5 }));
        std::size_t out = 0;
        for (const LeftOut& l : data->leftOut) {
            out += l.rows.size();
        }
        QCOMPARE(out + data->size(), std::size_t(7));
    }

    void oursIsDrawnElseTheMajoritysMeaningIsNamed()
    {
        auto chunk = point(1, 15, 100);
        chunk.semantics["tpot p99"] = "per-chunk";
        auto weighted = point(1, 12, 100);
        weighted.semantics["tpot p99"] = "token-weighted";
        const auto ours = buildChart(request({ chunk, point(1, 10, 100), chunk }));
        QCOMPARE(ours->size(), 1u);
        QVERIFY(ours->xSemantics.isEmpty());
        QCOMPARE(find(*ours, LeftOutBecause::OtherSemantics)->rows, (std::vector<Row> { 0, 2 }));
        const auto data = buildChart(request({ chunk, weighted, chunk }));
        QCOMPARE(data->size(), 2u);
        QCOMPARE(data->xSemantics, QStringLiteral("per-chunk"));
        QCOMPARE(find(*data, LeftOutBecause::OtherSemantics)->rows, (std::vector<Row> { 1 }));
    }

    void zerosStayOnALinearAxis()
    {
        const auto data = buildChart(request({ point(1, 0, 100) }));
        QCOMPARE(data->size(), 1u);
        QVERIFY(data->leftOut.empty());
    }

    void partnersAndDeviations()
    {
        std::vector<SyntheticPoint> points;
        points.push_back({ .attributes = { { "concurrency", "1" } },
            .measures = { { "ttft p50", 10 }, { "ttft p99", 20 }, { "ttft mean", 12 }, { "ttft std", 3 } } });
        points.push_back({ .attributes = { { "concurrency", "2" } },
            .measures = { { "ttft p50", 11 }, { "ttft mean", 13 } } });
        ChartRequest r = request(points);
        r.spec.x = {};
        r.spec.x.quantity = "concurrency";
        r.spec.y.quantity = "ttft";
        r.spec.y.stat = Stat::percentile(50);
        r.spec.y.partner = Stat::percentile(99);
        const auto pair = buildChart(r);
        QCOMPARE(pair->partner[0], 20.);
        QVERIFY(std::isnan(pair->partner[1]));
        QCOMPARE(pair->leftOut[0].text(), QStringLiteral("1 point has no TTFT p99"));
        QCOMPARE(pair->rangeY()->second, 20.);
        r.spec.y.partner.reset();
        r.spec.errorBars = true;
        QVERIFY2(buildChart(r)->deviation.empty(), "a deviation belongs to a mean only");
        r.spec.y.stat = Stat::mean();
        QCOMPARE(buildChart(r)->deviation[0], 3.);
        QCOMPARE(*buildChart(r)->rangeY(), (std::pair(9., 15.)));
    }

    void frontierKeepsToKnownPromises()
    {
        auto estimated = point(2, 5, 900);
        estimated.origins["output_throughput"] = Origin::Estimated;
        ChartRequest r = request(
            { point(1, 10, 100), point(1, 20, 300), point(2, 15, 200), point(2, 30, 500), estimated });
        r.spec.frontier = FrontierMode::Overall;
        r.verdicts = { SloVerdict::Holds, SloVerdict::Holds, SloVerdict::Unknown, SloVerdict::Breaks,
            SloVerdict::Holds };
        const auto data = buildChart(r);
        QCOMPARE(data->frontiers.size(), std::size_t(1));
        std::vector<Row> rows;
        for (const auto i : data->frontiers[0].members) {
            rows.push_back(data->rows[i]);
        }
        QCOMPARE(rows, (std::vector<Row> { 0, 1 }));
        QCOMPARE(data->frontierEstimated, 1u);
        QCOMPARE(data->holding, 3u);
        QCOMPARE(data->judged, 5u);
        QCOMPARE(data->unknown, 1u);
        QVERIFY(data->flags[*data->pointOf(3)] & ChartData::Breaks);
        QVERIFY(data->flags[*data->pointOf(4)] & ChartData::Estimated);
        r.spec.frontier = FrontierMode::PerGroup;
        QCOMPARE(buildChart(r)->frontiers.size(), std::size_t(1));
        r.spec.estimatesOnFrontier = true;
        QCOMPARE(buildChart(r)->frontiers.size(), std::size_t(2));
    }

    void soloHidesPointsButKeepsTheLegend()
    {
        ChartRequest r = request({ point(1, 10, 100), point(2, 20, 300) });
        r.solo = { 2 };
        const auto data = buildChart(r);
        QCOMPARE(data->size(), 1u);
        QCOMPARE(data->groups.size(), std::size_t(2));
        QVERIFY(!data->groups[0].shown);
        QVERIFY(data->groups[1].shown);
        QVERIFY(data->leftOut.empty());
    }

    void runsThatDifferInNothingAreToldApart()
    {
        auto a = point(1, 10, 100);
        auto b = point(3, 20, 300);
        a.attributes["engine"] = b.attributes["engine"] = "vLLM";
        QCOMPARE(buildChart(request({ a, b }))->groups[1].label, QStringLiteral("vLLM · 2"));
        a.attributes["source"] = "x/first.json";
        b.attributes["source"] = "x/second.json";
        QCOMPARE(buildChart(request({ a, b }))->groups[1].label, QStringLiteral("vLLM · second.json"));
    }

    void groupsByAnAttribute()
    {
        ChartRequest r = request({ point(1, 10, 100), point(2, 20, 300), point(3, 20, 300) });
        r.spec.colour = ColourBy::Engine;
        const auto data = buildChart(r);
        QCOMPARE(data->groups.size(), std::size_t(2));
        QCOMPARE(data->groups[1].label, QStringLiteral("SGLang"));
        QCOMPARE(data->groups[1].runs.size(), std::size_t(2));
        QCOMPARE(data->lines.size(), std::size_t(3));
    }

    void pointsBeyondAnEndSetByHandAreSaid()
    {
        ChartRequest r = request({ point(1, 10, 100), point(1, 20, 200), point(1, 30, 300) });
        r.spec.x.cap = 15;
        const auto data = buildChart(r);
        QCOMPARE(data->size(), 3u); // zooming out shows them
        const LeftOut* beyond = find(*data, LeftOutBecause::BeyondEnd);
        QVERIFY(beyond);
        QCOMPARE(beyond->text(), QStringLiteral("2 points lie beyond the end that is set for TPOT p99"));
    }

    void whichMeaningIsDrawnCanBeChosen()
    {
        auto other = point(2, 20, 200);
        other.semantics["tpot p99"] = "token-weighted";
        ChartRequest r = request({ point(1, 10, 100), point(1, 12, 120), other });
        QVERIFY(buildChart(r)->xSemantics.isEmpty());
        r.spec.x.meaning = "token-weighted";
        const auto data = buildChart(r);
        QCOMPARE(data->size(), 1u);
        QCOMPARE(data->xSemantics, QStringLiteral("token-weighted"));
        QCOMPARE(data->leftOut.front().because, LeftOutBecause::OtherSemantics);
        r.spec.x.meaning = "of another database";
        QCOMPARE(buildChart(r)->size(), 2u);
    }

    void toolsAreNamedForPeople()
    {
        auto a = point(1, 10, 100);
        a.attributes["producer"] = "vllm-serve";
        auto b = point(2, 10, 100);
        b.attributes["producer"] = "aiperf";
        QCOMPARE(buildChart(request({ a, b }))->differing,
            QStringList { QStringLiteral("tool: AIPerf, vLLM bench serve") });
    }

    void eachRunHasItsHighestLoadThatHolds()
    {
        ChartRequest r
            = request({ point(1, 10, 100), point(1, 20, 200), point(1, 30, 300), point(2, 40, 400) });
        QVERIFY(buildChart(r)->highestHolding.empty());
        r.limits = { { findMetric("tpot"), Stat::percentile(99), 25 } };
        r.verdicts = prism::judge(*r.table, r.limits);
        QCOMPARE(buildChart(r)->highestHolding, (std::vector<std::uint32_t> { 1 }));
    }

    void differingConditionsAreSaid()
    {
        auto a = point(1, 10, 100);
        a.attributes["dataset"] = "sharegpt";
        auto b = point(2, 10, 100);
        b.attributes["dataset"] = "random";
        const auto data = buildChart(request({ a, b }));
        QCOMPARE(data->differing, QStringList { QStringLiteral("dataset: random, sharegpt") });
        QVERIFY(data->describe().contains(QStringLiteral("2 points of 2 runs")));
    }
};

QTEST_GUILESS_MAIN(TestChartData)
#include "tst_chart_data.moc"
