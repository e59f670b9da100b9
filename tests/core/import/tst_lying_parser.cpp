// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that was taken over talks to the job: it dies, hangs, loops, floods and lies. That costs the file
// that it was given, which is named, and nothing else.
#include "core/import/job.h"
#include "core/store/store.h"
#include "core/store/writer.h"
#include "prism_test_paths.h"
#include "tests/support/lying_once.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sqlite3.h>

using namespace prism;

namespace {

const std::string realParser = PRISM_BIN_DIR "/prism-import";

class Recorder : public ImportObserver {
public:
    void file(const FileResult& result) override { files.push_back(result); }
    std::vector<FileResult> files;
};

} // namespace

class LyingParserTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_recorder = {};
        for (int i = 1; i <= 3; ++i) {
            write(name(i), test::vllmResult(QStringLiteral("org/model"), i));
        }
    }

    void lieCostsItsFile_data()
    {
        QTest::addColumn<QString>("told");
        const auto row = [](const char* lie, const char* told) { QTest::newRow(lie) << told; };
        row("dies", "ended with status 3");
        row("is killed", "was killed (signal 9)");
        row("crashes", "crashed (signal 6)");
        row("dies within a frame", "ended with status 0");
        row("ends without an answer", "ended with status 0");
        row("floods with rows", "more rows than a file of this size can hold");
        row("floods with progress", "more rows than a file of this size can hold");
        row("floods with warnings", "more warnings than a file can earn");
        row("warns at length", "more warnings than a file can earn");
        row("floods with names", "too many properties");
        row("frame too long", "a frame that does not exist");
        row("frame of no type", "a frame that does not exist");
        row("frame of type zero", "a frame that does not exist");
        row("nonsense", "rows that make no sense");
        row("answers for another file", "an answer for a file that it was not given");
        row("answers for no file", "an answer for a file that it was not given");
        row("greets twice", "frames in an order that is none");
        row("does not greet", "frames in an order that is none");
        row("rows before it knows what", "frames in an order that is none");
        row("recognises twice", "frames in an order that is none");
        row("a producer that cannot be", "a producer that cannot be one");
        row("a version that cannot be", "a producer that cannot be one");
        row("imported out of nothing", "an outcome that it cannot know");
        row("says unchanged", "an outcome that it cannot know");
        row("a number that is none", "a number that is none, of ttft");
        row("an infinite number", "a number that is none, of ttft");
        row("negative tokens", "fewer than no tokens, of request 0");
        row("a time that is none", "a time that is no number, of request 0");
        row("a series that begins at no time", "rows that make no sense");
        row("an id without end", "rows that make no sense");
        row("more rows than there are", "rows that make no sense");
        row("rows without their point", "came without the point");
        row("a point twice", "came twice");
        row("a request twice", "");
        row("member of another file", "the name of a member of another file");
        row("member within a member", "frames in an order that is none");
        row("member of what is no archive", "frames in an order that is none");
        row("member left open", "frames in an order that is none");
        row("ends a member that never began", "frames in an order that is none");
        row("bytes of no member", "frames in an order that is none");
        row("a reason without end", "rows that make no sense");
        row("refuses and speaks for the next", "because");
        row("lies and speaks for the next", "frames in an order that is none");
    }
    void lieCostsItsFile()
    {
        QFETCH(QString, told);
        ImportRequest request;
        request.paths = { path(name(1)), path(name(2)), path(name(3)) };
        request.importChild = liar(QTest::currentDataTag(), true);
        if (QByteArray(QTest::currentDataTag()).startsWith("floods")) {
            request.limits.frameBytes = 2u << 20;
            request.limits.frameBytesAByte = 100;
        }
        const auto summary = run(request);
        QVERIFY2(summary, summary ? "" : summary.error().text().c_str());
        QCOMPARE(summary->refused, 1u);
        QCOMPARE(summary->imported, 2u);
        checkRefused(told);
        QCOMPARE(sources(), QStringLiteral("b.json c.json"));
        // What it claimed of the files behind is not theirs.
        QCOMPARE(summary->points, 2u);
        QCOMPARE(summary->requests, 8u);
    }

    void patienceEnds_data()
    {
        QTest::addColumn<QString>("told");
        QTest::newRow("hangs") << "told nothing for 4 s";
        QTest::newRow("hangs after rows") << "told nothing for 4 s";
        QTest::newRow("trickles") << "made too little progress";
    }
    /// Only the liar is given a file: an honest parser on a slow machine would need more time than this.
    void patienceEnds()
    {
        QFETCH(QString, told);
        ImportRequest request;
        request.paths = { path(name(1)) };
        request.importChild = liar(QTest::currentDataTag(), false);
        request.limits.silence = std::chrono::seconds(4); // its start is silent too
        const auto summary = run(request);
        QVERIFY(summary);
        QCOMPARE(summary->refused, 1u);
        checkRefused(told);
        QCOMPARE(sources(), QString());
    }

    void aLoopEndsByTheProcessorTimeThatItTakes()
    {
        ImportRequest request;
        request.paths = { path(name(1)) };
        request.importChild = liar("loops", false);
        request.limits.cpu = std::chrono::milliseconds(1000);
        const auto summary = run(request);
        QVERIFY(summary);
        QCOMPARE(summary->refused, 1u);
        checkRefused(QStringLiteral("computed for 1 s without a word"));
    }

    /// More files than its socket holds are not waited for.
    void aParserThatTakesNothingCanBeCancelled()
    {
        for (int i = 4; i <= 30; ++i) {
            write(name(i), test::vllmResult(QStringLiteral("org/model"), i));
        }
        ImportRequest request;
        request.paths = { m_dir->path().toStdString() };
        request.importChild = script("#!/bin/sh\nexec sleep 1000\n");
        std::stop_source stop;
        class Stopper : public ImportObserver {
        public:
            explicit Stopper(std::stop_source& of)
                : m_stop(of)
            {
            }
            void progress(const ImportProgress& p) override
            {
                if (p.filesTotal > 20 && ++m_looks > 3) {
                    m_stop.request_stop();
                }
            }

        private:
            std::stop_source& m_stop;
            int m_looks = 0;
        } stopper(stop);
        request.database = database();
        const auto summary = runImport(request, stopper, stop.get_token());
        QVERIFY(summary && summary->cancelled);
        QCOMPARE(sources(), QString());
    }

    void anotherVersionIsTheJobsOwnError()
    {
        ImportRequest request;
        request.paths = { path(name(1)) };
        request.importChild = liar("is of another version", false);
        const auto summary = run(request);
        QVERIFY(!summary);
        QVERIFY2(summary.error().reason.find("another version") != std::string::npos,
            summary.error().text().c_str());
    }

    void aParserIsReplacedAfterARefusal()
    {
        write("b.json", "{\"broken\": ");
        ImportRequest request;
        request.paths = { path("a.json"), path("b.json"), path("c.json") };
        request.importChild = counted();
        const auto summary = run(request);
        QVERIFY(summary);
        QCOMPARE(summary->imported, 2u);
        QCOMPARE(summary->refused, 1u);
        QCOMPARE(parsersStarted(), 2);
    }

    void aParserIsReplacedAfter256Files()
    {
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("many")));
        for (int i = 0; i < 300; ++i) {
            write(
                "many/" + std::to_string(i) + ".json", test::vllmResult(QStringLiteral("org/model"), i + 1));
        }
        ImportRequest request;
        request.paths = { path("many") };
        request.importChild = counted();
        const auto summary = run(request);
        QVERIFY(summary);
        QCOMPARE(summary->imported, 300u);
        QCOMPARE(parsersStarted(), 2);
    }

private:
    static std::string name(int i)
    {
        return i <= 26 ? std::string(1, static_cast<char>('a' + i - 1)) + ".json"
                       : std::to_string(i) + ".json";
    }
    std::string path(const std::string& file) const { return m_dir->path().toStdString() + '/' + file; }
    std::string database() const { return path("prism.db"); }

    void write(const std::string& file, const QByteArray& bytes)
    {
        QFile out(QString::fromStdString(path(file)));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
    }

    std::string script(const std::string& text)
    {
        const std::string at = path("parser");
        write("parser", QByteArray::fromStdString(text));
        QFile(QString::fromStdString(at)).setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        return at;
    }
    /// The first parser lies; `honestAfter` the others do not.
    std::string liar(const std::string& lie, bool honestAfter)
    {
        return script(honestAfter
                ? test::lyingOnce(lie, path("once"))
                : "#!/bin/sh\nexec '" PRISM_BIN_DIR "/../tests/lying_parser' '" + lie + "'\n");
    }
    std::string counted()
    {
        return script("#!/bin/sh\necho >> '" + path("starts") + "'\nexec '" + realParser + "'\n");
    }
    int parsersStarted() const
    {
        QFile file(QString::fromStdString(path("starts")));
        return file.open(QIODevice::ReadOnly) ? static_cast<int>(file.readAll().size()) : 0;
    }

    Result<ImportSummary> run(ImportRequest& request)
    {
        request.database = database();
        return runImport(request, m_recorder);
    }

    void checkRefused(const QString& told) const
    {
        const auto refused = std::find_if(m_recorder.files.begin(), m_recorder.files.end(),
            [](const FileResult& result) { return result.outcome == Outcome::Refused; });
        QVERIFY(refused != m_recorder.files.end());
        QCOMPARE(QString::fromStdString(refused->source), QString::fromStdString(path("a.json")));
        QVERIFY(refused->reason);
        QCOMPARE(QString::fromStdString(refused->reason->file), QString::fromStdString(path("a.json")));
        QVERIFY2(refused->reason->reason.find(told.toStdString()) != std::string::npos,
            refused->reason->text().c_str());
        QVERIFY(refused->reason->text().size() < 2000);
        QVERIFY(refused->sha256.size() == 64);
    }

    /// Names of what is in the database, which must be in order.
    QString sources() const
    {
        {
            const auto writer = StoreWriter::open(database());
            if (!writer) {
                return QString::fromStdString(writer.error().text());
            }
        }
        auto reader = StoreReader::open(database());
        if (!reader) {
            return QString::fromStdString(reader.error().text());
        }
        if (auto checked = (*reader)->check(); !checked) {
            return QString::fromStdString(checked.error().text());
        }
        QStringList names;
        const auto all = (*reader)->sources();
        for (const SourceRecord& source : *all) {
            names << QString::fromStdString(source.path).section(QLatin1Char('/'), -1);
        }
        names.sort();
        return names.join(QLatin1Char(' '));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    Recorder m_recorder;
};

QTEST_GUILESS_MAIN(LyingParserTest)
#include "tst_lying_parser.moc"
