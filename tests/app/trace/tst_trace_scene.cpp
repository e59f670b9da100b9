// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_scene.h"
#include "app/trace/trace_text.h"

#include <QtTest>

#include <random>

using namespace prism;
using namespace prism::app;

namespace {

/// Lanes "GPU 0 / stream 7" (0) and "python / main" (1); names gemm (kernel), mm (cpu_op), copy (gpu_memcpy).
Trace emptyTrace()
{
    Trace trace;
    trace.sheet.lanes = { { "GPU 0", "stream 7", 1000, 0 }, { "python", "main", 0, 0 } };
    trace.sheet.categories = { "kernel", "cpu_op", "gpu_memcpy" };
    trace.sheet.names = { { "gemm", 0 }, { "aten::MM", 1 }, { "copy", 2 } };
    return trace;
}

void add(Trace& trace, std::uint32_t lane, std::uint32_t name, std::int64_t start, std::int64_t duration)
{
    SpanColumns& spans = trace.events.spans;
    spans.startNs.push_back(start);
    spans.durationNs.push_back(duration);
    spans.lane.push_back(lane);
    spans.name.push_back(name);
    spans.place.push_back(spans.size());
}

void flow(Trace& trace, std::uint32_t lane, std::int64_t ns, std::uint64_t id)
{
    trace.events.flows.lane.push_back(lane);
    trace.events.flows.timeNs.push_back(ns);
    trace.events.flows.id.push_back(id);
}

} // namespace

class TraceSceneTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void lanesStandInTheirOrder();
    void nestedSpansStandBelow();
    void unsortedSpansAreSorted();
    void spansWithoutAnEndReachTheLanesEnd();
    void rowsNeverHoldTwoAtATime();
    void deepStacksShareTheLastRow();
    void arrowsJoinWhatHasOneId();
    void statisticsCountWhatTouchesTheStretch();
    void searchDimsTheOthers();
    void nextAndPrevious();
    void aClockThatJumpsDoesNotHideTheRest();
    void cancelledMakesNothing();
    void valueEndsAtItsBracket();
};

void TraceSceneTest::lanesStandInTheirOrder()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 100, 10);
    add(trace, 1, 1, 90, 30);
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->lanes().size(), 2u);
    QCOMPARE(scene->lanes()[0].lane, 1u); // the process of order 0 first
    QCOMPARE(scene->extent(), (TimeRange { 90, 120 }));
    QCOMPARE(scene->mainRange(), scene->extent());
}

void TraceSceneTest::nestedSpansStandBelow()
{
    Trace trace = emptyTrace();
    add(trace, 1, 1, 0, 100);
    add(trace, 1, 1, 10, 50);
    add(trace, 1, 1, 20, 10);
    add(trace, 1, 1, 60, 40); // ends with its parent
    add(trace, 1, 1, 100, 5); // begins where the first ends
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->lanes()[0].rows, 3u);
    const std::vector<std::size_t> rows { 0, 1, 2, 1, 0 };
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        QCOMPARE(scene->rowOf(i), rows[i]);
    }
    QCOMPARE(scene->spanAt(1, 25).value(), 2u); // the innermost
    QCOMPARE(scene->spanAt(1, 45).value(), 1u);
    QVERIFY(!scene->spanAt(1, 200));
    QVERIFY(!scene->spanAt(77, 25));
}

void TraceSceneTest::unsortedSpansAreSorted()
{
    Trace trace = emptyTrace();
    add(trace, 1, 1, 50, 10);
    add(trace, 1, 1, 0, 100);
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->lanes()[0].spans, (std::vector<std::uint32_t> { 1, 0 }));
    QCOMPARE(scene->rowOf(0), 1u);
    const auto tracks = scene->tracksOf(scene->lanes()[0], scene->namesWith(""));
    QCOMPARE(tracks[0].at(0).startNs, 0);
    QCOMPARE(tracks[1].at(0).item, 0u);
}

void TraceSceneTest::spansWithoutAnEndReachTheLanesEnd()
{
    Trace trace = emptyTrace();
    add(trace, 1, 1, 10, SpanColumns::open);
    add(trace, 1, 1, 20, 30);
    add(trace, 0, 0, 0, 1000);
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->endOf(0), 50);
}

void TraceSceneTest::rowsNeverHoldTwoAtATime()
{
    std::mt19937 random(7);
    Trace trace = emptyTrace();
    for (int i = 0; i < 5000; ++i) {
        add(trace, std::uint32_t(random() % 2), std::uint32_t(random() % 3), std::int64_t(random() % 100'000),
            std::int64_t(random() % 60));
    }
    const auto scene = TraceScene::of(trace);
    for (const auto& lane : scene->lanes()) {
        std::vector<std::int64_t> ends(lane.rows, INT64_MIN);
        QVERIFY(lane.rows < TraceScene::mostRows);
        for (const std::uint32_t span : lane.spans) {
            QVERIFY(ends[scene->rowOf(span)] <= scene->startOf(span));
            ends[scene->rowOf(span)] = scene->endOf(span);
        }
    }
}

void TraceSceneTest::deepStacksShareTheLastRow()
{
    Trace trace = emptyTrace();
    for (int i = 0; i < 100; ++i) {
        add(trace, 1, 1, i, 1000 - 2 * i);
    }
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->lanes()[0].rows, TraceScene::mostRows);
    QCOMPARE(scene->rowOf(99), TraceScene::mostRows - 1);
}

void TraceSceneTest::arrowsJoinWhatHasOneId()
{
    Trace trace = emptyTrace();
    add(trace, 1, 1, 0, 10);
    add(trace, 0, 0, 50, 10);
    add(trace, 0, 0, 80, 10);
    flow(trace, 0, 50, 9); // told before its begin
    flow(trace, 1, 5, 9);
    flow(trace, 0, 80, 9); // and on from there
    flow(trace, 1, 6, 8); // leads nowhere
    const auto scene = TraceScene::of(trace);
    QCOMPARE(scene->arrows(), 2u);
    const auto launch = scene->arrowsOf(0);
    QCOMPARE(launch.size(), 1u);
    QCOMPARE(launch[0].fromLane, 1u);
    QCOMPARE(launch[0].fromNs, 5);
    QCOMPARE(launch[0].toNs, 50);
    QCOMPARE(scene->arrowsOf(1).size(), 2u); // one in, one out
    QCOMPARE(scene->arrowsOf(2).size(), 1u);
}

void TraceSceneTest::statisticsCountWhatTouchesTheStretch()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 0, 100);
    add(trace, 0, 0, 100, 50);
    add(trace, 0, 0, 140, 40);
    add(trace, 0, 2, 300, 10);
    add(trace, 1, 1, 120, 0); // an instant inside
    const auto scene = TraceScene::of(trace);
    const auto all = scene->statistics({ 100, 160 }, scene->namesWith(""));
    QCOMPARE(all.size(), 2u);
    QCOMPARE(all[0].name, 0u);
    QCOMPARE(all[0].count, 2u); // the first one ends where the stretch begins
    QCOMPARE(all[0].totalNs, 50 + 20);
    QCOMPARE(all[0].leastNs, 40);
    QCOMPARE(all[0].mostNs, 50);
    QCOMPARE(all[1].count, 1u);
    QCOMPARE(all[1].totalNs, 0);
    const auto some = scene->statistics({ 0, 1000 }, scene->namesWith("COPY"));
    QCOMPARE(some.size(), 1u);
    QCOMPARE(some[0].totalNs, 10);
}

void TraceSceneTest::searchDimsTheOthers()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 0, 10);
    add(trace, 0, 2, 20, 10);
    const auto scene = TraceScene::of(trace);
    const auto names = scene->namesWith("mm");
    QVERIFY(!names[2]);
    QVERIFY(names[0]); // gemm
    QVERIFY(names[1]); // in any case
    const auto tracks = scene->tracksOf(scene->lanes()[0], names);
    QCOMPARE(tracks[0].at(0).stage, Stage(TraceStage::Kernel));
    QCOMPARE(tracks[0].at(1).stage, Stage(TraceStage::Dimmed));
    QCOMPARE(scene->matches(names), 1u);
}

void TraceSceneTest::nextAndPrevious()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 10, 5);
    add(trace, 0, 2, 20, 5);
    add(trace, 1, 0, 30, 5);
    const auto scene = TraceScene::of(trace);
    const auto gemm = scene->namesWith("gemm");
    QCOMPARE(scene->nextOf(gemm, 0, true).value(), 0u);
    QCOMPARE(scene->nextOf(gemm, 10, true).value(), 2u);
    QVERIFY(!scene->nextOf(gemm, 30, true));
    QCOMPARE(scene->nextOf(gemm, 30, false).value(), 0u);
    QVERIFY(!scene->nextOf(gemm, 10, false));
}

void TraceSceneTest::aClockThatJumpsDoesNotHideTheRest()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 12'000, 1000);
    for (int i = 0; i < 50; ++i) {
        add(trace, 0, 0, 1'740'461'679'479'712'000 + i * 1000, 500);
    }
    const auto scene = TraceScene::of(trace);
    QCOMPARE(
        scene->mainRange(), (TimeRange { 1'740'461'679'479'712'000, 1'740'461'679'479'712'000 + 49'500 }));
    QCOMPARE(scene->extent().fromNs, 12'000);
}

void TraceSceneTest::cancelledMakesNothing()
{
    Trace trace = emptyTrace();
    add(trace, 0, 0, 0, 10);
    QVERIFY(!TraceScene::of(trace, [] { return true; }));
}

void TraceSceneTest::valueEndsAtItsBracket()
{
    const std::string quoted = "{\"a\": \"}\\\"}\", \"b\": [1, {}]}";
    QCOMPARE(firstValue(quoted + ",\n{}"), std::string_view(quoted));
    QCOMPARE(firstValue("{\"a\""), std::string_view("{\"a\""));
}

QTEST_MAIN(TraceSceneTest)
#include "tst_trace_scene.moc"
