// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/single_instance.h"

#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QSignalSpy>
#include <QtConcurrentRun>
#include <QtTest>

using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

/// From another thread: the one that listens must stay free to answer.
QFuture<bool> start(const QString& database, const QStringList& paths)
{
    return QtConcurrent::run([database, paths] { return SingleInstance(database).handOver(paths); });
}

} // namespace

class TestSingleInstance : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void theRunningWindowTakesThePaths()
    {
        SingleInstance first(QStringLiteral("/db/one"));
        first.listen();
        QSignalSpy received(&first, &SingleInstance::received);
        const auto later
            = start(QStringLiteral("/db/one"), { QStringLiteral("/a b.json"), QStringLiteral("/ü") });
        QTRY_VERIFY(later.isFinished());
        QVERIFY(later.result());
        QCOMPARE(received.size(), 1);
        QCOMPARE(received[0][0].toStringList(),
            (QStringList { QStringLiteral("/a b.json"), QStringLiteral("/ü") }));
    }

    void anotherDatabaseIsAnotherWindow()
    {
        SingleInstance first(QStringLiteral("/db/one"));
        first.listen();
        QSignalSpy received(&first, &SingleInstance::received);
        const auto later = start(QStringLiteral("/db/two"), { QStringLiteral("/a") });
        QTRY_VERIFY(later.isFinished());
        QVERIFY(!later.result());
        QCOMPARE(received.size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestSingleInstance)
#include "tst_single_instance.moc"
