// SPDX-License-Identifier: GPL-3.0-or-later
// Names that harm nobody by being shown, through the real widgets and every way out of the window: markup,
// keys of menus, places of arguments, ten thousand characters, characters that turn the direction, controls
// and formulas. What the files of such names do before they are stored is core/import/tst_hostile_files.
#include "app/charts/chart_panel.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/distribution/distribution_plot.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/selection/choice_dialog.h"
#include "app/shell/main_window.h"
#include "app/tables/run_table.h"
#include "app/theme/theme.h"
#include "tests/support/csv_cells.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QScreen>
#include <QStatusBar>
#include <QToolTip>
#include <QTreeView>
#include <QUndoStack>
#include <QXmlStreamReader>
#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;
constexpr int windowWidth = 1280;

/// A drawing that programs can read, with no element of a name's making.
QString problemOf(const QByteArray& svg)
{
    QXmlStreamReader xml(svg);
    while (!xml.atEnd()) {
        xml.readNext();
        if (xml.isStartElement()) {
            const auto name = xml.name();
            for (const char* made : { "b", "img", "br", "script", "one" }) {
                if (name == QLatin1String(made)) {
                    return QStringLiteral("an element ") + name.toString();
                }
            }
        }
    }
    return xml.hasError() ? xml.errorString() : QString();
}

} // namespace

class TestHostileNames : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<MainWindow> m_window;

    Workspace& workspace() { return m_window->workspace(); }
    QString path(const char* name) const { return m_dir->filePath(QString::fromUtf8(name)); }

    void write(const char* name, const QString& model) const
    {
        QFile out(path(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(prism::test::vllmResult(model, 4));
    }

    RunId hostileRun()
    {
        const auto table = workspace().table();
        for (Row row = 0; row < table->rows(); ++row) {
            if (table->text("model", row) != "org/plain") {
                return table->run(row);
            }
        }
        return 0;
    }

    /// No label takes a name for markup, no button for a key, and none of both makes its window wider than
    /// the screen.
    static void checkWidgets()
    {
        const int screen = QGuiApplication::primaryScreen()->geometry().width();
        for (const QWidget* widget : QApplication::allWidgets()) {
            if (const auto* label = qobject_cast<const QLabel*>(widget); label && label->isVisible()) {
                const bool raw = label->text().contains(QLatin1String("<b>one"));
                QVERIFY2(!raw || label->textFormat() == Qt::PlainText, qPrintable(label->text()));
            }
            if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
                QVERIFY2(isNoKey(button->text()), qPrintable(button->text()));
            }
            for (const QAction* action : widget->actions()) {
                QVERIFY2(isNoKey(action->text()), qPrintable(action->text()));
            }
            if (widget->isWindow() && widget->isVisible()) {
                QVERIFY2(widget->width() <= std::max(screen, windowWidth) + 2,
                    qPrintable(QString::number(widget->width())
                        + QString::fromLatin1(widget->metaObject()->className())));
            }
        }
    }
    static bool isNoKey(QString text)
    {
        return text.size() < 400 && !text.remove(QLatin1String("&&")).contains(QLatin1String("A&B"));
    }

private Q_SLOTS:
    void initTestCase() { Theme::current().apply(Theme::Choice::Light); } // the style of the program

    void nothingComesOfAName_data()
    {
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("shown"); // a part of it, as people see it
        const auto row = [](const char* what, const QString& given, const QString& shown) {
            QTest::newRow(what) << given << shown;
        };
        const QString tags = QStringLiteral("<b>one<br><img src=\"x\"> & <one>");
        row("tags", tags, tags);
        row("entities", QStringLiteral("&lt;one&gt;&amp;"), QStringLiteral("&lt;one&gt;&amp;"));
        row("ampersands", QStringLiteral("A&B && C"), QStringLiteral("A&B && C"));
        row("arguments", QStringLiteral("x%1 %2 %n %L1"), QStringLiteral("x%1 %2 %n %L1"));
        row("10 000 letters", QString(10'000, QLatin1Char('x')), QString(20, QLatin1Char('x')));
        row("10 000 words", QStringLiteral("word ").repeated(2'000) + QLatin1Char('.'),
            QStringLiteral("word word"));
        row("direction", QStringLiteral("exe.\u202Egnp"), QStringLiteral("exe.\\u202Egnp"));
        row("NUL", QStringLiteral("a%1b").arg(QChar(QChar::Null)), QStringLiteral("ab"));
        row("lines", QStringLiteral("a\nb\r\nc\td"), QStringLiteral("a b"));
        row("controls", QStringLiteral("m\x1b[31m\x07z"), QStringLiteral("m[31mz"));
        row("formula", QStringLiteral("=1+cmd|calc!A0"), QStringLiteral("=1+cmd|calc!A0"));
        row("underscores", QStringLiteral("a_b__c"), QStringLiteral("a_b__c"));
    }
    /// As the model of a file, and as the name that a user gives a run.
    void nothingComesOfAName()
    {
        QFETCH(QString, given);
        QFETCH(QString, shown);
        m_dir = std::make_unique<QTemporaryDir>();
        write("hostile.json", given);
        write("plain.json", QStringLiteral("org/plain"));
        m_window = std::make_unique<MainWindow>(path("prism.db"));
        m_window->resize(windowWidth, 800);
        m_window->show();
        m_window->import({ { path("hostile.json"), path("plain.json") }, {} }, MainWindow::Ask::Never);
        QTRY_VERIFY_WITH_TIMEOUT(workspace().table() && workspace().table()->rows() == 2, patienceMs);
        QTRY_VERIFY(!m_window->chart().isBuilding() && m_window->chart().chart());
        const RunId run = hostileRun();
        QVERIFY(run != 0);
        everywhere(run, shown);
        const auto revision = workspace().table()->revision();
        m_window->edits().setRunField(
            { run }, QStringLiteral("name"), given, QStringLiteral("Name ") + given);
        QTRY_VERIFY_WITH_TIMEOUT(workspace().table()->revision() > revision, patienceMs);
        QTRY_VERIFY(!m_window->chart().isBuilding());
        everywhere(run, shown);
        m_window.reset();
    }

private:
    void everywhere(RunId run, const QString& shown)
    {
        const RunTableModel& model = m_window->table().model();
        const QModelIndex index = model.indexOfRun(run);
        QVERIFY(index.isValid());
        const QString cell = index.data().toString();
        QVERIFY2(cell.contains(shown), qPrintable(cell.left(200)));
        QVERIFY(!cell.contains(QLatin1Char('\n')) && !cell.contains(QChar(QChar::Null)));
        m_window->table().view().selectAll();
        std::vector<PointId> points;
        for (Row row = 0; row < workspace().table()->rows(); ++row) {
            points.push_back(workspace().table()->point(row));
        }
        workspace().selectPoints(points);
        QSignalSpy loaded(&m_window->inspector(), &InspectorPanel::loaded);
        workspace().inspect(points.front());
        QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), patienceMs);
        m_window->actionRegistry().action(QStringLiteral("chart.distribution"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(
            m_window->distribution().plot().series().size(), std::size_t(2), patienceMs);
        m_window->statusBar()->showMessage(cell);
        m_window->grab();
        checkWidgets();
        QCOMPARE(m_window->width(), windowWidth);
        toolTip(index.data(Qt::ToolTipRole).toString());
        dialogs(shown);
        waysOut(shown);
    }

    void toolTip(const QString& text)
    {
        QToolTip::showText(QPoint(10, 10), text, m_window.get());
        checkWidgets();
        QToolTip::hideText();
        QTRY_VERIFY(!QToolTip::isVisible());
    }

    void dialogs(const QString& shown)
    {
        const auto trigger
            = [this](const char* id) { m_window->actionRegistry().action(QLatin1String(id))->trigger(); };
        trigger("runs.merge"); // two models
        auto* doubts = m_window->findChild<QMessageBox*>(QStringLiteral("mergeDoubts"));
        QVERIFY(doubts);
        QVERIFY2(doubts->text().contains(shown), qPrintable(doubts->text()));
        checkWidgets();
        doubts->reject();
        QTRY_VERIFY(!m_window->findChild<QMessageBox*>(QStringLiteral("mergeDoubts")));
        trigger("points.move");
        auto* choice = m_window->findChild<ChoiceDialog*>();
        QVERIFY(choice);
        QVERIFY(
            !choice->list()
                 .model()
                 ->match(choice->list().model()->index(0, 0), Qt::DisplayRole, shown, 1, Qt::MatchContains)
                 .isEmpty());
        checkWidgets();
        choice->reject();
        QTRY_VERIFY(!m_window->findChild<ChoiceDialog*>());
        QMenu menu;
        menu.addAction(m_window->actionRegistry().action(QStringLiteral("edit.undo")));
        QVERIFY(menu.sizeHint().width() < 2 * windowWidth);
    }

    void waysOut(const QString& shown)
    {
        QCOMPARE(problemOf(m_window->chart().svg()), QString());
        QVERIFY(!m_window->chart().image().isNull());
        m_window->chart().copyImage();
        QCOMPARE(problemOf(QGuiApplication::clipboard()->mimeData()->data(QStringLiteral("image/svg+xml"))),
            QString());
        const QString drawing = path("distribution.svg");
        QCOMPARE(m_window->distribution().saveAs(drawing), QString());
        QFile file(drawing);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(problemOf(file.readAll()), QString());
        m_window->table().copyCsv();
        const QString tables[] = { QGuiApplication::clipboard()->text(), m_window->chart().csv(),
            m_window->distribution().plot().csv(), m_window->inspector().model().csv() };
        for (const QString& csv : tables) {
            QCOMPARE(prism::test::formulaIn(csv.toStdString()), std::string());
        }
        const auto cells = prism::test::csvCells(tables[0].toStdString());
        QVERIFY(std::any_of(cells.begin(), cells.end(),
            [&](const std::string& cell) { return QString::fromStdString(cell).contains(shown); }));
    }
};

QTEST_MAIN(TestHostileNames)
#include "tst_hostile_names.moc"
