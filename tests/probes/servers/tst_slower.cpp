// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/cost_windows.h"
#include "tests/support/observer/process_cost.h"
#include "tests/support/observer/test_servers.h"

#include <QtTest>

#include <cmath>

#include <sched.h>
#include <unistd.h>

using namespace prism::test;
using namespace prism;

namespace {

constexpr int windowMs = 1500;
constexpr int settlingMs = 300; // what an attach itself costs is a test of its own
constexpr int pairsAStart = 5;

struct ServerWindow {
    Window window;
    double cpuNs = 0; ///< that the server took
};

struct Pair {
    ServerWindow without;
    ServerWindow with;
};

/// Ratios, attached by not attached.
struct Ratios {
    std::vector<double> speed; ///< tokens a second
    std::vector<double> cpu; ///< CPU time of the server for a token
};

/// In per cent.
struct Change {
    double median = 0;
    double low = 0;
    double high = 0;
};

double medianOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// How many of the lowest and of the highest values an interval of at least 95 % for the median leaves out:
/// as each value is above the median as often as below, the counts are binomial.
std::size_t leftOutAtEachEnd(std::size_t count)
{
    double chance = std::pow(0.5, static_cast<double>(count)); // that so many of them are below the median
    double outside = chance;
    std::size_t leftOut = 0;
    while (leftOut < count / 2) {
        chance *= static_cast<double>(count - leftOut) / static_cast<double>(leftOut + 1);
        outside += chance;
        if (2 * outside > 0.05) {
            break;
        }
        ++leftOut;
    }
    return leftOut;
}

/// The median with its interval by ranks: of at least 95 % from six values on, below that all that was seen.
/// A value in which a neighbour woke up weighs no more than another.
Change changeOf(std::vector<double> ratios)
{
    std::sort(ratios.begin(), ratios.end());
    const std::size_t outside = leftOutAtEachEnd(ratios.size());
    const auto percent = [](double ratio) { return 100 * (ratio - 1); };
    return { percent(medianOf(ratios)), percent(ratios[outside]),
        percent(ratios[ratios.size() - 1 - outside]) };
}

/// This process and what it starts, on these CPUs for as long as it lives.
class OnCpus {
public:
    explicit OnCpus(const cpu_set_t& wanted)
    {
        ::sched_getaffinity(0, sizeof m_before, &m_before);
        ::sched_setaffinity(0, sizeof wanted, &wanted);
    }
    ~OnCpus() { ::sched_setaffinity(0, sizeof m_before, &m_before); }
    OnCpus(const OnCpus&) = delete;
    OnCpus& operator=(const OnCpus&) = delete;

private:
    cpu_set_t m_before {};
};

struct Places {
    cpu_set_t server {};
    cpu_set_t others {}; ///< helper, client and this test
};

/// With `apart` the server has all CPUs but the last, which is the others'.
Places placesOf(bool apart)
{
    Places places;
    ::sched_getaffinity(0, sizeof places.server, &places.server);
    places.others = places.server;
    if (apart) {
        int last = CPU_SETSIZE - 1;
        while (CPU_ISSET(last, &places.server) == 0) {
            --last;
        }
        CPU_CLR(last, &places.server);
        CPU_ZERO(&places.others);
        CPU_SET(last, &places.others);
    }
    return places;
}

QStringList clientArguments(std::uint16_t port)
{
    return { QStringLiteral("--port"), QString::number(port), QStringLiteral("--connections"),
        QStringLiteral("8"), QStringLiteral("--header"), QStringLiteral("Connection:close"),
        QStringLiteral("--for-ms"), QString::number(pairsAStart * (2 * (windowMs + settlingMs) + 900) + 2000),
        QStringLiteral("--body"),
        QStringLiteral(R"({"stream":true,"max_tokens":400,"ignore_eos":true,)"
                       R"("messages":[{"role":"user","content":"hello"}]})") };
}

ServerWindow look(ObservedSession& helper, std::int64_t server)
{
    ServerWindow seen;
    readFor(helper, settlingMs);
    const std::uint64_t before = familyTime(server).onCpuNs;
    seen.window.fromNs = nowNs();
    helper.letPileUp(windowMs); // read with sanitizers it took 3 to 5 % of a core of its own
    seen.window.toNs = nowNs();
    seen.cpuNs = static_cast<double>(familyTime(server).onCpuNs - before);
    return seen;
}

/// Attached and not, turn by turn, in either order.
std::vector<Pair> lookInTurns(ObservedSession& helper, std::int64_t server, RunningProgram& client)
{
    std::vector<Pair> pairs;
    for (int i = 0; i < pairsAStart && client.running(); ++i) {
        Pair pair;
        if (i % 2 == 0) {
            pair.without = look(helper, server);
        }
        const ObservedSession::Reply attached = helper.attach(server);
        if (!attached.ok()) {
            qWarning("%s", attached.text.c_str());
            return {};
        }
        pair.with = look(helper, server);
        if (!helper.detach(attached.target).ok()) {
            return {};
        }
        readFor(helper, 100); // links go in the background
        if (i % 2 != 0) {
            pair.without = look(helper, server);
        }
        pairs.push_back(pair);
        client.waitForEnd(1);
    }
    return pairs;
}

} // namespace

/// What a real server loses while it is observed: attached and not, turn by turn within one load, over
/// several starts of the server, as one start may differ from the next by more than the turns of one do.
/// PRISM_AB_STARTS sets how many.
class TestSlower : public QObject {
    Q_OBJECT

private:
    QString m_program;

    /// Of one start; nothing when it could not be measured.
    void measure(const Places& places, Ratios* ratios, double* rate)
    {
        RunningServer server;
        {
            const OnCpus cpus(places.server);
            server = startLlama(8);
        }
        QVERIFY(server);
        const OnCpus cpus(places.others);
        ObservedSession helper(m_program);
        RunningProgram client(clockedClient(), clientArguments(server.port));
        readFor(helper, 500);
        const std::vector<Pair> pairs = lookInTurns(helper, server.pid(), client);
        QCOMPARE(pairs.size(), static_cast<std::size_t>(pairsAStart));
        std::vector<std::int64_t> stamps;
        for (const TimedExchange& exchange : readLoad(client.waitForEnd(120'000)).exchanges) {
            stamps.insert(stamps.end(), exchange.eventNs.begin(), exchange.eventNs.end());
        }
        std::sort(stamps.begin(), stamps.end());
        for (const auto& [without, with] : pairs) {
            QVERIFY2(
                !stamps.empty() && with.window.toNs < stamps.back() && without.window.toNs < stamps.back(),
                "the load ended before the last window");
            const double base = rateIn(without.window, stamps);
            const double observed = rateIn(with.window, stamps);
            QVERIFY(base > 0 && observed > 0);
            *rate += base / pairsAStart;
            ratios->speed.push_back(observed / base);
            ratios->cpu.push_back((with.cpuNs / with.window.seconds() / observed)
                / (without.cpuNs / without.window.seconds() / base));
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        if (const QString why = missingLlama(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        m_program = ObservedSession::releaseProgram();
        if (m_program.isEmpty()) {
            QSKIP(needsRelease);
        }
    }

    void realServerIsNotSlower_data()
    {
        QTest::addColumn<bool>("apart");
        QTest::newRow("all on the same CPUs") << false;
        QTest::newRow("helper and client on a CPU of their own") << true;
    }

    void realServerIsNotSlower()
    {
        QFETCH(bool, apart);
        if (apart && ::sysconf(_SC_NPROCESSORS_ONLN) < 2) {
            QSKIP("not measured: this machine has one CPU");
        }
        const int starts = std::max(1, qEnvironmentVariableIntValue("PRISM_AB_STARTS"));
        const Places places = placesOf(apart);
        std::vector<double> speeds;
        std::vector<double> cpus;
        double rate = 0;
        for (int i = 0; i < starts; ++i) {
            Ratios ratios;
            measure(places, &ratios, &rate);
            if (QTest::currentTestFailed()) {
                return;
            }
            speeds.push_back(medianOf(ratios.speed));
            cpus.push_back(medianOf(ratios.cpu));
            qInfo("start %d: %+.2f %% tokens a second, %+.2f %% CPU a token", i + 1,
                100 * (speeds.back() - 1), 100 * (cpus.back() - 1));
        }
        const Change speed = changeOf(speeds);
        const Change cpu = changeOf(cpus);
        qInfo("%d starts of %d pairs at %.0f tokens/s: attached %+.2f %% tokens a second (%+.2f … %+.2f %%), "
              "%+.2f %% "
              "CPU of the server a token (%+.2f … %+.2f %%); medians over the starts",
            starts, pairsAStart, rate / starts, speed.median, speed.low, speed.high, cpu.median, cpu.low,
            cpu.high);
        if (!goalsAreAsserted()) {
            QSKIP(notAsserted);
        }
        QVERIFY2(starts >= 6, "an interval of 95 % takes six starts: set PRISM_AB_STARTS");
        QVERIFY2(speed.high > -1, "observing slows the server by more than 1 %");
        QVERIFY2(cpu.low < 1, "observing takes more than 1 % of the server's CPU time");
    }
};

QTEST_GUILESS_MAIN(TestSlower)
#include "tst_slower.moc"
