// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/planned_bundle.h"

#include <QTest>

using namespace prism;
using namespace prism::test;

/// Which results are one run, and what the user says of it.
class PlanTest : public QObject, PlannedBundle {
    Q_OBJECT
private Q_SLOTS:
    void init() { clear(); }

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

    void setUpsThatOnlyNamesTellStayApart_data()
    {
        QTest::addColumn<QString>("one");
        QTest::addColumn<QString>("other");
        const auto row = [](const char* one, const char* other) {
            QTest::newRow(one) << QString::fromLatin1(one) << QString::fromLatin1(other);
        };
        row("/r/vllm-0.9.0.json", "/r/vllm-0.10.0.json");
        row("/r/tp_1.json", "/r/tp_2.json");
        row("/r/nodes-1/r.json", "/r/nodes-2/r.json");
        row("/r/gpu_2/r.json", "/r/gpu_4/r.json");
        row("/r/tp/1.json", "/r/tp/2.json");
        row("/r/n1/c4/r.json", "/r/n2/c4/r.json");
        row("/r/h100_1.json", "/r/h100_2.json");
        row("/r/llama-3-8b.json", "/r/llama-3.1-8b.json");
        row("/r/result_3.json", "/r/result_8.json"); // no count of repetitions begins at 3
    }
    void setUpsThatOnlyNamesTellStayApart()
    {
        QFETCH(QString, one);
        QFETCH(QString, other);
        // Even one minute after another.
        result(one.toStdString(), { .concurrency = 16, .ttft = 50, .started = noon });
        result(other.toStdString(), { .concurrency = 16, .ttft = 53, .started = noon + 120 });
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(2));
        QVERIFY(plan.runs[0].repetitions.empty() && plan.runs[1].repetitions.empty());
    }

    void aSweepOfFoldersIsOneRun()
    {
        int n = 0;
        for (const char* path : { "/r/c1/rep1/x.json", "/r/c1/rep2/x.json", "/r/c4/rep1/x.json",
                 "/r/c4/rep2/x.json", "/r/c16/rep1/x.json", "/r/c16/rep2/x.json" }) {
            result(path, { .concurrency = 1 << (n / 2 * 2), .ttft = 50.0 + n });
            ++n;
        }
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.runs[0].repetitions.size(), std::size_t(3));
        QVERIFY(!plan.asks());
    }

    void runningNumbersRepeat_data()
    {
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<int>("runs");
        const auto row = [](const char* names, int runs) {
            QTest::newRow(names) << QString::fromLatin1(names).split(QLatin1Char(' ')) << runs;
        };
        row("1.json 2.json 3.json", 1);
        row("result_0.json result_1.json", 1);
        row("res/1/x.json res/2/x.json res/3/x.json", 1);
        row("1.json 2.json 4.json", 3);
        row("result_1.json bench_2.json", 2);
    }
    void runningNumbersRepeat()
    {
        QFETCH(QStringList, names);
        QFETCH(int, runs);
        double ttft = 50;
        for (const QString& name : names) {
            result("/r/" + name.toStdString(), { .concurrency = 32, .ttft = ++ttft });
        }
        const BundlePlan plan = make();
        QCOMPARE(int(plan.runs.size()), runs);
        QCOMPARE(plan.decides(), runs == 1); // the user sees what the names do not say
    }

    void numbersThatAreTheLoadJoin()
    {
        result("/r/llama-3-8b-1.json", { .concurrency = 1, .ttft = 50 });
        result("/r/llama-3-8b-16.json", { .concurrency = 16, .ttft = 80 });
        result("/r/llama-3-8b-32.json", { .concurrency = 32, .ttft = 90 });
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(QString::fromStdString(plan.runs[0].files[1].why),
            QStringLiteral("The same settings as in r/llama-3-8b-1.json; the names differ in load, time or "
                           "repetition only."));
        QVERIFY(!plan.decides()); // the files say so themselves
        // Of a set-up's own number the load says nothing, nor of one that differs.
        m_bundle = {};
        result("/r/tp-1.json", { .concurrency = 1, .ttft = 50 });
        result("/r/tp-2.json", { .concurrency = 2, .ttft = 80 });
        result("/r/h100-4.json", { .concurrency = 4, .ttft = 60 });
        result("/r/h100-8.json", { .concurrency = 4, .ttft = 70 });
        QCOMPARE(make().runs.size(), std::size_t(4));
    }

    void localTimesOfOneFolderJoin_data()
    {
        QTest::addColumn<double>("pause");
        QTest::addColumn<int>("runs");
        QTest::newRow("soon") << 15.0 << 1;
        QTest::newRow("hours later") << 7200.0 << 2;
    }
    void localTimesOfOneFolderJoin()
    {
        QFETCH(double, pause);
        QFETCH(int, runs);
        result("/r/20260301-1000/c4/x.json", { .concurrency = 4, .ttft = 50, .startedLocally = noon });
        result("/r/20260301-1002/c8/x.json",
            { .concurrency = 8, .ttft = 80, .startedLocally = noon + 60 + pause });
        QCOMPARE(int(make().runs.size()), runs);
    }

    void whatIsMeasuredLongAfterIsAsked_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<double>("started"); // seconds after noon, 0: it does not tell
        QTest::addColumn<bool>("local");
        QTest::addColumn<QString>("said"); // empty: nothing is asked
        QTest::newRow("next month") << "/r/run2.json" << 40 * 86400.0 << false << "40 days after r/run1.json";
        QTest::newRow("the month before") << "/r/run2.json" << -40 * 86400.0 << false << "40 days before";
        QTest::newRow("by a local clock") << "/r/run2.json" << 86400.0 << true << "24 hours after";
        QTest::newRow("by its name") << "/r/run1_20260502.json" << 0.0 << false << "61 days after";
        QTest::newRow("an hour later") << "/r/run2.json" << 3600.0 << false << "";
        QTest::newRow("the same day, by its name") << "/r/run2_20260302.json" << 0.0 << false << "";
    }
    void whatIsMeasuredLongAfterIsAsked()
    {
        QFETCH(QString, path);
        QFETCH(double, started);
        QFETCH(bool, local);
        QFETCH(QString, said);
        const auto given = [&](double ttft, double at) {
            Given one { .concurrency = 4, .ttft = ttft };
            (local ? one.startedLocally : one.started)
                = started == 0 ? std::optional<double>() : std::optional(noon + at);
            return one;
        };
        const char* first = started == 0 ? "/r/run1_20260302.json" : "/r/run1.json";
        result(first, given(50, 0));
        result(path.toStdString(), given(53, started));
        const BundlePlan plan = make();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.asks(), !said.isEmpty());
        const QString why = QString::fromStdString(plan.runs[0].files[1].why);
        QVERIFY2(why.contains(said), qPrintable(why));
        // What was set apart leaves nothing to ask.
        m_decisions = { { Decision::Kind::Apart, path.toStdString().substr(3), {} } };
        QVERIFY(!make().asks());
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

    void theSameBytesAreSaidToBe()
    {
        result("/r/a.json", {});
        for (const char* path : { "/r/c1/copy.json", "/r/old.json" }) {
            FileSummary copy;
            copy.path = path;
            copy.outcome = Outcome::Unchanged;
            copy.pointCount = 1;
            copy.sha256 = ContentHash::of(m_bundle.files().size() == 1 ? "/r/a.json" : "of the database");
            m_bundle.add(std::move(copy), {});
        }
        QCOMPARE(m_bundle.note(), std::string()); // they have no points of their own to be compared
        const BundlePlan plan = make();
        QCOMPARE(text(plan), QStringLiteral("a.json:result // copy.json:skipped old.json:skipped"));
        QCOMPARE(plan.others[0].why, std::string("The same bytes as a.json: they are read once."));
        QCOMPARE(plan.others[1].why, std::string("These bytes are in the database already."));
    }
};

QTEST_GUILESS_MAIN(PlanTest)
#include "tst_plan.moc"
