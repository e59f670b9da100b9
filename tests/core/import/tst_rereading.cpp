// SPDX-License-Identifier: GPL-3.0-or-later
// A newer importer reads bytes anew that an older one had read; the same one does not.
#include "core/import/content_hash.h"
#include "core/import/job.h"
#include "core/store/store.h"
#include "core/store/writer.h"
#include "tests/support/vllm_results.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace prism;

namespace {

class Recorder : public ImportObserver {
public:
    void file(const FileResult& result) override { files.push_back(result); }
    std::vector<FileResult> files;
};

} // namespace

class RereadingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_bytes = test::vllmResult(QStringLiteral("org/model"), 4).toStdString();
        QFile file(m_dir->filePath(QStringLiteral("a.json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(m_bytes.data(), static_cast<qint64>(m_bytes.size()));
    }

    void bytesOfAnOlderImporterAreReadAnew()
    {
        storeAs(0, {});
        FileResult first = importIt();
        QCOMPARE(first.outcome, Outcome::Imported);
        QCOMPARE(first.points, 1u);
        QVERIFY(std::any_of(first.warnings.begin(), first.warnings.end(),
            [](const Warning& w) { return w.code == "read-anew" && w.severity == Severity::Note; }));
        const auto sources = visible();
        QCOMPARE(sources.size(), 1u);
        QVERIFY(sources[0].importerVersion > 0);
        QVERIFY(std::none_of(m_points.begin(), m_points.end(),
            [](const PointDetail& p) { return p.record.label == "of the old importer"; }));
        QCOMPARE(m_points.size(), 1u);

        QCOMPARE(importIt().outcome, Outcome::Unchanged);
        QCOMPARE(visible().size(), 1u);
    }

    /// What the user forces must find something before it stands in place of a good reading.
    void aForcedReadingOfNothingReplacesNothing_data()
    {
        QTest::addColumn<QString>("importer");
        for (const char* id : { "otel", "prometheus", "nsys-sqlite", "sidecar", "k6" }) {
            QTest::newRow(id) << QString::fromLatin1(id);
        }
    }
    void aForcedReadingOfNothingReplacesNothing()
    {
        QFETCH(QString, importer);
        QCOMPARE(importIt().outcome, Outcome::Imported);
        const FileResult forced = importIt(importer.toStdString());
        QCOMPARE(forced.outcome, Outcome::Refused);
        QVERIFY(forced.reason && !forced.reason->text().empty());
        const auto sources = visible();
        QCOMPARE(sources.size(), 1u);
        QCOMPARE(sources[0].producer, std::string("vllm-serve"));
        QCOMPARE(m_points.size(), 1u);
    }

    void bytesOfTheSameImporterAreUnchanged()
    {
        importIt();
        const auto before = visible();
        QCOMPARE(importIt().outcome, Outcome::Unchanged);
        QCOMPARE(visible()[0].id, before[0].id);
    }

    /// An older Prism must not undo what a newer one has read.
    void bytesOfANewerImporterAreUnchanged()
    {
        storeAs(1'000, {});
        QCOMPARE(importIt().outcome, Outcome::Unchanged);
        QCOMPARE(visible()[0].importerVersion, 1'000);
    }

    void theNewReadingIsTheTwinOfWhatTheOldOneWas_data()
    {
        QTest::addColumn<bool>("removed");
        QTest::newRow("there") << false;
        QTest::newRow("removed") << true;
    }
    void theNewReadingIsTheTwinOfWhatTheOldOneWas()
    {
        QFETCH(bool, removed);
        storeAs(0, std::string(64, 'a'));
        if (removed) {
            removeAll();
        }
        QCOMPARE(importIt().outcome, Outcome::Imported);
        QCOMPARE(visible()[0].twinOf, std::string(64, 'a'));
    }

    /// What an older importer, or the mapping before, made of the bytes must not come back in place of what
    /// they are read as now.
    void removedBytesThatAreReadOtherwiseNowAreReadAnew()
    {
        storeAs(0, {});
        removeAll();
        const FileResult again = importIt();
        QCOMPARE(again.outcome, Outcome::Imported);
        QVERIFY(std::any_of(again.warnings.begin(), again.warnings.end(),
            [](const Warning& w) { return w.code == "read-anew"; }));
        const auto sources = visible();
        QCOMPARE(sources.size(), 1u);
        QVERIFY(sources[0].importerVersion > 0);
        QCOMPARE(m_points.size(), 1u);
        QVERIFY(m_points[0].record.label != "of the old importer");
    }

    void removedBytesThatAreReadTheSameComeBack()
    {
        importIt();
        const auto before = visible();
        removeAll();
        QCOMPARE(importIt().outcome, Outcome::Imported);
        QCOMPARE(visible()[0].id, before[0].id);
    }

private:
    std::string database() const { return m_dir->filePath(QStringLiteral("prism.db")).toStdString(); }

    FileResult importIt(const std::string& forced = {})
    {
        ImportRequest request;
        request.forcedImporter = forced;
        request.database = database();
        request.paths = { m_dir->filePath(QStringLiteral("a.json")).toStdString() };
        Recorder recorder;
        const auto summary = runImport(request, recorder);
        return summary && recorder.files.size() == 1 ? recorder.files[0] : FileResult {};
    }

    void storeAs(int version, const std::string& twinOf)
    {
        ContentHash hash;
        hash.add(m_bytes);
        auto writer = StoreWriter::open(database());
        QVERIFY(writer);
        const auto id = (*writer)->begin({ "a.json", hash.hex(), m_bytes.size(), "vllm-serve", version });
        QVERIFY(id);
        LoadPoint point;
        point.label = "of the old importer";
        QVERIFY((*writer)->addPoint(*id, point, { "key", {}, "vllm-serve" }));
        QVERIFY((*writer)->addOriginal(*id, m_bytes));
        StoreWriter::Finished finished;
        finished.twinOf = twinOf;
        QVERIFY((*writer)->finish(*id, finished));
        QVERIFY((*writer)->commit());
    }

    void removeAll()
    {
        std::vector<SourceId> ids;
        for (const SourceRecord& source : visible()) {
            ids.push_back(source.id);
        }
        auto writer = StoreWriter::open(database());
        QVERIFY(writer);
        QVERIFY((*writer)->remove(ids));
    }

    std::vector<SourceRecord> visible()
    {
        m_points.clear();
        auto reader = StoreReader::open(database());
        if (!reader) {
            return {};
        }
        (void)(*reader)->points([this](const SourceRecord&, PointDetail&& point) {
            m_points.push_back(std::move(point));
            return true;
        });
        const auto sources = (*reader)->sources();
        return sources ? *sources : std::vector<SourceRecord> {};
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::string m_bytes;
    std::vector<PointDetail> m_points;
};

QTEST_GUILESS_MAIN(RereadingTest)
#include "tst_rereading.moc"
