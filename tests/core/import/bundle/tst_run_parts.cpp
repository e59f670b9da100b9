// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/preview.h"

#include "tests/support/imported_bundle.h"
#include "tests/support/vllm_results.h"

#include <algorithm>

using namespace prism;
using prism::test::ImportedBundle;
using prism::test::Observer;

/// Runs that their tool writes into several files of one folder.
class RunPartsTest : public QObject, ImportedBundle {
    Q_OBJECT
private Q_SLOTS:
    void init() { begin(); }

    /// Summary and percentiles of EvalScope share no number, and the percentiles name no load.
    void partsOfOneRunBecomeOnePoint()
    {
        evalscope("900.0");
        Observer observer;
        auto preview = previewImport(m_request, observer);
        QVERIFY(preview);
        const BundlePlan plan = (*preview)->plan({});
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QCOMPARE(plan.runs[0].points, std::size_t(1));
        QVERIFY(plan.decides() && !plan.asks());
        const auto part = std::find_if(plan.runs[0].files.begin(), plan.runs[0].files.end(),
            [](const BundlePlan::File& file) { return file.role == FileRole::Part; });
        QVERIFY(part != plan.runs[0].files.end());
        QVERIFY2(part->why.ends_with("shown with those of benchmark_summary.json."), part->why.c_str());

        ImportSummary summary = import();
        QCOMPARE(summary.runs, std::uint64_t(1));
        QCOMPARE(summary.points, std::uint64_t(1));
        QCOMPARE(links(), QStringLiteral("benchmark_percentile.json:part benchmark_summary.json:part"));
        const std::vector<PointDetail> points = shownPoints();
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(told(points[0], "ttft", Stat::mean()), 250.5);
        QCOMPARE(told(points[0], "ttft", Stat::percentile(99)), 900.0);
        QCOMPARE(told(points[0], "e2e", Stat::percentile(50)), 6000.0);
        QVERIFY(std::any_of(points[0].record.attributes.begin(), points[0].record.attributes.end(),
            [](const Attribute& a) { return a.name == "concurrency"; }));

        // Nothing new the second time; without the whole its parts are shown again; back with it.
        summary = import();
        QCOMPARE(summary.imported, std::uint64_t(0));
        QCOMPARE(shownPoints().size(), std::size_t(1));
    }

    void argumentsNameTheModel_data()
    {
        QTest::addColumn<bool>("percentiles");
        QTest::addColumn<bool>("later");
        QTest::newRow("with percentiles") << true << false;
        QTest::newRow("without") << false << false;
        QTest::newRow("after the whole was made") << true << true;
    }
    void argumentsNameTheModel()
    {
        QFETCH(bool, percentiles);
        QFETCH(bool, later);
        evalscope("900.0");
        if (!percentiles) {
            QVERIFY(QFile::remove(file("benchmark_percentile.json")));
        }
        if (later) {
            import();
            QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
        }
        arguments();
        import();
        QCOMPARE(numbersShown(), percentiles ? QStringLiteral("250.5/900") : QStringLiteral("250.5/-1"));
        const PointDetail point = shownPoints().front();
        QVERIFY(std::any_of(point.record.attributes.begin(), point.record.attributes.end(),
            [](const Attribute& a) { return a.name == "model" && toText(a.value) == "org/served"; }));
        QVERIFY(std::none_of(point.extras.begin(), point.extras.end(),
            [](const Extra& extra) { return extra.text.find("sk-secret") != std::string::npos; }));
        QVERIFY2(links().contains(QStringLiteral("benchmark_args.json:sidecar")), links().toUtf8());
        import();
        QCOMPARE(shownPoints().size(), std::size_t(1));
    }

    /// Its numbers leave the whole with it, and come back with it.
    void aPartThatIsSetApartLeaves()
    {
        evalscope("900.0");
        import();
        const auto edit = (*StoreWriter::open(database()))
                              ->setSameResult(sourceOf("/benchmark_percentile.json"), std::nullopt);
        QVERIFY(edit);
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 250.5/-1"));
        QCOMPARE(links(), QString());
        import(); // not again by itself
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 250.5/-1"));
        QVERIFY((*StoreWriter::open(database()))->undo(edit->id));
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
        QCOMPARE(links(), QStringLiteral("benchmark_percentile.json:part benchmark_summary.json:part"));
    }

    void aPartThatIsRemovedLeaves()
    {
        evalscope("900.0");
        import();
        const auto remove = [this] {
            return (*StoreWriter::open(database()))->remove({ sourceOf("/benchmark_percentile.json") });
        };
        const auto edit = remove();
        QVERIFY(edit);
        QCOMPARE(numbersShown(), QStringLiteral("250.5/-1"));
        QVERIFY((*StoreWriter::open(database()))->undo(edit->id));
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
        QVERIFY(remove());
        import();
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
    }

    /// Back with its parts, the whole knows them again: what is set apart then is not shown twice.
    void aPartOfAWholeThatCameBackLeavesIt()
    {
        evalscope("900.0");
        import();
        QVERIFY((*StoreWriter::open(database()))->remove({ sourceOf("/benchmark_percentile.json") }));
        import();
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
        QCOMPARE(links(), QStringLiteral("benchmark_percentile.json:part benchmark_summary.json:part"));
        QVERIFY((*StoreWriter::open(database()))
                    ->setSameResult(sourceOf("/benchmark_percentile.json"), std::nullopt));
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 250.5/-1"));
    }

    /// Nor is one that stood for itself before the whole was made.
    void aPartOfAnEarlierImportLeavesTheWhole()
    {
        evalscope("900.0");
        m_request.paths = { file("benchmark_summary.json").toStdString() };
        import();
        m_request.paths = { m_dir->path().toStdString() };
        import();
        QCOMPARE(links(), QStringLiteral("benchmark_percentile.json:part benchmark_summary.json:part"));
        const auto edit = (*StoreWriter::open(database()))
                              ->setSameResult(sourceOf("/benchmark_summary.json"), std::nullopt);
        QVERIFY(edit);
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 250.5/-1"));
        QVERIFY((*StoreWriter::open(database()))->undo(edit->id));
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
    }

    /// The whole that was made before the arguments came holds the part's numbers too.
    void aPartLeavesAllWholesThatItMade_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("any folder") << "prism-XXXXXX";
        QTest::newRow("a folder that is called as wholes are") << "a + b-XXXXXX";
    }
    void aPartLeavesAllWholesThatItMade()
    {
        QFETCH(QString, folder);
        begin(folder);
        evalscope("900.0");
        import();
        arguments();
        import();
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
        const auto edit = (*StoreWriter::open(database()))
                              ->setSameResult(sourceOf("/benchmark_percentile.json"), std::nullopt);
        QVERIFY(edit);
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 250.5/-1"));
        QVERIFY((*StoreWriter::open(database()))->undo(edit->id));
        QCOMPARE(numbersShown(), QStringLiteral("250.5/900"));
    }

    /// The user took the summary for the same result as another one: that is where its numbers stay.
    void whatStandsBehindAnotherMakesNoWhole()
    {
        evalscope("900.0");
        write(QStringLiteral("other.json"), test::vllmResult(QStringLiteral("org/m"), 4));
        m_request.paths = { file("benchmark_summary.json").toStdString(), file("other.json").toStdString() };
        import();
        const SourceId other = sourceOf("/other.json");
        QVERIFY((*StoreWriter::open(database()))->setSameResult(sourceOf("/benchmark_summary.json"), other));
        QCOMPARE(numbersShown(), QStringLiteral("80/80"));
        m_request.paths = { m_dir->path().toStdString() };
        import();
        QCOMPARE(numbersShown(), QStringLiteral("-1/900 80/80"));
        auto reader = StoreReader::open(database());
        const auto sources = (*reader)->sources();
        QVERIFY(std::none_of(sources->begin(), sources->end(),
            [](const SourceRecord& source) { return source.path.find(" + ") != std::string::npos; }));
        QCOMPARE((*reader)->source(sourceOf("/benchmark_summary.json"))->value().twinOf,
            (*reader)->source(other)->value().sha256);
        QVERIFY((*reader)->source(other)->value().twinOf.empty());
    }

    /// As long as only one of them was there it stood for itself.
    void aPartThatComesLaterCompletesTheRun()
    {
        evalscope("900.0");
        m_request.paths = { file("benchmark_summary.json").toStdString() };
        QCOMPARE(import().points, std::uint64_t(1));
        m_request.paths = { m_dir->path().toStdString() };
        import();
        const std::vector<PointDetail> points = shownPoints();
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(told(points[0], "ttft", Stat::mean()), 250.5);
        QCOMPARE(told(points[0], "ttft", Stat::percentile(99)), 900.0);
    }

    void theUserSetsPartsApart()
    {
        evalscope("900.0");
        m_request.decisions = { { Decision::Kind::Apart, "benchmark_percentile.json", {} } };
        Observer observer;
        auto preview = previewImport(m_request, observer);
        QVERIFY(preview);
        QCOMPARE((*preview)->plan(*m_request.decisions).runs.size(), std::size_t(2));
        QCOMPARE(import().runs, std::uint64_t(2));
        QCOMPARE(shownPoints().size(), std::size_t(2));
    }

    /// The percentiles of another run were left in the folder: a p99 above a hundred times the mean.
    void partsThatContradictStayApartAndAreTold()
    {
        evalscope("90000.0");
        Observer observer;
        const auto summary = runImport(m_request, observer);
        QVERIFY(summary);
        QCOMPARE(summary->runs, std::uint64_t(2));
        QCOMPARE(shownPoints().size(), std::size_t(2));
        const auto whole = std::find_if(observer.files.begin(), observer.files.end(),
            [](const FileResult& result) { return result.source.find(" + ") != std::string::npos; });
        QVERIFY(whole != observer.files.end());
        QCOMPARE(whole->outcome, Outcome::Skipped);
        QVERIFY(whole->reason);
        QVERIFY2(whole->reason->text().find("90000") != std::string::npos
                && whole->reason->text().find("250.5") != std::string::npos,
            whole->reason->text().c_str());
    }

private:
    void arguments()
    {
        write(QStringLiteral("benchmark_args.json"),
            R"({"model":"org/served","url":"http://h","api_key":"sk-secret","parallel":10,"number":100,)"
            R"("tokenizer_path":"t","dataset":"random"})");
    }
    void evalscope(const QByteArray& p99)
    {
        write(QStringLiteral("benchmark_summary.json"),
            "{\"Test Duration (s)\":62.5,\"Concurrency\":10,\"Total Requests\":100,"
            "\"Success Requests\":98,\"Failed Requests\":2,\"Avg Latency (s)\":6.1,"
            "\"Output Throughput (tok/s)\":401.4,\"TTFT (ms)\":250.5,\"TPOT (ms)\":23.1}");
        write(QStringLiteral("benchmark_percentile.json"),
            "[{\"Percentiles\":\"50%\",\"TTFT (ms)\":240.0,\"Latency (s)\":6.0},"
            "{\"Percentiles\":\"99%\",\"TTFT (ms)\":"
                + p99 + ",\"Latency (s)\":8.0}]");
    }
};

QTEST_GUILESS_MAIN(RunPartsTest)
#include "tst_run_parts.moc"
