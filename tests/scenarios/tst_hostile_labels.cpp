// SPDX-License-Identifier: GPL-3.0-or-later
// The rows "HTML in labels" and "CSV injection on export" of the threat model on hostile files, in the
// window: a file whose every string is markup with the address of a picture, and names that a spreadsheet
// would run.
#include "app/bundles/bundle_dialog.h"
#include "app/charts/chart_panel.h"
#include "app/jobs/jobs_pane.h"
#include "app/mapping/mapping_window.h"
#include "app/panels/distribution/distribution_panel.h"
#include "app/panels/distribution/distribution_plot.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/shell/main_window.h"
#include "app/tables/run_table.h"
#include "app/theme/theme.h"
#include "tests/support/csv_cells.h"
#include "tests/support/own_folders.h"
#include "tests/support/vllm_results.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QGraphicsTextItem>
#include <QGraphicsView>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QTabWidget>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTextEdit>
#include <QToolTip>
#include <QTreeView>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;
const QString formula = QStringLiteral("=1+cmd|calc!A0");

} // namespace

class TestHostileLabels : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    QTcpServer m_beacon;
    int m_hits = 0;
    std::unique_ptr<MainWindow> m_window;

    QString path(const char* name) const { return m_dir.filePath(QString::fromUtf8(name)); }
    QString markup() const
    {
        // Names are cut at a slash; as an entity it is none before it is markup.
        return QStringLiteral("<b>x<img src=\"http:&#47;&#47;127.0.0.1:%1&#47;beacon.png\">")
            .arg(m_beacon.serverPort());
    }
    void write(const QString& file, const QByteArray& bytes) const
    {
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
    }

    /// Nothing on screen takes what a file says for markup.
    void check()
    {
        m_window->grab();
        const QString tag = QStringLiteral("<img");
        int seen = 0;
        for (QWidget* widget : QApplication::allWidgets()) {
            if (const auto* label = qobject_cast<QLabel*>(widget); label && label->text().contains(tag)) {
                ++seen;
                QVERIFY2(label->textFormat() == Qt::PlainText || !label->isVisible(),
                    qPrintable(label->objectName() + label->text()));
            }
            if (const auto* view = qobject_cast<QAbstractItemView*>(widget); view && view->model()) {
                const auto found = view->model()->match(view->model()->index(0, 0), Qt::DisplayRole, tag, 1,
                    Qt::MatchContains | Qt::MatchRecursive | Qt::MatchWrap);
                seen += int(found.size());
            }
            if (const auto* edit = qobject_cast<QTextEdit*>(widget)) {
                QVERIFY2(!edit->toHtml().contains(tag), qPrintable(edit->toHtml()));
            }
            const auto* view = qobject_cast<QGraphicsView*>(widget);
            const auto items = view && view->scene() ? view->scene()->items() : QList<QGraphicsItem*>();
            for (const QGraphicsItem* item : items) {
                const auto* text = qgraphicsitem_cast<const QGraphicsTextItem*>(item);
                QVERIFY2(!text || !text->toHtml().contains(tag), text ? qPrintable(text->toHtml()) : "");
            }
        }
        m_seen += seen;
        QCoreApplication::processEvents();
        QCOMPARE(m_hits, 0);
    }
    int m_seen = 0; ///< labels and cells with markup so far

    static void checkCsv(const QString& csv)
    {
        QVERIFY(csv.contains(QStringLiteral("cmd|")));
        QCOMPARE(prism::test::formulaIn(csv.toStdString()), std::string());
    }

private Q_SLOTS:
    void initTestCase()
    {
        Theme::current().apply(Theme::Choice::Light); // its style is what the program shows labels in
        QVERIFY(m_beacon.listen(QHostAddress::LocalHost));
        connect(&m_beacon, &QTcpServer::newConnection, this, [this] { ++m_hits; });
        QJsonObject json = QJsonDocument::fromJson(prism::test::vllmResult(QStringLiteral("m"), 4)).object();
        for (const QString& key : json.keys()) {
            if (json[key].isString() && key != QStringLiteral("request_rate")) {
                json[key] = markup();
            }
        }
        json[QStringLiteral("label")] = markup();
        json[QStringLiteral("tokenizer_id")] = markup();
        json[markup()] = markup();
        QDir().mkpath(path("results"));
        write(path("results/<img src=x>.json"), QJsonDocument(json).toJson());
        write(path("results/=a.json"), prism::test::vllmResult(formula, 2));
        write(path("results/gpu.csv"),
            "timestamp,gpu,power_w\n1767225600,\""
                + markup().replace(QLatin1Char('"'), QStringLiteral("\"\"")).toUtf8()
                + "\",300\n1767225601,0,310\n");
        write(path("unknown.csv"),
            "\"" + markup().replace(QLatin1Char('"'), QStringLiteral("\"\"")).toUtf8()
                + "\",users\nfast,1\nslow,2\n");
        m_window = std::make_unique<MainWindow>(path("prism.db"));
        m_window->resize(1440, 900);
        m_window->show();
    }

    void theBeaconWorks()
    {
        QTcpSocket client;
        client.connectToHost(QHostAddress::LocalHost, m_beacon.serverPort());
        QTRY_COMPARE(m_hits, 1);
        m_hits = 0;
    }

    void htmlInLabelsOfThePreview()
    {
        m_window->import({ { path("results") }, {} }, MainWindow::Ask::Always);
        BundleDialog* dialog = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT((dialog = m_window->findChild<BundleDialog*>()) != nullptr, patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(dialog->model().rowCount() > 0, patienceMs);
        dialog->tree().expandAll();
        dialog->grab();
        check();
        dialog->reject();
    }

    void htmlInLabelsOfRunsAndInspector()
    {
        m_window->import({ { path("results") }, {} }, MainWindow::Ask::Never);
        Workspace& workspace = m_window->workspace();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.table()->rows(), Row(2), patienceMs);
        QTRY_VERIFY(!m_window->chart().isBuilding() && m_window->chart().chart());
        check();
        for (Row row = 0; row < 2; ++row) {
            const PointId point = workspace.table()->point(row);
            QSignalSpy text(&m_window->inspector(), &InspectorPanel::sourceLoaded);
            workspace.selectPoints({ point });
            workspace.inspect(point, QStringLiteral("ttft"), QStringLiteral("p99"));
            QTRY_VERIFY_WITH_TIMEOUT(!text.isEmpty(), patienceMs);
            check();
        }
        for (int tab = 0; tab < m_window->tabs().count(); ++tab) {
            m_window->tabs().setCurrentIndex(tab);
            QCoreApplication::processEvents();
            check();
        }
        QVERIFY(m_seen > 0); // it was on screen
    }

    void htmlInLabelsOfToolTips()
    {
        QToolTip::showText(QPoint(10, 10), markup(), m_window.get());
        for (const QWidget* widget : QApplication::allWidgets()) {
            const auto* label = qobject_cast<const QLabel*>(widget);
            QVERIFY(!label || !label->inherits("QTipLabel") || label->textFormat() == Qt::PlainText);
        }
        check();
        QToolTip::hideText();
    }

    void htmlInLabelsOfTheOtherWindows()
    {
        for (const auto perspective : { MainWindow::Perspective::Live, MainWindow::Perspective::Trace,
                 MainWindow::Perspective::Explore }) {
            m_window->setPerspective(perspective);
            QCoreApplication::processEvents();
            check();
        }
        MappingWindow* mapping = m_window->mapColumns(path("unknown.csv"));
        QVERIFY(mapping);
        QTRY_VERIFY_WITH_TIMEOUT(!mapping->isReading(), patienceMs);
        mapping->grab();
        check();
        mapping->close();
    }

    void csvInjectionOnExportOfTheTables()
    {
        Workspace& workspace = m_window->workspace();
        m_window->tabs().setCurrentWidget(&m_window->table());
        m_window->table().view().selectAll();
        checkCsv(m_window->table().csv());
        checkCsv(m_window->chart().csv());
        workspace.selectPoints({ workspace.table()->point(0), workspace.table()->point(1) });
        m_window->actionRegistry().action(QStringLiteral("chart.distribution"))->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(
            m_window->distribution().plot().series().size(), std::size_t(2), patienceMs);
        checkCsv(m_window->distribution().plot().csv());
        QCOMPARE(prism::test::formulaIn(m_window->inspector().model().csv().toStdString()), std::string());
        check();
    }

    void cleanupTestCase()
    {
        m_window.reset();
        QCOMPARE(m_hits, 0);
    }
};

QTEST_MAIN(TestHostileLabels)
#include "tst_hostile_labels.moc"
