// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_list.h"
#include "app/mapping/mappings_dialog.h"

#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QAbstractItemModelTester>
#include <QPushButton>
#include <QTableView>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

Mapping mapping(const std::string& name, const std::string& unit)
{
    Mapping out;
    out.name = name;
    out.columns = { "a" };
    out.values = { { "a", {}, MappedValue::Target::Measure, "ttft", Stat::mean(), unit, {} } };
    return out;
}

QStringList namesIn(const MappingList& list)
{
    QStringList out;
    for (int row = 0; row < list.rowCount(); ++row) {
        out << list.nameAt(row);
    }
    return out;
}

} // namespace

class TestMappingList : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        for (const SavedMapping& saved : savedMappings()) {
            QVERIFY(QFile::remove(QString::fromStdString(saved.file)));
        }
        QVERIFY(saveMapping(mapping("one", "ms"), false));
        QVERIFY(saveMapping(mapping("waits", ""), false));
    }

    void everyoneIsListedWithItsState()
    {
        MappingList list;
        QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(namesIn(list), (QStringList { QStringLiteral("one"), QStringLiteral("waits") }));
        const QString state = list.index(1, MappingList::State).data().toString();
        QVERIFY2(state.contains(QStringLiteral("Not applied")), qPrintable(state));
    }

    void whatIsDeletedComesBackAsItWas()
    {
        // A member that this version does not know must survive, and a file that is no mapping too.
        QFile odd(QString::fromStdString(mappingFolder()) + QStringLiteral("/odd.json"));
        QVERIFY(odd.open(QIODevice::WriteOnly));
        odd.write("{\"prism_mapping\": 2, \"later\": true}");
        odd.close();
        MappingList list;
        QCOMPARE(list.remove(QStringLiteral("odd")), QString());
        QCOMPARE(list.remove(QStringLiteral("one")), QString());
        QCOMPARE(namesIn(list), QStringList { QStringLiteral("waits") });
        list.undoStack().undo();
        list.undoStack().undo();
        QCOMPARE(list.rowCount(), 3);
        QVERIFY(odd.open(QIODevice::ReadOnly));
        QCOMPARE(odd.readAll(), QByteArray("{\"prism_mapping\": 2, \"later\": true}"));
        odd.remove();
        QCOMPARE(*loadMapping("one"), mapping("one", "ms"));
        list.undoStack().redo();
        QVERIFY(list.rowOf(QStringLiteral("odd")) < 0);
    }

    void renamed()
    {
        MappingList list;
        QVERIFY(
            list.rename(QStringLiteral("one"), QStringLiteral("waits")).contains(QStringLiteral("already")));
        QVERIFY(!list.rename(QStringLiteral("one"), QStringLiteral("../one")).isEmpty());
        QCOMPARE(list.rename(QStringLiteral("one"), QStringLiteral("first")), QString());
        QCOMPARE(namesIn(list), (QStringList { QStringLiteral("first"), QStringLiteral("waits") }));
        QCOMPARE(*loadMapping("first"), mapping("first", "ms"));
        list.undoStack().undo();
        QCOMPARE(namesIn(list), (QStringList { QStringLiteral("one"), QStringLiteral("waits") }));
    }

    void sharedAsAFile()
    {
        QTemporaryDir dir;
        const QString file = dir.filePath(QStringLiteral("shared.json"));
        MappingList list;
        QCOMPARE(list.write(QStringLiteral("one"), file), QString());
        QString name;
        QCOMPARE(list.take(file, name), QString());
        QCOMPARE(name, QStringLiteral("one-2")); // nobody's mapping is replaced unasked
        QCOMPARE(list.rowCount(), 3);
        list.undoStack().undo();
        QCOMPARE(list.rowCount(), 2);

        QFile other(dir.filePath(QStringLiteral("data.json")));
        QVERIFY(other.open(QIODevice::WriteOnly));
        other.write("{\"results\": []}");
        other.close();
        const QString problem = list.take(other.fileName(), name);
        QVERIFY2(problem.startsWith(QStringLiteral("data.json: ")), qPrintable(problem));
        QCOMPARE(list.rowCount(), 2);
    }

    void theWindowDeletesAndBringsBack()
    {
        MappingsDialog dialog;
        dialog.show();
        QCOMPARE(dialog.table().currentIndex().row(), 0);
        dialog.deleteButton().click();
        QVERIFY2(dialog.message().contains(QStringLiteral("one")), qPrintable(dialog.message()));
        QCOMPARE(dialog.list().rowCount(), 1);
        QVERIFY(QTest::qWaitForWindowActive(&dialog));
        QTest::keyClick(&dialog, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(dialog.list().rowCount(), 2);
        for (const QWidget* widget : dialog.findChildren<QTableView*>()) {
            QVERIFY(!widget->accessibleName().isEmpty());
        }
    }
};

QTEST_MAIN(TestMappingList)
#include "tst_mapping_list.moc"
