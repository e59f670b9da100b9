// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/span_lane.h"
#include "app/trace/trace_overlay.h"
#include "app/trace/trace_perspective.h"
#include "app/trace/trace_statistics.h"
#include "tests/support/made_points.h"

#include <QLineEdit>
#include <QSignalSpy>
#include <QtTest>

using namespace prism;
using namespace prism::app;
using namespace prism::test;

namespace {

const std::string original = "{\"traceEvents\": [\n  {\"ph\": \"X\", \"name\": \"gemm\"}\n]}\n";

/// A call at 1 ms that launches a kernel at 2 ms, for 1 ms; a copy at 5 ms.
SourceId addTrace(const TemporaryStore& store, const std::string& path)
{
    auto writer = store.writer();
    const auto source = writer->begin(madeSource(path));
    TraceBatch batch;
    batch.spans = { { 1'000'000, 2'000'000, 5'000'000 }, { 100'000, 1'000'000, 500'000 }, { 1, 0, 0 },
        { 1, 0, 2 }, { 0, 20, 20 } };
    batch.flows = { { 1'000'000, 2'000'000 }, { 1, 0 }, { 5, 5 } };
    TraceSheet sheet;
    sheet.lanes = { { "GPU 0", "stream 7", 1000, 0 }, { "python", "main", 0, 0 } };
    sheet.categories = { "kernel", "cuda_runtime", "gpu_memcpy" };
    sheet.names = { { "gemm", 0 }, { "cudaLaunchKernel", 1 }, { "copy", 2 } };
    sheet.zeroNs = 1'000'000;
    StoreWriter::Finished finished;
    finished.attached = true;
    finished.counts = { { "spans", 3 } };
    const TimeSeries power { "power", "", "", { 0, 0.002 }, { 100, 200 }, false };
    const bool done = writer->addTrace(*source, batch) && writer->addTraceSheet(*source, sheet)
        && writer->addSeries(*source, 0, power) && writer->addOriginal(*source, original)
        && writer->finish(*source, finished) && writer->commit();
    return done ? *source : 0;
}

} // namespace

class TracePerspectiveTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void opensTheNewestTimeline();
    void searchDimsAndFinds();
    void shiftEnterFindsTheOneBefore();
    void sumsFollowTheStretch();
    void chosenSpanShowsItsTextAndArrows();
    void anEmptyDatabaseSaysWhatToDo();
};

void TracePerspectiveTest::opensTheNewestTimeline()
{
    const TemporaryStore store;
    const SourceId source = addTrace(store, "t.json");
    QVERIFY(source > 0);
    TracePerspective trace(QString::fromStdString(store.file()));
    QSignalSpy opened(&trace, &TracePerspective::opened);
    trace.refresh();
    QVERIFY(opened.wait());
    QCOMPARE(trace.source().value(), source);
    QCOMPARE(trace.lanesModel().lanes().size(), 3u); // two of spans, one of the series
    QCOMPARE(trace.lanesModel().lanes()[0]->name(), QStringLiteral("main"));
    QCOMPARE(trace.lanesModel().lanes()[1]->note(), QStringLiteral("GPU 0"));
    QCOMPARE(trace.timeline().range(), (TimeRange { 1'000'000, 5'500'000 }));
}

void TracePerspectiveTest::searchDimsAndFinds()
{
    const TemporaryStore store;
    addTrace(store, "t.json");
    TracePerspective trace(QString::fromStdString(store.file()));
    trace.resize(1200, 700);
    QSignalSpy opened(&trace, &TracePerspective::opened);
    trace.refresh();
    QVERIFY(opened.wait());
    trace.searchField().setText(QStringLiteral("GEMM"));
    const auto stage = [&] {
        const auto* lane = dynamic_cast<SpanLane*>(trace.lanesModel().lane(TraceOverlay::laneId(0)));
        return lane->rows()[0].at(1).stage;
    };
    QTRY_COMPARE(stage(), Stage(TraceStage::Dimmed));
    trace.findNext(true);
    QTRY_VERIFY(trace.detailText().startsWith(QStringLiteral("gemm")));
}

void TracePerspectiveTest::shiftEnterFindsTheOneBefore()
{
    const TemporaryStore store;
    addTrace(store, "t.json");
    TracePerspective trace(QString::fromStdString(store.file()));
    trace.show();
    QVERIFY(QTest::qWaitForWindowActive(&trace));
    QTRY_VERIFY(trace.scene());
    QSignalSpy said(&trace, &TracePerspective::said);
    trace.searchField().setText(QStringLiteral("gemm"));
    const auto* lane = dynamic_cast<SpanLane*>(trace.lanesModel().lane(TraceOverlay::laneId(0)));
    QTRY_COMPARE(lane->rows()[0].at(1).stage, Stage(TraceStage::Dimmed)); // the search is done
    trace.searchField().setFocus();
    QTRY_VERIFY(trace.searchField().hasFocus());
    QTest::keyClick(&trace.searchField(), Qt::Key_Return, Qt::ShiftModifier);
    QTRY_VERIFY(trace.detailText().startsWith(QStringLiteral("gemm")));
    QTest::keyClick(&trace.searchField(), Qt::Key_Return, Qt::ShiftModifier);
    QTRY_COMPARE(said.count(), 1); // there is none before it
    QVERIFY(said[0][0].toString().contains(QStringLiteral("earlier")));
}

void TracePerspectiveTest::sumsFollowTheStretch()
{
    const TemporaryStore store;
    addTrace(store, "t.json");
    TracePerspective trace(QString::fromStdString(store.file()));
    QSignalSpy summed(&trace, &TracePerspective::statisticsShown);
    trace.refresh();
    QTRY_COMPARE(trace.statistics().rowCount(), 3);
    QCOMPARE(trace.statistics().index(0, TraceStatistics::Name).data().toString(), QStringLiteral("gemm"));
    QCOMPARE(trace.statistics().index(0, TraceStatistics::Share).data().toString(), QStringLiteral("22.2 %"));
    trace.timeline().selectRange(TimeRange { 2'500'000, 4'500'000 });
    Q_EMIT trace.timeline().rangeSelected();
    QTRY_COMPARE(trace.statistics().rowCount(), 1);
    QCOMPARE(trace.statistics().row(0).totalNs, 500'000);
    QCOMPARE(trace.statistics().index(0, TraceStatistics::Count).data().toString(), QStringLiteral("1"));
    QCOMPARE(trace.statistics().index(0, TraceStatistics::Share).data().toString(), QStringLiteral("25.0 %"));
}

void TracePerspectiveTest::chosenSpanShowsItsTextAndArrows()
{
    const TemporaryStore store;
    addTrace(store, "t.json");
    TracePerspective trace(QString::fromStdString(store.file()));
    QSignalSpy opened(&trace, &TracePerspective::opened);
    trace.refresh();
    QVERIFY(opened.wait());
    trace.chooseSpan(1, false);
    QTRY_VERIFY(trace.detailText().endsWith(QStringLiteral("{\"ph\": \"X\", \"name\": \"gemm\"}")));
    QVERIFY(trace.detailText().contains(QStringLiteral("1 arrow")));
    QVERIFY(trace.detailText().contains(QStringLiteral("GPU 0 · stream 7")));
}

void TracePerspectiveTest::anEmptyDatabaseSaysWhatToDo()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0) });
    TracePerspective trace(QString::fromStdString(store.file()));
    trace.refresh();
    QCOMPARE(trace.windowTitle(), QStringLiteral("Prism"));
    QVERIFY(!trace.scene());
}

QTEST_MAIN(TracePerspectiveTest)
#include "tst_trace_perspective.moc"
