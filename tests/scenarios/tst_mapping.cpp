// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/jobs_pane.h"
#include "app/mapping/mapping_window.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/shell/main_window.h"
#include "core/mapping/saved_mappings.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

void writeFile(const QString& path, const QByteArray& text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

} // namespace

/// A table of a tool that nobody knows becomes points, and the next of its kind without a question.
class TestMapping : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    QString path(const char* name) const { return m_dir.filePath(QString::fromLatin1(name)); }
    Row rows() const { return m_window->workspace().table()->rows(); }
    double numberOf(const char* metric, Stat stat, Row row) const
    {
        const auto table = m_window->workspace().table();
        const auto column = table->measures(*findMetric(metric), stat);
        return column ? column->values[row] : std::nan("");
    }
    MappingWindow* opened() const
    {
        const auto all = m_window->findChildren<MappingWindow*>();
        return all.isEmpty() ? nullptr : all.last();
    }

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void initTestCase()
    {
        m_window = std::make_unique<MainWindow>(path("prism.db"));
        m_window->show();
    }

    void anUnknownTableOffersItsColumns()
    {
        writeFile(
            path("sweep.csv"), "phase,users,ttft,tok_per_sec\nwarmup,1,9,1\nrun,1,0.5,40\nrun,2,0.7,75\n");
        m_window->import({ { path("sweep.csv") }, {} });
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        QCOMPARE(rows(), Row(0));
        JobsPane& pane = m_window->jobsPane();
        QVERIFY2(pane.detailsText().contains(QStringLiteral("Map columns…")), qPrintable(pane.detailsText()));
        QVERIFY(pane.mapButton().isEnabled());
        pane.mapButton().click();
        MappingWindow* window = opened();
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(!window->isReading(), patienceMs);
        QCOMPARE(window->columns().rowCount(), 4);
        QCOMPARE(window->rows().rowCount(), 3);
        QCOMPARE(window->nameField().text(), QStringLiteral("sweep"));
        QVERIFY(!window->importButton().isEnabled());
    }

    void theUserSaysWhatTheFileDoesNot()
    {
        MappingWindow& window = *opened();
        ColumnModel& columns = window.columns();
        const auto set = [&columns](const char* column, ColumnModel::Column section, const char* text) {
            return columns.setData(
                columns.index(columns.rowOf(column), section), QString::fromLatin1(text), Qt::EditRole);
        };
        QVERIFY2(window.message().contains(QStringLiteral("ttft")), qPrintable(window.message()));
        QVERIFY(set("ttft", ColumnModel::Statistic, "p50"));
        QVERIFY(set("ttft", ColumnModel::UnitColumn, "s"));
        QVERIFY(set("tok_per_sec", ColumnModel::Target, "measure:output_throughput"));
        QVERIFY(set("tok_per_sec", ColumnModel::UnitColumn, "tok/s"));
        window.filters().add();
        QVERIFY(window.filters().setData(
            window.filters().index(0, FilterModel::FileColumn), QStringLiteral("phase"), Qt::EditRole));
        QVERIFY(window.filters().setData(
            window.filters().index(0, FilterModel::Value), QStringLiteral("warmup"), Qt::EditRole));
        window.constants().add();
        QVERIFY(window.constants().setData(window.constants().index(0, ConstantModel::Target),
            QStringLiteral("attribute:model"), Qt::EditRole));
        QVERIFY(window.constants().setData(
            window.constants().index(0, ConstantModel::Value), QStringLiteral("org/Mine"), Qt::EditRole));
        QTRY_VERIFY_WITH_TIMEOUT(!window.isReading(), patienceMs);
        QCOMPARE(window.points().rowCount(), 2);
        QVERIFY2(window.previewText().contains(QStringLiteral("2 point")), qPrintable(window.previewText()));

        // What the name of the column proposed waits for a word.
        QVERIFY(!window.importButton().isEnabled());
        QVERIFY(window.acceptButton().isEnabled());
        window.acceptButton().click();
        QVERIFY2(window.importButton().isEnabled(), qPrintable(window.message()));
    }

    void theImportStoresItsPoints()
    {
        opened()->importButton().click();
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(2), patienceMs);
        const auto table = m_window->workspace().table();
        QCOMPARE(table->text("model", 0), std::string_view("org/Mine"));
        QCOMPARE(numberOf("ttft", Stat::percentile(50), 0), 500.0);
        QCOMPARE(numberOf("ttft", Stat::percentile(50), 1), 700.0);
        QCOMPARE(numberOf("output_throughput", Stat::value(), 1), 75.0);
        QCOMPARE(savedMappings().size(), std::size_t(1));
        QTRY_VERIFY(!opened()); // it closes behind the import
    }

    void theNextFileOfItsShapeNeedsNoQuestion()
    {
        writeFile(path("next.csv"), "phase,users,ttft,tok_per_sec\nrun,8,0.9,200\n");
        m_window->import({ { path("next.csv") }, {} });
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(3), patienceMs);
        QVERIFY(m_window->jobsPane().mapButton().isEnabled()); // it can be looked at and changed
    }

    void pastedTextCanBeMappedToo()
    {
        m_window->import({ {}, QStringLiteral("who,latency\nme,5\nyou,6\n") });
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        QVERIFY(m_window->jobsPane().mapButton().isEnabled());
        m_window->jobsPane().mapButton().click();
        MappingWindow* window = opened();
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(!window->isReading(), patienceMs);
        QCOMPARE(window->rows().rowCount(), 2);
        window->reject();
    }

    void theInspectorNamesTheMappingAndOpensIt()
    {
        QTRY_VERIFY(!opened());
        InspectorPanel& inspector = m_window->inspector();
        QSignalSpy loaded(&inspector, &InspectorPanel::loaded);
        m_window->workspace().inspect(m_window->workspace().table()->point(0), {}, {});
        QTRY_VERIFY_WITH_TIMEOUT(!loaded.isEmpty(), patienceMs);
        QVERIFY(inspector.mappingButton().isVisibleTo(&inspector));
        QVERIFY(inspector.mappingButton().text().contains(QStringLiteral("sweep")));
        inspector.mappingButton().click();
        MappingWindow* window = opened();
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(!window->isReading(), patienceMs);
        QCOMPARE(window->nameField().text(), QStringLiteral("sweep"));
        QVERIFY(window->nameField().isReadOnly());
        QCOMPARE(window->points().rowCount(), 2);
        QVERIFY(window->draft().isReady());
        window->reject();
    }

    void aFileThatLacksAColumnOpensTheMappingThatWantsIt()
    {
        QTRY_VERIFY(!opened());
        writeFile(path("lacks.csv"), "phase,users,tok_per_sec\nrun,8,200\n");
        m_window->importWith(path("lacks.csv"), QStringLiteral("sweep"));
        QTRY_COMPARE_WITH_TIMEOUT(m_window->jobs().running(), 0, patienceMs);
        JobsPane& pane = m_window->jobsPane();
        QVERIFY2(pane.detailsText().contains(QStringLiteral("needs the column ttft")),
            qPrintable(pane.detailsText()));
        pane.mapButton().click();
        MappingWindow* window = opened();
        QVERIFY(window);
        QTRY_VERIFY_WITH_TIMEOUT(!window->isReading(), patienceMs);
        QCOMPARE(window->nameField().text(), QStringLiteral("sweep"));
        QVERIFY2(window->message().contains(QStringLiteral("no column ttft")), qPrintable(window->message()));
        window->reject();
    }
};

QTEST_MAIN(TestMapping)
#include "tst_mapping.moc"
