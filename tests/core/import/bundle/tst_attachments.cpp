// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/planned_bundle.h"

#include <QTest>

using namespace prism;
using namespace prism::test;

/// Which runs telemetry, timelines and sidecars belong to.
class AttachmentsTest : public QObject, PlannedBundle {
    Q_OBJECT
private Q_SLOTS:
    void init() { clear(); }

    void telemetryBelongsToTheRunsOfItsTime()
    {
        result("/r/a/x.json", { .concurrency = 4, .ttft = 50, .started = noon });
        result("/r/b/y.json", { .ttft = 70, .started = noon + 100, .model = "org/other" });
        result("/r/c/z.json", { .ttft = 90, .started = noon + 5000, .model = "org/third" });
        telemetry("/elsewhere/gpu.csv", noon - 5, noon + 200);
        const BundlePlan plan = make();
        QCOMPARE(text(plan),
            QStringLiteral(
                "x.json:result gpu.csv:telemetry | y.json:result gpu.csv:telemetry | z.json:result"));
        QVERIFY(!plan.asks());
    }

    /// Tools that keep no time of day: whether the samples are theirs nobody can tell but the user.
    void runsWithoutTimesAreTheUsersToChoose()
    {
        result("/r/x.json", {});
        telemetry("/r/gpu.csv", noon, noon + 60);
        BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result // gpu.csv:alone"));
        QVERIFY(plan.others[0].asks);
        QCOMPARE(QString::fromStdString(plan.others[0].why),
            QStringLiteral(
                "Its samples cover 2026-05-28 20:26:40 to 20:27:40 UTC, but the results of org/model · "
                "vLLM bench serve do not say when they were measured: give it to the run that it was "
                "recorded with."));
        m_bundle = {};
        result("/r/x.json", { .started = noon + 3600 });
        telemetry("/r/gpu.csv", noon, noon + 60);
        plan = make();
        QVERIFY(!plan.others[0].asks);
        QVERIFY(plan.others[0].why.find("kept until its run comes") != std::string::npos);
    }

    void telemetryOfTwoRunsAtOneTimeAsks_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("expected");
        QTest::newRow("no folder tells") << "/r/gpu.csv"
                                         << "x.json:result | y.json:result // gpu.csv:alone";
        QTest::newRow("beside one") << "/r/b/gpu.csv"
                                    << "x.json:result | y.json:result gpu.csv:telemetry";
    }
    void telemetryOfTwoRunsAtOneTimeAsks()
    {
        QFETCH(QString, path);
        QFETCH(QString, expected);
        result("/r/a/x.json", { .ttft = 50, .started = noon });
        result("/r/b/y.json", { .ttft = 70, .started = noon + 10, .model = "org/other" });
        telemetry(path.toStdString(), noon, noon + 60);
        const BundlePlan plan = make();
        QCOMPARE(text(plan), expected);
        QCOMPARE(plan.asks(), path == QStringLiteral("/r/gpu.csv"));
    }

    void timesWithoutAZoneAreNoEvidence()
    {
        result("/r/x.json", { .started = noon });
        telemetry("/r/gpu.csv", {}, {});
        BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result // gpu.csv:alone"));
        QVERIFY(plan.asks());
        m_decisions = { { Decision::Kind::ToRunOf, "gpu.csv", "x.json" } };
        plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result gpu.csv:telemetry"));
        QVERIFY(!plan.asks());
    }

    void localTimesOfOneFolderAreOfOneClock()
    {
        result("/r/x.json", { .ttft = 50, .startedLocally = noon });
        result("/r/y.json", { .ttft = 70, .model = "org/other", .startedLocally = noon + 5000 });
        localTelemetry("/r/gpu.csv", noon - 5, noon + 70);
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result gpu.csv:telemetry | y.json:result"));
        QVERIFY(plan.asks()); // nothing tells that it is one
        const std::string& why = plan.runs[0].files[1].why;
        QVERIFY2(why.find("by a clock that names no zone") != std::string::npos
                && why.find("Proposed: it is the same clock.") != std::string::npos,
            why.c_str());
    }

    /// The zone of the clock is proposed where one alone fits, and asked for where none or several do.
    void localTimesBesideAnAbsoluteOne_data()
    {
        QTest::addColumn<double>("ahead");
        QTest::addColumn<double>("length");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<QString>("why");
        const QString proposed = QStringLiteral("x.json:result gpu.csv:telemetry");
        const QString alone = QStringLiteral("x.json:result // gpu.csv:alone");
        const auto row
            = [](const char* name, double ahead, double length, const char* path, const QString& expected,
                  const char* why) { QTest::newRow(name) << ahead << length << path << expected << why; };
        row("two hours ahead", 7200, 60, "/r/gpu.csv", proposed, "Proposed: it is UTC+2, the only offset");
        row("behind, half an hour", -12600, 60, "/r/gpu.csv", proposed, "it is UTC-3:30,");
        row("a clock that shows UTC", 0, 60, "/r/gpu.csv", proposed, "it is UTC,");
        row("three quarters", 20700, 60, "/r/gpu.csv", proposed, "it is UTC+5:45,");
        row("the eastmost", 14 * 3600, 60, "/r/gpu.csv", proposed, "it is UTC+14,");
        row("further east than any", 14.25 * 3600, 60, "/r/gpu.csv", alone, "in any zone");
        row("minutes off", 7200 + 300, 60, "/r/gpu.csv", alone, "in any zone");
        row("longer than zones lie apart", 0, 3600, "/r/gpu.csv", alone, "offsets from UTC");
        row("elsewhere", 7200, 60, "/elsewhere/gpu.csv", alone, "no result around it");
    }
    void localTimesBesideAnAbsoluteOne()
    {
        QFETCH(double, ahead);
        QFETCH(double, length);
        QFETCH(QString, path);
        QFETCH(QString, expected);
        QFETCH(QString, why);
        result("/r/x.json", { .started = noon });
        localTelemetry(path.toStdString(), noon + ahead, noon + ahead + length);
        BundlePlan plan = make();
        QCOMPARE(text(plan), expected);
        QVERIFY(plan.asks()); // a proposal, too
        const BundlePlan::File& told = plan.others.empty() ? plan.runs[0].files[1] : plan.others[0];
        QVERIFY2(QString::fromStdString(told.why).contains(why), told.why.c_str());
        if (plan.others.empty()) {
            m_decisions = { { Decision::Kind::Apart, "gpu.csv", {} } };
            plan = make();
            QCOMPARE(text(plan), QStringLiteral("x.json:result // gpu.csv:alone"));
            QVERIFY(!plan.asks());
        }
    }

    void sidecarsBelongToTheResultsAroundThem_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("expected");
        QTest::newRow("beside") << "/r/a/config.yaml"
                                << "x.json:result config.yaml:sidecar | y.json:result";
        QTest::newRow("above both")
            << "/r/config.yaml"
            << "x.json:result config.yaml:sidecar | y.json:result config.yaml:sidecar";
        QTest::newRow("below") << "/r/b/meta/config.yaml"
                               << "x.json:result | y.json:result config.yaml:sidecar";
        QTest::newRow("of a run that is not there") << "/s/config.yaml"
                                                    << "x.json:result | y.json:result // config.yaml:alone";
    }
    void sidecarsBelongToTheResultsAroundThem()
    {
        QFETCH(QString, path);
        QFETCH(QString, expected);
        result("/r/a/x.json", { .ttft = 50 });
        result("/r/b/y.json", { .ttft = 70, .model = "org/other" });
        sidecar(path.toStdString());
        QCOMPARE(text(make()), expected);
    }

    void aRunOfTheDatabaseTakesWhatComesLater()
    {
        telemetry("/r/gpu.csv", noon, noon + 60);
        QCOMPARE(text(make()), QStringLiteral("// gpu.csv:alone"));
        RunPlace place;
        place.run = 7;
        place.uid = "0123";
        place.name = "yesterday";
        place.producer = "vllm-serve";
        place.paths = { "/old/x.json" };
        place.measured = { { noon - 10, noon + 30 } };
        m_known = { place };
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("gpu.csv:telemetry"));
        QCOMPARE(plan.runs[0].known, std::optional<RunId>(7));
    }
};

QTEST_GUILESS_MAIN(AttachmentsTest)
#include "tst_attachments.moc"
