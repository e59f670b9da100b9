// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/store_edits.h"

#include "core/import/job.h"
#include "core/store/store.h"

#include "prism_test_paths.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QElapsedTimer>
#include <QSignalSpy>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

/// Calls that return while another writer holds the store were not made by the thread that waits.
constexpr int atOnceMs = 2'000;

} // namespace

class TestStoreEdits : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aChangeWaitsForAnotherWriterWithoutBlocking()
    {
        const QString database = m_dir.filePath(QStringLiteral("waits.db"));
        auto other = StoreWriter::open(database.toStdString(), {}, {}, "a long import");
        QVERIFY(other);
        StoreEdits edits(database);
        QSignalSpy waiting(&edits, &StoreEdits::waiting);
        QSignalSpy done(&edits, &StoreEdits::done);
        QElapsedTimer time;
        time.start();
        edits.setAlias(QStringLiteral("model"), QStringLiteral("a"), QStringLiteral("b"));
        QVERIFY(time.elapsed() < atOnceMs);
        QTRY_COMPARE(waiting.size(), 1);
        QVERIFY(waiting[0][0].toString().contains(QStringLiteral("a long import")));
        QCOMPARE(done.size(), 0);
        other->reset();
        QTRY_COMPARE(done.size(), 1);
        edits.undoStack().undo();
        QTRY_COMPARE(done.size(), 2);
    }

    void aRemovedRunLeavesNoTwinBehind()
    {
        // One result as JSON, CSV and console text: one run.
        ImportRequest request;
        request.database = m_dir.filePath(QStringLiteral("twins.db")).toStdString();
        request.paths = { PRISM_TEST_DATA "/guidellm" };
        ImportObserver observer;
        QVERIFY(runImport(request, observer));
        const auto runs = [&] {
            std::vector<RunId> ids;
            const auto reader = StoreReader::open(request.database);
            const auto all = (*reader)->runs();
            for (const RunRecord& run : *all) {
                ids.push_back(run.id);
            }
            return ids;
        };
        const std::vector<RunId> before = runs();
        QVERIFY(!before.empty());
        StoreEdits edits(QString::fromStdString(request.database));
        QSignalSpy done(&edits, &StoreEdits::done);
        edits.removeRuns(before);
        QTRY_COMPARE(done.size(), 1);
        QVERIFY(runs().empty());
        edits.undoStack().undo();
        QTRY_COMPARE(done.size(), 2);
        QCOMPARE(runs(), before);
    }

    void endingGivesUpTheWait()
    {
        const QString database = m_dir.filePath(QStringLiteral("ends.db"));
        const auto other = StoreWriter::open(database.toStdString(), {}, {}, "a long import");
        QVERIFY(other);
        auto edits = std::make_unique<StoreEdits>(database);
        QSignalSpy waiting(edits.get(), &StoreEdits::waiting);
        edits->setAlias(QStringLiteral("model"), QStringLiteral("a"), QStringLiteral("b"));
        QTRY_COMPARE(waiting.size(), 1);
        QElapsedTimer time;
        time.start();
        edits.reset();
        QVERIFY(time.elapsed() < atOnceMs);
    }
};

QTEST_MAIN(TestStoreEdits)
#include "tst_store_edits.moc"
