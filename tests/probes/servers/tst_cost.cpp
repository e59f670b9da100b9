// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/cost_windows.h"
#include "tests/support/observer/process_cost.h"
#include "tests/support/observer/test_servers.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace prism::test;
using namespace prism;

namespace {

QStringList words(const QString& text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

/// A line for each program that ran in the window: how often, how long, how much of a core.
void printTable(const char* title, const std::map<std::string, ProgramTime>& before,
    const std::map<std::string, ProgramTime>& after, const Window& window)
{
    qInfo("%s:", title);
    for (const auto& [name, time] : after) {
        const auto found = before.find(name);
        const ProgramTime from = found != before.end() ? found->second : ProgramTime {};
        const auto runs = static_cast<double>(time.runs - from.runs);
        const auto runNs = static_cast<double>(time.runNs - from.runNs);
        if (runs > 0) {
            qInfo("  %-16s %8.0f runs/s  %6.1f ns/run  %.4f %% of a core", name.c_str(),
                runs / window.seconds(), runNs / runs, 100 * runNs / (window.seconds() * 1e9));
        }
    }
}

ProgramTime sumOf(const std::map<std::string, ProgramTime>& times)
{
    ProgramTime sum;
    for (const auto& [name, time] : times) {
        sum.runs += time.runs;
        sum.runNs += time.runNs;
    }
    return sum;
}

ProgramTime between(const ProgramTime& before, const ProgramTime& after)
{
    return { after.runs - before.runs, after.runNs - before.runNs };
}

/// "0.312 % of a core; 0.198 % without the kernel's measuring (65 ns a run)": `empty` did nothing meanwhile.
QString coresText(const ProgramTime& took, const ProgramTime& empty, const Window& window)
{
    const double measuring
        = empty.runs > 0 ? static_cast<double>(empty.runNs) / static_cast<double>(empty.runs) : 0;
    const double net = static_cast<double>(took.runNs) - measuring * static_cast<double>(took.runs);
    const double wall = window.seconds() * 1e9;
    return QStringLiteral("%1 % of a core; %2 % without the kernel's measuring (%3 ns a run)")
        .arg(100 * static_cast<double>(took.runNs) / wall, 0, 'f', 3)
        .arg(100 * net / wall, 0, 'f', 3)
        .arg(measuring, 0, 'f', 0);
}

} // namespace

/// What observing costs by itself: kernel programs and helper. Timed on a build without sanitizers.
class TestCost : public QObject {
    Q_OBJECT

private:
    QString m_program;

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        m_program = ObservedSession::releaseProgram();
        if (m_program.isEmpty()) {
            QSKIP(needsRelease);
        }
    }

    /// 32 streams of 100 tokens a second.
    void at3200TokensASecond()
    {
        constexpr double tokensPerSecond = 3200;
        constexpr int settling = 4;
        constexpr int seconds = 4;
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        const KernelStatistics statistics;
        QVERIFY(statistics.measure());
        const EmptyPrograms empty;
        QVERIFY(empty.attached());
        ObservedSession helper(m_program);
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        // Programs on tracepoints also run for every other process of the machine: that is measured first.
        readFor(helper, 200);
        const std::int64_t idleBegin = nowNs();
        const ProgramTime idleBefore = programTime(helper.pid());
        readFor(helper, 1500);
        const ProgramTime idleAfter = programTime(helper.pid());
        const double idle = static_cast<double>(idleAfter.runNs - idleBefore.runNs)
            / static_cast<double>(nowNs() - idleBegin);
        QStringList arguments = words(
            QStringLiteral("--connections 32 --body {} --path /v1/chat/completions?pace_us=10000&tokens=%1")
                .arg((settling + seconds + 1) * 100));
        arguments << QStringLiteral("--port") << QString::number(server.port);
        RunningProgram client(clockedClient(), arguments);
        // Until the helper has left out what costs too much, if anything does.
        Window first { nowNs(), 0 };
        const auto firstBefore = programTimes(helper.pid());
        readFor(helper, 900);
        const auto firstAfter = programTimes(helper.pid());
        first.toNs = nowNs();
        readFor(helper, settling * 1000 - 900);
        Window window { nowNs(), 0 };
        const auto before = programTimes(helper.pid());
        const ProcessTime helperBefore = familyTime(helper.pid());
        readFor(helper, seconds * 1000);
        const auto after = programTimes(helper.pid());
        const ProcessTime helperAfter = familyTime(helper.pid());
        window.toNs = nowNs();
        const auto wall = static_cast<double>(window.toNs - window.fromNs);
        const std::uint64_t bytes = familyBytes(helper.pid());
        const TimedLoad load = readLoad(client.waitForEnd(60'000));
        readFor(helper, 200);
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.complete, 32);
        std::vector<std::int64_t> stamps;
        for (const TimedExchange& exchange : load.exchanges) {
            stamps.insert(stamps.end(), exchange.eventNs.begin(), exchange.eventNs.end());
        }
        std::sort(stamps.begin(), stamps.end());
        const double rate = rateIn(window, stamps);
        bool leftOut = false;
        for (const TimedRecord& record : helper.all(wire::RecordType::State)) {
            leftOut = leftOut
                || record.as<wire::State>().state == static_cast<std::uint16_t>(wire::ProbeState::Costly);
        }
        printTable("the first 0.9 s", firstBefore, firstAfter, first);
        printTable("later", before, after, window);
        const ProgramTime emptyTime = empty.time();
        qInfo("the first 0.9 s, with what is done for the rest of the machine: %s; then %s",
            qPrintable(coresText(between(sumOf(firstBefore), sumOf(firstAfter)), emptyTime, first)),
            leftOut ? "without the scheduler's, as all together cost too much" : "nothing was left out");
        const ProgramTime took = between(sumOf(before), sumOf(after));
        qInfo("later: %s", qPrintable(coresText(took, emptyTime, window)));
        const double programs = static_cast<double>(took.runNs) / wall - idle;
        const double helperCores = static_cast<double>(helperAfter.onCpuNs - helperBefore.onCpuNs) / wall;
        qInfo("%.0f tokens/s; kernel programs %.3f %% of a core (%.2f µs a token; for the rest of the "
              "machine %.3f %%), "
              "helper with child %.2f %% of a core, %.1f MB",
            rate, 100 * programs, 1e6 * programs / rate, 100 * idle, 100 * helperCores,
            static_cast<double>(bytes) / 1e6);
        if (!goalsAreAsserted()) {
            QSKIP(notAsserted);
        }
        if (rate < 0.9 * tokensPerSecond || idle > 0.001) {
            QSKIP("not measured: the machine is busy with something else");
        }
        QVERIFY(programs <= 0.005);
        QVERIFY(helperCores <= 0.02);
        QVERIFY(bytes <= 64u << 20);
    }

    /// From the server's write to the client of the helper, through ring, parser and stream.
    void aHundredThousandEventsASecondArrive()
    {
        constexpr int rate = 100'000;
        constexpr int seconds = 2;
        RunningProgram flood(QStringLiteral(PRISM_BIN_DIR "/../tests/flood"),
            { QStringLiteral("1000"), QString::number(rate), QString::number(seconds) });
        QVERIFY(!flood.waitForLine("listening").isNull());
        ObservedSession helper(m_program);
        const ObservedSession::Reply attached = helper.attach(flood.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        flood.write("go\n");
        const std::int64_t begin = nowNs();
        const ProcessTime before = familyTime(helper.pid());
        while (flood.running()) {
            readFor(helper, 10);
            flood.waitForEnd(1);
        }
        const ProcessTime after = familyTime(helper.pid());
        const auto wall = static_cast<double>(nowNs() - begin);
        const QJsonObject said = QJsonDocument::fromJson(flood.waitForEnd().split('\n').value(1)).object();
        const auto writes = said.value(QLatin1String("writes")).toInteger();
        const double reached = static_cast<double>(writes) / said.value(QLatin1String("seconds")).toDouble();
        QVERIFY(helper.detach(attached.target).ok());
        std::int64_t events = 0;
        for (const auto& [key, request] : helper.requests) {
            events += static_cast<std::int64_t>(request.eventNs.size());
        }
        std::uint64_t dropped = 0;
        for (const auto& [program, count] : helper.finalCounts()) {
            QCOMPARE(count.attempted, count.emitted + count.dropped);
            dropped += count.dropped;
        }
        const double waited = static_cast<double>(after.waitedNs - before.waitedNs) / wall;
        qInfo("%lld events written at %.0f a second, %lld arrived; %llu dropped in the kernel, %llu records "
              "on the way "
              "here; helper %.1f %% of a core, waited %.1f %%",
            static_cast<long long>(writes), reached, static_cast<long long>(events),
            static_cast<unsigned long long>(dropped), static_cast<unsigned long long>(helper.sequenceGaps),
            100 * static_cast<double>(after.onCpuNs - before.onCpuNs) / wall, 100 * waited);
        QVERIFY(writes > 0);
        QVERIFY2(
            events == writes || dropped + helper.sequenceGaps > 0, "events are missing and no count says so");
        if (!goalsAreAsserted()) {
            QSKIP(notAsserted);
        }
        if (reached < 0.95 * rate || waited > 0.05) {
            QSKIP("not measured: the machine was too slow for the rate, or held the helper up");
        }
        QCOMPARE(events, writes);
        QCOMPARE(dropped + helper.sequenceGaps, std::uint64_t { 0 });
    }
};

QTEST_GUILESS_MAIN(TestCost)
#include "tst_cost.moc"
