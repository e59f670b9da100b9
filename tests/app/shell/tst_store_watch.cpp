// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/store_watch.h"

#include "core/store/writer.h"
#include "tests/support/made_points.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace prism;
using namespace prism::app;

namespace {
const prism::test::OwnFolders folders;
}

class TestStoreWatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void aFileThatIsMadeByOpeningItWasNotReplaced()
    {
        const prism::test::TemporaryStore store;
        StoreWatch watch(QString::fromStdString(store.file()));
        QSignalSpy tables(&watch, &StoreWatch::tableChanged);
        QSignalSpy told(&watch, &StoreWatch::failed);
        QTRY_COMPARE(tables.size(), 1);
        store.add("a.json", { prism::test::madePoint(0) });
        watch.lookNow();
        QTRY_COMPARE(tables.size(), 2);
        QCOMPARE(told.size(), 0);
    }

    void aFileThatIsGoneOrReplacedIsTold()
    {
        const QTemporaryDir dir;
        const QString database = dir.filePath(QStringLiteral("x.db"));
        const QString other = dir.filePath(QStringLiteral("other.db"));
        for (const QString& file : { database, other }) {
            QVERIFY(StoreWriter::open(file.toStdString()));
        }
        StoreWatch watch(database);
        QSignalSpy tables(&watch, &StoreWatch::tableChanged);
        QSignalSpy told(&watch, &StoreWatch::failed);
        watch.lookNow();
        QTRY_COMPARE(tables.size(), 1);
        QCOMPARE(told.size(), 0);

        QVERIFY(QFile::remove(database));
        watch.lookNow();
        QTRY_COMPARE(told.size(), 1);
        QVERIFY(told[0][0].toString().startsWith(database + QStringLiteral(" was deleted")));
        QCOMPARE(tables.size(), 1);

        QVERIFY(QFile::rename(other, database));
        watch.lookNow();
        QTRY_COMPARE(told.size(), 2);
        QVERIFY(told[1][0].toString().contains(QStringLiteral("replaced")));
        QTRY_COMPARE(tables.size(), 2);
    }

    void aFileThatIsPutBackIsWellAgain()
    {
        const QTemporaryDir dir;
        const QString database = dir.filePath(QStringLiteral("x.db"));
        const QString away = dir.filePath(QStringLiteral("away.db"));
        QVERIFY(StoreWriter::open(database.toStdString()));
        StoreWatch watch(database);
        QSignalSpy tables(&watch, &StoreWatch::tableChanged);
        QSignalSpy told(&watch, &StoreWatch::failed);
        QSignalSpy well(&watch, &StoreWatch::recovered);
        QTRY_COMPARE(tables.size(), 1);
        QVERIFY(QFile::rename(database, away));
        watch.lookNow();
        QTRY_COMPARE(told.size(), 1);
        QCOMPARE(well.size(), 0);
        QVERIFY(QFile::rename(away, database));
        watch.lookNow();
        QTRY_COMPARE(well.size(), 1);
        QCOMPARE(told.size(), 1);
        QCOMPARE(tables.size(), 1); // nothing changed in it
    }
};

QTEST_MAIN(TestStoreWatch)
#include "tst_store_watch.moc"
