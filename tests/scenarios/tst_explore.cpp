// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/command_palette.h"
#include "app/charts/chart_panel.h"
#include "app/charts/chart_view.h"
#include "app/jobs/jobs_pane.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/facets/facet_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/panels/inspector/source_view.h"
#include "app/shell/help_window.h"
#include "app/shell/main_window.h"
#include "app/tables/run_table.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QComboBox>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>
#include <QUndoStack>
#include <QtTest>

#include <set>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

/// Falls where the mouse is: on whatever widget is there.
bool drop(MainWindow& window, const QMimeData& data, QPoint at)
{
    QWidget* under = window.childAt(at);
    QDragEnterEvent enter(under->mapFrom(&window, at), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    enter.ignore();
    QCoreApplication::sendEvent(under, &enter);
    QDropEvent event(
        QPointF(under->mapFrom(&window, at)), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    event.ignore();
    QCoreApplication::sendEvent(under, &event);
    return enter.isAccepted() && event.isAccepted();
}

QModelIndex facetValue(const FacetModel& model, const QString& category, const QString& value)
{
    for (int head = 0; head < model.rowCount(); ++head) {
        const QModelIndex parent = model.index(head, 0);
        for (int row = 0; model.category(parent) == category && row < model.rowCount(parent); ++row) {
            if (model.index(row, 0, parent).data(FacetModel::ValueRole).toString() == value) {
                return model.index(row, 0, parent);
            }
        }
    }
    return {};
}

std::set<std::string> stringsOf(const ColumnTable& table, const char* category)
{
    std::set<std::string> values;
    for (Row row = 0; row < table.rows(); ++row) {
        values.emplace(table.text(category, row));
    }
    return values;
}

} // namespace

/// One window from the first drop to the next start, in the order in which a user goes.
class TestExplore : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    QString database() const { return m_dir.filePath(QStringLiteral("prism.db")); }
    Row rows() const { return m_window->workspace().table()->rows(); }
    void open(QSize size = { 1440, 900 })
    {
        m_window = std::make_unique<MainWindow>(database());
        m_window->resize(size);
        m_window->show();
    }

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void initTestCase() { open(); }

    void whatIsNoFileIsRefused()
    {
        QMimeData data;
        data.setUrls({ QUrl(QStringLiteral("https://example.org/a.json")) });
        QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        enter.setAccepted(true);
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(!enter.isAccepted());
        QCOMPARE(m_window->jobs().rowCount(), 0);
        QDragLeaveEvent leave;
        QCoreApplication::sendEvent(m_window.get(), &leave);
    }

    void aDroppedFolderBecomesRuns()
    {
        const QString results = m_dir.filePath(QStringLiteral("results"));
        QDir().mkpath(results);
        prism::test::writeVllmResults(results, QStringLiteral("org/One"), { 1, 2, 4 });
        prism::test::writeVllmResults(results, QStringLiteral("org/Two"), { 1, 8 });
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(results) });
        QVERIFY(drop(*m_window, data, { 400, 300 }));
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QCOMPARE(m_window->table().model().pointCount(), std::size_t(5));
        QTRY_VERIFY(!m_window->chart().isBuilding() && m_window->chart().chart());
        QCOMPARE(stringsOf(*m_window->workspace().table(), "model"),
            (std::set<std::string> { "org/One", "org/Two" }));
        QTRY_VERIFY(m_window->edits().undoStack().canUndo());
    }

    void filesCanBeDroppedOnEveryPart()
    {
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(m_dir.filePath(QStringLiteral("results"))) });
        const QList<QWidget*> parts { m_window->chart().view()->viewport(),
            m_window->table().view().viewport(), m_window->facets().view().viewport(),
            m_window->table().findField(), &m_window->inspector() };
        for (QWidget* part : parts) {
            const int before = m_window->jobs().rowCount();
            QVERIFY2(drop(*m_window, data, part->mapTo(m_window.get(), part->rect().center())),
                part->metaObject()->className());
            QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().rowCount(), before + 1, patienceMs);
        }
        QVERIFY(m_window->table().findField()->text().isEmpty());
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        QCOMPARE(rows(), Row(5)); // the same bytes again change nothing
    }

    void aBrushSelectsRowsAndFeedsTheDistribution()
    {
        ChartView& view = *m_window->chart().view();
        QTRY_VERIFY(!m_window->chart().isBuilding());
        const QRect plot = view.plotRect().toRect();
        QTest::mousePress(view.viewport(), Qt::LeftButton, {}, plot.topLeft() + QPoint(2, 2));
        QTest::mouseMove(view.viewport(), plot.center());
        QTest::mouseMove(view.viewport(), plot.bottomRight() - QPoint(2, 2));
        QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, plot.bottomRight() - QPoint(2, 2));
        QCOMPARE(m_window->workspace().selectedPoints().size(), std::size_t(5));
        QCOMPARE(m_window->table().view().selectionModel()->selectedRows().size(), 2); // closed runs
        m_window->actionRegistry().action(QStringLiteral("chart.distribution"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(
            m_window->distribution().plot().series().size(), std::size_t(5), patienceMs);
        QTest::keyClick(&view, Qt::Key_Escape);
        QVERIFY(m_window->workspace().selectedPoints().empty());
        m_window->tabs().setCurrentWidget(&m_window->table());
    }

    void aTickedFacetFilters()
    {
        FacetModel& facets = m_window->facets().model();
        const QModelIndex two = facetValue(facets, QStringLiteral("model"), QStringLiteral("org/Two"));
        QVERIFY(two.isValid());
        facets.toggle(two);
        QCOMPARE(m_window->workspace().passingPointCount(), Row(2));
        QCOMPARE(m_window->table().model().pointCount(), std::size_t(2));
    }

    void aPointOpensWithItsTextAtItsPlace()
    {
        Workspace& workspace = m_window->workspace();
        const PointId point = workspace.table()->point(workspace.filtered().passing.rows().front());
        QSignalSpy text(&m_window->inspector(), &InspectorPanel::sourceLoaded);
        workspace.selectPoints({ point });
        workspace.inspect(point, QStringLiteral("ttft"), QStringLiteral("p99"));
        QTRY_VERIFY_WITH_TIMEOUT(!text.isEmpty(), patienceMs);
        const int row = m_window->inspector().model().rowOf(QStringLiteral("ttft"), QStringLiteral("p99"));
        QVERIFY(row >= 0);
        QTRY_COMPARE(m_window->inspector().table().currentIndex().row(), row);
        QTRY_VERIFY(m_window->inspector().source().textCursor().block().text().contains(
            QStringLiteral("p99_ttft_ms")));
    }

    void theDistributionComesFromRequests()
    {
        m_window->actionRegistry().action(QStringLiteral("chart.distribution"))->trigger();
        const DistributionPanel& panel = m_window->distribution();
        const auto& series = m_window->distribution().plot().series();
        QTRY_COMPARE_WITH_TIMEOUT(series.size(), std::size_t(1), patienceMs);
        QVERIFY(series[0].fromRequests());
        QCOMPARE(series[0].samples, std::size_t(4));
        QVERIFY(panel.isVisible());
        // Whatever it says, the window can be made small.
        QVERIFY2(panel.minimumSizeHint().width() < 500,
            qPrintable(QString::number(panel.minimumSizeHint().width())));
    }

    void theChartIsExported()
    {
        QTRY_VERIFY(!m_window->chart().isBuilding());
        const QString file = m_dir.filePath(QStringLiteral("chart.csv"));
        QCOMPARE(m_window->chart().exportTo(file), QString());
        QFile csv(file);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().count("\r\n"), qsizetype(3)); // a head and the two points that pass
    }

    void aNameWithoutEndingGetsThatOfTheKind()
    {
        m_window->actionRegistry().action(QStringLiteral("file.exportChart"))->trigger();
        auto* dialog = m_window->findChild<QFileDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->defaultSuffix(), QStringLiteral("png"));
        QVERIFY(dialog->selectedFiles().value(0).contains(QStringLiteral("against"))); // the chart's title
        Q_EMIT dialog->filterSelected(QStringLiteral("Drawing (*.svg)"));
        dialog->setDirectory(m_dir.path());
        dialog->selectFile(QStringLiteral("picture"));
        QMetaObject::invokeMethod(dialog, "accept");
        QTRY_VERIFY(QFile::exists(m_dir.filePath(QStringLiteral("picture.svg"))));
    }

    void theStatusBarTellsWhatTheJobBroughtAndLeadsToIt()
    {
        auto* state = m_window->findChild<QToolButton*>(QStringLiteral("jobState"));
        QVERIFY(state && state->isVisible());
        const QString outcome = JobModel::outcomeText(*m_window->jobs().jobAt(0));
        QVERIFY(!outcome.isEmpty());
        QCOMPARE(state->accessibleName(), outcome);
        QVERIFY(state->toolTip().startsWith(outcome));
        QVERIFY(state->width() < m_window->width());
        state->click();
        QCOMPARE(m_window->tabs().currentWidget(), static_cast<QWidget*>(&m_window->jobsPane()));
        m_window->tabs().setCurrentIndex(0);
    }

    void evidenceIsSetAndUndone()
    {
        Workspace& workspace = m_window->workspace();
        const auto evidence = [&](const std::string& model) {
            const auto table = workspace.table();
            for (Row row = 0; row < table->rows(); ++row) {
                if (table->text("model", row) == model) {
                    return std::string(table->text("evidence", row));
                }
            }
            return std::string("no such model");
        };
        std::vector<PointId> points;
        for (Row row = 0; row < rows(); ++row) {
            if (workspace.table()->text("model", row) == "org/Two") {
                points.push_back(workspace.table()->point(row));
            }
        }
        const std::string before = evidence("org/Two");
        workspace.selectPoints(points);
        m_window->actionRegistry().action(QStringLiteral("runs.evidence.reproduced"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(evidence("org/Two"), std::string("reproduced"), patienceMs);
        QCOMPARE(evidence("org/One"), before);
        QUndoStack& undo = m_window->edits().undoStack();
        QVERIFY(undo.undoText().contains(QStringLiteral("evidence")));
        m_window->actionRegistry().action(QStringLiteral("edit.undo"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(evidence("org/Two"), before, patienceMs);
        m_window->actionRegistry().action(QStringLiteral("edit.redo"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(evidence("org/Two"), std::string("reproduced"), patienceMs);
        undo.undo();
        QTRY_COMPARE_WITH_TIMEOUT(evidence("org/Two"), before, patienceMs);
    }

    void undoTakesTheImportBack()
    {
        QAction* undo = m_window->actionRegistry().action(QStringLiteral("edit.undo"));
        QAction* redo = m_window->actionRegistry().action(QStringLiteral("edit.redo"));
        undo->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(0), patienceMs);
        QCOMPARE(m_window->table().model().rowCount(), 0);
        QVERIFY(!undo->isEnabled());
        redo->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
    }

    void everyActionExplainsItselfAndHasItsOwnKeys()
    {
        QSet<QString> ids;
        QStringList keys;
        for (const QAction* action : m_window->actionRegistry().actions()) {
            QVERIFY2(!action->text().isEmpty(), qPrintable(action->objectName()));
            QVERIFY2(action->toolTip().endsWith(QLatin1Char('.')), qPrintable(action->objectName()));
            QVERIFY2(!m_window->actionRegistry().menuOf(action).isEmpty(), qPrintable(action->objectName()));
            QVERIFY2(!ids.contains(action->objectName()), qPrintable(action->objectName()));
            ids.insert(action->objectName());
            if (!action->shortcut().isEmpty()) {
                keys << action->shortcut().toString();
            }
        }
        QCOMPARE(keys.removeDuplicates(), 0);
    }

    void helpPagesHoldTogether()
    {
        int pages = 0;
        for (QAction* action : m_window->actionRegistry().actions()) {
            const QString page = action->objectName().section(QLatin1Char('.'), 1);
            if (!action->objectName().startsWith(QLatin1String("help."))
                || !QFile::exists(QStringLiteral(":/help/%1.md").arg(page))) {
                continue;
            }
            ++pages;
            action->trigger();
            auto* help = m_window->findChild<HelpWindow*>();
            QVERIFY(help && help->isVisible());
            const QTextDocument& text = *help->browser().document();
            QVERIFY2(text.characterCount() > 400, qPrintable(page));
            for (QTextBlock block = text.begin(); block.isValid(); block = block.next()) {
                for (auto it = block.begin(); !it.atEnd(); ++it) {
                    const QTextImageFormat picture = it.fragment().charFormat().toImageFormat();
                    if (picture.isValid()) { // of the theme, and no wider than the page
                        const auto image
                            = text.resource(QTextDocument::ImageResource, picture.name()).value<QImage>();
                        QVERIFY2(!image.isNull(), qPrintable(picture.name()));
                        QVERIFY(image.width() <= help->browser().viewport()->width());
                    }
                    const QString link = it.fragment().charFormat().anchorHref();
                    QVERIFY2(
                        link.isEmpty() || QFile::exists(QStringLiteral(":/help/") + link), qPrintable(link));
                }
            }
            help->close();
        }
        QCOMPARE(pages, QDir(QStringLiteral(":/help")).entryList(QDir::Files).size());
        QVERIFY(pages >= 3);
    }

    void thePaletteFindsEveryAction()
    {
        CommandPalette& palette = m_window->palettePopup();
        for (QAction* action : m_window->actionRegistry().actions()) {
            if (!action->isEnabled() || action->objectName() == QLatin1String("edit.commands")) {
                continue;
            }
            m_window->actionRegistry().action(QStringLiteral("edit.commands"))->trigger();
            palette.field().setText(action->text());
            bool found = false;
            for (int row = 0; row < palette.list().model()->rowCount(); ++row) {
                found = found
                    || palette.list().model()->index(row, 0).data().toString().endsWith(action->text());
            }
            QVERIFY2(found, qPrintable(action->text()));
            QTest::keyClick(&palette.field(), Qt::Key_Escape);
        }
    }

    void aNarrowWindowMakesTheInspectorATab()
    {
        QTabWidget& tabs = m_window->tabs();
        QCOMPARE(tabs.indexOf(&m_window->inspector()), -1);
        m_window->resize(1100, 700);
        QTRY_VERIFY(tabs.indexOf(&m_window->inspector()) >= 0);
        m_window->actionRegistry().action(QStringLiteral("view.dock.inspector"))->trigger();
        QCOMPARE(tabs.currentWidget(), &m_window->inspector());
        m_window->resize(1440, 900);
        QTRY_COMPARE(tabs.indexOf(&m_window->inspector()), -1);
        QVERIFY(m_window->inspector().isVisible());
        tabs.setCurrentIndex(0);
    }

    void theNextStartShowsTheSame()
    {
        const QStringList columns { QStringLiteral("load"), QStringLiteral("measure ttft p99") };
        m_window->table().setColumnIds(columns);
        const QString view = m_dir.filePath(QStringLiteral("mine.prismview"));
        QCOMPARE(m_window->saveViewFile(view), QString());
        m_window->tabs().setCurrentWidget(&m_window->distribution());
        m_window->close();
        m_window.reset();
        open();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QCOMPARE(m_window->workspace().filter().facets.at("model"), std::set<std::string> { "org/Two" });
        QCOMPARE(m_window->workspace().passingPointCount(), Row(2));
        QCOMPARE(m_window->table().columnIds(), columns);
        const auto* views = m_window->findChild<QComboBox*>(QStringLiteral("viewChooser"));
        QVERIFY(views);
        QCOMPARE(views->currentText(), QStringLiteral("mine"));
        QVERIFY(m_window->windowTitle().startsWith(QLatin1String("mine")));
        QCOMPARE(m_window->tabs().currentWidget(), static_cast<QWidget*>(&m_window->distribution()));
    }

    void cleanupTestCase() { m_window.reset(); }
};

QTEST_MAIN(TestExplore)
#include "tst_explore.moc"
