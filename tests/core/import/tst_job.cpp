// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/job.h"

#include "core/store/store.h"
#include "core/store/writer.h"
#include "prism_test_paths.h"
#include "tests/support/packed.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <functional>

#include <sqlite3.h>

using namespace prism;
using test::Packing;

namespace {

class Recorder : public ImportObserver {
public:
    void file(const FileResult& result) override
    {
        files.push_back(result);
        if (onFile) {
            onFile();
        }
    }
    void progress(const ImportProgress& p) override
    {
        last = p;
        if (onProgress) {
            onProgress(p);
        }
    }
    std::vector<FileResult> files;
    ImportProgress last;
    std::function<void()> onFile;
    std::function<void(const ImportProgress&)> onProgress;
};

std::string result(int concurrency)
{
    return test::vllmResult(QStringLiteral("org/model"), concurrency).toStdString();
}

/// What "at once" may take on a machine that has other things to do; waiting for a parser takes for ever.
constexpr int atOnceMs = 2'000;

/// A result whose requests make it long; reading it takes seconds.
std::string longResult(int requests)
{
    std::string json = result(4);
    const std::size_t at = json.find("\"input_lens\"");
    std::string prompts = "\"generated_texts\": [";
    for (int i = 0; i < requests; ++i) {
        prompts += i ? ",\"" : "\"";
        prompts += std::to_string(i) + std::string(2000, 'x') + '"';
    }
    return json.insert(at, prompts + "],\n");
}

} // namespace

class JobTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_databaseDir = std::make_unique<QTemporaryDir>();
        m_recorder = Recorder {};
        m_child.clear();
    }

    void importedThenUnchanged()
    {
        write("a.json", result(4));
        write("b.txt", "nothing in particular\n");
        ImportSummary s = importFiles({ "." });
        QCOMPARE(s.imported, 1u);
        QCOMPARE(s.refused + s.skipped, 1u);
        QCOMPARE(s.points, 1u);
        QCOMPARE(s.requests, 4u);
        QCOMPARE(outcomes(),
            QStringLiteral("a.json:imported b.txt:")
                + QString::fromUtf8(name(m_recorder.files[1].outcome).data()));
        QVERIFY(m_recorder.files[1].reason && !m_recorder.files[1].reason->reason.empty());
        QCOMPARE(m_recorder.last.filesDone, m_recorder.last.filesTotal);
        s = importFiles({ "." });
        QCOMPARE(s.imported, 0u);
        QCOMPARE(s.unchanged, 1u);
        QCOMPARE(sources(), 1u);
    }

    void warningsOfPointsAreToldWithTheFile()
    {
        std::string wrong = result(4);
        const std::size_t at = wrong.find("\"output_throughput\": ") + 21;
        wrong.insert(at, "9");
        write("a.json", wrong + "\n" + wrong);
        importFiles({ "a.json" });
        const std::vector<Warning>& told = m_recorder.files.at(0).warnings;
        QCOMPARE(std::count_if(told.begin(), told.end(),
                     [](const Warning& w) {
                         return w.code == "rate-disagrees" && w.text.find("first of 2") != std::string::npos;
                     }),
            1);
    }

    /// The text of a sweep stands behind the files of its stages when the last of them is there: that one is
    /// no twin of the first.
    void theTextOfASweepTakesNoStageAway()
    {
        const auto block = [](const char* rate, const char* output, const char* total, const char* ttft,
                               const char* tpot) {
            std::string text = "============ Serving Benchmark Result ============\n"
                               "Successful requests:                     4\n";
            text += "Request throughput (req/s):              " + std::string(rate) + '\n';
            text += "Output token throughput (tok/s):         " + std::string(output) + '\n';
            text += "Total Token throughput (tok/s):          " + std::string(total) + '\n';
            for (const auto& [name, value] : { std::pair("TTFT", ttft), std::pair("TPOT", tpot) }) {
                for (const char* stat : { "Mean", "Median", "P99" }) {
                    text
                        += std::string(stat) + ' ' + name + " (ms):                          " + value + '\n';
                }
            }
            return text + "==================================================\n";
        };
        write("console.txt",
            block("18.18", "200.00", "2018.18", "80.00", "14.00")
                + block("23.53", "258.82", "2611.76", "160.00", "18.00"));
        write("stage1.json", result(4));
        write("stage2.json", result(8));
        const ImportSummary s = importFiles({ "." });
        QCOMPARE(s.imported, 3u);
        QCOMPARE(s.points, 2u);
        for (const FileResult& told : m_recorder.files) {
            QVERIFY2(!isPoorerTwin(told), told.source.c_str());
        }
        auto reader = StoreReader::open(database());
        QVERIFY(reader);
        std::size_t shown = 0;
        QVERIFY((*reader)->points([&](const SourceRecord& source, PointDetail&&) {
            ++shown;
            return source.producer == "vllm-serve";
        }));
        QCOMPARE(shown, std::size_t(2));
    }

    /// A result as JSON and as it was printed: one run, which has the requests of whichever file holds them.
    void theConsoleTextOfAResultIsNoSecondRun()
    {
        write("console.txt",
            "============ Serving Benchmark Result ============\n"
            "Successful requests:                     4\n"
            "Request throughput (req/s):              18.18\n"
            "Output token throughput (tok/s):         200.00\n"
            "Total Token throughput (tok/s):          2018.18\n"
            "Mean TTFT (ms):                          80.00\n"
            "Median TTFT (ms):                        80.00\n"
            "P99 TTFT (ms):                           80.00\n"
            "Mean TPOT (ms):                          14.00\n"
            "Median TPOT (ms):                        14.00\n"
            "P99 TPOT (ms):                           14.00\n"
            "==================================================\n");
        write("result.json", result(4));
        const ImportSummary s = importFiles({ "." });
        QCOMPARE(s.imported, 2u);
        QCOMPARE(s.points, 1u); // of the text that came first nothing is shown any more
        auto reader = StoreReader::open(database());
        QVERIFY(reader);
        std::vector<PointDetail> shown;
        QVERIFY((*reader)->points([&](const SourceRecord& source, PointDetail&& point) {
            shown.push_back(std::move(point));
            return source.producer == "vllm-serve";
        }));
        QCOMPARE(shown.size(), std::size_t(1));
        QCOMPARE((*reader)->requests(shown[0].record.id, 0, 100)->size(), std::size_t(4));
        const auto told = std::find_if(m_recorder.files.begin(), m_recorder.files.end(),
            [](const FileResult& f) { return f.sources.size() == 2; });
        QVERIFY(told != m_recorder.files.end());
        QVERIFY(told->sources[0].ends_with("result.json") && told->sources[1].ends_with("console.txt"));
    }

    void copiesInOneBatchAreOne()
    {
        write("a.json", result(4));
        write("b.json", result(4));
        const ImportSummary s = importFiles({ "." });
        QCOMPARE(s.imported, 1u);
        QCOMPARE(s.unchanged, 1u);
        QCOMPARE(sources(), 1u);
    }

    void archivesAreTheirMembers()
    {
        write("a.tar.gz",
            test::tarOf({ { "c4/x.json", result(4) }, { "notes.txt", "hello" }, { "c8/x.json", result(8) },
                            { "copy.json", result(8) } },
                Packing::Gzip));
        ImportSummary s = importFiles({ "a.tar.gz" });
        QCOMPARE(s.imported, 2u);
        QCOMPARE(s.unchanged, 1u);
        QCOMPARE(s.refused, 1u);
        QVERIFY(QString::fromStdString(m_recorder.files[0].source)
                    .endsWith(QStringLiteral("a.tar.gz!/c4/x.json")));
        s = importFiles({ "a.tar.gz" });
        QCOMPARE(s.imported, 0u);
        QCOMPARE(s.unchanged, 3u);
        QCOMPARE(s.refused, 1u); // told again, as of a folder
        QCOMPARE(sources(), 2u);
    }

    void aWorkbookIsOneFile()
    {
        write("a.xlsx",
            test::zipOf({ { "[Content_Types].xml", "<Types/>" }, { "xl/worksheets/sheet1.xml", "<a/>" } }));
        write("table.xlsx", result(4)); // by its name only
        ImportSummary s = importFiles({ "a.xlsx" });
        QCOMPARE(s.refused, 1u);
        QCOMPARE(m_recorder.files.size(), std::size_t(1));
        QVERIFY(m_recorder.files[0].reason->text().find("CSV") != std::string::npos);
        s = importFiles({ "table.xlsx" });
        QCOMPARE(s.imported, 1u);
    }

    /// What an archive holds is taken as if it lay in a folder.
    void archivesAreTakenAsFoldersAre()
    {
        const std::vector<test::PackedMember> files { { "c4/x.json", result(4) }, { "notes.txt", "hello" },
            { "table.csv", "concurrency,ttft\n1,80\n" }, { "plot.png", "\x89PNG" },
            { "README.md", "# Results" }, { "packages.txt", "vllm==0.11.0\n" },
            { ".cache/c8/x.json", result(8) } };
        for (const test::PackedMember& file : files) {
            if (!file.name.starts_with(".cache")) { // a walk does not enter such a folder
                write(("folder/" + file.name).c_str(), file.bytes);
            }
        }
        importFiles({ "folder" });
        QStringList inFolder = outcomes().split(QLatin1Char(' '));
        inFolder.sort();
        QCOMPARE(inFolder.join(QLatin1Char(' ')),
            QStringLiteral("README.md:skipped notes.txt:refused packages.txt:skipped plot.png:skipped "
                           "table.csv:refused x.json:imported"));
        m_databaseDir = std::make_unique<QTemporaryDir>();
        write("a.tar", test::tarOf(files));
        importFiles({ "a.tar" });
        QStringList inArchive = outcomes().split(QLatin1Char(' '));
        QCOMPARE(inArchive.takeLast(), QStringLiteral("x.json:skipped")); // of the hidden folder
        inArchive.sort();
        QCOMPARE(inArchive, inFolder);
        const auto table = std::find_if(m_recorder.files.begin(), m_recorder.files.end(),
            [](const FileResult& file) { return file.source.ends_with("a.tar!/table.csv"); });
        QVERIFY(table != m_recorder.files.end() && table->reason);
        QVERIFY2(
            table->reason->remedy.starts_with("Unpack the archive first."), table->reason->text().c_str());
    }

    void aRemovedSourceComesBack()
    {
        write("a.json", result(4));
        const ImportSummary first = importFiles({ "a.json" });
        {
            auto writer = StoreWriter::open(database());
            QVERIFY(writer);
            QVERIFY((*writer)->remove(first.sources));
            QVERIFY((*writer)->commit());
        }
        QCOMPARE(sources(), 0u);
        const ImportSummary again = importFiles({ "a.json" });
        QCOMPARE(again.imported, 1u);
        QCOMPARE(std::tuple(again.runs, again.points, again.requests),
            std::tuple(first.runs, first.points, first.requests));
        QVERIFY(again.points > 0);
        QCOMPARE(sources(), 1u);
    }

    void pastedTextAndGlobs()
    {
        write("c4.json", result(4));
        write("c8.json", result(8));
        ImportRequest request;
        request.pastedText = result(16);
        request.pastedName = "clipboard";
        request.paths = { path("*.json") };
        const ImportSummary s = run(request);
        QCOMPARE(s.imported, 3u);
        QCOMPARE(outcomes(), QStringLiteral("c4.json:imported c8.json:imported clipboard:imported"));
        QCOMPARE(s.runs, 2u); // the two files are stages of one
    }

    void cancelIsQuickAndLeavesNothing()
    {
        write("long.json", longResult(20'000));
        // Its parser is heard to the middle of the file and never further, so that the end cannot come first.
        m_child = script("'" PRISM_BIN_DIR "/prism-import' 4>&1 >/dev/null | head -c 200 >&4\n"
                         "exec sleep 1000\n");
        std::stop_source stop;
        QElapsedTimer since;
        m_recorder.onProgress = [&](const ImportProgress& p) {
            if (p.bytesDone > 0 && !since.isValid()) {
                since.start();
                stop.request_stop();
            }
        };
        ImportRequest request;
        request.paths = { path("long.json") };
        const ImportSummary s = run(request, stop.get_token());
        QVERIFY(since.isValid());
        QVERIFY2(since.elapsed() < atOnceMs, QByteArray::number(since.elapsed()).constData());
        QVERIFY(s.cancelled);
        QCOMPARE(s.imported, 0u);
        QVERIFY(m_recorder.files.empty());
        QCOMPARE(rowsBuilding(), 0);
        QCOMPARE(sources(), 0u);
    }

    void evilParsers_data()
    {
        QTest::addColumn<QByteArray>("evil");
        QTest::newRow("exits") << QByteArray("exit 3");
        QTest::newRow("killed") << QByteArray("kill -9 $$");
        QTest::newRow("garbage") << QByteArray("head -c 100000 /dev/urandom >&4");
        QTest::newRow("closes and stays") << QByteArray("exec 4>&-; exec sleep 1000");
        QTest::newRow("cut frame") << QByteArray(
            "printf '\\377\\0\\0\\0\\002\\001\\0\\0\\0abc' >&4; kill -9 $$");
        QTest::newRow("senseless point")
            << QByteArray("printf '\\003\\0\\0\\0\\002\\001\\0\\0\\0\\377\\377\\377' >&4; exec sleep 1000");
    }
    /// The first parser is evil, those after it are honest.
    void evilParsers()
    {
        QFETCH(QByteArray, evil);
        for (int i = 1; i <= 5; ++i) {
            write(("c" + std::to_string(i) + ".json").c_str(), result(i));
        }
        m_child = script("if mkdir '" + path("once") + "' 2>/dev/null; then\n" + evil.toStdString()
            + "\nexit 1\nfi\nexec '" PRISM_BIN_DIR "/prism-import'\n");
        const ImportSummary s = importFiles({ "c1.json", "c2.json", "c3.json", "c4.json", "c5.json" });
        QCOMPARE(s.refused, 1u);
        QCOMPARE(s.imported, 4u);
        QCOMPARE(outcomes().left(14), QStringLiteral("c1.json:refuse"));
        QVERIFY(m_recorder.files[0].reason->file.ends_with("c1.json"));
        QCOMPARE(sources(), 4u);
        QCOMPARE(rowsBuilding(), 0);
    }

    void aParserThatOnlySleepsCanBeCancelled()
    {
        write("a.json", result(4));
        m_child = script("exec sleep 1000\n");
        std::stop_source stop;
        QElapsedTimer since;
        m_recorder.onProgress = [&](const ImportProgress&) {
            if (!since.isValid()) {
                since.start();
                stop.request_stop();
            }
        };
        ImportRequest request;
        request.paths = { path("a.json") };
        QVERIFY(run(request, stop.get_token()).cancelled);
        QVERIFY(since.elapsed() < atOnceMs);
        QCOMPARE(sources(), 0u);
    }

    /// Nobody watches a job that runs by itself: what is stuck is refused, the rest goes to another parser.
    void aParserThatSaysNothingIsStuck()
    {
        write("a.json", result(4));
        write("b.json", result(8));
        m_child = script("mkdir '" + path("once")
            + "' 2>/dev/null && exec sleep 1000\nexec '" PRISM_BIN_DIR "/prism-import'\n");
        ImportRequest request;
        request.paths = { path("a.json"), path("b.json") };
        request.limits.silence = std::chrono::seconds(3);
        const ImportSummary s = run(request);
        QCOMPARE(outcomes(), QStringLiteral("a.json:refused b.json:imported"));
        QVERIFY(m_recorder.files[0].reason->reason.find("told nothing for 3 s") != std::string::npos);
        QCOMPARE(s.imported, 1u);
        QCOMPARE(rowsBuilding(), 0);
    }

    void aMissingParserIsTheJobsOwnError()
    {
        write("a.json", result(4));
        ImportRequest request;
        request.database = database();
        request.paths = { path("a.json") };
        request.importChild = path("gone");
        QVERIFY(!runImport(request, m_recorder));
    }

private:
    std::string path(const std::string& name) const { return m_dir->path().toStdString() + '/' + name; }
    std::string database() const { return m_databaseDir->path().toStdString() + "/prism.db"; }

    void write(const char* name, const std::string& bytes)
    {
        const QString at = QString::fromStdString(path(name));
        QDir().mkpath(QFileInfo(at).path());
        QFile file(at);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes.data(), static_cast<qint64>(bytes.size()));
    }

    std::string script(const std::string& body)
    {
        write("child.sh", "#!/bin/sh\n" + body);
        QFile::setPermissions(
            QString::fromStdString(path("child.sh")), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return path("child.sh");
    }

    ImportSummary importFiles(const std::vector<std::string>& names)
    {
        ImportRequest request;
        for (const std::string& name : names) {
            request.paths.push_back(name == "." ? m_dir->path().toStdString() : path(name));
        }
        return run(request);
    }

    ImportSummary run(ImportRequest request, std::stop_token stop = {})
    {
        request.database = database();
        request.importChild = m_child;
        m_recorder.files.clear();
        const auto summary = runImport(request, m_recorder, stop);
        if (!summary) {
            qCritical("%s", summary.error().text().c_str());
            return {};
        }
        return *summary;
    }

    /// "a.json:imported b.json:refused".
    QString outcomes() const
    {
        QStringList out;
        for (const FileResult& f : m_recorder.files) {
            out << QString::fromStdString(
                f.source.substr(f.source.rfind('/') + 1) + ':' + std::string(name(f.outcome)));
        }
        return out.join(QLatin1Char(' '));
    }

    std::size_t sources() const
    {
        auto reader = StoreReader::open(database());
        const auto list = reader ? (*reader)->sources() : Result<std::vector<SourceRecord>>(reader.error());
        return list ? list->size() : ~std::size_t(0);
    }

    /// Sources that are neither visible nor removed.
    int rowsBuilding() const;

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<QTemporaryDir> m_databaseDir; ///< apart, so that a walk does not meet it
    Recorder m_recorder;
    std::string m_child;
};

int JobTest::rowsBuilding() const
{
    sqlite3* db = nullptr;
    sqlite3_stmt* query = nullptr;
    int rows = -1;
    if (sqlite3_open_v2(database().c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK
        && sqlite3_prepare_v2(
               db, "SELECT count(*) FROM source WHERE state NOT IN (1, 2)", -1, &query, nullptr)
            == SQLITE_OK
        && sqlite3_step(query) == SQLITE_ROW) {
        rows = sqlite3_column_int(query, 0);
    }
    sqlite3_finalize(query);
    sqlite3_close(db);
    return rows;
}

QTEST_GUILESS_MAIN(JobTest)
#include "tst_job.moc"
