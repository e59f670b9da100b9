// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/loss.h"
#include "probes/helper/outbox.h"
#include "probes/helper/programs.h"
#include "probes/helper/turns.h"
#include "tests/support/observation.h"

#include <QtTest>

#include <fcntl.h>
#include <numeric>
#include <sched.h>

using namespace prism;
using namespace prism::test;
using namespace prism::probes;

namespace {

struct Counted {
    std::uint64_t attempted = 0;
    std::uint64_t emitted = 0;
    std::uint64_t dropped = 0;
    std::uint64_t droppedBytes = 0;
};

/// Of the programs that write into the payload ring.
Counted payloadCounts(const ProgramCounts& counts)
{
    Counted sum;
    for (std::uint32_t program = PRISM_ON_CALLS; program <= PRISM_ON_CONNECTIONS; ++program) {
        for (const prism_count& cpu : counts[program]) {
            sum.attempted += cpu.attempted;
            sum.emitted += cpu.emitted;
            sum.dropped += cpu.dropped;
            sum.droppedBytes += cpu.dropped_bytes;
        }
    }
    return sum;
}

wire::RecordHeader headerAt(std::uint64_t timeNs, wire::Source source)
{
    wire::RecordHeader header {};
    header.timeNs = timeNs;
    header.source = static_cast<std::uint8_t>(source);
    return header;
}

void setPriority(int policy)
{
    const sched_param priority { policy == SCHED_FIFO ? 5 : 0 };
    sched_setscheduler(0, policy, &priority);
}

struct Sent {
    std::uint64_t calls = 0;
    std::uint64_t tookNs = 0;
};

/// Connections that are open on both sides, and a child that sends on them.
class Senders {
public:
    Senders(std::size_t connections, const std::function<void(const std::vector<int>&, int rope)>& send)
    {
        const Listener listener = Listener::open(4096);
        for (std::size_t i = 0; i < connections; ++i) {
            m_ours.push_back(connectTo(listener.port));
            m_theirs.push_back(accept(listener.fd, nullptr, nullptr));
        }
        close(listener.fd);
        m_target.emplace([this, send] {
            for (const int fd : m_ours) {
                close(fd);
            }
            send(m_theirs, m_rope.theirs);
        });
        for (const int fd : m_theirs) {
            close(fd);
        }
    }
    ~Senders()
    {
        for (const int fd : m_ours) {
            close(fd);
        }
    }
    pid_t pid() const { return m_target->pid(); }
    int rope() const { return m_rope.ours; }
    const std::vector<int>& ours() const { return m_ours; }

private:
    Rope m_rope;
    std::vector<int> m_ours;
    std::vector<int> m_theirs;
    std::optional<ForkedTarget> m_target;
};

} // namespace

class TestLoss : public QObject {
    Q_OBJECT

private:
    /// 512 bytes on each of 1 000 connections in turn, read every 5 ms.
    void observeSends(std::uint64_t perSecond, double& rate, std::uint64_t& dropped)
    {
        constexpr std::size_t connections = 1000;
        constexpr std::size_t sends = 200000;
        Senders senders(connections, [perSecond](const std::vector<int>& fds, int rope) {
            const std::string token(512, 't');
            Rope::awaitPull(rope);
            setPriority(SCHED_FIFO);
            Sent sent;
            const std::uint64_t begin = nowNs();
            for (std::size_t i = 0; i < sends; ++i) {
                while (nowNs() < begin + i * (1'000'000'000U / perSecond)) { }
                const ssize_t went = send(fds[i % connections], token.data(), token.size(), MSG_DONTWAIT);
                sent.calls += went > 0 ? 1 : 0;
            }
            sent.tookNs = nowNs() - begin;
            setPriority(SCHED_OTHER);
            (void)!write(rope, &sent, sizeof sent);
            Rope::awaitPull(rope);
        });
        Observation observed;
        observed.keepCalls = false;
        QCOMPARE(QString::fromStdString(observed.begin(1, senders.pid())), QString());
        // What else runs on this machine is not what is measured: both have a processor when they want one.
        setPriority(SCHED_FIFO);
        const auto back = qScopeGuard([] { setPriority(SCHED_OTHER); });
        Rope::pull(senders.rope());
        Sent sent;
        QVERIFY(observed.waitFor(
            [&] {
                std::vector<char> drain(1 << 16);
                for (const int fd : senders.ours()) {
                    while (recv(fd, drain.data(), drain.size(), MSG_DONTWAIT) > 0) { }
                }
                return recv(senders.rope(), &sent, sizeof sent, MSG_DONTWAIT) == sizeof sent;
            },
            60));
        QVERIFY(observed.finish(1));
        const ProgramCounts counts = observed.tracer().counts(1);
        const Counted sum = payloadCounts(counts);
        rate = double(sent.calls) / (double(sent.tookNs) / 1e9);
        qInfo("%llu sends in %.2f s: %.0f a second; %llu events, %llu dropped",
            static_cast<unsigned long long>(sent.calls), double(sent.tookNs) / 1e9, rate,
            static_cast<unsigned long long>(sum.attempted), static_cast<unsigned long long>(sum.dropped));
        QCOMPARE(sum.attempted, sum.emitted + sum.dropped);
        QCOMPARE(sum.emitted, std::uint64_t(observed.received));
        dropped = sum.dropped;
        std::uint64_t calls = 0;
        for (const prism_count& cpu : counts[PRISM_ON_CALLS]) {
            calls += cpu.emitted;
        }
        QVERIFY(calls == sent.calls || dropped > 0);
        Rope::pull(senders.rope());
    }

private Q_SLOTS:
    /// A ring that is far too small and that nobody reads: what was made is what is in it and what is
    /// counted.
    void everyLossOfASmallRingIsCounted()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
        constexpr std::size_t sends = 5000;
        constexpr std::size_t bytes = 700;
        Senders senders(1, [](const std::vector<int>& connections, int rope) {
            const std::string token(bytes, 't');
            Rope::awaitPull(rope);
            for (std::size_t i = 0; i < sends; ++i) {
                (void)!send(connections[0], token.data(), token.size(), 0);
            }
            Rope::pull(rope);
            Rope::awaitPull(rope);
        });
        ProgramSettings settings;
        settings.payloadRingBytes = 16384;
        Observation observed(settings);
        QCOMPARE(QString::fromStdString(observed.begin(1, senders.pid())), QString());
        Rope::pull(senders.rope());
        std::vector<char> got(sends * bytes);
        QCOMPARE(recv(senders.ours()[0], got.data(), got.size(), MSG_WAITALL), ssize_t(got.size()));
        Rope::awaitPull(senders.rope());
        QVERIFY(observed.finish(1));
        const ProgramCounts counts = observed.tracer().counts(1);
        const Counted sum = payloadCounts(counts);
        QVERIFY(sum.dropped > sends / 2);
        QCOMPARE(sum.attempted, sum.emitted + sum.dropped);
        QCOMPARE(sum.emitted, std::uint64_t(observed.received));
        // Every send was counted, with its bytes.
        std::uint64_t calls = 0;
        for (const prism_count& cpu : counts[PRISM_ON_CALLS]) {
            calls += cpu.attempted;
        }
        QCOMPARE(calls, std::uint64_t(sends));
        QCOMPARE(sum.droppedBytes, (sends - observed.calls.size()) * bytes);

        // The records say the same.
        std::uint64_t told = 0;
        std::uint64_t truncated = 0;
        for (const LossOf& loss : LossBook::totals(counts, 1, 2)) {
            QCOMPARE(loss.record.attempted, loss.record.emitted + loss.record.dropped);
            if (loss.record.reason == std::uint16_t(wire::LossReason::RingFull)
                && loss.program <= PRISM_ON_CONNECTIONS) {
                told += loss.record.dropped;
            }
            if (loss.record.reason == std::uint16_t(wire::LossReason::Truncated)) {
                truncated += loss.record.emitted;
            }
        }
        QCOMPARE(told, sum.dropped);
        QCOMPARE(truncated,
            std::uint64_t(std::count_if(observed.calls.begin(), observed.calls.end(),
                [](const SeenCall& call) { return (call.io.event.flags & PRISM_TRUNCATED) != 0; })));
        Rope::pull(senders.rope());
    }

    /// More connections than the table holds: those without a place are counted as not kept.
    void connectionsWithoutRoomAreCounted()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
        constexpr std::size_t connections = 300;
        Senders senders(connections, [](const std::vector<int>& fds, int rope) {
            Rope::awaitPull(rope);
            for (const int fd : fds) {
                (void)!send(fd, "x", 1, 0);
            }
            Rope::pull(rope);
            Rope::awaitPull(rope);
        });
        ProgramSettings settings;
        settings.mostSockets = 100;
        Observation observed(settings);
        QCOMPARE(QString::fromStdString(observed.begin(1, senders.pid())), QString());
        Rope::pull(senders.rope());
        Rope::awaitPull(senders.rope());
        QVERIFY(observed.finish(1));
        const ProgramCounts counts = observed.tracer().counts(1);
        std::uint64_t calls = 0;
        std::uint64_t lost = 0;
        std::uint64_t forgotten = 0;
        for (const prism_count& cpu : counts[PRISM_ON_CALLS]) {
            calls += cpu.attempted;
            lost += cpu.dropped;
        }
        for (const prism_count& cpu : counts[PRISM_ON_CONNECTIONS]) {
            forgotten += cpu.forgotten;
        }
        QCOMPARE(calls, std::uint64_t(connections));
        QCOMPARE(calls - lost, std::uint64_t(observed.calls.size()));
        QVERIFY(lost != 0 && forgotten >= lost);
        Rope::pull(senders.rope());
    }

    /// Up to three times: a machine that keeps the reader from its processor for as long as the ring has room
    /// is not what is measured.
    void nothingIsLostAtAHundredThousandASecond()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
        constexpr std::uint64_t perSecond = 100000;
        double rate = 0;
        std::uint64_t dropped = 1;
        for (int attempt = 0; attempt < 3 && dropped > 0; ++attempt) {
            observeSends(perSecond, rate, dropped);
            if (QTest::currentTestFailed()) {
                return;
            }
        }
        QCOMPARE(dropped, std::uint64_t(0));
        if (rate < 0.9 * perSecond) {
            QSKIP(qPrintable(QString("this machine sent only %1 a second; nothing was lost at that")
                                 .arg(rate, 0, 'f', 0)));
        }
    }

    /// Without the kernel's statistics: of many events some have measured themselves.
    void whatProgramsCostIsSampled()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
        constexpr std::uint64_t sends = 20000;
        std::string reason;
        const auto programs = Programs::load({}, reason);
        QVERIFY2(programs, reason.c_str());
        QVERIFY(programs->sampledCosts().empty());
        programs->clearCounts(0);
        programs->attach();
        QCOMPARE(programs->observe(std::uint32_t(getpid()), { 1, 0, geteuid(), 0, 0, 0, 0 }), 0);
        const Listener listener = Listener::open();
        const int ours = connectTo(listener.port);
        const int theirs = accept(listener.fd, nullptr, nullptr);
        for (std::uint64_t i = 0; i < sends; ++i) {
            char room[8];
            QCOMPARE(send(ours, "token", 5, 0), ssize_t(5));
            QCOMPARE(recv(theirs, room, 5, MSG_WAITALL), ssize_t(5));
        }
        programs->switchOff(1, 0);
        const auto costs = programs->sampledCosts();
        const auto calls = std::find_if(costs.begin(), costs.end(),
            [](const ProgramCost& cost) { return cost.name == programName(PRISM_ON_CALLS); });
        QVERIFY(calls != costs.end());
        QCOMPARE(calls->runs, 2 * sends);
        QVERIFY(calls->runNs > 0);
        // What was measured stays so when nothing happens.
        QCOMPARE(programs->sampledCosts().front().runNs, costs.front().runNs);
        close(ours);
        close(theirs);
        close(listener.fd);
    }

    void anIntervalTellsOnlyWhatIsNew()
    {
        LossBook book;
        book.begin(100);
        ProgramCounts counts {};
        for (auto& cpus : counts) {
            cpus.resize(2);
        }
        counts[PRISM_ON_CALLS][1] = { 10, 7, 3, 300, 2, 20, 0, 1 };
        auto first = book.interval(counts, 200);
        QCOMPARE(first.size(), std::size_t(1));
        QCOMPARE(first[0].record.cpu, std::uint32_t(1));
        QCOMPARE(first[0].record.attempted, std::uint64_t(10));
        QCOMPARE(first[0].record.dropped, std::uint64_t(3));
        QCOMPARE(first[0].record.bytes, std::uint64_t(300));
        QCOMPARE(first[0].record.fromNs, std::uint64_t(100));
        QCOMPARE(first[0].record.toNs, std::uint64_t(200));
        QVERIFY(book.interval(counts, 300).empty());
        counts[PRISM_ON_CALLS][1] = { 25, 20, 5, 500, 2, 20, 4, 1 };
        auto second = book.interval(counts, 400);
        QCOMPARE(second.size(), std::size_t(2));
        QCOMPARE(second[0].record.attempted, std::uint64_t(15));
        QCOMPARE(second[0].record.dropped, std::uint64_t(2));
        QCOMPARE(second[0].record.fromNs, std::uint64_t(300));
        QCOMPARE(second[1].record.reason, std::uint16_t(wire::LossReason::Evicted));
        QCOMPARE(second[1].record.dropped, std::uint64_t(4));
    }

    /// A client that does not read: thread spans and writes are left out, counted and marked; all else comes.
    void aSlowClientLosesOnlyWhatIsOfLowValue()
    {
        int pair[2];
        QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        Outbox outbox(64 << 10);
        std::uint64_t chunks = 0;
        for (std::uint64_t i = 0; i < 20000; ++i) {
            outbox.record(headerAt(i, wire::Source::Http), wire::HttpChunk {});
            ++chunks;
            if (i % 100 == 0) {
                outbox.record(headerAt(i, wire::Source::Http), wire::HttpEnd {});
            }
        }
        Outbox::Left left;
        QVERIFY(!outbox.takeLeft(left)); // still full
        QVERIFY(!outbox.overflowed());
        wire::FrameReader reader;
        std::uint64_t gotChunks = 0;
        std::uint64_t gotEnds = 0;
        std::uint64_t holes = 0;
        std::uint64_t marks = 0;
        std::uint32_t next = 0;
        const auto readAll = [&] {
            do {
                QCOMPARE(outbox.flush(pair[0]), 0);
                for (ssize_t got = 0;;) {
                    const auto space = reader.space();
                    got = read(pair[1], space.data(), space.size());
                    if (got <= 0) {
                        break;
                    }
                    reader.arrived(std::size_t(got));
                    while (const auto frame = reader.next()) {
                        wire::RecordWalk walk(frame->payload);
                        while (const auto record = walk.next()) {
                            holes += record->header.sequence - next;
                            next = record->header.sequence + 1;
                            marks += (record->header.flags & wire::LostBefore) != 0 ? 1 : 0;
                            gotChunks += record->as<wire::HttpChunk>() ? 1 : 0;
                            gotEnds += record->as<wire::HttpEnd>() ? 1 : 0;
                        }
                        QVERIFY(walk.wellFormed());
                    }
                }
            } while (!outbox.empty());
        };
        readAll();
        QVERIFY(outbox.takeLeft(left));
        QCOMPARE(left.dropped, chunks - gotChunks);
        QVERIFY(left.dropped != 0 && left.dropped <= left.attempted);
        QCOMPARE(gotEnds, std::uint64_t(200));
        outbox.record(headerAt(1, wire::Source::Http), wire::HttpEnd {});
        readAll();
        QCOMPARE(holes, left.dropped);
        QVERIFY(marks != 0);
        QVERIFY(!outbox.takeLeft(left));
        close(pair[0]);
        close(pair[1]);
    }

    void aTurnBecomesItsSpans()
    {
        ThreadTurn turn;
        turn.endNs = 400;
        turn.tid = 5;
        turn.target = 2;
        turn.uninterruptible = true;
        turn.blockedNs = 100;
        turn.runnableNs = 250;
        turn.runningNs = 300;
        turn.cpu = 1;
        const ThreadSpans whole = spansOf(turn);
        QCOMPARE(whole.count, std::size_t(3));
        QCOMPARE(whole.spans[0].body.state, std::uint8_t(wire::ThreadState::Blocked));
        QCOMPARE(whole.spans[0].header.durationNs, std::uint32_t(150));
        QCOMPARE(whole.spans[0].body.uninterruptible, std::uint8_t(1));
        QCOMPARE(whole.spans[1].body.endNs, std::uint64_t(300));
        QCOMPARE(whole.spans[2].header.timeNs, std::uint64_t(300));
        QCOMPARE(whole.spans[2].body.cpu, std::uint32_t(1));
        // It ran before the attach: of that turn only the end is known.
        turn.blockedNs = turn.runnableNs = turn.runningNs = 0;
        QCOMPARE(spansOf(turn).count, std::size_t(0));
        turn.runningNs = 300;
        turn.endNs = 300 + 5'000'000'000ULL;
        QCOMPARE(spansOf(turn).spans[0].header.durationNs, wire::durationInBody);
    }
};

QTEST_GUILESS_MAIN(TestLoss)
#include "tst_loss.moc"
