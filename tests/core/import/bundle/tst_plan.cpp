// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/collector.h"

#include "core/import/content_hash.h"
#include "core/import/distributions.h"
#include "core/import/run_key.h"

#include <QTest>

using namespace prism;

namespace {

constexpr double noon = 1'780'000'000; ///< seconds since 1970

struct Given {
    int concurrency = 4;
    double ttft = 50.123456;
    std::optional<double> started = {};
    double duration = 60;
    std::string model = "org/model";
    std::string group = {};
    std::string producer = "vllm-serve";
    std::optional<double> startedLocally = {}; ///< by a clock that names no zone
};

LoadPoint pointOf(const Given& given)
{
    LoadPoint point;
    point.group = given.group;
    point.attributes.push_back({ "model", given.model, {}, Origin::Reported, {} });
    point.attributes.push_back({ "concurrency", std::int64_t(given.concurrency), {}, Origin::Reported, {} });
    if (given.started) {
        point.attributes.push_back({ "started_at", utcText(*given.started), {}, Origin::Reported, {} });
    }
    if (given.startedLocally) {
        // As vLLM's client writes it: "20260503-063041", at its end.
        std::string date = utcText(*given.startedLocally + given.duration).substr(0, 19);
        std::erase_if(date, [](char c) { return c == '-' || c == ':'; });
        point.extras.push_back({ "/date", date.replace(8, 1, "-") });
    }
    const auto add = [&](std::string_view metric, Stat stat, double value) {
        Measure m;
        m.metric = findMetric(metric);
        m.stat = stat;
        m.value = value;
        m.path = "/a";
        point.measures.push_back(m);
    };
    add("duration", Stat::value(), given.duration);
    add("ttft", Stat::mean(), given.ttft);
    add("ttft", Stat::percentile(99), given.ttft * 1.912345);
    add("e2e", Stat::mean(), given.ttft * 73.12345);
    add("tpot", Stat::mean(), given.ttft * 0.0712345);
    add("output_throughput", Stat::value(), given.ttft * 5.712345);
    return point;
}

} // namespace

class PlanTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_bundle = {};
        m_known.clear();
        m_decisions.clear();
    }

    void stagesBesideEachOtherAreOneRun()
    {
        result("/r/x_conc4.json", { .concurrency = 4, .ttft = 50 });
        result("/r/x_conc8.json", { .concurrency = 8, .ttft = 80 });
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(text(plan), QStringLiteral("x_conc4.json:result x_conc8.json:result"));
        QVERIFY(plan.runs[0].repetitions.empty());
        QVERIFY(!plan.runs[0].files[1].why.empty());
        QVERIFY(!plan.decides()); // nobody would doubt it
        QVERIFY(!plan.asks());
    }

    void aSingleResultDecidesNothing()
    {
        result("/r/x.json", {});
        QVERIFY(!make().decides());
    }

    void stagesOfSeveralFoldersAreJoinedByTimeAndSettings()
    {
        result("/r/c4/out/x.json", { .concurrency = 4, .ttft = 50, .started = noon });
        result("/r/c8/out/x.json", { .concurrency = 8, .ttft = 80, .started = noon + 75 });
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(plan.runs[0].files[1].why),
            QStringLiteral("The same settings, measured 15 s after out/x.json."));
        QVERIFY(plan.decides());
    }

    void namesThatDifferInMoreThanLoadHoldApart_data()
    {
        QTest::addColumn<QString>("other");
        QTest::addColumn<double>("pause");
        QTest::addColumn<QString>("model");
        QTest::newRow("another folder") << "/r/patched/out/x.json" << 15.0 << "org/model";
        QTest::newRow("hours later") << "/r/c8/out/x.json" << 7200.0 << "org/model";
        QTest::newRow("at the same time") << "/r/c8/out/x.json" << -30.0 << "org/model";
        QTest::newRow("another model") << "/r/c8/out/x.json" << 15.0 << "org/other";
    }
    void namesThatDifferInMoreThanLoadHoldApart()
    {
        QFETCH(QString, other);
        QFETCH(double, pause);
        QFETCH(QString, model);
        result("/r/c4/out/x.json", { .concurrency = 4, .ttft = 50, .started = noon });
        result(other.toStdString(),
            { .concurrency = 8, .ttft = 80, .started = noon + 60 + pause, .model = model.toStdString() });
        QCOMPARE(make().runs.size(), std::size_t(2));
    }

    void theToolsOwnIdJoins_data()
    {
        QTest::addColumn<QString>("group");
        QTest::addColumn<int>("runs");
        QTest::newRow("an id") << "7f3a9c21-88aa-4d0e" << 1;
        QTest::newRow("a name") << "llama-benchy" << 2;
    }
    void theToolsOwnIdJoins()
    {
        QFETCH(QString, group);
        QFETCH(int, runs);
        result("/r/monday/x.json", { .concurrency = 4, .ttft = 50, .group = group.toStdString() });
        result("/r/other/y.json", { .concurrency = 8, .ttft = 80, .group = group.toStdString() });
        const BundlePlan plan = make();
        QCOMPARE(int(plan.runs.size()), runs);
        if (runs == 1) {
            QVERIFY(plan.runs[0].files[1].why.find("7f3a9c21") != std::string::npos);
        }
    }

    void repetitionsShowTheirSpread()
    {
        result("/r/run1.json", { .concurrency = 4, .ttft = 50 });
        result("/r/run2.json", { .concurrency = 4, .ttft = 53 });
        result("/r/run3.json", { .concurrency = 4, .ttft = 51 });
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("run1.json:result run2.json:repetition run3.json:repetition"));
        QCOMPARE(plan.runs[0].repetitions.size(), std::size_t(1));
        const BundlePlan::Repetition& repetition = plan.runs[0].repetitions[0];
        QCOMPARE(repetition.count, std::size_t(3));
        QCOMPARE(repetition.load, std::string("concurrency 4"));
        QCOMPARE(repetition.spreads[0].metric, std::string_view("ttft"));
        QCOMPARE(repetition.spreads[0].lowest, 50.0);
        QCOMPARE(repetition.spreads[0].highest, 53.0);
    }

    void twinsStandBehindTheRicher()
    {
        result("/r/x.json", {});
        result("/r/x.csv", {});
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result x.csv:twin"));
        QCOMPARE(plan.runs[0].points, std::size_t(1));
        QVERIFY(!plan.asks());
    }

    void twinsThatDisagreeShowBothValues()
    {
        result("/r/x.json", {});
        LoadPoint other = pointOf({});
        other.measures[2].value = 99.25; // TTFT p99
        file("/r/x.csv", { other });
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result x.csv:twin"));
        const BundlePlan::File& twin = plan.runs[0].files[1];
        QVERIFY(twin.asks && plan.asks());
        QCOMPARE(twin.differences.size(), std::size_t(1));
        QCOMPARE(twin.differences[0].richer, 50.123456 * 1.912345);
        QCOMPARE(twin.differences[0].poorer, 99.25);
    }

    void theUserSetsTwinsApart()
    {
        result("/r/x.json", {});
        result("/r/x.csv", {});
        m_decisions = { { Decision::Kind::Apart, "x.csv", {} } };
        BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("x.json:result | x.csv:result"));
        QVERIFY(plan.runs[1].files[0].byUser);
        QVERIFY(plan.runs[0].key != plan.runs[1].key);
        m_decisions = { { Decision::Kind::LeaveOut, "x.csv", {} } };
        QCOMPARE(text(make()), QStringLiteral("x.json:result // x.csv:left-out"));
    }

    void theUserJoinsAndMakesTwins()
    {
        result("/r/baseline/x.json", { .concurrency = 4, .ttft = 50 });
        result("/r/patched/x.json", { .concurrency = 8, .ttft = 80 });
        QCOMPARE(make().runs.size(), std::size_t(2));
        m_decisions = { { Decision::Kind::ToRunOf, "patched/x.json", "baseline/x.json" } };
        BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.runs[0].points, std::size_t(2));
        m_decisions = { { Decision::Kind::TwinOf, "patched/x.json", "baseline/x.json" },
            { Decision::Kind::TwinOf, "baseline/x.json", "patched/x.json" } };
        plan = make(); // one of them stands before the other, whatever the user says
        QCOMPARE(text(plan).count(QStringLiteral("twin")), 1);
    }

    void theUserTurnsTwinsRound()
    {
        result("/r/x.json", {});
        result("/r/x.csv", {});
        m_decisions = { { Decision::Kind::TwinOf, "x.json", "x.csv" } };
        QCOMPARE(text(make()), QStringLiteral("x.csv:result x.json:twin"));
    }

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
                "vLLM bench serve do not say when they were measured: drop it on the run that it was "
                "recorded with."));
        m_bundle = {};
        result("/r/x.json", { .started = noon + 3600 });
        telemetry("/r/gpu.csv", noon, noon + 60);
        plan = make();
        QVERIFY(!plan.others[0].asks);
        QVERIFY(plan.others[0].why.find("kept until its run comes") != std::string::npos);
    }

    /// What was measured, the stage of the tool, the tool: one rule for all of them.
    void runsAreNamedByWhatWasMeasured()
    {
        const auto titleOf
            = [&](const std::vector<std::pair<std::string, std::string>>& files, const char* model) {
                  m_bundle = {};
                  int n = 0;
                  for (const auto& [path, label] : files) {
                      const Given given { .concurrency = 1 << n, .ttft = 50.0 + n, .model = model };
                      LoadPoint point = pointOf(given);
                      point.label = label;
                      ++n;
                      file(path, { point }, given);
                  }
                  const BundlePlan plan = make();
                  return plan.runs.size() == 1 ? QString::fromStdString(plan.runs[0].title)
                                               : QStringLiteral("several runs");
              };
        QCOMPARE(
            titleOf({ { "/r/x.json", "" } }, "org/model"), QStringLiteral("org/model · vLLM bench serve"));
        QCOMPARE(titleOf({ { "/r/x.json", "nightly" } }, "org/model"),
            QStringLiteral("org/model · nightly · vLLM bench serve"));
        QCOMPARE(titleOf({ { "/r/x.json", "" } }, ""), QStringLiteral("x.json · vLLM bench serve"));
        QCOMPARE(titleOf({ { "/r/h100/stage_0.json", "stage_0" } }, ""),
            QStringLiteral("h100 · stage_0 · vLLM bench serve"));
        QCOMPARE(titleOf({ { "/r/sweep/h100/run/stage_0.json", "stage_0" } }, ""),
            QStringLiteral("h100/run · stage_0 · vLLM bench serve"));
        QCOMPARE(titleOf({ { "/r/stage_0.json", "stage_0" } }, ""),
            QStringLiteral("r · stage_0 · vLLM bench serve"));
        // A name of one stage is no name of the run.
        QCOMPARE(
            titleOf({ { "/r/h100/x_conc1.json", "stage_0" }, { "/r/h100/x_conc2.json", "stage_1" } }, ""),
            QStringLiteral("h100 · vLLM bench serve"));
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

    void decisionsHoldForTheNextFolderOfTheShape()
    {
        const std::vector<Decision> first { { Decision::Kind::ToRunOf, "c4/gpu.csv", "c4/x1.json" },
            { Decision::Kind::Apart, "c4/x2.json", {} } };
        const std::vector<Decision> general = generalised(first);
        QCOMPARE(general[0].file, std::string("c#/gpu.csv"));
        const auto read = decisionsOf(textOf(general));
        QVERIFY(read);
        QCOMPARE(*read, general);
        QVERIFY(!decisionsOf("nonsense\n"));

        result("/r/c16/x1.json", { .concurrency = 16, .ttft = 50, .started = noon });
        result("/r/c32/x1.json", { .concurrency = 32, .ttft = 60, .started = noon + 90000, .model = "o/n" });
        telemetry("/r/c16/gpu.csv", {}, {});
        telemetry("/r/c32/gpu.csv", {}, {});
        m_decisions = { general[0] };
        QCOMPARE(text(make()),
            QStringLiteral("x1.json:result gpu.csv:telemetry | x1.json:result gpu.csv:telemetry"));
    }

    void shapesCountNoFiles()
    {
        const auto shape
            = [](const std::vector<std::string_view>& paths) { return shapeOf(paths, commonFolder(paths)); };
        QCOMPARE(commonFolder({ "/a/b/c.json", "/a/bc.json" }), std::string("/a/"));
        QCOMPARE(commonFolder({ "a.json", "b.json" }), std::string());
        const std::string three = shape({ "/m/c1/x.json", "/m/c2/x.json", "/m/c4/x.json", "/m/gpu.csv" });
        QCOMPARE(shape({ "/t/u/c16/x.json", "/t/u/gpu.csv" }), three);
        QVERIFY(shape({ "/t/c1/x.json", "/t/c2/y.json", "/t/gpu.csv" }) != three);
    }

    void filesThatWereNotReadAreTold()
    {
        FileSummary refused;
        refused.path = "/r/broken.json";
        refused.outcome = Outcome::Refused;
        refused.reason = "it ends within a number";
        m_bundle.add(refused, {});
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("// broken.json:refused"));
        QCOMPARE(plan.others[0].why, refused.reason);
        QVERIFY(!plan.decides());
    }

    void aMillionFilesStayBounded()
    {
        const auto beyond = std::size_t(1'000'000) - BundleCollector::mostFiles;
        for (int i = 0; i < 1'000'000; ++i) {
            FileSummary skipped;
            skipped.path = "/r/" + std::to_string(i);
            skipped.outcome = Outcome::Skipped;
            m_bundle.add(std::move(skipped), {});
        }
        QCOMPARE(m_bundle.files().size(), BundleCollector::mostFiles);
        QCOMPARE(m_bundle.leftOver(), beyond);
        QVERIFY2(m_bundle.note().find("800000 files behind the first 200000") != std::string::npos,
            m_bundle.note().c_str());
        QCOMPARE(make().others.size(), BundleCollector::mostFiles);
    }

    /// Costs as much as there are files, not files times files, or this takes minutes.
    void manyFilesOfOneRunWithAWordOnEach()
    {
        constexpr int most = 20'000;
        for (int i = 0; i < most; ++i) {
            const std::string folder = "/r/c" + std::to_string(i) + '/';
            result(
                folder + "x1.json", { .concurrency = 4, .ttft = 50 + i * 0.01, .started = noon + i * 70.0 });
            telemetry(folder + "gpu.csv", noon + i * 70.0, noon + i * 70.0 + 1);
        }
        m_decisions = { { Decision::Kind::ToRunOf, "c#/gpu.csv", "c#/x#.json" } };
        for (int i = 1; i < most; i += 2) {
            m_decisions.push_back(
                { Decision::Kind::ToRunOf, "c" + std::to_string(i) + "/x1.json", "c0/x1.json" });
        }
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.runs[0].files.size(), std::size_t(2 * most));
        QCOMPARE(plan.runs[0].points, std::size_t(most));
        QVERIFY(plan.others.empty());
    }

    void aReasonNeverNamesAFileThatLeft()
    {
        result("/r/x_conc4.json", { .concurrency = 4, .ttft = 50 });
        result("/r/x_conc8.json", { .concurrency = 8, .ttft = 80 });
        result("/r/x_conc16.json", { .concurrency = 16, .ttft = 90 });
        QVERIFY(make().runs[0].files[1].why.find("x_conc4") != std::string::npos);
        m_decisions = { { Decision::Kind::Apart, "x_conc4.json", {} } };
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(2));
        QCOMPARE(plan.runs[0].files.size(), std::size_t(2));
        QCOMPARE(plan.runs[0].files[0].why, std::string("It holds the run's results."));
        QCOMPARE(plan.runs[0].files[1].why, std::string("It holds more of the run's results."));
    }

    void resultsOfManyPointsAreSaidNotToBeCompared()
    {
        std::vector<LoadPoint> points;
        for (std::size_t i = 0; i <= TwinFinder::mostPointsOfSource; ++i) {
            points.push_back(pointOf({ .concurrency = int(i) + 1, .ttft = 50.0 + double(i) }));
        }
        file("/r/x.json", points);
        QVERIFY2(
            m_bundle.note().starts_with("1 result file with more than 256 points"), m_bundle.note().c_str());
        m_bundle = {};
        result("/r/x.json", {});
        QCOMPARE(m_bundle.note(), std::string());
    }

private:
    void file(const std::string& path, const std::vector<LoadPoint>& points, const Given& given = {})
    {
        SummaryBuilder builder;
        for (const LoadPoint& point : points) {
            builder.point(point, ContentHash::of(runKey(given.producer, path, point)));
        }
        FileSummary summary = builder.take();
        summary.path = path;
        summary.sha256 = ContentHash::of(path);
        summary.producer = given.producer;
        summary.outcome = Outcome::Imported;
        m_bundle.add(std::move(summary), builder.takePrints());
    }
    void result(const std::string& path, const Given& given) { file(path, { pointOf(given) }, given); }
    void attached(const std::string& path, SummaryBuilder builder)
    {
        FileSummary summary = builder.take();
        summary.path = path;
        summary.producer = "telemetry-csv";
        summary.outcome = Outcome::Attached;
        m_bundle.add(std::move(summary), {});
    }
    void telemetry(const std::string& path, std::optional<double> from, std::optional<double> to)
    {
        SummaryBuilder builder;
        builder.series(
            { "power", "W", {}, { from.value_or(0), to.value_or(60) }, { 1, 2 }, from.has_value() });
        attached(path, std::move(builder));
    }
    void localTelemetry(const std::string& path, double from, double to)
    {
        SummaryBuilder builder;
        builder.series({ "power", "W", {}, { 0, to - from }, { 1, 2 }, false, from });
        attached(path, std::move(builder));
    }
    void sidecar(const std::string& path) { attached(path, {}); }

    BundlePlan make() { return m_bundle.plan(m_known, m_decisions, "/r/"); }

    /// "a.json:result b.csv:twin | c.json:result // d.csv:alone"
    QString text(const BundlePlan& plan) const
    {
        const auto list = [&](const std::vector<BundlePlan::File>& files) {
            QStringList names;
            for (const BundlePlan::File& entry : files) {
                names << QString::fromStdString(m_bundle.files()[entry.file].name()) + QLatin1Char(':')
                        + QString::fromUtf8(name(entry.role).data());
            }
            return names.join(QLatin1Char(' '));
        };
        QStringList runs;
        for (const BundlePlan::Run& run : plan.runs) {
            runs << list(run.files);
        }
        const QString others = plan.others.empty() ? QString() : QStringLiteral("// ") + list(plan.others);
        return (runs.join(QStringLiteral(" | ")) + (runs.isEmpty() || others.isEmpty() ? "" : " ") + others);
    }

    BundleCollector m_bundle;
    std::vector<RunPlace> m_known;
    std::vector<Decision> m_decisions;
};

QTEST_GUILESS_MAIN(PlanTest)
#include "tst_plan.moc"
