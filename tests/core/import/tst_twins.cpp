// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/twins.h"

#include <QTest>

using namespace prism;

namespace {

Measure number(std::string_view metric, Stat stat, double value, Origin origin = Origin::Reported)
{
    Measure m;
    m.metric = findMetric(metric);
    m.stat = stat;
    m.value = value;
    m.origin = origin;
    return m;
}

/// A point whose numbers depend on `seed`, rounded as a file prints them.
LoadPoint point(double seed, int decimals, const std::string& model = {})
{
    const double scale = std::pow(10.0, decimals);
    const auto printed = [&](double value) { return std::round(value * scale) / scale; };
    LoadPoint p;
    p.measures = { number("ttft", Stat::mean(), printed(50.123456 * seed)),
        number("ttft", Stat::percentile(99), printed(95.654321 * seed)),
        number("tpot", Stat::mean(), printed(3.401234 * seed)),
        number("e2e", Stat::mean(), printed(3651.2345 * seed)),
        number("output_throughput", Stat::value(), printed(287.4456 * seed)),
        number("request_throughput", Stat::value(), printed(0.2723 * seed)) };
    for (Measure& m : p.measures) {
        m.path = decimals > 2 ? "/a/b" : "3:14"; // a document, or a console text
    }
    if (!model.empty()) {
        p.attributes.push_back({ "model", model, {}, Origin::Reported, {} });
    }
    return p;
}

TwinFinder::Source sourceOf(SourceId id, const std::vector<LoadPoint>& points)
{
    TwinFinder::Source s { id, "sha" + std::to_string(id), "file" + std::to_string(id), {}, false };
    for (const LoadPoint& p : points) {
        s.points.push_back(printOf(p));
    }
    return s;
}

} // namespace

class TwinsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void roundedNumbersAreTheSameResult_data()
    {
        QTest::addColumn<bool>("richerFirst");
        QTest::newRow("JSON first") << true;
        QTest::newRow("table first") << false;
    }
    void roundedNumbersAreTheSameResult()
    {
        QFETCH(bool, richerFirst);
        TwinFinder finder;
        QVERIFY(finder.add(sourceOf(1, { point(1, richerFirst ? 6 : 2) })).empty());
        const auto twins = finder.add(sourceOf(2, { point(1, richerFirst ? 2 : 6) }));
        QCOMPARE(twins.size(), std::size_t(1));
        QCOMPARE(twins[0].poorer, SourceId(richerFirst ? 2 : 1));
        QCOMPARE(twins[0].richerSha256, std::string(richerFirst ? "sha1" : "sha2"));
    }

    void whatDiffersStaysApart_data()
    {
        QTest::addColumn<double>("seed");
        QTest::addColumn<QString>("model");
        QTest::newRow("a number") << 1.001 << "m";
        QTest::newRow("the model") << 1.0 << "other";
    }
    void whatDiffersStaysApart()
    {
        QFETCH(double, seed);
        QFETCH(QString, model);
        TwinFinder finder;
        finder.add(sourceOf(1, { point(1, 6, "m") }));
        QVERIFY(finder.add(sourceOf(2, { point(seed, 2, model.toStdString()) })).empty());
    }

    /// The same result with one number that differs: a twin, and both values are told.
    void twinsThatDisagree()
    {
        LoadPoint text = point(1, 2);
        text.measures[1].value += 1.5; // TTFT p99
        TwinFinder finder;
        finder.add(sourceOf(1, { text }));
        QVERIFY(finder.add(sourceOf(2, { point(1, 6) })).empty());
        const auto twins = finder.disagreeing();
        QCOMPARE(twins.size(), std::size_t(1));
        QCOMPARE(twins[0].poorer, SourceId(1));
        QCOMPARE(twins[0].richer, SourceId(2));
        QCOMPARE(twins[0].differences.size(), std::size_t(1));
        QCOMPARE(twins[0].differences[0].metric, std::string_view("ttft"));
        QCOMPARE(twins[0].differences[0].stat, Stat::percentile(99));
        QCOMPARE(twins[0].differences[0].poorer, 97.15);
        QCOMPARE(twins[0].differences[0].richer, 95.654321);
        QVERIFY(finder.disagreeing().empty()); // it is a twin now
    }

    /// Two runs of one workload have its lengths in common, and by chance a number or two.
    void repetitionsAreNoTwinsThatDisagree()
    {
        std::vector<LoadPoint> runs { point(1, 6), point(1.013, 6) };
        for (LoadPoint& run : runs) {
            run.measures.push_back(number("isl", Stat::mean(), 523.123456));
            run.measures.push_back(number("osl", Stat::mean(), 128.654321));
            run.measures.push_back(number("request_throughput", Stat::value(), 0.272301));
        }
        TwinFinder finder;
        finder.add(sourceOf(1, { runs[0] }));
        finder.add(sourceOf(2, { runs[1] }));
        QVERIFY(finder.disagreeing().empty());
    }

    void fewDigitsMayBeChance()
    {
        LoadPoint few;
        few.measures = { number("output_throughput", Stat::value(), 93.4) };
        TwinFinder finder;
        finder.add(sourceOf(1, { few }));
        QVERIFY(finder.add(sourceOf(2, { few })).empty());
    }

    void oneLogOfSeveralRuns()
    {
        TwinFinder finder;
        finder.add(sourceOf(1, { point(1, 6) }));
        finder.add(sourceOf(2, { point(2, 6) }));
        QCOMPARE(finder.add(sourceOf(3, { point(1, 2), point(2, 2) })).size(), std::size_t(1));
        // One run more than is known: a result of its own.
        QVERIFY(finder.add(sourceOf(4, { point(1, 2), point(3, 2) })).empty());
    }

    /// What a benchmark prints into its log stands behind the files that it writes, though the log has all.
    void aLogStandsBehindTheFilesOfItsStages()
    {
        TwinFinder finder;
        TwinFinder::Source log = sourceOf(1, { point(1, 6), point(2, 6) });
        log.log = true;
        QVERIFY(finder.add(std::move(log)).empty());
        QVERIFY(finder.add(sourceOf(2, { point(1, 6) })).empty());
        const auto twins = finder.add(sourceOf(3, { point(2, 6) }));
        QCOMPARE(twins.size(), std::size_t(1));
        QCOMPARE(twins[0].poorer, SourceId(1));
        QCOMPARE(twins[0].richerSha256, std::string("sha2"));
    }

    void requestsAreTwinsOfTheirSummary()
    {
        LoadPoint rows = point(1, 6);
        for (Measure& m : rows.measures) {
            m.origin = Origin::Derived;
            // What depends on the way of computing may differ.
            m.value *= m.stat == Stat::percentile(99) || m.stat == Stat::value() ? 1.02 : 1;
        }
        rows.measures.push_back(number("osl", Stat::mean(), 1058.45, Origin::Derived));
        LoadPoint summary = point(1, 6);
        summary.measures.push_back(number("osl", Stat::mean(), 1058.45));
        TwinFinder finder;
        finder.add(sourceOf(1, { rows }));
        const auto twins = finder.add(sourceOf(2, { summary }));
        QCOMPARE(twins.size(), std::size_t(1));
        QCOMPARE(twins[0].poorer, SourceId(1));
    }

    void aRoundedLoadIsTheSameLoad()
    {
        LoadPoint exact = point(1, 6);
        exact.attributes.push_back({ "request_rate", 19.36852531, {}, Origin::Reported, {} });
        LoadPoint rounded = point(1, 2);
        rounded.attributes.push_back({ "request_rate", 19.37, {}, Origin::Reported, {} });
        TwinFinder finder;
        finder.add(sourceOf(1, { exact }));
        QCOMPARE(finder.add(sourceOf(2, { rounded })).size(), std::size_t(1));
    }

    void aThousandSourcesAreQuicklyCompared()
    {
        TwinFinder finder;
        for (int i = 0; i < 1000; ++i) {
            QVERIFY(finder.add(sourceOf(i + 1, { point(1 + 0.01 * i, 6) })).empty());
        }
        QCOMPARE(finder.add(sourceOf(5000, { point(1 + 0.01 * 500, 2) })).size(), std::size_t(1));
    }
};

QTEST_GUILESS_MAIN(TwinsTest)
#include "tst_twins.moc"
