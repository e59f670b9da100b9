// SPDX-License-Identifier: GPL-3.0-or-later
// A user who puts right what files say of runs, in one window: names, tags, sweeps, files of a run.
#include "app/panels/facets/facet_panel.h"
#include "app/shell/edit_dialogs.h"
#include "app/shell/waiting_files_dialog.h"
#include "app/tables/run_table.h"
#include "app/theme/theme.h"
#include "app/trace/trace_perspective.h"
#include "tests/scenarios/editing_window.h"
#include "tests/support/own_folders.h"

#include <QClipboard>
#include <QComboBox>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QStatusBar>
#include <QToolTip>
#include <QTreeWidget>

#include <algorithm>
#include <utility>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;

} // namespace

class TestEditing : public EditingWindow {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }
    void initTestCase() { openWithTwoRuns(); }

    void nothingSelectedSaysWhatToDo()
    {
        workspace().selectPoints({});
        const std::pair<const char*, const char*> says[] = {
            { "points.hide", "Select rows in the table or points in the chart first." },
            { "points.set", "Select rows in the table or points in the chart first." },
            { "points.note", "Select rows in the table or points in the chart first." },
            { "points.move", "Select rows in the table or points in the chart first." },
            { "points.apart", "Select rows in the table or points in the chart first." },
            { "points.asFiled", "Select rows in the table or points in the chart first." },
            { "points.hidden", "No point is hidden." },
            { "runs.rename", "Select one run first." },
            { "runs.tags", "Select runs in the table or points in the chart first." },
            { "runs.note", "Select runs in the table or points in the chart first." },
            { "runs.set", "Select runs in the table or points in the chart first." },
            { "runs.merge", "Select the runs first that are to become one sweep." },
        };
        for (const auto& [id, sentence] : says) {
            m_window->statusBar()->clearMessage();
            trigger(id);
            QVERIFY2(m_window->statusBar()->currentMessage() == QLatin1String(sentence), id);
            const QList<QDialog*> dialogs = m_window->findChildren<QDialog*>();
            QVERIFY2(std::none_of(dialogs.begin(), dialogs.end(),
                         [](const QDialog* dialog) { return dialog->isVisible(); }),
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
