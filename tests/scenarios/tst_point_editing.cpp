// SPDX-License-Identifier: GPL-3.0-or-later
// A user who puts right what files say of single points: attributes, points that are hidden, their runs.
#include "app/charts/chart_view.h"
#include "app/shell/edit_dialogs.h"
#include "app/tables/run_table.h"
#include "tests/scenarios/editing_window.h"
#include "tests/support/own_folders.h"

#include <QComboBox>
#include <QContextMenuEvent>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTreeView>
#include <QTreeWidget>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

} // namespace

class TestPointEditing : public EditingWindow {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }
    void initTestCase() { openWithTwoRuns(); }

    void anAttributeIsSetInADialog()
    {
        const auto points = pointsOf("org/Two");
        workspace().selectPoints(points);
        trigger("points.set");
        auto* dialog = m_window->findChild<AttributeDialog*>();
        QVERIFY(dialog);
        dialog->attribute().setCurrentIndex(
            dialog->attribute().findData(QStringLiteral("accelerator_count")));
        dialog->value().setText(QStringLiteral("four"));
        QVERIFY(!dialog->set().isEnabled());
        dialog->value().setText(QStringLiteral("4"));
        QVERIFY(dialog->set().isEnabled());
        dialog->set().click();
        QTRY_COMPARE_WITH_TIMEOUT(textOf("accelerator_count", points.front()), std::string("4"), patienceMs);
        QCOMPARE(textOf("accelerator_count", points.back()), std::string("4"));
        QVERIFY2(
            undo().undoText().contains(QLatin1String("accelerator count")), qPrintable(undo().undoText()));
        // Numbers that are divided by it say whose word it is.
        const ChartSpec before = m_window->chart().spec();
        ChartSpec perGpu = before;
        perGpu.y.perAccelerator = true;
        m_window->chart().setSpec(perGpu);
        const auto said = [this] {
            for (const QLabel* label : m_window->chart().findChildren<QLabel*>()) {
                if (label->text().contains(QStringLiteral("number of GPUs that you set"))) {
                    return true;
                }
            }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(said(), patienceMs);
        QCOMPARE(m_window->chart().chart()->usersCounts, 2u);
        m_window->chart().setSpec(before);
        QTRY_VERIFY_WITH_TIMEOUT(!said(), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(textOf("accelerator_count", points.front()), std::string(), patienceMs);
    }

    void anAttributeIsCorrectedInTheInspector()
    {
        const PointId point = pointsOf("org/Two").front();
        QSignalSpy loaded(&m_window->inspector(), &InspectorPanel::loaded);
        workspace().selectPoints({ point });
        workspace().inspect(point);
        QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), patienceMs);
        QTableView& view = m_window->inspector().table();
        const QModelIndex cell
            = m_window->inspector().model().index(inspectorRow(QStringLiteral("model")), MeasureModel::Value);
        QVERIFY(cell.flags() & Qt::ItemIsEditable);
        view.setFocus();
        view.setCurrentIndex(cell);
        QTest::keyClick(&view, Qt::Key_F2); // the value here, not the run
        QVERIFY(!m_window->findChild<QInputDialog*>());
        auto* editor = view.findChild<QLineEdit*>();
        QVERIFY(editor);
        QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(editor, QStringLiteral("Two-FP8"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(textOf("model", point), std::string("Two-FP8"), patienceMs);
        // Both stand there: the user's word, and the file's below it.
        QTRY_COMPARE_WITH_TIMEOUT(m_window->inspector()
                                      .model()
                                      .index(inspectorRow(QStringLiteral("model")), MeasureModel::Value)
                                      .data()
                                      .toString(),
            QStringLiteral("Two-FP8"), patienceMs);
        const MeasureModel& model = m_window->inspector().model();
        const int row = inspectorRow(QStringLiteral("model"));
        QCOMPARE(model.index(row, MeasureModel::OriginColumn).data().toString(), QStringLiteral("✎"));
        QCOMPARE(model.index(row + 1, MeasureModel::Value).data().toString(), QStringLiteral("org/Two"));
        QCOMPARE(model.index(row + 1, MeasureModel::OriginColumn).data().toString(), QStringLiteral("file"));
        QVERIFY(!model.place(row + 1).isEmpty()); // leads to the text
        QCOMPARE(pointsOf("org/Two").size(), std::size_t(1));
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(textOf("model", point), std::string("org/Two"), patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(inspectorRow(QStringLiteral("in the file")) < 0, patienceMs);
    }

    void hiddenPointsLeaveAndComeBack()
    {
        const PointId point = pointsOf("org/One").front();
        workspace().selectPoints({ point });
        QCOMPARE(m_window->actionRegistry().action(QStringLiteral("points.hide"))->shortcut(),
            QKeySequence(Qt::Key_Delete));
        trigger("points.hide");
        answer(QStringLiteral("  "));
        QVERIFY(!undo().undoText().contains(QLatin1String("Hide"))); // no reason, nothing hidden
        trigger("points.hide");
        answer(QStringLiteral("warm-up"));
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(4), patienceMs);
        QVERIFY(workspace().selectedPoints().empty());
        QTRY_VERIFY(!m_window->chart().isBuilding());
        QCOMPARE(m_window->chart().chart()->size(), std::size_t(4));
        QVERIFY(m_window->chart().leftOutLink()->isVisible());
        QVERIFY2(m_window->chart().leftOutLink()->toolTip().contains(QLatin1String("1 point")),
            qPrintable(m_window->chart().leftOutLink()->toolTip()));
        QAction* show = m_window->actionRegistry().action(QStringLiteral("points.hidden"));
        QVERIFY(show->text().contains(QLatin1String("(1)")));
        show->trigger();
        auto* dialog = m_window->findChild<HiddenPointsDialog*>();
        QVERIFY(dialog);
        QTRY_COMPARE_WITH_TIMEOUT(dialog->list().topLevelItemCount(), 1, patienceMs);
        QCOMPARE(dialog->list().topLevelItem(0)->text(2), QStringLiteral("warm-up"));
        dialog->list().setCurrentItem(
            dialog->list().topLevelItem(0)); // the inspector shows it though it has no row
        QTRY_VERIFY_WITH_TIMEOUT(
            inspectorText().contains(QLatin1String("You hid this point: warm-up")), patienceMs);
        dialog->findChild<QPushButton*>(QStringLiteral("showAgain"))->click();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        undo().undo(); // hidden again
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(4), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QVERIFY(!show->text().contains(QLatin1String("(1)")));
    }

    void pointsChangeTheirRun()
    {
        const PointId point = pointsOf("org/One").front();
        workspace().selectPoints({ point });
        trigger("points.apart");
        QTRY_COMPARE_WITH_TIMEOUT(workspace().runCount(), std::size_t(3), patienceMs);
        workspace().selectPoints({ point });
        trigger("points.move");
        // The run in which it is stands last.
        const QString first
            = m_window->findChild<ChoiceDialog*>()->list().model()->index(0, 0).data().toString();
        QVERIFY2(!first.contains(QStringLiteral("(run %1)").arg(table()->run(*table()->rowOf(point)))),
            qPrintable(first));
        choose(QStringLiteral("(run %1)").arg(runOf("org/Two")));
        QTRY_COMPARE_WITH_TIMEOUT(workspace().runCount(), std::size_t(2), patienceMs);
        QCOMPARE(table()->run(*table()->rowOf(point)), runOf("org/Two"));
        workspace().selectPoints({ point });
        trigger("points.asFiled");
        QTRY_COMPARE_WITH_TIMEOUT(table()->run(*table()->rowOf(point)),
            table()->run(*table()->rowOf(pointsOf("org/One").back())), patienceMs);
        for (int i = 0; i < 3; ++i) {
            undo().undo();
        }
        QTRY_COMPARE_WITH_TIMEOUT(workspace().runCount(), std::size_t(2), patienceMs);
    }

    void theRightButtonOffersItOnChartAndTable()
    {
        workspace().selectPoints({});
        QTRY_VERIFY(!m_window->chart().isBuilding());
        ChartView& view = *m_window->chart().view();
        const QPoint at = view.place(0).toPoint();
        QContextMenuEvent onChart(QContextMenuEvent::Mouse, at, view.viewport()->mapToGlobal(at));
        QCoreApplication::sendEvent(view.viewport(), &onChart);
        QCOMPARE(workspace().selectedPoints().size(), std::size_t(1));
        const auto menu = [this]() -> QMenu* {
            for (QMenu* m : m_window->findChildren<QMenu*>()) {
                if (m->isVisible()) {
                    return m;
                }
            }
            return nullptr;
        };
        QVERIFY(menu());
        QStringList ids;
        for (const QAction* action : menu()->actions()) {
            ids << action->objectName();
        }
        for (const char* id : { "points.hide", "points.set", "runs.rename", "runs.tags", "runs.merge" }) {
            QVERIFY2(ids.contains(QLatin1String(id)), id);
        }
        menu()->close();
        QTRY_VERIFY(!menu());
        const QPoint row
            = m_window->table().view().visualRect(m_window->table().model().index(0, 0)).center();
        Q_EMIT m_window->table().view().customContextMenuRequested(row);
        QVERIFY(menu());
        menu()->close();
    }

    void cleanupTestCase() { m_window.reset(); }
};

QTEST_MAIN(TestPointEditing)
#include "tst_point_editing.moc"
