// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace prism;
using namespace prism::test;

namespace {

std::ptrdiff_t told(const ProbedClient& client, wire::ProbeState state)
{
    const auto states = client.all<wire::State>();
    return std::count_if(states.begin(), states.end(), [&](const auto& one) {
        return one.second.state == std::uint16_t(state) && client.textOf(one.second.name) == "target";
    });
}

std::vector<wire::Process> told(const ProbedClient& client, wire::ProcessChange change)
{
    std::vector<wire::Process> found;
    for (const auto& [header, process] : client.all<wire::Process>()) {
        if (process.change == std::uint16_t(change)) {
            found.push_back(process);
        }
    }
    return found;
}

/// A helper and two clients of it that watch the same server.
class TwoClients {
public:
    explicit TwoClients(pid_t server, std::uint32_t tiers = 3)
    {
        for (auto& client : m_clients) {
            client = std::make_unique<ProbedClient>(ProbedClient::connectTo(m_path));
            const auto attached = client->attach(server, tiers);
            m_attached = m_attached && attached && attached->status() == wire::Status::Ok;
        }
    }

    bool attached() const { return m_attached; }
    RunningHelper& helper() { return m_helper; }
    ProbedClient& one() { return *m_clients[0]; }
    ProbedClient& other() { return *m_clients[1]; }

    /// Both are read meanwhile.
    bool waitFor(const std::function<bool(const ProbedClient&)>& done)
    {
        return one().waitFor([&] {
            other().readArrived();
            return done(one()) && done(other());
        });
    }
    /// What would be told a second time has come by then: the helper looks once a second.
    bool waitForMore()
    {
        const std::size_t first = one().count<wire::ClockSync>();
        const std::size_t second = other().count<wire::ClockSync>();
        return waitFor([&](const ProbedClient& client) {
            return client.count<wire::ClockSync>() >= (&client == &one() ? first : second) + 2;
        });
    }

private:
    QTemporaryDir m_folder;
    std::string m_path = m_folder.filePath(QStringLiteral("socket")).toStdString();
    RunningHelper m_helper { { "--socket", m_path } };
    std::unique_ptr<ProbedClient> m_clients[2];
    bool m_attached = true;
};

} // namespace

/// A server that ends, stands still, or becomes something else while it is watched: each of those who watch
/// is told once.
class TestChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void theEndIsToldOnceToEach_data()
    {
        QTest::addColumn<unsigned>("tiers");
        QTest::newRow("with kernel programs") << 3U;
        QTest::newRow("without") << 1U;
    }
    void theEndIsToldOnceToEach()
    {
        QFETCH(const unsigned, tiers);
        Rope rope;
        ForkedTarget server([&] { Rope::awaitPull(rope.theirs); });
        TwoClients both(server.pid(), tiers);
        QVERIFY(both.attached());
        kill(server.pid(), SIGTERM);
        server.wait();
        const auto gone = [](const ProbedClient& client) { return told(client, wire::ProbeState::Gone) > 0; };
        QVERIFY(both.waitFor(gone));
        QVERIFY(both.waitForMore());
        for (const ProbedClient* client : { &both.one(), &both.other() }) {
            QCOMPARE(told(*client, wire::ProbeState::Gone), 1);
            const auto ends = told(*client, wire::ProcessChange::Exited);
            QCOMPARE(ends.size(), std::size_t(1));
            QVERIFY(tiers == 1 || WTERMSIG(int(ends.front().exitCode)) == SIGTERM);
        }
        QVERIFY(eventually([&] { return both.helper().descriptors()["bpf_link"] == 0; }));
    }

    /// The parser, whose word the end waits for, dies at the same time.
    void theEndIsToldOnceThoughTheParserDies()
    {
        Rope rope;
        ForkedTarget server([&] { Rope::awaitPull(rope.theirs); });
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        const auto family = probes::familyOf(std::uint32_t(both.helper().pid()));
        QCOMPARE(family.size(), std::size_t(2)); // itself and the parser
        kill(pid_t(family[1]), SIGKILL);
        kill(server.pid(), SIGTERM);
        server.wait();
        QVERIFY(both.waitFor(
            [](const ProbedClient& client) { return told(client, wire::ProbeState::Gone) > 0; }));
        QVERIFY(both.waitForMore());
        QCOMPARE(told(both.one(), wire::ProbeState::Gone), 1);
        QCOMPARE(told(both.other(), wire::ProbeState::Gone), 1);
    }

    /// Nobody has waited for a child that ended before the attach: it is no process that keeps the server.
    void aDeadChildOfBeforeKeepsNobody()
    {
        Rope rope;
        ForkedTarget server([&] {
            if (fork() == 0) {
                _exit(3);
            }
            siginfo_t info {};
            waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
            Rope::pull(rope.theirs);
            Rope::awaitPull(rope.theirs);
        });
        QVERIFY(Rope::awaitPull(rope.ours));
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        kill(server.pid(), SIGTERM);
        server.wait();
        QVERIFY(both.waitFor(
            [](const ProbedClient& client) { return told(client, wire::ProbeState::Gone) > 0; }));
        QVERIFY(both.waitForMore());
        QCOMPARE(told(both.one(), wire::ProbeState::Gone), 1);
        QCOMPARE(told(both.other(), wire::ProbeState::Gone), 1);
    }

    /// One detaches while the server ends: it is answered, and the one who stays is told once.
    void whoDetachesMeanwhileIsAnswered()
    {
        Rope rope;
        ForkedTarget server([&] { Rope::awaitPull(rope.theirs); });
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        kill(server.pid(), SIGTERM);
        const auto detached = both.one().detach(1);
        QVERIFY(detached);
        QCOMPARE(int(detached->status()), int(wire::Status::Ok));
        server.wait();
        QVERIFY(both.other().waitFor([&] {
            both.one().readArrived();
            return told(both.other(), wire::ProbeState::Gone) > 0;
        }));
        QVERIFY(both.waitForMore());
        QVERIFY(told(both.one(), wire::ProbeState::Gone) <= 1);
        QCOMPARE(told(both.other(), wire::ProbeState::Gone), 1);
    }

    void stoppingAndGoingOnAreToldOnce()
    {
        Rope rope;
        ForkedTarget server([&] { Rope::awaitPull(rope.theirs); });
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        const auto pairs = { std::pair { SIGSTOP, wire::ProcessChange::Stopped },
            std::pair { SIGCONT, wire::ProcessChange::Continued } };
        for (const auto& [signal, change] : pairs) {
            kill(server.pid(), signal);
            QVERIFY(both.waitFor(
                [&, wanted = change](const ProbedClient& client) { return !told(client, wanted).empty(); }));
        }
        QVERIFY(both.waitForMore());
        for (const ProbedClient* client : { &both.one(), &both.other() }) {
            QCOMPARE(told(*client, wire::ProcessChange::Stopped).size(), std::size_t(1));
            QCOMPARE(told(*client, wire::ProcessChange::Continued).size(), std::size_t(1));
            QCOMPARE(told(*client, wire::ProbeState::Gone), 0);
        }
    }

    /// The same process with another program stays observed.
    void anotherProgramIsToldOnce()
    {
        Rope rope;
        ForkedTarget server([&] {
            Rope::awaitPull(rope.theirs);
            execl("/bin/sleep", "sleep", "1000", nullptr);
        });
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        Rope::pull(rope.ours);
        QVERIFY(both.waitFor(
            [](const ProbedClient& client) { return !told(client, wire::ProcessChange::Executed).empty(); }));
        QVERIFY(both.waitForMore());
        for (const ProbedClient* client : { &both.one(), &both.other() }) {
            const auto changes = told(*client, wire::ProcessChange::Executed);
            QCOMPARE(changes.size(), std::size_t(1));
            QCOMPARE(std::string(changes.front().name), std::string("sleep"));
            QCOMPARE(told(*client, wire::ProbeState::Gone), 0);
        }
    }

    /// A server lives as long as one of its processes: its first one may end before its workers.
    void aServerLivesAsLongAsOneOfItsProcesses()
    {
        Rope first;
        Rope second;
        ForkedTarget server([&] {
            Rope::awaitPull(first.theirs);
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, 0);
                Rope::pull(second.theirs);
                Rope::awaitPull(second.theirs);
                _exit(7);
            }
            Rope::awaitPull(first.theirs);
        });
        TwoClients both(server.pid());
        QVERIFY(both.attached());
        Rope::pull(first.ours);
        QVERIFY(Rope::awaitPull(second.ours));
        QVERIFY(both.waitFor(
            [](const ProbedClient& client) { return !told(client, wire::ProcessChange::Forked).empty(); }));
        Rope::pull(first.ours);
        server.wait();
        const auto ends
            = [](const ProbedClient& client) { return told(client, wire::ProcessChange::Exited).size(); };
        QVERIFY(both.waitFor([&](const ProbedClient& client) { return ends(client) == 1; }));
        QVERIFY(both.waitForMore());
        QCOMPARE(told(both.one(), wire::ProbeState::Gone), 0);
        Rope::pull(second.ours);
        QVERIFY(both.waitFor(
            [](const ProbedClient& client) { return told(client, wire::ProbeState::Gone) > 0; }));
        QVERIFY(both.waitForMore());
        for (const ProbedClient* client : { &both.one(), &both.other() }) {
            QCOMPARE(told(*client, wire::ProcessChange::Forked).size(), std::size_t(1));
            QCOMPARE(ends(*client), std::size_t(2));
            QCOMPARE(WEXITSTATUS(int(told(*client, wire::ProcessChange::Exited).back().exitCode)), 7);
            QCOMPARE(told(*client, wire::ProbeState::Gone), 1);
        }
    }

    /// Its threads meet the change at the same time, in several programs.
    void anotherUserIsToldOnceThoughManyThreadsMeetIt()
    {
        constexpr int threads = 8;
        constexpr int rounds = 10;
        for (int round = 0; round < rounds; ++round) {
            Rope rope;
            const Listener listener = Listener::open();
            ForkedTarget server([&] {
                for (int i = 0; i < threads; ++i) {
                    std::thread([&] {
                        const int connection = accept(listener.fd, nullptr, nullptr);
                        char room[16];
                        while (read(connection, room, sizeof room) > 0) {
                            (void)!write(connection, "ok", 2);
                        }
                    }).detach();
                }
                Rope::awaitPull(rope.theirs);
                (void)!setresuid(65534, 65534, 65534);
                Rope::pull(rope.theirs);
                Rope::awaitPull(rope.theirs);
            });
            Observation observed;
            QCOMPARE(QString::fromStdString(observed.begin(1, server.pid())), QString());
            std::vector<std::thread> clients;
            std::atomic<bool> stop = false;
            for (int i = 0; i < threads; ++i) {
                clients.emplace_back([&] {
                    const int connection = connectTo(listener.port);
                    char room[16];
                    while (!stop && write(connection, "x", 1) == 1
                        && read(connection, room, sizeof room) > 0) { }
                    close(connection);
                });
            }
            QVERIFY(observed.waitFor([&] { return observed.calls.size() > 100; }));
            Rope::pull(rope.ours);
            QVERIFY(Rope::awaitPull(rope.ours));
            QVERIFY(observed.waitFor([&] { return !observed.processes.empty(); }));
            stop = true;
            for (std::thread& client : clients) {
                client.join();
            }
            QVERIFY(observed.finish(1));
            const auto changes = std::count_if(observed.processes.begin(), observed.processes.end(),
                [](const prism_process& one) { return one.event.kind == PRISM_UID_CHANGED; });
            QCOMPARE(changes, 1);
            Rope::pull(rope.ours);
            close(listener.fd);
        }
    }
};

QTEST_GUILESS_MAIN(TestChanges)
#include "tst_changes.moc"
