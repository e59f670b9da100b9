// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/imported_bundle.h"
#include "tests/support/vllm_results.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

using namespace prism;
using prism::test::ImportedBundle;
using prism::test::Observer;

namespace {

/// Samples every tenth of a second from `begin` on, in absolute time.
QByteArray telemetry(double begin, double seconds)
{
    QByteArray text = "timestamp_unix,power_w\n";
    for (int i = 0; i <= int(seconds * 10); ++i) {
        text += QByteArray::number(begin + i * 0.1, 'f', 1) + ',' + QByteArray::number(300 + i % 7) + '\n';
    }
    return text;
}

/// This process's locks on a file, as the kernel lists them.
QByteArray locksOn(const std::string& path)
{
    struct stat status { };
    QFile all(QStringLiteral("/proc/locks"));
    if (stat(path.c_str(), &status) != 0 || !all.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray owner = ' ' + QByteArray::number(getpid()) + ' ';
    const QByteArray inode = ':' + QByteArray::number(qulonglong(status.st_ino)) + ' ';
    QByteArray ours;
    for (const QByteArray& line : all.readAll().split('\n')) {
        if (line.contains(owner) && line.contains(inode)) {
            ours += line.mid(line.indexOf(':')) + '\n'; // without its number in the list
        }
    }
    return ours;
}

constexpr double measured = 1795394063; ///< about when the fixture's run was

} // namespace

class BundleImportTest : public QObject, ImportedBundle {
    Q_OBJECT
private Q_SLOTS:
    void init() { begin(); }

    /// A folder with twins, telemetry and a configuration is one run, and all of it is linked.
    void aFolderBecomesARun()
    {
        fixture();
        const ImportSummary summary = import();
        QCOMPARE(summary.imported, std::uint64_t(2));
        QCOMPARE(summary.attached, std::uint64_t(2));
        QCOMPARE(summary.runs, std::uint64_t(1));
        QCOMPARE(summary.points, std::uint64_t(2));
        QCOMPARE(summary.linked, std::uint64_t(2));
        QVERIFY(summary.questions.empty());
        QCOMPARE(links(), QStringLiteral("config.yaml:sidecar gpu.csv:telemetry r.csv:twin"));
        auto reader = StoreReader::open(database());
        const auto all = (*reader)->linksOf(runWithPoints());
        const auto gpu = std::find_if(
            all->begin(), all->end(), [](const LinkRecord& link) { return link.text.role == "telemetry"; });
        QVERIFY(gpu->covers && gpu->series);
        QVERIFY(gpu->text.why.find("UTC") != std::string::npos);
        QCOMPARE((*reader)->runsAt({ TimeSpan { measured - 5, measured + 25 } }, {})->size(), std::size_t(1));
    }

    /// A snapshot of a server's counters is a result of its own, however it is called.
    void snapshotsAreNoSidecars()
    {
        const auto snapshot = [](int requests) {
            const QByteArray n = QByteArray::number(requests);
            return "# TYPE vllm:request_success_total counter\nvllm:request_success_total{finished_reason="
                   "\"stop\",model_name=\"org/m\"} "
                + n
                + "\n# TYPE vllm:time_to_first_token_seconds histogram\n"
                  "vllm:time_to_first_token_seconds_bucket{le=\"0.5\",model_name=\"org/m\"} "
                + n + "\nvllm:time_to_first_token_seconds_bucket{le=\"+Inf\",model_name=\"org/m\"} " + n
                + "\nvllm:time_to_first_token_seconds_count{model_name=\"org/m\"} " + n
                + "\nvllm:time_to_first_token_seconds_sum{model_name=\"org/m\"} " + n + '\n';
        };
        write("before.prom", snapshot(10));
        write("after.prom", snapshot(40));
        Observer observer;
        auto preview = previewImport(m_request, observer);
        QVERIFY(preview);
        for (const BundlePlan::Run& run : (*preview)->plan({}).runs) {
            QCOMPARE(run.files.size(), std::size_t(1));
            QCOMPARE(run.files[0].role, FileRole::Result);
        }
        const ImportSummary summary = import();
        QCOMPARE(summary.attached, std::uint64_t(2));
        QVERIFY(summary.points >= 2);
        QCOMPARE(summary.linked, std::uint64_t(0));
        QCOMPARE(links(), QString());
        QVERIFY((*StoreReader::open(database()))->unlinked()->empty()); // they wait for no run
    }

    void aFileOfSeveralRunsIsCountedOnce()
    {
        fixture();
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("one")));
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("two")));
        for (const char* file : { "r.json", "r.csv", "gpu.csv" }) {
            QFile::rename(m_dir->filePath(QString::fromUtf8(file)),
                m_dir->filePath(QStringLiteral("one/") + QString::fromUtf8(file)));
        }
        write("two/x.json", test::vllmResult(QStringLiteral("org/other"), 4));
        const ImportSummary summary = import();
        QCOMPARE(summary.runs, std::uint64_t(2));
        QCOMPARE(summary.linked, std::uint64_t(2)); // config.yaml, which is of both runs, and gpu.csv
    }

    /// Closing another descriptor of an open database would drop the locks that SQLite has on it.
    void thePreviewNeverOpensADatabase()
    {
        fixture();
        m_request.database = m_dir->filePath(QStringLiteral("prism.db")).toStdString();
        import();
        auto reader = StoreReader::open(m_request.database);
        QVERIFY(reader);
        QVERIFY((*reader)->sources());
        const QByteArray before = locksOn(m_request.database);
        QVERIFY(!before.isEmpty());
        m_request.paths = { m_request.database }; // in a folder nobody expects a result in it
        Observer observer;
        auto preview = previewImport(m_request, observer);
        QVERIFY2(preview, preview ? "" : preview.error().text().c_str());
        QCOMPARE(locksOn(m_request.database), before);
        const auto& files = (*preview)->files();
        const auto own = std::find_if(files.begin(), files.end(),
            [&](const FileSummary& file) { return file.path == m_request.database; });
        QVERIFY(own != files.end());
        QCOMPARE(own->outcome, Outcome::Skipped);
        QVERIFY2(own->reason.find("the database itself") != std::string::npos, own->reason.c_str());
    }

    void thePreviewIsWhatTheImportDoes()
    {
        fixture();
        write("broken.json", "{\"benchmarks\": [");
        Observer observer;
        auto preview = previewImport(m_request, observer);
        QVERIFY2(preview, preview ? "" : preview.error().text().c_str());
        QVERIFY(!QFile::exists(QString::fromStdString(database()))); // nothing is stored, no database made
        const BundlePlan plan = (*preview)->plan({});
        QCOMPARE(plan.runs.size(), std::size_t(1));
        QStringList roles;
        for (const BundlePlan::File& entry : plan.runs[0].files) {
            roles << QString::fromStdString((*preview)->files()[entry.file].name()) + QLatin1Char(':')
                    + QString::fromUtf8(name(entry.role).data());
        }
        roles.sort();
        QCOMPARE(roles.join(QLatin1Char(' ')),
            QStringLiteral("config.yaml:sidecar gpu.csv:telemetry r.csv:twin r.json:result"));
        QCOMPARE(plan.others.size(), std::size_t(1));
        QCOMPARE(plan.others[0].role, FileRole::Refused);
        QVERIFY(plan.decides() && !plan.asks());
        import();
        QCOMPARE(links(), QStringLiteral("config.yaml:sidecar gpu.csv:telemetry r.csv:twin"));
        // What is stored is told so, and asks nothing.
        auto again = previewImport(m_request, observer);
        QVERIFY(again);
        QVERIFY((*again)->plan({}).runs.empty());
        QVERIFY(!(*again)->plan({}).decides());
    }

    void theUsersWordHoldsAndIsRemembered()
    {
        fixture();
        m_request.decisions = std::vector<Decision> { { Decision::Kind::Apart, "r.csv", {} },
            { Decision::Kind::LeaveOut, "gpu.csv", {} } };
        m_request.memory = ImportRequest::Memory::Remember;
        ImportSummary summary = import();
        QCOMPARE(summary.skipped, std::uint64_t(1));
        QCOMPARE(summary.runs, std::uint64_t(2));
        QCOMPARE(summary.points, std::uint64_t(4));
        QVERIFY(summary.remembered);
        // The configuration lies beside two runs now: whose it is, is asked.
        QCOMPARE(links(), QString());
        QCOMPARE(summary.questions.size(), std::size_t(1));

        // The next folder of this shape, without a word.
        m_dir = std::make_unique<QTemporaryDir>();
        fixture(" ");
        m_request = {};
        m_request.database = database();
        m_request.paths = { m_dir->path().toStdString() };
        summary = import();
        QCOMPARE(summary.skipped, std::uint64_t(1));
        QCOMPARE(summary.runs, std::uint64_t(2));

        // Undone, it is forgotten.
        auto writer = StoreWriter::open(database());
        QVERIFY(writer && (*writer)->undo(*m_remembered));
        writer->reset();
        Observer observer;
        m_dir = std::make_unique<QTemporaryDir>();
        fixture("  ");
        m_request.paths = { m_dir->path().toStdString() };
        const auto preview = previewImport(m_request, observer);
        QVERIFY(preview && !(*preview)->isRemembered());
    }

    /// A sidecar for a run that is not there is kept, and joins it when it comes; so does telemetry.
    void whatWaitsFindsItsRun()
    {
        write("gpu.csv", telemetry(measured - 5, 30));
        write("config.yaml", "model: org/m\nmax_num_seqs: 8\n");
        ImportSummary summary = import();
        QCOMPARE(summary.attached, std::uint64_t(2));
        QCOMPARE(summary.linked, std::uint64_t(0));
        QFile::copy(QStringLiteral(PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.json"), file("r.json"));
        summary = import();
        QCOMPARE(summary.unchanged, std::uint64_t(2));
        QCOMPARE(summary.linked, std::uint64_t(2));
        QCOMPARE(links(), QStringLiteral("config.yaml:sidecar gpu.csv:telemetry"));
    }

    void telemetryThatComesLaterFindsItsRun()
    {
        QFile::copy(QStringLiteral(PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.json"), file("r.json"));
        import();
        const QTemporaryDir elsewhere;
        QFile out(elsewhere.filePath(QStringLiteral("gpu.csv")));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(telemetry(measured - 5, 30));
        out.close();
        m_request.paths = { out.fileName().toStdString() };
        QCOMPARE(import().linked, std::uint64_t(1));
        QCOMPARE(links(), QStringLiteral("gpu.csv:telemetry"));
    }

    void twinsThatDisagreeAreToldWithBothValues()
    {
        fixture();
        QFile csv(file("r.csv"));
        QVERIFY(csv.open(QIODevice::ReadWrite));
        QByteArray text = csv.readAll();
        const QByteArray ttft = "21.66434129079183"; // mean of the first point, of what succeeded and of all
        QCOMPARE(text.count(ttft), 2);
        text.replace(ttft, "29.66434129079183");
        csv.seek(0);
        csv.write(text);
        csv.close();
        const ImportSummary summary = import();
        QCOMPARE(summary.questions.size(), std::size_t(1));
        auto store = StoreReader::open(database());
        QVERIFY(store);
        QCOMPARE((*(*store)->table())->rows(), 2u);
        const auto all = (*store)->linksOf(runWithPoints());
        const auto twin = std::find_if(
            all->begin(), all->end(), [](const LinkRecord& link) { return link.text.role == "twin"; });
        QVERIFY(twin != all->end());
        QVERIFY2(
            twin->text.why.find("21.7\u2009ms is shown, this file says 29.7\u2009ms") != std::string::npos,
            twin->text.why.c_str());
    }

    /// As it would be in one import, whichever part of it comes first.
    void aSweepInTwoGoesIsOneSweep()
    {
        const auto stage = [this](const QString& folder, int concurrency, const char* date) {
            QByteArray text = test::vllmResult(QStringLiteral("org/m"), concurrency);
            text.replace("20250101-120000", date);
            QVERIFY(QDir(m_dir->path()).mkpath(folder));
            write(folder + QStringLiteral("/x.json"), text);
        };
        stage(QStringLiteral("c1/out"), 1, "20260503-120100");
        QCOMPARE(import().runs, std::uint64_t(1));
        stage(QStringLiteral("c4/out"), 4, "20260503-120200");
        Observer observer;
        const auto preview = previewImport(m_request, observer);
        QVERIFY(preview);
        QVERIFY((*preview)->plan({}).runs.at(0).joins);
        const ImportSummary second = import();
        QCOMPARE(second.imported, std::uint64_t(1));
        QVERIFY(second.questions.empty());
        QCOMPARE(pointsOfRuns(), QStringLiteral("2"));
        // Of the next year's the run's own file asks, and is set apart when the user says so.
        stage(QStringLiteral("c1/out"), 8, "20270503-120100");
        m_request.paths = { file("c1/out").toStdString() };
        const ImportSummary later = import();
        QCOMPARE(later.questions.size(), std::size_t(1));
        QVERIFY2(later.questions[0].find("365 days after c1/out/x.json in the database") != std::string::npos
                || later.questions[0].find("365 days after out/x.json in the database") != std::string::npos,
            later.questions[0].c_str());
        QCOMPARE(pointsOfRuns(), QStringLiteral("3"));
        stage(QStringLiteral("c1/out"), 16, "20280503-120100");
        m_request.decisions = std::vector<Decision> { { Decision::Kind::Apart, "x.json", {} } };
        QVERIFY(import().questions.empty());
        QCOMPARE(pointsOfRuns(), QStringLiteral("1 3"));
    }

    /// Times of clocks without a zone are kept: whatever comes first, the other finds it.
    void localTimesMeetInAnyOrderOfImports_data()
    {
        QTest::addColumn<QStringList>("first");
        QTest::addColumn<QString>("folder");
        QTest::newRow("together") << QStringList() << "";
        QTest::newRow("the run first") << QStringList { "r.json" } << "";
        QTest::newRow("the telemetry first") << QStringList { "gpu.csv" } << "";
        QTest::newRow("the run first, below") << QStringList { "r.json" } << "gpu/";
        QTest::newRow("the run first, above") << QStringList { "deep/r.json" } << "";
    }
    void localTimesMeetInAnyOrderOfImports()
    {
        QFETCH(QStringList, first);
        QFETCH(QString, folder);
        const QString result
            = first.value(0).endsWith(QStringLiteral("r.json")) ? first[0] : QStringLiteral("r.json");
        const QString telemetry = folder + QStringLiteral("gpu.csv");
        QByteArray text = test::vllmResult(QStringLiteral("org/m"), 4);
        QVERIFY(text.contains("20250101-120000"));
        text.replace("20250101-120000", "20260503-120100");
        for (const QString& path : { result, telemetry }) {
            QDir(m_dir->path()).mkpath(QFileInfo(path).path());
        }
        write(result, text);
        write(telemetry,
            "timestamp,index,power.draw [W],utilization.gpu [%]\n2026/05/03 12:00:30,0,300 W,50 %\n"
            "2026/05/03 12:01:10,0,310 W,60 %\n");
        std::size_t asked = 0;
        if (!first.isEmpty()) {
            const bool telemetryFirst = first[0] == QStringLiteral("gpu.csv");
            m_request.paths = { file(telemetryFirst ? telemetry : result).toStdString() };
            asked += import().questions.size();
            m_request.paths = { file(telemetryFirst ? result : telemetry).toStdString() };
        }
        asked += import().questions.size();
        QCOMPARE(links(), QStringLiteral("gpu.csv:telemetry"));
        QCOMPARE(asked, std::size_t(1));
    }

    void readingIsCancelled()
    {
        for (int i = 0; i < 200; ++i) {
            write(QStringLiteral("r%1.json").arg(i), test::vllmResult(QStringLiteral("org/m"), i + 1));
        }
        std::stop_source stop;
        stop.request_stop();
        Observer observer;
        QVERIFY(!previewImport(m_request, observer, stop.get_token()));
    }

    void aLoopOfLinksEnds()
    {
        fixture();
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("deep")));
        QVERIFY(QFile::link(m_dir->path(), file("deep/up")));
        Observer observer;
        const auto preview = previewImport(m_request, observer);
        QVERIFY(preview);
        QCOMPARE((*preview)->files().size(), std::size_t(4));
        QCOMPARE(import().runs, std::uint64_t(1));
    }

private:
    /// How many points each run has that has any, sorted.
    QString pointsOfRuns() const
    {
        QStringList counts;
        auto reader = StoreReader::open(database());
        const auto runs = reader ? (*reader)->runs() : reader.error();
        for (const RunRecord& run : runs ? *runs : std::vector<RunRecord>()) {
            if (run.points > 0) {
                counts << QString::number(run.points);
            }
        }
        counts.sort();
        return counts.join(QLatin1Char(' '));
    }
    /// `ending` makes the bytes of another folder of the same shape.
    void fixture(const QByteArray& ending = {})
    {
        for (const char* kind : { "json", "csv" }) {
            QFile in(QStringLiteral(PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.") + QString::fromUtf8(kind));
            QVERIFY(in.open(QIODevice::ReadOnly));
            const QByteArray bytes = in.readAll();
            write(QStringLiteral("r.") + QString::fromUtf8(kind),
                kind[0] == 'j' ? bytes + ending
                               : bytes + (ending.isEmpty() ? QByteArray() : QByteArray(ending.size(), '\n')));
        }
        write(QStringLiteral("gpu.csv"), telemetry(measured - 5, 30) + (ending.isEmpty() ? "" : "\n"));
        write(QStringLiteral("config.yaml"), "model: org/m\nmax_num_seqs: 8\n# " + ending + "\n");
    }
};

QTEST_GUILESS_MAIN(BundleImportTest)
#include "tst_bundle_import.moc"
