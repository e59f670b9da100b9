// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_spec.h"
#include "tests/support/synthetic_table.h"

#include <QJsonDocument>
#include <QtTest/QtTest>

using namespace prism;
using namespace prism::app;

class TestChartSpec : public QObject {
    Q_OBJECT

    static ChartSpec full()
    {
        ChartSpec spec;
        spec.x.quantity = "concurrency";
        spec.x.logarithmic = true;
        spec.y.quantity = "ttft";
        spec.y.stat = Stat::percentile(50);
        spec.y.partner = Stat::percentile(99);
        spec.y.logarithmic = true;
        spec.y.cap = 2000;
        spec.y.meaning = "per-chunk";
        spec.colour = ColourBy::Engine;
        spec.frontier = FrontierMode::PerGroup;
        spec.errorBars = true;
        spec.lines = false;
        return spec;
    }

private Q_SLOTS:
    void jsonRoundTrip()
    {
        const QByteArray text = QJsonDocument(full().toJson()).toJson();
        const auto again = ChartSpec::fromJson(QJsonDocument::fromJson(text).object());
        QVERIFY(again.has_value());
        QVERIFY(*again == full());
    }

    void manyRunsAreColouredByWhatTellsThemApart()
    {
        std::vector<test::SyntheticPoint> points;
        for (int run = 1; run <= 12; ++run) {
            points.push_back(
                { run, { { "model", run % 2 ? "One" : "Two" } }, { { "output_throughput", 1. } } });
        }
        const auto table = test::syntheticTable(points);
        RowSet some(table->rows());
        for (Row row = 0; row < 10; ++row) {
            some.insert(row);
        }
        QCOMPARE(usualColouring(*table, some), ColourBy::Run);
        QCOMPARE(usualColouring(*table, RowSet(table->rows(), true)), ColourBy::Model);
        for (test::SyntheticPoint& point : points) {
            point.attributes = point.run < 4 ? point.attributes : std::map<std::string, std::string>();
        }
        const auto mostlyUnstated = test::syntheticTable(points);
        QCOMPARE(usualColouring(*mostlyUnstated, RowSet(mostlyUnstated->rows(), true)), ColourBy::Run);
    }

    void unknownWordsAreRefused()
    {
        for (const char* key : { "quantity", "stat", "partner" }) {
            QJsonObject json = full().toJson();
            QJsonObject y = json.value(QStringLiteral("y")).toObject();
            y.insert(QLatin1String(key), QStringLiteral("of_the_future"));
            json.insert(QStringLiteral("y"), y);
            QVERIFY2(!ChartSpec::fromJson(json), key);
        }
        QVERIFY(!ChartSpec::fromJson({}));
    }

    void wordsOfTitlesAndAxes()
    {
        ChartSpec spec = full();
        QCOMPARE(chartTitle(spec), QStringLiteral("TTFT, median and p99, by concurrency"));
        QCOMPARE(axisTitle(spec.y), QStringLiteral("TTFT, ms (log)"));
        QCOMPARE(axisTitle(spec.x), QStringLiteral("Concurrency, requests in flight"));
        spec.y = {};
        spec.y.quantity = "output_throughput";
        spec.y.perAccelerator = true;
        spec.x = {};
        spec.x.quantity = "tpot";
        spec.x.stat = Stat::percentile(99);
        QCOMPARE(chartTitle(spec), QStringLiteral("Output throughput per GPU against TPOT p99"));
        QCOMPARE(axisTitle(spec.y), QStringLiteral("Output throughput, tok/s per GPU"));
        QCOMPARE(axisTitle(spec.x), QStringLiteral("TPOT p99, ms"));
        QCOMPARE(valueText(spec.y, 1357.4), QStringLiteral("1\u2009357\u2009tok/s/GPU"));
        ChartAxis load;
        load.quantity = "request_rate";
        QCOMPARE(valueText(load, 2.5), QStringLiteral("2.5"));
        QCOMPARE(valueText(load, 64), QStringLiteral("64"));
    }

    void theDefaultShowsMostPoints()
    {
        const auto sweep = test::syntheticTable({
            { .run = 1, .attributes = { { "concurrency", "1" } }, .measures = { { "ttft p50", 90 } } },
            { .run = 1, .attributes = { { "concurrency", "2" } }, .measures = { { "ttft p50", 95 } } },
            { .run = 1, .measures = { { "output_throughput", 9 }, { "tpot p99", 7 } } },
        });
        const ChartSpec spec = defaultSpec(*sweep, RowSet(sweep->rows(), true));
        QCOMPARE(spec.x.quantity, std::string("concurrency"));
        QCOMPARE(spec.y.quantity, std::string("ttft"));
        QVERIFY(spec.y.partner.has_value());
        const auto trade = test::syntheticTable({ { .run = 1,
            .attributes = { { "accelerator_count", "4" } },
            .measures = { { "output_throughput", 9 }, { "tpot p99", 7 } } } });
        const ChartSpec other = defaultSpec(*trade, RowSet(trade->rows(), true));
        QCOMPARE(other.x.quantity, std::string("tpot"));
        QVERIFY(other.y.perAccelerator);
        QCOMPARE(other.frontier, FrontierMode::Overall);
    }
};

QTEST_GUILESS_MAIN(TestChartSpec)
#include "tst_chart_spec.moc"
