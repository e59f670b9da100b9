// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/preview.h"

#include "core/store/store.h"
#include "core/store/writer.h"
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <functional>

#include <sys/stat.h>
#include <unistd.h>

using namespace prism;

namespace {

class Observer : public ImportObserver {
public:
    void progress(const ImportProgress& p) override
    {
        last = p;
        if (onProgress) {
            onProgress();
        }
    }
    void file(const FileResult& result) override { files.push_back(result); }
    std::vector<FileResult> files;
    ImportProgress last;
    std::function<void()> onProgress;
};

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

class BundleImportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_databaseDir = std::make_unique<QTemporaryDir>();
        m_request = {};
        m_request.database = database();
        m_request.paths = { m_dir->path().toStdString() };
    }

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
        write(QStringLiteral("benchmark_args.json"),
            R"({"model":"org/served","url":"http://h","api_key":"sk-secret","parallel":10,"number":100,)"
            R"("tokenizer_path":"t","dataset":"random"})");
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
    QString file(const QString& name) const { return m_dir->filePath(name); }
    QString file(const char* name) const { return file(QString::fromUtf8(name)); }
    std::string database() const
    {
        return m_databaseDir->filePath(QStringLiteral("bundles.db")).toStdString();
    }
    void write(const QString& name, const QByteArray& bytes)
    {
        QFile out(file(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
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
    std::vector<PointDetail> shownPoints() const
    {
        std::vector<PointDetail> points;
        auto reader = StoreReader::open(database());
        if (reader) {
            (void)(*reader)->points([&](const SourceRecord&, PointDetail&& point) {
                points.push_back(std::move(point));
                return true;
            });
        }
        return points;
    }
    SourceId sourceOf(const std::string& ending) const
    {
        const auto reader = StoreReader::open(database());
        const auto sources = reader ? (*reader)->sources() : reader.error();
        for (const SourceRecord& source : sources ? *sources : std::vector<SourceRecord>()) {
            if (source.path.ends_with(ending) && source.path.find(" + ") == std::string::npos) {
                return source.id;
            }
        }
        return 0;
    }
    /// Mean and p99 of the TTFT of each shown point, sorted.
    QString numbersShown() const
    {
        QStringList all;
        for (const PointDetail& point : shownPoints()) {
            all << QStringLiteral("%1/%2")
                       .arg(told(point, "ttft", Stat::mean()))
                       .arg(told(point, "ttft", Stat::percentile(99)));
        }
        all.sort();
        return all.join(QLatin1Char(' '));
    }
    static double told(const PointDetail& point, std::string_view metric, Stat stat)
    {
        for (const Measure& measure : point.measures) {
            if (measure.metric->id == metric && measure.stat == stat) {
                return measure.value;
            }
        }
        return -1;
    }
    ImportSummary import()
    {
        Observer observer;
        const auto summary = runImport(m_request, observer);
        if (!summary) {
            qWarning("%s", summary.error().text().c_str());
            return {};
        }
        if (summary->remembered) {
            m_remembered = summary->remembered;
        }
        return *summary;
    }
    RunId runWithPoints() const
    {
        auto reader = StoreReader::open(database());
        const auto runs = reader ? (*reader)->runs() : Result<std::vector<RunRecord>>(reader.error());
        for (std::size_t i = 0; runs && i < runs->size(); ++i) {
            if ((*runs)[i].points > 0) {
                return (*runs)[i].id;
            }
        }
        return 0;
    }
    QString links() const
    {
        auto reader = StoreReader::open(database());
        QStringList found;
        const auto all = (*reader)->linksOf(runWithPoints());
        for (std::size_t i = 0; all && i < all->size(); ++i) {
            const LinkRecord& link = (*all)[i];
            found << QFileInfo(QString::fromStdString(link.source.path)).fileName() + QLatin1Char(':')
                    + QString::fromStdString(link.text.role);
        }
        found.sort();
        return found.join(QLatin1Char(' '));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<QTemporaryDir> m_databaseDir;
    ImportRequest m_request;
    std::optional<std::int64_t> m_remembered;
};

QTEST_GUILESS_MAIN(BundleImportTest)
#include "tst_bundle_import.moc"
