// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/job_model.h"

#include "app/jobs/caught.h"
#include "core/store/store.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <stdexcept>

using namespace prism;
using namespace prism::app;

namespace {
const prism::test::OwnFolders folders;
}

class TestJobModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void importsAndTellsWhatBecameOfEachFile()
    {
        QTemporaryDir dir;
        QDir(dir.path()).mkdir(QStringLiteral("results"));
        const QString results = dir.filePath(QStringLiteral("results"));
        QCOMPARE(prism::test::writeVllmResults(results, QStringLiteral("org/One"), { 1, 2, 4 }), 3);
        QFile bad(results + QStringLiteral("/bad.json"));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("{\"nothing\": \"known\"}");
        bad.close();

        JobModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy ended(&model, &JobModel::jobEnded);
        ImportRequest request;
        request.database = dir.filePath(QStringLiteral("x.db")).toStdString();
        request.paths = { results.toStdString() };
        ImportJob& job = model.add(request, QStringLiteral("results"));
        QCOMPARE(model.rowCount(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 60'000);
        QCOMPARE(job.state(), ImportJob::State::Done);
        QCOMPARE(job.summary().imported, 3u);
        QCOMPARE(job.summary().points, 3u);
        QCOMPARE(model.running(), 0);
        // Nothing is left to read, so nothing says "of".
        QVERIFY2(!JobModel::progressText(job).contains(QStringLiteral(" of ")),
            qPrintable(JobModel::progressText(job)));
        QVERIFY(JobModel::details(job).contains(QStringLiteral("bad.json")));
        QCOMPARE(model.index(0, JobModel::Name).data().toString(), QStringLiteral("results"));

        // The same files again are already here.
        ImportJob& again = model.add(request, QStringLiteral("again"));
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 2, 60'000);
        QCOMPARE(again.summary().imported, 0u);
        QCOMPARE(again.summary().unchanged, 3u);
        QCOMPARE(model.jobAt(0), &again);
        model.clearEnded();
        QCOMPARE(model.rowCount(), 0);
    }

    /// The thread ends with an error, the database is whole, and nobody waits for its writer.
    void whatAnImportThrowsIsItsEnd_data()
    {
        QTest::addColumn<bool>("memory");
        QTest::addColumn<QString>("reason");
        QTest::newRow("memory") << true << "not enough memory";
        QTest::newRow("a fault") << false << "Prism met a fault of its own (out of its mind)";
    }
    void whatAnImportThrowsIsItsEnd()
    {
        QFETCH(bool, memory);
        QFETCH(QString, reason);
        class Throwing : public ImportObserver {
        public:
            explicit Throwing(bool memory)
                : m_memory(memory)
            {
            }
            void file(const FileResult&) override
            {
                if (m_memory) {
                    throw std::bad_alloc();
                }
                throw std::runtime_error("out of its mind");
            }

        private:
            bool m_memory;
        };
        QTemporaryDir dir;
        QCOMPARE(prism::test::writeVllmResults(dir.path(), QStringLiteral("org/One"), { 1 }), 1);
        ImportRequest request;
        request.database = dir.filePath(QStringLiteral("x.db")).toStdString();
        request.paths = { dir.path().toStdString() };
        Throwing observer(memory);
        const auto ended = caught([&] { return runImport(request, observer); }, "import the rest again");
        QVERIFY(!ended);
        const QString text = QString::fromStdString(ended.error().text());
        QVERIFY2(
            text.contains(reason) && text.contains(QStringLiteral("mport the rest again")), qPrintable(text));

        JobModel model;
        QSignalSpy done(&model, &JobModel::jobEnded);
        ImportJob& again = model.add(request, QStringLiteral("again"));
        QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, 60'000);
        QCOMPARE(again.state(), ImportJob::State::Done);
        QCOMPARE(again.summary().imported + again.summary().unchanged, 1u);
        auto reader = StoreReader::open(request.database);
        QVERIFY(reader && (*reader)->check());
    }

    void aMissingFileIsNoImport()
    {
        QTemporaryDir dir;
        JobModel model;
        QSignalSpy ended(&model, &JobModel::jobEnded);
        ImportRequest request;
        request.database = dir.filePath(QStringLiteral("x.db")).toStdString();
        request.paths = { dir.filePath(QStringLiteral("absent.json")).toStdString() };
        ImportJob& job = model.add(request, QStringLiteral("absent"));
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 60'000);
        QCOMPARE(job.summary().imported, 0u);
        QVERIFY(job.state() == ImportJob::State::Failed || job.summary().refused == 1);
    }
};

QTEST_MAIN(TestJobModel)
#include "tst_job_model.moc"
