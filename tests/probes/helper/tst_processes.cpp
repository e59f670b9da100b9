// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observation.h"

#include <QtTest>

#include <algorithm>
#include <fstream>
#include <thread>

using namespace prism;
using namespace prism::test;

namespace {

/// Accepts one connection and answers each byte with one.
void echo(const Listener& listener)
{
    const int connection = accept(listener.fd, nullptr, nullptr);
    char byte = 0;
    while (read(connection, &byte, 1) == 1 && write(connection, &byte, 1) == 1) { }
}

bool says(int connection)
{
    char byte = 'x';
    return write(connection, &byte, 1) == 1 && recv(connection, &byte, 1, MSG_WAITALL) == 1;
}

std::vector<int> kinds(const std::vector<prism_process>& processes)
{
    std::vector<int> found;
    for (const prism_process& one : processes) {
        found.push_back(one.event.kind);
    }
    return found;
}

/// Has the kernel give out this number next; others may be quicker.
void wishPid(pid_t pid)
{
    std::ofstream("/proc/sys/kernel/ns_last_pid") << pid - 1;
}

} // namespace

class TestProcesses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    /// A worker that is forked later is observed from its first call, also what it executes; and its end
    /// told.
    void childrenAreFollowed()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            const pid_t worker = fork();
            if (worker == 0) {
                echo(listener);
                execl("/bin/sh", "sh", "-c", "exit 3", nullptr);
            }
            waitpid(worker, nullptr, 0);
            Rope::pull(rope.theirs);
            Rope::awaitPull(rope.theirs);
            _exit(5);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        Rope::pull(rope.ours);
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        close(client);
        Rope::awaitPull(rope.ours);
        Rope::pull(rope.ours);
        QVERIFY(observed.waitFor([&] { return observed.processes.size() == 4; }));
        QCOMPARE(kinds(observed.processes),
            (std::vector<int> { PRISM_FORKED, PRISM_EXECUTED, PRISM_EXITED, PRISM_EXITED }));
        const prism_process& forked = observed.processes[0];
        QCOMPARE(forked.other, std::uint32_t(target.pid()));
        QVERIFY(forked.event.tgid != std::uint32_t(target.pid()));
        QCOMPARE(std::string(observed.processes[1].name), std::string("sh"));
        QCOMPARE(WEXITSTATUS(int(observed.processes[2].status)), 3);
        QCOMPARE(observed.processes[2].event.tgid, forked.event.tgid);
        QCOMPARE(WEXITSTATUS(int(observed.processes[3].status)), 5);
        QVERIFY(observed.finish(1));
        QCOMPARE(observed.calls.size(), std::size_t(3)); // read, write, the peer's end
        for (const SeenCall& call : observed.calls) {
            QCOMPARE(call.io.event.tgid, forked.event.tgid);
        }
        QVERIFY(observed.tracer().programs()->observed(1).empty());
        close(listener.fd);
    }

    void childrenAreLeftOutWhenAsked()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            const pid_t worker = fork();
            if (worker == 0) {
                echo(listener);
                _exit(0);
            }
            waitpid(worker, nullptr, 0);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid(), false)), QString());
        Rope::pull(rope.ours);
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        close(client);
        target.wait();
        QVERIFY(observed.finish(1));
        QVERIFY(observed.calls.empty());
        QCOMPARE(kinds(observed.processes), (std::vector<int> { PRISM_EXITED }));
        close(listener.fd);
    }

    /// Children that were there at the attach, and theirs.
    void theFamilyOfBeforeIsFound()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (fork() == 0) {
                    prctl(PR_SET_PDEATHSIG, SIGKILL);
                    Rope::pull(rope.theirs);
                    echo(listener);
                    _exit(0);
                }
                pause();
            }
            pause();
        });
        Rope::awaitPull(rope.ours);
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        QCOMPARE(observed.tracer().programs()->observed(1).size(), std::size_t(3));
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        QVERIFY(observed.waitFor([&] { return observed.calls.size() == 2; }));
        close(client);
        close(listener.fd);
    }

    /// Who becomes another user was not allowed as that one: nothing more is seen, and it is told.
    void anotherUserIsNotObserved()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            (void)!setresuid(65534, 65534, 65534);
            echo(listener);
            Rope::pull(rope.theirs);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        Rope::pull(rope.ours);
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        close(client);
        Rope::awaitPull(rope.ours);
        QVERIFY(observed.waitFor([&] { return !observed.processes.empty(); }));
        QCOMPARE(int(observed.processes.front().event.kind), int(PRISM_UID_CHANGED));
        QCOMPARE(observed.processes.front().uid, std::uint32_t(65534));
        QVERIFY(observed.finish(1));
        QVERIFY(observed.calls.empty());
        close(listener.fd);
    }

    /// Another process with the number of one that ended is not taken for it.
    void aReusedNumberIsAnotherProcess()
    {
        Observation observed;
        pid_t number = 0;
        {
            Rope rope;
            ForkedTarget target([&] { Rope::awaitPull(rope.theirs); });
            QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
            number = target.pid();
            Rope::pull(rope.ours);
            target.wait();
        }
        QVERIFY(observed.waitFor([&] { return observed.processes.size() == 1; }));
        const Listener listener = Listener::open();
        std::optional<ForkedTarget> stranger;
        for (int attempt = 0; attempt < 200 && (!stranger || stranger->pid() != number); ++attempt) {
            wishPid(number);
            stranger.emplace([&] { echo(listener); });
        }
        if (stranger->pid() != number) {
            QSKIP("others took the process number each time");
        }
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        QVERIFY(observed.finish(1));
        QVERIFY(observed.calls.empty() && observed.packets.empty());
        close(client);
        close(listener.fd);
    }

    /// Turns for which the queue has no room are counted, none else is missing.
    void turnsThatDoNotFitAreCounted()
    {
        Rope rope;
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            for (int i = 0; i < 500; ++i) {
                const timespec nap { 0, 100'000 };
                nanosleep(&nap, nullptr);
            }
            Rope::pull(rope.theirs);
            Rope::awaitPull(rope.theirs);
        });
        probes::ProgramSettings settings;
        settings.turnSlots = 4;
        Observation observed(settings);
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        Rope::pull(rope.ours);
        QVERIFY(Rope::awaitPull(rope.ours)); // nobody reads meanwhile
        QVERIFY(observed.finish(1));
        prism_count sum {};
        const probes::ProgramCounts counts = observed.tracer().counts(1);
        for (const prism_count& cpu : counts[PRISM_ON_SCHEDULER]) {
            QCOMPARE(cpu.attempted, cpu.emitted + cpu.dropped);
            sum.attempted += cpu.attempted;
            sum.emitted += cpu.emitted;
            sum.dropped += cpu.dropped;
        }
        QVERIFY(sum.attempted >= 400); // on a busy machine a nap may be over before the thread leaves its CPU
        QVERIFY(sum.dropped > 0);
        QCOMPARE(std::uint64_t(observed.turns.size()), std::uint64_t(sum.emitted));
        Rope::pull(rope.ours);
    }

    /// Together too dear: the scheduler's programs go, the others stay; they come back when they may, or with
    /// the next attach.
    void theSchedulerCanBeLeftOut()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] { echo(listener); });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        const int client = connectTo(listener.port);
        QVERIFY(says(client));
        QVERIFY(observed.waitFor([&] { return !observed.turns.empty(); }));
        QVERIFY(observed.tracer().leaveSchedulerOut());
        QVERIFY(!observed.tracer().leaveSchedulerOut());
        QVERIFY(observed.waitFor([&] { return !observed.background().busy(); }));
        observed.collect();
        const std::size_t turns = observed.turns.size();
        const std::size_t calls = observed.calls.size();
        QVERIFY(says(client));
        QVERIFY(observed.waitFor([&] { return observed.calls.size() >= calls + 2; }));
        QCOMPARE(observed.turns.size(), turns);
        for (const probes::Program& program : observed.tracer().programs()->list()) {
            // An iterator is run, not attached, and this target is no engine; packets are met when one is
            // late.
            const bool elsewhere = program.name == "walk_files" || program.name == "on_engine_sent";
            if (program.name != "on_packet_out") {
                QCOMPARE(program.attached, !program.scheduler && !elsewhere);
            }
        }
        QVERIFY(observed.tracer().takeSchedulerBack());
        QVERIFY(!observed.tracer().takeSchedulerBack());
        QVERIFY(says(client));
        QVERIFY(observed.waitFor([&] { return observed.turns.size() > turns; }));
        QVERIFY(observed.tracer().leaveSchedulerOut());
        QVERIFY(observed.finish(1));
        observed.tracer().release(1);
        QVERIFY(observed.waitFor([&] { return !observed.background().busy(); }));
        observed.collect();
        const std::size_t before = observed.turns.size();
        QCOMPARE(QString::fromStdString(observed.begin(2, target.pid())), QString());
        QVERIFY(says(client));
        QVERIFY(observed.waitFor([&] { return observed.turns.size() > before; }));
        close(client);
        close(listener.fd);
    }

    /// One turn: asleep until it is woken, then running. Spans of one thread do not overlap.
    void turnsOfThreadsAreTold()
    {
        Rope rope;
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            std::thread other([&] {
                prctl(PR_SET_NAME, "sleeper");
                for (int i = 0; i < 50; ++i) {
                    const timespec nap { 0, 1'000'000 };
                    nanosleep(&nap, nullptr);
                }
            });
            other.join();
            Rope::pull(rope.theirs);
            Rope::awaitPull(rope.theirs);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        Rope::pull(rope.ours);
        QVERIFY(Rope::awaitPull(rope.ours));
        QVERIFY(observed.finish(1));
        std::size_t naps = 0;
        std::map<std::uint32_t, std::uint64_t> last;
        for (const probes::ThreadTurn& turn : observed.turns) {
            QCOMPARE(turn.tgid, std::uint32_t(target.pid()));
            const std::uint64_t first
                = turn.blockedNs != 0 ? turn.blockedNs : std::max<std::uint64_t>(turn.runnableNs, 1);
            if (turn.runnableNs != 0) {
                QVERIFY(first <= turn.runnableNs);
                QVERIFY(last[turn.tid] <= first);
                QVERIFY2(turn.runningNs == 0 || turn.runnableNs <= turn.runningNs,
                    qPrintable(
                        QStringLiteral("thread %1 on CPU %2: blocked %3, runnable %4, running %5, left %6")
                            .arg(turn.tid)
                            .arg(turn.cpu)
                            .arg(turn.blockedNs)
                            .arg(turn.runnableNs)
                            .arg(turn.runningNs)
                            .arg(turn.endNs)));
            }
            QVERIFY(turn.runningNs <= turn.endNs);
            last[turn.tid] = turn.endNs;
            const bool nap = turn.tid != std::uint32_t(target.pid()) && turn.blockedNs != 0;
            naps += nap && turn.runnableNs - turn.blockedNs >= 900'000 ? 1 : 0;
        }
        // Not the first, which may have begun before the attach.
        QVERIFY2(naps >= 40, qPrintable(QString::number(naps)));
        Rope::pull(rope.ours);
    }
};

QTEST_GUILESS_MAIN(TestProcesses)
#include "tst_processes.moc"
