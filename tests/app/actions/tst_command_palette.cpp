// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/command_palette.h"

#include "app/actions/action_registry.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QLineEdit>
#include <QListView>
#include <QtTest>

using namespace prism::app;

namespace {
const prism::test::OwnFolders folders;
}

class TestCommandPalette : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void lettersMustOccurInOrder()
    {
        QVERIFY(fuzzyScore(QStringLiteral("exch"), QStringLiteral("Export the chart")) >= 0);
        QVERIFY(fuzzyScore(QStringLiteral("EXCH"), QStringLiteral("Export the chart")) >= 0);
        QVERIFY(fuzzyScore(QStringLiteral("hcxe"), QStringLiteral("Export the chart")) < 0);
        QVERIFY(fuzzyScore(QString(), QStringLiteral("anything")) >= 0);
    }

    void beginningsOfWordsWin()
    {
        const QString query = QStringLiteral("oaf");
        QVERIFY(fuzzyScore(query, QStringLiteral("Open a folder"))
            > fuzzyScore(query, QStringLiteral("Proof a leaf")));
    }

    void enterRunsTheChosenCommand()
    {
        QWidget window;
        window.resize(800, 600);
        CommandPalette palette(&window);
        window.show();
        QString ran;
        palette.open({ { QStringLiteral("File: Open"), {}, [&] { ran = QStringLiteral("open"); } },
            { QStringLiteral("Edit: Undo"), {}, [&] { ran = QStringLiteral("undo"); } } });
        QVERIFY(palette.isVisible());
        palette.field().setText(QStringLiteral("undo"));
        QCOMPARE(palette.list().model()->rowCount(), 1);
        QTest::keyClick(&palette.field(), Qt::Key_Return);
        QCOMPARE(ran, QStringLiteral("undo"));
        QVERIFY(!palette.isVisible());
    }

    void escapeRunsNothing()
    {
        QWidget window;
        window.resize(800, 600);
        CommandPalette palette(&window);
        window.show();
        bool ran = false;
        palette.open({ { QStringLiteral("File: Open"), {}, [&] { ran = true; } } });
        QTest::keyClick(&palette.field(), Qt::Key_Escape);
        QVERIFY(!ran);
        QVERIFY(!palette.isVisible());
    }

    void keysBelongToOneAction()
    {
        QWidget window;
        ActionRegistry actions(&window);
        QAction* open
            = actions.add({ QStringLiteral("a.open"), QStringLiteral("A"), QStringLiteral("Open"),
                              QStringLiteral("Opens."), QKeySequence(QStringLiteral("Ctrl+O")), {} },
                [] {});
        QAction* other = actions.add({ QStringLiteral("a.other"), QStringLiteral("A"),
                                         QStringLiteral("Other"), QStringLiteral("Does."), {}, {} },
            [] {});
        QVERIFY(!actions.setKeys(other, open->shortcut()));
        QVERIFY(actions.setKeys(other, QKeySequence(QStringLiteral("Ctrl+K"))));
        QCOMPARE(actions.holderOf(QKeySequence(QStringLiteral("Ctrl+K"))), other);
        QCOMPARE(actions.action(QStringLiteral("a.open")), open);
        QCOMPARE(actions.defaultKeys(other), QKeySequence());
    }
};

QTEST_MAIN(TestCommandPalette)
#include "tst_command_palette.moc"
