// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/heat_track.h"
#include "app/timeline/ruler_ticks.h"
#include "app/timeline/series_track.h"
#include "app/timeline/span_track.h"
#include "app/timeline/timeline_layout.h"

#include <QtTest>
#include <rapidcheck.h>

#include <random>

using namespace prism::app;

namespace {

constexpr Stage waiting = 0;
constexpr Stage working = 1;
constexpr Stage broken = 2;

/// What the rule of spanRuns() says of one column, told the slow way. -1: empty.
int stageOfColumn(const SpanTrack& track, const TimeAxis& axis, int column, StageSet kept)
{
    const std::int64_t from = axis.timeAt(column);
    const std::int64_t to = axis.timeAt(column + 1);
    std::array<std::int64_t, stageCount> cover {};
    StageSet seen = 0;
    for (std::size_t i = 0; i < track.size(); ++i) {
        const Span span = track.at(i);
        const std::int64_t a = std::max(span.startNs, from);
        const std::int64_t b = std::min({ span.endNs, to, axis.range().toNs });
        if (b > a) {
            cover[span.stage] += b - a;
            seen |= stageBit(span.stage);
        }
    }
    const StageSet among = (seen & kept) != 0 ? seen & kept : seen;
    int best = -1;
    for (Stage stage = 0; stage < stageCount; ++stage) {
        if ((among & stageBit(stage)) != 0 && (best < 0 || cover[stage] > cover[std::size_t(best)])) {
            best = stage;
        }
    }
    return best;
}

std::vector<int> painted(const SpanTrack& track, const TimeAxis& axis, StageSet kept)
{
    std::vector<SpanRun> runs;
    spanRuns(track, axis, kept, 0, runs);
    std::vector<int> columns(std::size_t(axis.pixels()), -1);
    for (const SpanRun& run : runs) {
        for (int x = run.from; x < run.to; ++x) {
            columns.at(std::size_t(x)) = run.stage;
        }
    }
    return columns;
}

/// Spans one after the other, with and without time between them.
SpanTrack serialTrack(std::uint32_t seed, int count, std::int64_t longest)
{
    std::mt19937 random(seed);
    SpanTrack track;
    std::int64_t at = 1'000'000'000'000'000; // a machine that has been up for eleven days
    for (int i = 0; i < count; ++i) {
        at += std::int64_t(random() % 3 == 0 ? random() % std::uint32_t(longest) : 0);
        const std::int64_t end = at + 1 + std::int64_t(random() % std::uint32_t(longest));
        track.append({ at, end, std::uint32_t(i), Stage(random() % 3) });
        at = end;
    }
    return track;
}

} // namespace

class TestTracks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void timesSurviveTheWayToPixelsAndBack()
    {
        rc::check("a pixel's time lies in the pixel", [] {
            const auto from = *rc::gen::inRange<std::int64_t>(0, std::int64_t { 1 } << 60);
            const auto length = *rc::gen::inRange<std::int64_t>(10'000, std::int64_t { 1 } << 40);
            const auto pixels = *rc::gen::inRange(1, 5000);
            const TimeAxis axis({ from, from + length }, pixels);
            const auto column = *rc::gen::inRange(0, pixels);
            RC_ASSERT(axis.columnOf(axis.timeAt(column + 0.5)) == column);
        });
    }

    void aZoomKeepsWhatIsUnderThePointer()
    {
        const TimeRange range { 1'000, 11'000 };
        const TimeRange closer = zoomed(range, 0.5, 3'500, 1);
        QCOMPARE(closer.lengthNs(), std::int64_t(5'000));
        const TimeAxis before(range, 100);
        const TimeAxis after(closer, 100);
        QVERIFY(std::abs(before.pixelOf(3'500) - after.pixelOf(3'500)) < 0.1);
        QCOMPARE(zoomed(range, 1e-9, 3'500, 100).lengthNs(), std::int64_t(100));
    }

    void everyColumnTakesItsLongestStage()
    {
        for (std::uint32_t seed = 1; seed < 60; ++seed) {
            const SpanTrack track = serialTrack(seed, 400, 1 << (seed % 20 + 2));
            const TimeRange all = track.extent();
            const std::int64_t cut = all.lengthNs() / std::int64_t(2 + seed % 5);
            const TimeAxis axis({ all.fromNs + cut / 3, all.fromNs + cut / 3 + cut + 1'000 }, 190);
            for (const StageSet kept : { StageSet(0), stageBit(broken) }) {
                const std::vector<int> columns = painted(track, axis, kept);
                for (int x = 0; x < axis.pixels(); ++x) {
                    const int truth = stageOfColumn(track, axis, x, kept);
                    QVERIFY2(columns[std::size_t(x)] == truth,
                        qPrintable(QStringLiteral("seed %1 column %2: %3, not %4")
                                       .arg(seed)
                                       .arg(x)
                                       .arg(columns[std::size_t(x)])
                                       .arg(truth)));
                }
            }
        }
    }

    void aBrokenLimitKeepsAPixel()
    {
        SpanTrack track;
        track.append({ 0, 500'000, 1, working });
        track.append({ 500'000, 500'010, 1, broken });
        track.append({ 500'010, 1'000'000, 1, working });
        const TimeAxis axis({ 0, 1'000'000 }, 100);
        std::vector<SpanRun> runs;
        spanRuns(track, axis, stageBit(broken), 0, runs);
        QCOMPARE(runs.size(), std::size_t(3));
        QCOMPARE(runs[1], (SpanRun { 50, 51, broken }));
        spanRuns(track, axis, 0, 0, runs);
        QCOMPARE(runs.size(), std::size_t(1));
    }

    void whatIsShorterThanAPixelIsStillSeen()
    {
        SpanTrack track;
        track.append({ 700'000, 700'000, 1, working }); // an instant
        std::vector<SpanRun> runs;
        spanRuns(track, { { 0, 1'000'000'000 }, 1000 }, 0, 0, runs);
        QCOMPARE(runs, (std::vector<SpanRun> { { 0, 1, working } }));
    }

    void neighboursOfASeamedStageStayApart()
    {
        SpanTrack track;
        for (int i = 0; i < 3; ++i) {
            track.append({ i * 10'000, (i + 1) * 10'000, 1, broken });
        }
        std::vector<SpanRun> runs;
        spanRuns(track, { { 0, 30'000 }, 30 }, 0, stageBit(broken), runs);
        QCOMPARE(runs, (std::vector<SpanRun> { { 0, 9, broken }, { 10, 19, broken }, { 20, 29, broken } }));
        spanRuns(track, { { 0, 30'000 }, 6 }, 0, stageBit(broken), runs); // no room for seams
        QCOMPARE(runs, (std::vector<SpanRun> { { 0, 6, broken } }));
    }

    void theRangeIsFoundWhereSpansOverlap()
    {
        SpanTrack track;
        track.append({ 0, 100, 1, working }); // reaches over the two behind it
        track.append({ 10, 20, 2, waiting });
        track.append({ 30, 40, 3, waiting });
        track.append({ 200, 300, 4, working });
        QCOMPARE(track.firstIndex(50), std::size_t(0));
        QCOMPARE(track.firstIndex(100), std::size_t(3));
        QCOMPARE(track.lastIndex(30), std::size_t(2));
        QCOMPARE(track.lastIndex(31), std::size_t(3));
        QCOMPARE(track.nearest(35, 0).value(), std::size_t(2));
        QCOMPARE(track.nearest(150, 50).value(), std::size_t(3));
        QVERIFY(!track.nearest(150, 40));
    }

    void theLastSpanGrowsAndOldOnesGo()
    {
        SpanTrack track;
        for (int i = 0; i < 5'000; ++i) {
            track.append({ i * 10, i * 10 + 5, std::uint32_t(i), working });
        }
        track.setLast(60'000, broken);
        QCOMPARE(track.extent(), (TimeRange { 0, 60'000 }));
        QCOMPARE(track.at(track.size() - 1).stage, broken);
        track.dropBefore(30'000);
        QCOMPARE(track.size(), std::size_t(2'000));
        QCOMPARE(track.at(0).item, std::uint32_t(3'000));
        QCOMPARE(track.firstIndex(0), std::size_t(0));
        track.append({ 5, 4, 9, working }); // late, and it ends before it starts
        QCOMPARE(track.at(track.size() - 1).startNs, std::int64_t(49'990));
        QCOMPARE(track.at(track.size() - 1).endNs, std::int64_t(49'990));
    }

    void extremesSurviveEveryZoom()
    {
        SeriesTrack track;
        for (int i = 0; i < 100'000; ++i) {
            track.append(i * 1'000, i == 54'321 ? 9e9 : i % 7);
        }
        std::vector<ColumnExtent> extents;
        columnExtents(track, { { 0, 100'000'000 }, 300 }, extents);
        double highest = 0;
        for (const ColumnExtent& e : extents) {
            highest = std::max(highest, e.high);
            QVERIFY(e.low <= e.first && e.first <= e.high && e.low <= e.last && e.last <= e.high);
        }
        QCOMPARE(highest, 9e9);
        QVERIFY(extents.size() <= 302);
    }

    void aLineBreaksWhereNothingWasMeasured()
    {
        SeriesTrack track;
        track.append(0, 1);
        track.append(10, std::nan(""));
        track.append(20, 3);
        track.append(30, 4);
        std::vector<ColumnExtent> extents;
        columnExtents(track, { { 0, 40 }, 4 }, extents);
        QCOMPARE(extents.size(), std::size_t(3));
        QVERIFY(extents[1].broken);
        QVERIFY(!extents[2].broken);
        QCOMPARE(track.heldAt(25).value(), 3.0);
        QVERIFY(std::isnan(track.heldAt(15).value()));
        QVERIFY(!track.heldAt(-1));
        track.dropFrom(20);
        QCOMPARE(track.size(), std::size_t(2));
    }

    void heatCellsCountEverythingWhateverTheZoom()
    {
        HeatTrack track(100, 4);
        std::mt19937 random(3);
        for (int i = 0; i < 5'000; ++i) {
            track.add(1'000'000 + std::int64_t(random() % 100'000), int(random() % 6) - 1);
        }
        for (const int pixels : { 10, 50, 333, 2'000 }) {
            std::vector<HeatCell> cells;
            const std::uint64_t most = heatCells(track, { { 999'000, 1'102'000 }, pixels }, 4, cells);
            std::uint64_t all = 0;
            for (const HeatCell& cell : cells) {
                all += cell.count;
                QVERIFY(cell.count <= most);
                QVERIFY(cell.bin >= 0 && cell.bin < 4);
            }
            QCOMPARE(all, std::uint64_t(5'000));
        }
    }

    void heatTakesLateValuesAndForgetsOldOnes()
    {
        HeatTrack track(100, 2);
        track.add(-50, 0);
        track.add(900, 1);
        track.add(300, 1, 5); // late
        QCOMPARE(track.slices().size(), std::size_t(3));
        QCOMPARE(track.slices()[1].counts[1], std::uint32_t(5));
        track.dropBefore(300);
        QCOMPARE(track.slices().front().number, std::int64_t(3));
        track.dropFrom(900);
        QCOMPARE(track.slices().size(), std::size_t(1));
    }

    void ticksAreRoundAndCountFromZero()
    {
        QCOMPARE(niceStep(3), std::int64_t(5));
        QCOMPARE(niceStep(1.1e9), std::int64_t(2'000'000'000));
        QCOMPARE(niceStep(11e9), std::int64_t(15'000'000'000));
        QCOMPARE(niceStep(40e9), std::int64_t(60'000'000'000));
        const std::int64_t now = 123'456'789'012'345;
        const TimeAxis axis({ now - 30'000'000'000, now }, 900);
        const auto ticks = rulerTicks(axis, now, 110);
        int labels = 0;
        for (const RulerTick& tick : ticks) {
            labels += tick.labelled ? 1 : 0;
            QCOMPARE((now - tick.ns) % 1'000'000'000, std::int64_t(0));
            QCOMPARE(tick.labelled, (now - tick.ns) % 5'000'000'000 == 0);
        }
        QCOMPARE(labels, 7);
        QCOMPARE(ticks.back().ns, now);
    }

    void durationsReadAsPeopleWriteThem()
    {
        const auto text = [](std::int64_t ns, std::int64_t step) {
            return QString::fromStdString(durationText(ns, step));
        };
        QCOMPARE(text(-25'000'000'000, 5'000'000'000), QStringLiteral("−25\u2009s"));
        QCOMPARE(text(1'500'000, 500'000), QStringLiteral("1.5\u2009ms"));
        QCOMPARE(text(150'000'000'000, 30'000'000'000), QStringLiteral("2\u2009min 30\u2009s"));
        QCOMPARE(text(3'600'000'000'000, 60'000'000'000), QStringLiteral("1\u2009h"));
        QCOMPARE(text(0, 1'000), QStringLiteral("0\u2009µs"));
    }

    void lanesThatGrowTakeWhatIsLeft()
    {
        const std::vector<LaneRequest> lanes { { 60, true }, { 30, false }, { 40, false } };
        auto places = placeLanes(lanes, 300);
        QCOMPARE(places[0].height, 60 + 300 - 133);
        QCOMPARE(places[2].top + places[2].height + 1, 300);
        places = placeLanes(lanes, 50); // too little: they scroll
        QCOMPARE(places[0].height, 60);
        QCOMPARE(places[1].top, 61);
    }
};

QTEST_APPLESS_MAIN(TestTracks)
#include "tst_tracks.moc"
