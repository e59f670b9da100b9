// SPDX-License-Identifier: GPL-3.0-or-later
// Three hours of a busy server as fast as they can be read, on the stream's own clock.
#include "core/live/session.h"
#include "core/model/percentile.h"
#include "tests/support/watched_session.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <malloc.h>

#ifdef __SANITIZE_ADDRESS__
extern "C" std::size_t __sanitizer_get_current_allocated_bytes(); // its header is not installed everywhere
#endif

using namespace prism;
using namespace prism::live;
using namespace prism::test;

namespace {

constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t start = 10 * second;
constexpr int length = 3 * 3'600; ///< seconds
// Fewer events than a real server's, and every bound as much smaller, or (those of facts) really crossed.
constexpr std::size_t keptRequests = 1'000, keptWrites = 10'000, keptSpans = 5'000, keptNamed = 200'000;
constexpr std::size_t recordingBytes = 1u << 20;
constexpr unsigned tokens = 16;
constexpr int samplesASecond = 26, processesASecond = 2, stepsASecond = 26, spansASecond = 10;
constexpr std::size_t mostSamples = 262'144, mostProcesses = 16'384, mostSteps = 262'144; ///< session_state

std::size_t allocated()
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/// TTFT of the request of a second, in nanoseconds: 20 to 520 ms, in no order.
std::int64_t ttftOf(int at)
{
    return (20 + (std::int64_t(at) * 7'919) % 500) * millisecond;
}

void tellSecond(MadeStream& stream, int at)
{
    const std::int64_t from = start + at * second;
    stream.clock(from);
    ScriptedRequest script;
    script.number = static_cast<std::uint32_t>(at);
    script.arrival = from;
    script.firstTokenAfter = ttftOf(at);
    script.gap = 20 * millisecond;
    script.tokens = tokens;
    stream.request(script);
    for (int i = 0; i < samplesASecond; ++i) {
        wire::Sample sample {};
        sample.metric = static_cast<std::uint16_t>(wire::SampleMetric::CpuCores);
        sample.value = 0.5;
        stream.add(wire::Source::Sampler, from + i * millisecond, sample);
    }
    for (int i = 0; i < processesASecond; ++i) {
        wire::Process process {};
        process.pid = static_cast<std::uint32_t>(5'000 + i);
        process.change = static_cast<std::uint16_t>(wire::ProcessChange::Present);
        stream.add(wire::Source::Supervisor, from + i * millisecond, process);
    }
    for (int i = 0; i < stepsASecond; ++i) {
        wire::EngineStep step {};
        step.phase = static_cast<std::uint8_t>(wire::StepPhase::Decode);
        step.tokens = step.sequences = 1;
        step.kvPermille = 0xffff;
        stream.add(wire::Source::Engine, from + i * 10 * millisecond, step, 0, 0, 9'000'000);
    }
    for (int i = 0; i < spansASecond; ++i) {
        const std::int64_t begin = from + i * 50 * millisecond;
        stream.add(wire::Source::Scheduler, begin,
            wire::Sched { std::uint64_t(begin + 10 * millisecond), 0, 0, 0, 0 }, 0, 7, 10'000'000);
    }
}

Budgets budgets()
{
    Budgets small;
    small.requests = keptRequests;
    small.writes = keptWrites;
    small.spans = keptSpans;
    small.stepRequests = keptNamed;
    small.recordingBytes = recordingBytes;
    return small;
}

} // namespace

class TestLongSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_session = connected(m_helper, budgets());
        QVERIFY(m_session->attach({ 4711, 0, { 0, 1 }, true, false }));
        Watcher watcher(*m_session);
        MadeStream stream;
        stream.connection(start - millisecond, 1, wire::ConnectionRole::Server, 8000, 40000);
        for (int at = 0; at < length; ++at) {
            tellSecond(stream, at);
            if (at % 30 == 29) {
                m_helper.send(stream.take());
            }
            if (at % 600 == 599) { // the fake keeps what it has not sent
                QVERIFY(watcher.until(
                    [&] { return m_session->status().requests == static_cast<std::uint64_t>(at + 1); }));
            }
            if (at % 3'600 == 3'599) {
                m_memory.push_back(allocated());
            }
        }
        stream.clock(start + length * second + second);
        m_helper.send(stream.take());
        QVERIFY(watcher.until([&] {
            return m_session->total({ { 0 }, { INT64_MAX } }).ended == std::uint32_t(length);
        }));
        QVERIFY(watcher.until([&] { return m_session->status().spansFrom.has_value(); }));
    }

    /// What comes on top each hour are the sums over time, which are kept for days.
    void memoryIsBounded()
    {
        const live::Status status = m_session->status();
        QVERIFY(status.recordingBytes <= recordingBytes);
        const Increment kept = m_session->since({});
        QVERIFY(kept.ended.size() <= keptRequests);
        QVERIFY(kept.spans.size() <= keptSpans);
        QVERIFY(kept.samples.size() <= mostSamples);
        QVERIFY(kept.processes.size() <= mostProcesses);
        QVERIFY(kept.steps.size() <= mostSteps);
        std::size_t writes = 0;
        for (const RequestPtr& request : kept.ended) {
            const auto events = m_session->events(request->id);
            writes += events ? events->writes.size() : 0;
        }
        QVERIFY2(writes > 0 && writes <= keptWrites, qPrintable(QString::number(writes)));
        QCOMPARE(m_memory.size(), std::size_t(3));
        const std::size_t grown = m_memory[2] - std::min(m_memory[1], m_memory[2]);
        QVERIFY2(grown < (32u << 20), qPrintable(QString::number(grown)));
    }

    void whatWasThinnedIsTold()
    {
        const Increment kept = m_session->since({});
        QTRY_COMPARE(m_session->status().requestsFrom.value_or(Nanoseconds {}), kept.ended.front()->seen);
        const live::Status status = m_session->status();
        QVERIFY(kept.skipped && kept.endedSkipped);
        QVERIFY(status.requestsFrom && status.eventsFrom && status.spansFrom && status.stepsFrom
            && status.samplesFrom && status.factsFrom && status.recordingFrom);
        QCOMPARE(*status.spansFrom, kept.spans.front().begin);
        QCOMPARE(*status.stepsFrom, kept.steps.front().begin);
        QCOMPARE(*status.samplesFrom, kept.samples.front().at);
        QCOMPARE(kept.spansSkipped, std::uint64_t(length) * spansASecond - kept.spans.size());
        for (const RequestPtr& request : kept.ended) {
            // Every event of what ended later is there, and where they are not its slowest gaps are.
            QVERIFY(m_session->events(request->id) || request->seen <= *status.eventsFrom);
            QVERIFY(!request->slowestGaps.empty());
        }
    }

    void sumsForgetNothing()
    {
        const Bucket all = m_session->total({ { 0 }, { INT64_MAX } });
        QCOMPARE(all.arrived, std::uint32_t(length));
        QCOMPARE(all.ended, std::uint32_t(length));
        QCOMPARE(all.failed, 0u);
        QCOMPARE(all.tokenEvents, std::uint32_t(length) * tokens);
        QCOMPARE(all.ttft.count(), std::uint64_t(length));
        QCOMPARE(all.gap.count(), std::uint64_t(length) * (tokens - 1));
        QCOMPARE(m_session->status().requests, std::uint64_t(length));
        QCOMPARE(m_session->status().loss.missing(), 0u);
    }

    /// By rank, within the error of the sketch: of all, and of one hour by its seconds.
    void percentilesAreWithinTheStatedError()
    {
        const auto check = [](const Sketch& sketch, int from, int to) {
            std::vector<double> exact;
            for (int at = from; at < to; ++at) {
                exact.push_back(double(ttftOf(at)) / double(millisecond));
            }
            std::sort(exact.begin(), exact.end());
            for (const double p : { 1.0, 50.0, 90.0, 99.0, 99.9 }) {
                const auto rank
                    = std::max<std::size_t>(1, std::size_t(std::ceil(p / 100 * double(exact.size()))));
                const double told = sketch.percentile(p).value_or(0);
                const double wanted = exact[rank - 1];
                QVERIFY2(std::abs(told - wanted) <= Sketch::relativeError * wanted * 1.0001,
                    qPrintable(QStringLiteral("p%1: %2, not %3").arg(p).arg(told).arg(wanted)));
            }
        };
        check(m_session->total({ { 0 }, { INT64_MAX } }).ttft, 0, length);
        const SeriesColumns columns
            = m_session->columns({ { start }, { start + 2 * hour } }, { second }, { hour });
        QCOMPARE(columns.step.value, second); // finer ones are gone
        // The hour that ends with that row: first tokens of the second before may have come in it.
        const std::size_t row = 2 * 3'600 - 1;
        std::vector<double> exact;
        for (int at = 3'600 - 1; at < 2 * 3'600; ++at) {
            const std::int64_t when = start + at * second + ttftOf(at);
            if (when >= start + hour && when < start + 2 * hour) {
                exact.push_back(double(ttftOf(at)) / double(millisecond));
            }
        }
        std::sort(exact.begin(), exact.end());
        const double p99 = exact[std::size_t(std::ceil(0.99 * double(exact.size()))) - 1];
        QVERIFY(std::abs(columns.ttftP99[row] - p99) <= Sketch::relativeError * p99 * 1.0001);
    }

private:
    FakeHelper m_helper;
    std::unique_ptr<Session> m_session;
    std::vector<std::size_t> m_memory; ///< at the end of each hour
};

QTEST_GUILESS_MAIN(TestLongSession)
#include "tst_long_session.moc"
