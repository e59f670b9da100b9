// SPDX-License-Identifier: GPL-3.0-or-later
// moc reads <compare> only behind a header that brings the library's own macros.
#include <QTest>

#include "core/live/phases.h"

#include <cmath>

using namespace prism;
using namespace prism::live;

namespace {

constexpr std::int64_t second = 1000L * 1000 * 1000;

/// `level` requests at a time, each two seconds long, evenly spread.
void load(PhaseFinder& finder, std::int64_t from, std::int64_t to, int level)
{
    for (int lane = 0; lane < level; ++lane) {
        for (std::int64_t at = from + lane * 2 * second / level; at + 2 * second <= to; at += 2 * second) {
            finder.arrived({ at });
            finder.ended({ at + 2 * second });
        }
    }
}

} // namespace

class TestPhases : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachLevelIsAPhase()
    {
        PhaseFinder finder;
        load(finder, 100 * second, 140 * second, 4);
        load(finder, 140 * second, 180 * second, 16);
        load(finder, 200 * second, 240 * second, 4); // after a pause
        const auto phases = finder.phases();
        QCOMPARE(phases.size(), std::size_t(3));
        QVERIFY(std::abs(phases[0].inFlight - 4) < 0.5);
        QVERIFY(std::abs(phases[1].inFlight - 16) < 2);
        QVERIFY(std::abs(phases[2].inFlight - 4) < 0.5);
        QVERIFY(std::abs(phases[1].begin.value - 140 * second) <= 2 * second);
        QVERIFY(phases[0].end <= phases[1].begin);
        QVERIFY(phases[2].begin.value >= 198 * second);
    }

    void meansAreOfTime()
    {
        PhaseFinder finder;
        finder.arrived({ 10 * second + second / 2 });
        finder.ended({ 12 * second + second / 4 });
        const auto slots = finder.slots();
        QCOMPARE(slots.size(), std::size_t(3));
        QVERIFY(std::abs(slots[0] - 0.5) < 1e-9);
        QVERIFY(std::abs(slots[1] - 1) < 1e-9);
        QVERIFY(std::abs(slots[2] - 0.25) < 1e-9);
    }

    void aShortSessionIsOnePhase()
    {
        PhaseFinder finder;
        QVERIFY(finder.phases().empty());
        finder.arrived({ 5 * second });
        finder.ended({ 6 * second });
        QCOMPARE(finder.phases().size(), std::size_t(1));
    }

    void hostileTimesAreBounded()
    {
        PhaseFinder finder;
        finder.arrived({ 0 });
        finder.ended({ std::int64_t(1) << 62 });
        QVERIFY(finder.slots().size() <= 7u * 86400);
    }
};

QTEST_GUILESS_MAIN(TestPhases)
#include "tst_phases.moc"
