// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

/// What belongs to a run besides its results, and the user's word on it.
class Links : public QObject {
    Q_OBJECT

    static constexpr double noon = 1'780'000'000;

    /// A file with samples, or without, that belongs to no run yet.
    static SourceId attach(StoreWriter& writer, const std::string& path, std::optional<TimeSpan> covers)
    {
        const auto source = writer.begin(madeSource(path));
        StoreWriter::Finished finished;
        finished.attached = true;
        finished.covers = covers;
        if (covers) {
            const bool added = writer
                                   .addSeries(*source, 0,
                                       { "power", "W", {}, { covers->begin, covers->end }, { 1, 2 }, true })
                                   .
                                   operator bool();
            if (!added) {
                return 0;
            }
        }
        return writer.finish(*source, finished) && writer.commit() ? *source : 0;
    }

private Q_SLOTS:
    void aFileBelongsToARunOnceItIsLinked()
    {
        const TemporaryStore store;
        const SourceId result = store.add("/r/a.json", { madePoint(0) });
        SourceId gpu = 0;
        SourceId config = 0;
        {
            auto writer = store.writer();
            gpu = attach(*writer, "/r/gpu.csv", TimeSpan { noon, noon + 60 });
            config = attach(*writer, "/r/config.yaml", {});
        }
        auto reader = store.reader();
        auto waiting = reader->unlinked();
        QVERIFY(waiting);
        QCOMPARE(waiting->size(), 2u);
        QCOMPARE((*waiting)[0].source.id, gpu);
        QCOMPARE((*waiting)[0].covers, std::optional(TimeSpan { noon, noon + 60 }));
        QVERIFY((*waiting)[0].series && !(*waiting)[0].timeline);
        QCOMPARE((*waiting)[1].source.id, config);
        QVERIFY(!(*waiting)[1].covers && !(*waiting)[1].series);

        const RunId run = reader->runs()->front().id;
        const std::uint64_t before = reader->revision();
        {
            auto writer = store.writer();
            QVERIFY(writer->link(gpu, madeRun(), { "telemetry", "Its samples cover it.", false }));
            QVERIFY(writer->link(config, run, { "sidecar", "You put it here.", true }));
            QVERIFY(writer->commit());
        }
        QVERIFY(reader->revision() > before); // windows that are open see it
        QVERIFY(reader->unlinked()->empty());
        const auto links = reader->linksOf(run);
        QVERIFY(links);
        QCOMPARE(links->size(), 2u);
        QCOMPARE((*links)[0].text, (LinkText { "telemetry", "Its samples cover it.", false }));
        QCOMPARE((*links)[1].text, (LinkText { "sidecar", "You put it here.", true }));

        // While its run is removed, a file waits again; what is removed itself does not.
        QVERIFY(store.writer()->remove({ result }));
        QCOMPARE(reader->unlinked()->size(), 2u);
        QVERIFY(store.writer()->restore({ result }));
        QVERIFY(store.writer()->remove({ gpu }));
        QCOMPARE(reader->linksOf(run)->size(), 1u);
    }

    void runsAreFoundByTimeAndByFolder()
    {
        const TemporaryStore store;
        {
            auto writer = store.writer();
            const auto source = writer->begin(madeSource("/r/deep/a.json"));
            QVERIFY(writer->addPoint(*source, madePoint(0), madeRun("one"), TimeSpan { noon, noon + 60 }));
            QVERIFY(writer->addPoint(
                *source, madePoint(1), madeRun("two"), {}, TimeSpan { noon + 7200, noon + 7260 }));
            QVERIFY(writer->finish(*source, {}));
            QVERIFY(writer->commit());
        }
        auto reader = store.reader();
        const auto at = [&](double begin, double end) {
            return reader->runsAt({ TimeSpan { begin, end } }, {})->size();
        };
        QCOMPARE(at(noon + 59, noon + 90), 1u);
        QCOMPARE(at(noon + 61, noon + 90), 0u);
        QCOMPARE(reader->runsAt({}, { { "/r/" }, {} })->size(), 2u);
        QCOMPARE(reader->runsAt({}, { { "/r/dee/" }, {} })->size(), 0u);
        QCOMPARE(reader->runsAt({}, { {}, { "/r/" } })->size(), 0u);
        QCOMPARE(reader->runsAt({}, { {}, { "/r/deep/" } })->size(), 2u);
        const auto local = reader->runsAt({}, { { "/r/" }, {} })->back();
        QCOMPARE(local.measuredLocally, (std::vector<TimeSpan> { { noon + 7200, noon + 7260 } }));
        QVERIFY(local.measured.empty());
        const auto place = reader->runsAt({ TimeSpan { noon, noon } }, {})->front();
        QCOMPARE(place.paths, std::vector<std::string> { "/r/deep/a.json" });
        QCOMPARE(place.measured, (std::vector<TimeSpan> { { noon, noon + 60 } }));
        QCOMPARE(*reader->measured(1), std::optional(TimeSpan { noon, noon + 60 }));
        QCOMPARE(*reader->measured(2), std::optional<TimeSpan>());
    }

    void pointsMoveToAnotherRun()
    {
        const TemporaryStore store;
        const SourceId a = store.add("a.json", { madePoint(0) }, "run-a");
        const SourceId b = store.add("b.json", { madePoint(1), madePoint(2) }, "run-b");
        {
            auto writer = store.writer();
            QVERIFY(writer->moveToRun(b, madeRun("run-b").key, madeRun("run-a")));
            QVERIFY(writer->moveToRun(a, madeRun("run-b").key, madeRun("run-c"))); // has none of it
            QVERIFY(writer->commit());
        }
        std::map<RunId, std::uint32_t> points;
        const auto runs = store.reader()->runs();
        QVERIFY(runs);
        for (const RunRecord& run : *runs) {
            points[run.id] = run.points;
        }
        QCOMPARE(points[1], 3u);
        QCOMPARE(points[2], 0u);
    }

    void decisionsAreRememberedAndUndone()
    {
        const TemporaryStore store;
        auto reader = store.reader();
        QCOMPARE(*reader->decisions("shape"), std::string());
        std::int64_t second = 0;
        {
            auto writer = store.writer();
            QVERIFY(writer->setDecisions("shape", "apart\tx\t\n"));
            QVERIFY(!writer->setDecisions("shape", "apart\tx\t\n")); // nothing to change
            second = writer->setDecisions("shape", "leave\tx\t\n")->id;
        }
        QCOMPARE(*reader->decisions("shape"), std::string("leave\tx\t\n"));
        QVERIFY(store.writer()->undo(second));
        QCOMPARE(*reader->decisions("shape"), std::string("apart\tx\t\n"));
        QVERIFY(store.writer()->setDecisions("shape", {}));
        QCOMPARE(*reader->decisions("shape"), std::string());
    }

    void theUserGivesAWaitingFileToARun()
    {
        const TemporaryStore store;
        store.add("/r/a.json", { madePoint(0) }, "run-a");
        store.add("/r/b.json", { madePoint(0, 3) }, "run-b");
        auto writer = store.writer();
        const SourceId gpu = attach(*writer, "/r/gpu.csv", TimeSpan { noon, noon + 60 });
        const SourceId config = attach(*writer, "/r/config.yaml", {});
        auto reader = store.reader();
        QVERIFY(!writer->attach(gpu, 1, "timeline", {})); // it holds none
        QVERIFY(!writer->attach(config, 1, "telemetry", {}));
        QVERIFY(!writer->attach(config, 1, "twin", {}));
        QVERIFY(!writer->attach(1, 1, "", {})); // a result
        const auto given = writer->attach(gpu, 1, "", {});
        QVERIFY2(given, given ? "" : given.error().text().c_str());
        QCOMPARE(given->text, std::string("Give gpu.csv to a run as telemetry"));
        QCOMPARE(reader->linksOf(1)->front().text,
            (LinkText { "telemetry", "You said that it belongs to this run.", true }));
        QCOMPARE(reader->unlinked()->size(), 1u);
        // Its role is decided anew, then its run.
        QVERIFY(writer->attach(gpu, 1, "sidecar", {}));
        QCOMPARE(reader->linksOf(1)->front().text.role, std::string("sidecar"));
        const auto moved = writer->attach(gpu, 2, "", 1);
        QVERIFY(moved);
        QVERIFY(reader->linksOf(1)->empty());
        QCOMPARE(reader->linksOf(2)->front().text.role, std::string("telemetry"));
        QVERIFY(writer->undo(moved->id));
        QCOMPARE(reader->linksOf(1)->front().text.role, std::string("sidecar"));
        QVERIFY(reader->linksOf(2)->empty());
        QVERIFY(writer->undo(given->id));
        QCOMPARE(reader->unlinked()->size(), 2u);
    }

    void noImportOverrulesTheUser()
    {
        const TemporaryStore store;
        store.add("/r/a.json", { madePoint(0) }, "run-a");
        store.add("/r/b.json", { madePoint(0, 3) }, "run-b");
        auto writer = store.writer();
        const SourceId gpu = attach(*writer, "/r/gpu.csv", TimeSpan { noon, noon + 60 });
        const LinkText byTime { "telemetry", "Its samples cover it.", false };
        QVERIFY(writer->link(gpu, 1, byTime));
        QVERIFY(writer->commit());
        auto reader = store.reader();
        QVERIFY(!writer->detach(gpu, 2));
        const auto off = writer->detach(gpu, 1);
        QVERIFY(off);
        QVERIFY(reader->linksOf(1)->empty());
        QCOMPARE(reader->unlinked()->size(), 1u);
        QVERIFY(reader->unlinked()->front().text.byUser);
        QVERIFY(writer->link(gpu, 1, byTime) && writer->link(gpu, 2, byTime) && writer->commit());
        QVERIFY(reader->linksOf(1)->empty() && reader->linksOf(2)->empty());
        // A newer reading of the file is the same file.
        NewSource again = madeSource("/r/gpu.csv");
        again.importerVersion = 9;
        const auto fresh = writer->begin(again);
        StoreWriter::Finished finished;
        finished.attached = true;
        finished.newReading = true;
        QVERIFY(writer->finish(*fresh, finished) && writer->commit());
        QVERIFY(writer->link(*fresh, 1, byTime) && writer->commit());
        QVERIFY(reader->linksOf(1)->empty());
        QVERIFY(writer->attach(*fresh, 2, "", {}));
        QCOMPARE(reader->linksOf(2)->size(), 1u);
    }

    void aResultBecomesTheSameAsAnotherAndItsOwnAgain()
    {
        const TemporaryStore store;
        const SourceId json = store.add("/r/a.json", { madePoint(0) }, "run-a");
        const SourceId text = store.add("/r/a.txt", { madePoint(0, 3) }, "run-b");
        auto writer = store.writer();
        const auto rows = [&] { return (*store.reader()->table())->rows(); };
        QVERIFY(!writer->setSameResult(text, text));
        const auto same = writer->setSameResult(text, json);
        QVERIFY(same);
        QCOMPARE(rows(), 1u);
        QCOMPARE((*store.reader()->table())->text("source", 0), std::string_view("/r/a.json"));
        // The other way round: never a ring in which neither is shown.
        const auto turned = writer->setSameResult(json, text);
        QVERIFY(turned);
        QCOMPARE((*store.reader()->table())->text("source", 0), std::string_view("/r/a.txt"));
        QCOMPARE(rows(), 1u);
        QVERIFY(writer->undo(turned->id));
        QCOMPARE((*store.reader()->table())->text("source", 0), std::string_view("/r/a.json"));
        QVERIFY(writer->setSameResult(text, std::nullopt));
        QCOMPARE(rows(), 2u);
    }

    /// Both values of what differs come back with the user's word, as does the line in the run's files.
    void aTwinKeepsWhatTheImportSaidOfIt()
    {
        const TemporaryStore store;
        const SourceId json = store.add("/r/a.json", { madePoint(0) }, "run-a");
        const SourceId text = store.add("/r/a.txt", { madePoint(0, 3) }, "run-b");
        auto writer = store.writer();
        const auto all = [&] {
            QStringList told;
            auto reader = store.reader();
            for (const RunId run : { RunId(1), RunId(2) }) {
                const auto links = reader->linksOf(run);
                for (const LinkRecord& link : links ? *links : std::vector<LinkRecord>()) {
                    told << QStringLiteral("%1 of %2: %3%4")
                                .arg(QString::fromStdString(link.source.path))
                                .arg(run)
                                .arg(QString::fromStdString(link.text.why),
                                    link.text.byUser ? QStringLiteral(" (user)") : QString());
                }
            }
            return told.join(QLatin1Char('|'));
        };
        const std::string sha = (*store.reader()->source(json))->sha256;
        QVERIFY(writer->setTwin(text, sha) && writer->link(text, 1, { "twin", "TTFT: 50, not 51.", false }));
        QVERIFY(writer->commit());
        QVERIFY(writer->setSameResult(text, std::nullopt));
        QCOMPARE(all(), QString());
        QVERIFY(writer->setSameResult(text, json));
        QCOMPARE(all(), QStringLiteral("/r/a.txt of 1: TTFT: 50, not 51. (user)"));
        // Turned round, the other one is what is not shown.
        const auto turned = writer->setSameResult(json, text);
        QVERIFY(turned);
        QCOMPARE(
            all(), QStringLiteral("/r/a.json of 2: You said that it is the same result as a.txt. (user)"));
        QVERIFY(writer->undo(turned->id));
        QCOMPARE(all(), QStringLiteral("/r/a.txt of 1: TTFT: 50, not 51. (user)"));
    }

    void nothingIsLeftOfWhatIsPurged()
    {
        const TemporaryStore store;
        store.add("/r/a.json", { madePoint(0) });
        {
            auto writer = store.writer();
            const SourceId gpu = attach(*writer, "/r/gpu.csv", TimeSpan { noon, noon + 60 });
            QVERIFY(writer->link(gpu, madeRun(), { "telemetry", "why", false }));
            QVERIFY(writer->commit());
            QVERIFY(writer->remove({ gpu }));
            QVERIFY(writer->purge());
        }
        QCOMPARE(rawCount(store.file(), "link"), 0);
        QCOMPARE(rawCount(store.file(), "source_time"), 0);
    }
};

QTEST_GUILESS_MAIN(Links)
#include "tst_links.moc"
