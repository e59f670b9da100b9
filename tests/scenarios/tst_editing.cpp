// SPDX-License-Identifier: GPL-3.0-or-later
// A user who puts right what files say, in one window: names, tags, attributes, hidden points, sweeps.
#include "app/charts/chart_panel.h"
#include "app/charts/chart_view.h"
#include "app/panels/facets/facet_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/selection/choice_dialog.h"
#include "app/shell/edit_dialogs.h"
#include "app/shell/main_window.h"
#include "app/shell/waiting_files_dialog.h"
#include "app/tables/run_table.h"
#include "app/theme/theme.h"
#include "app/trace/trace_perspective.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QToolTip>
#include <QTreeView>
#include <QTreeWidget>
#include <QUndoStack>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

} // namespace

class TestEditing : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    Workspace& workspace() { return m_window->workspace(); }
    std::shared_ptr<const ColumnTable> table() { return workspace().table(); }
    Row rows() { return table()->rows(); }
    QUndoStack& undo() { return m_window->edits().undoStack(); }
    void trigger(const char* id) { m_window->actionRegistry().action(QLatin1String(id))->trigger(); }

    std::vector<PointId> pointsOf(const std::string& model)
    {
        std::vector<PointId> points;
        for (Row row = 0; row < rows(); ++row) {
            if (table()->text("model", row) == model) {
                points.push_back(table()->point(row));
            }
        }
        return points;
    }
    RunId runOf(const std::string& model) { return table()->run(*table()->rowOf(pointsOf(model).front())); }
    std::string textOf(const char* category, PointId point)
    {
        const auto row = table()->rowOf(point);
        return row ? std::string(table()->text(category, *row)) : std::string("no such point");
    }

    /// Answers the question that an action asks.
    void answer(const QString& text)
    {
        auto* dialog = m_window->findChild<QInputDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->setTextValue(text);
        dialog->accept();
        QTRY_VERIFY(!m_window->findChild<QInputDialog*>());
    }

    /// Takes the only choice that has this in its name.
    void choose(const QString& name)
    {
        auto* dialog = m_window->findChild<ChoiceDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->search().setText(name);
        QCOMPARE(dialog->list().model()->rowCount(), 1);
        QTest::keyClick(&dialog->search(), Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<ChoiceDialog*>());
    }

    int inspectorRow(const QString& name)
    {
        const MeasureModel& model = m_window->inspector().model();
        for (int row = 0; row < model.rowCount(); ++row) {
            if (model.index(row, MeasureModel::Name).data().toString() == name) {
                return row;
            }
        }
        return -1;
    }

    QString inspectorText()
    {
        QStringList all;
        for (const QLabel* label : m_window->inspector().findChildren<QLabel*>()) {
            if (label->isVisibleTo(&m_window->inspector())) {
                all << label->text();
            }
        }
        return all.join(QLatin1Char('\n'));
    }

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void initTestCase()
    {
        const QString results = m_dir.filePath(QStringLiteral("results"));
        QVERIFY(QDir().mkpath(results));
        prism::test::writeVllmResults(results, QStringLiteral("org/One"), { 1, 2, 4 });
        prism::test::writeVllmResults(results, QStringLiteral("org/Two"), { 8, 16 });
        m_window = std::make_unique<MainWindow>(m_dir.filePath(QStringLiteral("prism.db")));
        m_window->resize(1440, 900);
        m_window->show();
        m_window->import({ { results }, {} });
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(undo().canUndo(), patienceMs);
        QTRY_VERIFY(!m_window->chart().isBuilding() && m_window->chart().chart());
    }

    void nothingSelectedSaysWhatToDo()
    {
        workspace().selectPoints({});
        for (const char* id : { "points.hide", "points.set", "points.note", "points.move", "points.apart",
                 "points.asFiled", "points.hidden", "runs.rename", "runs.tags", "runs.note", "runs.merge" }) {
            trigger(id);
            QVERIFY2(!m_window->findChild<QDialog*>(QString(), Qt::FindDirectChildrenOnly)
                    || !m_window->findChild<QInputDialog*>(),
                id);
        }
        QCOMPARE(undo().count(), 1); // the import
    }

    void aRunIsNamedByF2()
    {
        workspace().selectPoints(pointsOf("org/One"));
        trigger("runs.rename");
        answer(QStringLiteral("Baseline"));
        const RunId run = runOf("org/One");
        QTRY_COMPARE_WITH_TIMEOUT(table()->runRecord(run)->name, std::string("Baseline"), patienceMs);
        QCOMPARE(m_window->actionRegistry().action(QStringLiteral("runs.rename"))->shortcut(),
            QKeySequence(Qt::Key_F2));
        QTRY_COMPARE(m_window->table().model().indexOfRun(run).data().toString(), QStringLiteral("Baseline"));
        undo().undo();
        QTRY_VERIFY_WITH_TIMEOUT(table()->runRecord(run)->name.empty(), patienceMs);
    }

    /// A name is no markup, no key and no formula, wherever it stands.
    void aHostileNameIsOnlyAName()
    {
        Theme::current().apply(Theme::Choice::Light); // the style that the program runs with
        const QString name = QStringLiteral("=<b>one</b> & \"two\"<br>three");
        workspace().selectPoints(pointsOf("org/One"));
        trigger("runs.rename");
        answer(name);
        const RunId run = runOf("org/One");
        QTRY_COMPARE_WITH_TIMEOUT(table()->runRecord(run)->name, name.toStdString(), patienceMs);
        workspace().inspect(pointsOf("org/One").front());
        QTRY_VERIFY2_WITH_TIMEOUT(inspectorText().contains(name), qPrintable(inspectorText()), patienceMs);
        QCOMPARE(m_window->table().model().indexOfRun(run).data().toString(), name);
        int labels = 0;
        for (const QLabel* label : m_window->findChildren<QLabel*>()) {
            if (label->text().contains(QStringLiteral("<b>one</b>"))) {
                ++labels;
                QCOMPARE(label->textFormat(), Qt::PlainText);
            }
        }
        QVERIFY(labels > 0);
        QToolTip::showText(QPoint(10, 10), name, m_window.get());
        int tips = 0;
        for (const QWidget* widget : QApplication::topLevelWidgets()) {
            const auto* tip = qobject_cast<const QLabel*>(widget);
            if (tip && tip->text() == name) {
                ++tips;
                QCOMPARE(tip->textFormat(), Qt::PlainText);
            }
        }
        QCOMPARE(tips, 1);
        QToolTip::hideText();
        const QString undoText = m_window->actionRegistry().action(QStringLiteral("edit.undo"))->text();
        QCOMPARE(undoText.count(QLatin1Char('&')) % 2, 0); // a single one would be a key
        m_window->table().copyCsv();
        const QString csv = QGuiApplication::clipboard()->text();
        QVERIFY2(csv.contains(QStringLiteral("\"'=<b>one</b> & \"\"two\"\"<br>three\"")), qPrintable(csv));
        undo().undo();
        QTRY_VERIFY_WITH_TIMEOUT(table()->runRecord(run)->name.empty(), patienceMs);
    }

    void tagsAreTickedOneByOne()
    {
        workspace().selectPoints(pointsOf("org/One"));
        trigger("runs.tags");
        answer(QStringLiteral("nightly, h100"));
        QTRY_COMPARE_WITH_TIMEOUT(
            textOf("tags", pointsOf("org/One").front()), std::string("nightly, h100"), patienceMs);
        std::vector<PointId> both = pointsOf("org/One");
        const auto two = pointsOf("org/Two");
        both.insert(both.end(), two.begin(), two.end());
        workspace().selectPoints(both);
        trigger("runs.tags"); // shows what both have: nothing yet
        QVERIFY(m_window->findChild<QInputDialog*>()->textValue().isEmpty());
        answer(QStringLiteral("seen"));
        QTRY_COMPARE_WITH_TIMEOUT(textOf("tags", two.front()), std::string("seen"), patienceMs);
        QCOMPARE(textOf("tags", both.front()), std::string("nightly, h100, seen")); // its own stay
        FacetModel& facets = m_window->facets().model();
        QModelIndex tags;
        for (int head = 0; head < facets.rowCount(); ++head) {
            if (facets.category(facets.index(head, 0)) == QLatin1String("tags")) {
                tags = facets.index(head, 0);
            }
        }
        QVERIFY(tags.isValid());
        QStringList values;
        QModelIndex seen;
        for (int row = 0; row < facets.rowCount(tags); ++row) {
            const QModelIndex value = facets.index(row, 0, tags);
            values << value.data().toString();
            seen = values.last() == QLatin1String("h100") ? value : seen;
        }
        QCOMPARE(values,
            (QStringList { QStringLiteral("h100"), QStringLiteral("nightly"), QStringLiteral("seen") }));
        facets.toggle(seen);
        QCOMPARE(workspace().passingPointCount(), Row(3));
        workspace().setFilter({});
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(textOf("tags", two.front()), std::string(), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(textOf("tags", both.front()), std::string(), patienceMs);
    }

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

    void runsBecomeOneSweep()
    {
        const RunId one = runOf("org/One");
        std::vector<PointId> all;
        for (Row row = 0; row < rows(); ++row) {
            all.push_back(table()->point(row));
        }
        workspace().selectPoints(all);
        trigger("runs.merge");
        auto* doubts = m_window->findChild<QMessageBox*>(QStringLiteral("mergeDoubts"));
        QVERIFY(doubts); // two models
        QVERIFY2(
            doubts->text().contains(QLatin1String("model (org/One, org/Two)")), qPrintable(doubts->text()));
        for (QAbstractButton* button : doubts->buttons()) {
            if (doubts->buttonRole(button) == QMessageBox::AcceptRole) {
                button->click();
            }
        }
        QTRY_COMPARE_WITH_TIMEOUT(workspace().runCount(), std::size_t(1), patienceMs);
        QCOMPARE(m_window->table().model().rowCount(), 1);
        QCOMPARE(m_window->table().model().rowCount(m_window->table().model().index(0, 0)), 5);
        QCOMPARE(rows(), Row(5)); // points stay points
        for (Row row = 0; row < rows(); ++row) {
            QCOMPARE(table()->run(row), one);
        }
        QVERIFY(undo().undoText().contains(QLatin1String("Merge")));
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(workspace().runCount(), std::size_t(2), patienceMs);
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

    /// A word on a run holds for the stage that comes tomorrow.
    void anAttributeOfARunReachesWhatComesLater()
    {
        workspace().selectPoints({ pointsOf("org/Two").front() });
        trigger("runs.set");
        auto* dialog = m_window->findChild<AttributeDialog*>();
        QVERIFY(dialog);
        dialog->attribute().setCurrentIndex(
            dialog->attribute().findData(QStringLiteral("accelerator_count")));
        dialog->value().setText(QStringLiteral("4"));
        QVERIFY2(dialog->set().text().contains(QStringLiteral("run")), qPrintable(dialog->set().text()));
        dialog->set().click();
        QTRY_COMPARE_WITH_TIMEOUT(
            textOf("accelerator_count", pointsOf("org/Two").back()), std::string("4"), patienceMs);
        const RunId run = runOf("org/Two");
        const QString results = m_dir.filePath(QStringLiteral("results"));
        prism::test::writeVllmResults(results, QStringLiteral("org/Two"), { 32 });
        m_window->import({ { results }, {} });
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(6), patienceMs);
        const PointId later = pointsOf("org/Two").back();
        QCOMPARE(table()->run(*table()->rowOf(later)), run);
        QCOMPARE(textOf("accelerator_count", later), std::string("4"));
        QVERIFY(table()->isUsersCount(*table()->rowOf(later)));
        QTRY_VERIFY_WITH_TIMEOUT(undo().undoText().startsWith(QStringLiteral("Import")), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(
            textOf("accelerator_count", pointsOf("org/Two").back()), std::string(), patienceMs);
    }

    /// A timeline that is stored already is what the user wants to see, and is given to a run when he says
    /// so.
    void aTimelineIsOpenedAgainAndGivenToARun()
    {
        const QString file = m_dir.filePath(QStringLiteral("step.trace.json"));
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write("{\"baseTimeNanoseconds\":1700000000000000000,\"traceEvents\":["
                  "{\"ph\":\"X\",\"name\":\"decode\",\"ts\":1,\"dur\":5,\"pid\":1,\"tid\":1}]}\n");
        out.close();
        for (int time = 0; time < 2; ++time) {
            m_window->setPerspective(MainWindow::Perspective::Explore);
            m_window->import({ { file }, {} }, MainWindow::Ask::Never);
            QTRY_COMPARE_WITH_TIMEOUT(m_window->perspective(), MainWindow::Perspective::Trace, patienceMs);
            QTRY_VERIFY_WITH_TIMEOUT(m_window->trace().source().has_value(), patienceMs);
        }
        m_window->setPerspective(MainWindow::Perspective::Explore);
        trigger("runs.waiting");
        auto* dialog = m_window->findChild<WaitingFilesDialog*>();
        QVERIFY(dialog);
        QTRY_COMPARE_WITH_TIMEOUT(dialog->list().topLevelItemCount(), 1, patienceMs);
        dialog->findChild<QPushButton*>(QStringLiteral("give"))->click();
        choose(QStringLiteral("(run %1)").arg(runOf("org/Two")));
        const auto waiting = [this] {
            auto reader = StoreReader::open(m_dir.filePath(QStringLiteral("prism.db")).toStdString());
            return (*reader)->unlinked()->size();
        };
        QTRY_COMPARE_WITH_TIMEOUT(waiting(), std::size_t(0), patienceMs);
        undo().undo();
        QTRY_COMPARE_WITH_TIMEOUT(waiting(), std::size_t(1), patienceMs);
    }

    void editsOutliveTheWindow()
    {
        workspace().selectPoints(pointsOf("org/One"));
        trigger("runs.note");
        answer(QStringLiteral("the old driver"));
        const RunId run = runOf("org/One");
        QTRY_COMPARE_WITH_TIMEOUT(table()->runRecord(run)->note, std::string("the old driver"), patienceMs);
        m_window->close();
        m_window.reset();
        m_window = std::make_unique<MainWindow>(m_dir.filePath(QStringLiteral("prism.db")));
        m_window->show();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QCOMPARE(table()->runRecord(run)->note, std::string("the old driver"));
        QSignalSpy loaded(&m_window->inspector(), &InspectorPanel::loaded);
        workspace().inspect(pointsOf("org/One").front());
        QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), patienceMs);
        QVERIFY2(inspectorText().contains(QLatin1String("Your note on the run: the old driver")),
            qPrintable(inspectorText()));
    }

    void cleanupTestCase() { m_window.reset(); }
};

QTEST_MAIN(TestEditing)
#include "tst_editing.moc"
