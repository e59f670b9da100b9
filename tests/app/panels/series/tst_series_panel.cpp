// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/series/series_panel.h"

#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/timeline/timeline_view.h"
#include "core/model/metric.h"
#include "tests/support/made_points.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include <cmath>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr double noon = 1'780'000'000;
constexpr std::int64_t second = 1'000'000'000;

/// A sample a second, without some.
TimeSeries powerOf(const std::string& name, int from, int to, int pauseFrom = 0, int pauseTo = 0)
{
    TimeSeries series { name, "W", "1:30", {}, {}, true };
    for (int i = from; i < to; ++i) {
        if (i < pauseFrom || i >= pauseTo) {
            series.seconds.push_back(noon + i);
            series.values.push_back(i == 12 ? std::nan("") : 300 + i);
        }
    }
    return series;
}

} // namespace

/// What was recorded over the time of a point: lanes over the clock of the run, gaps that stay gaps, the
/// numbers as a table.
class TestSeriesPanel : public QObject {
    Q_OBJECT

    std::unique_ptr<test::TemporaryStore> m_store;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<SeriesPanel> m_panel;
    PointId m_point = 0;

    /// A run of two loads, and the log of a GPU over both; sent in two pieces, with a pause.
    void attach(bool absolute = true)
    {
        auto writer = m_store->writer();
        const auto source = writer->begin(test::madeSource("/r/a.json"));
        for (std::uint32_t i = 0; i < 2; ++i) {
            QVERIFY(writer->addPoint(*source, test::madePoint(i), test::madeRun(),
                TimeSpan { noon + 10 + 20 * i, noon + 20 + 20 * i }));
        }
        QVERIFY(writer->finish(*source, {}));
        const auto gpu = writer->begin(test::madeSource("/r/gpu.csv"));
        for (TimeSeries piece : { powerOf("power [0]", 0, 25), powerOf("power [0]", 25, 60, 40, 55) }) {
            piece.absolute = absolute;
            for (double& at : piece.seconds) {
                at -= absolute ? 0 : noon;
            }
            QVERIFY(writer->addSeries(*gpu, 0, piece));
        }
        StoreWriter::Finished finished;
        finished.attached = true;
        QVERIFY(writer->finish(*gpu, finished));
        QVERIFY(writer->link(*gpu, test::madeRun(), { "telemetry", "It was recorded then.", false }));
        QVERIFY(writer->commit());
    }
    void open()
    {
        m_workspace = std::make_unique<Workspace>();
        m_workspace->setDatabase(QString::fromStdString(m_store->file()));
        m_workspace->setTable(*m_store->reader()->table());
        m_panel = std::make_unique<SeriesPanel>(m_workspace.get());
        m_panel->resize(900, 400);
        m_panel->show();
        QSignalSpy loaded(m_panel.get(), &SeriesPanel::loaded);
        m_point = m_workspace->table()->point(0);
        m_workspace->inspect(m_point);
        QTRY_VERIFY(loaded.count() > 0);
    }
    const SeriesLane* power() const
    {
        return dynamic_cast<const SeriesLane*>(m_panel->lanes().lane(QStringLiteral("power [0]")));
    }

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        m_store = std::make_unique<test::TemporaryStore>();
    }
    void cleanup()
    {
        m_panel.reset();
        m_workspace.reset();
    }

    void aLaneASeriesOverTheTimeOfThePoint()
    {
        attach();
        open();
        QCOMPARE(m_panel->timeline().range(), (TimeRange { 0, 10 * second }));
        QVERIFY(power());
        QCOMPARE(power()->name(), QString::fromStdString(findMetric("power")->name + " [0]"));
        QCOMPARE(power()->note(), QStringLiteral("W"));
        const SeriesTrack& track = power()->series()[0].track;
        QCOMPARE(track.timeAt(0), -10 * second); // the whole record is there, the view begins at the point
        QCOMPARE(*track.heldAt(0), 310.0);
        QVERIFY(power()->readings(1 * second)[0].value.contains(QStringLiteral("311")));
        const auto* loads = dynamic_cast<const SpanLane*>(m_panel->lanes().lane(QStringLiteral("loads")));
        QVERIFY(loads);
        QCOMPARE(loads->rows()[0].size(), std::size_t(2));
        QCOMPARE(loads->rows()[0].at(1).startNs, 20 * second);
    }

    /// Neither a sample without a number nor a pause of the recorder is drawn over.
    void gapsStayGaps()
    {
        attach();
        open();
        const SeriesTrack& track = power()->series()[0].track;
        QVERIFY(std::isnan(*track.heldAt(2 * second))); // recorded as no number
        QVERIFY(!std::isnan(*track.heldAt(29 * second))); // the last before the pause
        QVERIFY(std::isnan(*track.heldAt(31 * second)));
        QVERIFY(!std::isnan(*track.heldAt(46 * second)));
        QCOMPARE(power()->readings(35 * second)[0].value, QStringLiteral("—"));
        // Nothing is broken where samples come as they usually do.
        const TimeSeries whole = powerOf("p", 0, 10);
        QCOMPARE(withGaps(whole).seconds.size(), whole.seconds.size());
    }

    void whatIsInViewIsATableAndCopies()
    {
        attach();
        open();
        m_panel->tableButton().setChecked(true);
        SeriesTable& table = m_panel->table();
        QCOMPARE(table.columnCount(), 3); // seconds, clock, power
        QCOMPARE(table.rowCount(), 11); // both ends of the point's time
        const auto cell = [&](int row, int column) { return table.index(row, column).data().toString(); };
        QCOMPARE(cell(0, 0), QStringLiteral("0.000"));
        QCOMPARE(cell(0, 1), QStringLiteral("2026-05-28 20:26:50.000"));
        QCOMPARE(cell(2, 2), QStringLiteral("—"));
        QVERIFY(
            table.headerData(2, Qt::Horizontal, Qt::DisplayRole).toString().endsWith(QStringLiteral("\nW")));
        m_panel->copyCsv();
        const QStringList lines = QGuiApplication::clipboard()->text().split(QStringLiteral("\r\n"));
        QCOMPARE(lines.size(), 13);
        QVERIFY2(lines[0].endsWith(QStringLiteral(" [0] (W)")), qPrintable(lines[0]));
        QVERIFY2(
            lines[1].startsWith(QStringLiteral("0.000000,")) && lines[1].endsWith(QStringLiteral(",310")),
            qPrintable(lines[1]));
        QVERIFY2(lines[3].endsWith(QLatin1Char(',')), qPrintable(lines[3])); // no number, not zero
        // Zooming out takes in what else was recorded, and no instant that nobody recorded.
        m_panel->timeline().setRange({ -10 * second, 60 * second });
        Q_EMIT m_panel->timeline().rangeMoved(m_panel->timeline().range());
        QCOMPARE(table.rowCount(), 45);
    }

    void whatIsInViewIsWritten()
    {
        attach();
        open();
        const QTemporaryDir folder;
        const auto written = [&](const char* name) {
            QFile file(folder.filePath(QLatin1String(name)));
            return m_panel->saveAs(file.fileName()).isEmpty() && file.open(QIODevice::ReadOnly)
                ? file.readAll()
                : QByteArray();
        };
        QVERIFY(written("series.png").startsWith("\x89PNG"));
        QVERIFY(written("series.SVG").contains("<title>Time series</title>"));
        QCOMPARE(written("series.csv").count("\r\n"), 12); // a head and both ends of the point's time
        QVERIFY(
            m_panel->saveAs(folder.filePath(QStringLiteral("series.jpg"))).contains(QLatin1String(".png")));
        QVERIFY(!QFileInfo::exists(folder.filePath(QStringLiteral("series.jpg"))));
        QVERIFY(m_panel->saveAs(folder.filePath(QStringLiteral("none/series.csv")))
                    .contains(QLatin1String("another place")));
    }

    void timesThatCannotBeComparedAreSaid()
    {
        attach(false);
        open();
        QVERIFY2(m_panel->note().contains(QStringLiteral("cannot be compared")), qPrintable(m_panel->note()));
        QVERIFY(!m_panel->lanes().lane(QStringLiteral("loads")));
        QCOMPARE(m_panel->timeline().range().fromNs, 0);
        QCOMPARE(m_panel->table().columnCount(), 2); // no clock
    }

    void aPointWithoutSeriesSaysWhatToDo()
    {
        m_store->add("a.json", { test::madePoint(0) });
        open();
        QVERIFY(m_panel->lanes().lanes().empty());
        QVERIFY(m_panel->fileChooser().isHidden());
        QCOMPARE(m_panel->table().rowCount(), 0);
    }
};

QTEST_MAIN(TestSeriesPanel)
#include "tst_series_panel.moc"
