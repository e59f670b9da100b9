// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/thread_rows.h"

#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

constexpr std::int64_t ms = 1'000'000;

live::SchedSpan turn(std::uint32_t thread, std::int64_t fromMs, std::int64_t toMs, wire::ThreadState state,
    live::TargetNumber target = 1)
{
    live::SchedSpan span;
    span.begin = { fromMs * ms };
    span.end = { toMs * ms };
    span.thread = thread;
    span.target = target;
    span.state = state;
    return span;
}

using enum wire::ThreadState;

struct Fixture {
    SpanLane lane { QStringLiteral("threads"), QStringLiteral("Threads"), {}, threadStages() };
    ThreadRows rows { lane };
};

} // namespace

class TestThreadRows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aThreadIsARowWithItsTurns()
    {
        Fixture f;
        f.rows.take({ turn(10, 0, 5, Blocked), turn(10, 5, 7, Runnable), turn(10, 7, 9, Running),
                        turn(11, 6, 8, Running) },
            1);
        QCOMPARE(f.lane.rows().size(), std::size_t(2));
        QCOMPARE(f.rows.threadOf(0), 10U); // it was busier
        QCOMPARE(f.lane.rows()[0].size(), std::size_t(3));
        QCOMPARE(f.lane.rows()[0].at(1).stage, Stage(ThreadStage::Waiting));
        const auto counts = f.rows.at(6 * ms + 1);
        QCOMPARE(counts.waiting, 1);
        QCOMPARE(counts.running, 1);
        QCOMPARE(f.rows.at(20 * ms).running, 0);
        QCOMPARE(f.rows.newest(), 9 * ms);
    }

    void anotherTargetsTurnsAreNotShown()
    {
        Fixture f;
        f.rows.take({ turn(10, 0, 5, Running), turn(20, 0, 5, Running, 2) }, 1);
        QCOMPARE(f.rows.threads(), std::size_t(1));
        f.rows.take({ turn(20, 5, 6, Running, 2) }, 2);
        QCOMPARE(f.rows.threads(), std::size_t(1));
        QCOMPARE(f.rows.threadOf(0), 20U);
    }

    void aRowChangesOnlyForAThreadThatIsClearlyBusier()
    {
        Fixture f;
        std::vector<live::SchedSpan> spans;
        const auto count = std::uint32_t(ThreadRows::mostRows);
        for (std::uint32_t i = 0; i < count + 1; ++i) {
            spans.push_back(turn(100 + i, 0, i == count ? 9 : 10 + i, Running));
        }
        f.rows.take(spans, 1);
        QCOMPARE(f.lane.rows().size(), ThreadRows::mostRows);
        QCOMPARE(f.rows.threads(), ThreadRows::mostRows + 1);
        const auto row = [&](std::uint32_t thread) {
            for (int i = 0; i < int(count); ++i) {
                if (f.rows.threadOf(i) == thread) {
                    return i;
                }
            }
            return -1;
        };
        QCOMPARE(row(100 + count), -1);
        const int least = row(100);
        QVERIFY(least >= 0);
        f.rows.take({ turn(100 + count, 2000, 2003, Running) }, 1); // 12 ms: busier than 10, not clearly
        QCOMPARE(row(100 + count), -1);
        f.rows.take({ turn(100 + count, 4000, 4008, Runnable) }, 1); // waiting counts too
        QCOMPARE(row(100 + count), least);
        QCOMPARE(row(100), -1);
        QCOMPARE(f.lane.rows()[std::size_t(least)].size(), std::size_t(3)); // with what it did before
    }

    void oldTurnsGo()
    {
        Fixture f;
        const std::size_t batch = ThreadRows::mostTurns / 4;
        for (int round = 0; round < 5; ++round) {
            std::vector<live::SchedSpan> spans;
            for (std::size_t i = 0; i < batch; ++i) {
                const auto at = std::int64_t(std::size_t(round) * batch + i);
                spans.push_back(turn(10 + std::uint32_t(i % 2), at, at + 1, Running));
            }
            QCOMPARE(f.rows.dropped(), false);
            f.rows.take(spans, 1);
        }
        QVERIFY(f.rows.dropped());
        const std::size_t kept = f.lane.rows()[0].size() + f.lane.rows()[1].size();
        QVERIFY(kept <= ThreadRows::mostTurns && kept + 2 >= ThreadRows::mostTurns);
        f.rows.clear();
        QVERIFY(!f.rows.dropped());
        QCOMPARE(f.rows.threads(), std::size_t(0));
        QVERIFY(f.lane.rows().empty());
    }

    void aTurnIsToldInASentence()
    {
        Fixture f;
        live::ProcessFact process;
        process.pid = 10;
        process.name = "llama-server";
        f.rows.take({ process });
        f.rows.take({ turn(10, 0, 5, Runnable) }, 1);
        const QString text = f.rows.describe({ 0, f.lane.rows()[0].at(0) });
        QCOMPARE(text, QStringLiteral("thread 10 (llama-server): waiting for a CPU for 5.00\u2009ms"));
        QCOMPARE(f.rows.name(11), QStringLiteral("thread 11"));
    }
};

QTEST_GUILESS_MAIN(TestThreadRows)
#include "tst_thread_rows.moc"
