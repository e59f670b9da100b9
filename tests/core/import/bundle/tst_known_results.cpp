// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/known_results.h"

#include "core/store/source_rows.h"
#include "tests/support/planned_bundle.h"

#include <QTest>

using namespace prism;
using namespace prism::test;

/// What comes to the database in two imports is joined as in one.
class KnownResultsTest : public QObject, PlannedBundle {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        clear();
        m_stored = {};
    }

    void aSweepInTwoGoesIsOneSweep()
    {
        stored("/r/c1/rep1/x.json", { .concurrency = 1, .ttft = 50 }, 7);
        stored("/r/c1/rep2/x.json", { .concurrency = 1, .ttft = 51 }, 7);
        result("/r/c4/rep1/x.json", { .concurrency = 4, .ttft = 60 });
        result("/r/c4/rep2/x.json", { .concurrency = 4, .ttft = 61 });
        const BundlePlan plan = planned();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.runs[0].joins.value_or(0), RunId(7));
        QCOMPARE(text(plan), QStringLiteral("x.json:result x.json:repetition"));
        QCOMPARE(QString::fromStdString(plan.runs[0].files[0].why),
            QStringLiteral("The same settings as in rep1/x.json in the database; the folders differ in load, "
                           "time or repetition only."));
        QVERIFY(!plan.asks());
    }

    /// A file that came to the run by such a join brings the next one there, too.
    void theThirdGoComesToTheFirst()
    {
        stored("/r/c1/rep1/x.json", { .concurrency = 1, .ttft = 50 }, 7);
        stored("/r/c4/rep1/x.json", { .concurrency = 4, .ttft = 60 }, 7);
        result("/r/c8/rep1/x.json", { .concurrency = 8, .ttft = 70 });
        QCOMPARE(planned().runs[0].joins.value_or(0), RunId(7));
    }

    void otherSettingsAndOtherPlacesAreOtherRuns_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("model");
        QTest::newRow("another model") << "/r/c4/rep1/x.json"
                                       << "org/other";
        QTest::newRow("another set-up by its folder") << "/r/tp2/rep1/x.json"
                                                      << "org/model";
        QTest::newRow("another folder") << "/s/c4/rep1/x.json"
                                        << "org/model";
    }
    void otherSettingsAndOtherPlacesAreOtherRuns()
    {
        QFETCH(QString, path);
        QFETCH(QString, model);
        stored("/r/c1/rep1/x.json", { .concurrency = 1, .ttft = 50 }, 7);
        result(path.toStdString(), { .concurrency = 4, .ttft = 60, .model = model.toStdString() });
        const BundlePlan plan = planned();
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QVERIFY(!plan.runs[0].joins);
        QCOMPARE(
            QString::fromStdString(plan.runs[0].files[0].why), QStringLiteral("It holds the run's results."));
    }

    void stagesFollowEachOtherOverTwoImports_data()
    {
        QTest::addColumn<double>("pause");
        QTest::addColumn<bool>("joined");
        QTest::newRow("soon") << 15.0 << true;
        QTest::newRow("hours later") << 7200.0 << false;
    }
    void stagesFollowEachOtherOverTwoImports()
    {
        QFETCH(double, pause);
        QFETCH(bool, joined);
        stored("/r/c4/out/x.json", { .concurrency = 4, .ttft = 50, .started = noon }, 7);
        result("/r/c8/out/x.json", { .concurrency = 8, .ttft = 80, .started = noon + 60 + pause });
        const BundlePlan plan = planned();
        QCOMPARE(plan.runs[0].joins.has_value(), joined);
        QCOMPARE(plan.runs[0].files[0].why,
            joined ? std::string("The same settings, measured 15 s after out/x.json in the database.")
                   : std::string("It holds the run's results."));
    }

    /// The names make it one run; the time says that the system may have been another one.
    void whatIsFarFromAStoredRunIsAsked_data()
    {
        QTest::addColumn<double>("later");
        QTest::addColumn<QString>("said"); // empty: nothing is asked
        QTest::newRow("next month") << 40 * 86400.0 << "40 days after r/run1.json in the database";
        QTest::newRow("the month before") << -40 * 86400.0 << "40 days before r/run1.json in the database";
        QTest::newRow("an hour later") << 3600.0 << "";
    }
    void whatIsFarFromAStoredRunIsAsked()
    {
        QFETCH(double, later);
        QFETCH(QString, said);
        stored("/r/run1.json", { .concurrency = 4, .ttft = 50, .started = noon }, 7);
        result("/r/run2.json", { .concurrency = 4, .ttft = 53, .started = noon + later });
        BundlePlan plan = planned();
        QCOMPARE(plan.runs[0].joins.value_or(0), RunId(7));
        QCOMPARE(plan.asks(), !said.isEmpty());
        const QString why = QString::fromStdString(plan.runs[0].files[0].why);
        QVERIFY2(why.contains(said), qPrintable(why));
        // Set apart, it leaves the stored run, and nothing is asked.
        m_decisions = { { Decision::Kind::Apart, "run2.json", {} } };
        plan = planned();
        QVERIFY(!plan.asks());
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QVERIFY(!plan.runs[0].joins);
    }

    /// The end of the whole run counts, not that of the file with the like name.
    void theTimeIsThatOfTheWholeRun()
    {
        stored("/r/run1.json", { .concurrency = 4, .ttft = 50, .started = noon }, 7);
        stored("/r/run3.json", { .concurrency = 8, .ttft = 50, .started = noon + 39.9 * 86400 }, 7);
        result("/r/run2.json", { .concurrency = 4, .ttft = 53, .started = noon + 40 * 86400 });
        QVERIFY(!planned().asks());
    }

    /// Two runs of the database are two, whatever comes to them.
    void storedRunsStayTwo()
    {
        stored("/r/c1/rep1/x.json", { .concurrency = 1, .ttft = 50 }, 7);
        stored("/r/c4/rep1/x.json", { .concurrency = 4, .ttft = 60 }, 8);
        result("/r/c4/rep2/x.json", { .concurrency = 4, .ttft = 61 });
        result("/r/c8/rep1/x.json", { .concurrency = 8, .ttft = 70 });
        const BundlePlan plan = planned();
        QCOMPARE(plan.runs.size(), std::size_t(2));
        QCOMPARE(plan.runs[0].joins.value_or(0), RunId(7)); // c8
        QCOMPARE(plan.runs[1].joins.value_or(0), RunId(8)); // c4, whose own run it is
        QCOMPARE(text(plan), QStringLiteral("x.json:result | x.json:result"));
    }

    void whatTheUserSetApartIsJoinedByNothing()
    {
        stored("/r/c1/rep1/x.json", { .concurrency = 1, .ttft = 50 }, 7);
        m_stored.runUids[7] = "a run of its own";
        result("/r/c4/rep1/x.json", { .concurrency = 4, .ttft = 60 });
        QVERIFY(!planned().runs[0].joins);
    }

    void namesOfOneSweepFindEachOther_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("now");
        QTest::newRow("a load that is no number") << "/r/qps_4/rep1/x.json"
                                                  << "/r/qps_inf/rep1/x.json";
        QTest::newRow("and the other way about") << "/r/qps_INF/rep1/x.json"
                                                 << "/r/qps_4/rep1/x.json";
        QTest::newRow("a number that nothing explains") << "/r/1.json"
                                                        << "/r/2.json";
    }
    void namesOfOneSweepFindEachOther()
    {
        QFETCH(QString, before);
        QFETCH(QString, now);
        stored(before.toStdString(), { .concurrency = 4, .ttft = 50 }, 7);
        result(now.toStdString(), { .concurrency = 4, .ttft = 51 });
        QCOMPARE(planned().runs[0].joins.value_or(0), RunId(7));
    }

    void aTelemetryOfTheStoredStagesBelongsToTheRun()
    {
        stored("/r/c4/out/x.json", { .concurrency = 4, .ttft = 50, .started = noon }, 7);
        result("/r/c8/out/x.json", { .concurrency = 8, .ttft = 80, .started = noon + 75 });
        m_known = { { 7, m_stored.runUids[7], {}, "vllm-serve", { "/r/c4/out/x.json" },
            { TimeSpan { noon, noon + 60 } }, {} } };
        telemetry("/r/gpu.csv", noon - 5, noon + 70);
        QCOMPARE(text(planned()), QStringLiteral("x.json:result gpu.csv:telemetry"));
    }

private:
    /// A result of the run, which is that of the first one's own key.
    void stored(const std::string& path, const Given& given, RunId run)
    {
        const LoadPoint point = pointOf(given);
        const std::string own = ContentHash::of(RunKeys(given.producer, path).of(point));
        m_stored.runUids.try_emplace(run, store::shortHash(own));
        m_stored.files.push_back({ run * 100, ContentHash::of(path), path, given.producer,
            { { run, point, SummaryBuilder::measured(point), {} } } });
    }
    /// With those stored results for which the database would be asked.
    BundlePlan planned()
    {
        const ResultQuestion question = questionOf(m_bundle.files());
        StoredResults answer = m_stored;
        std::erase_if(answer.files, [&](const StoredResults::File& file) {
            const std::string& uid = m_stored.runUids[file.points[0].run];
            return !question.isAlike(file.path, file.producer)
                && std::find(question.runUids.begin(), question.runUids.end(), uid) == question.runUids.end();
        });
        m_bundle.setStored(knownResultsOf(answer));
        return make();
    }

    StoredResults m_stored;
};

QTEST_GUILESS_MAIN(KnownResultsTest)
#include "tst_known_results.moc"
