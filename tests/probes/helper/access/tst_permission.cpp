// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/limits.h"
#include "probes/helper/access/permission.h"
#include "tests/support/staged_process.h"

#include <QtTest>

#include <sys/socket.h>

using namespace prism::probes;
using prism::test::becomeUser;
using prism::test::someUser;
using prism::test::StagedProcess;

namespace {

TargetProcess hold(pid_t pid)
{
    std::string why;
    auto target = TargetProcess::open(pid, std::nullopt, why);
    if (!target) {
        qFatal("%s", why.c_str());
    }
    return std::move(*target);
}

Peer peerOf(const StagedProcess& process, uid_t uid)
{
    const TargetProcess held = hold(process.pid());
    return { uid, held.pid(), held.startTicks() };
}

/// Without a bus polkit cannot be asked: what the owner's way does not open stays closed.
Decision decide(const Peer& peer, const TargetProcess& target)
{
    AttachPermission permission(peer, target);
    auto decision = permission.take();
    if (!decision) {
        qFatal("no decision at once");
    }
    return *decision;
}

void asUser(const std::function<void()>& ready)
{
    if (becomeUser(someUser)) {
        ready();
    }
}

} // namespace

class TestPermission : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        setAccessLog([this](const std::string& line) { m_log.push_back(line); });
    }
    void init() { m_log.clear(); }

    void ownProcessesAreAllowed()
    {
        const StagedProcess other([](const auto& ready) { ready(); });
        const TargetProcess target = hold(other.pid());
        const Peer self { ::getuid(), ::getpid(), hold(::getpid()).startTicks() };
        QVERIFY(decide(self, target).allowed);
        QCOMPARE(m_log.size(), 1U);
        QVERIFY(m_log[0].find("attach allowed") == 0);
        QVERIFY(m_log[0].find("process " + std::to_string(other.pid())) != std::string::npos);
    }

    void theOwnerIsAllowed()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: processes of another user are started");
        }
        const StagedProcess one(asUser);
        const StagedProcess two(asUser);
        QVERIFY(decide(peerOf(one, someUser), hold(two.pid())).allowed);
    }

    void anothersProcessIsRefusedWithASentence()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: processes of another user are started");
        }
        const StagedProcess caller(asUser);
        const StagedProcess target([](const auto& ready) { ready(); });
        const Decision decision = decide(peerOf(caller, someUser), hold(target.pid()));
        QVERIFY(!decision.allowed);
        QVERIFY2(decision.text.find("it belongs to root, and you are nobody") != std::string::npos,
            decision.text.c_str());
        QVERIFY2(decision.text.find("Polkit could not be asked") != std::string::npos, decision.text.c_str());
        QCOMPARE(decision.text.back(), '.');
        QVERIFY(m_log.at(0).find("attach refused") == 0);
    }

    void aProcessThatCanBecomeAnotherUserIsNotOnesOwn()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: a process with several users is started");
        }
        const StagedProcess caller(asUser);
        const StagedProcess target([](const auto& ready) {
            if (::setresuid(someUser, someUser, 0) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0) {
                ready();
            }
        });
        const Decision decision = decide(peerOf(caller, someUser), hold(target.pid()));
        QVERIFY(!decision.allowed);
        QVERIFY2(decision.text.find("has changed its user") != std::string::npos, decision.text.c_str());
    }

    void aProtectedProcessIsNotOnesOwn()
    {
        if (::geteuid() != 0) {
            QSKIP("needs root: processes of another user are started");
        }
        const StagedProcess caller(asUser);
        const StagedProcess target([](const auto& ready) {
            if (becomeUser(someUser) && ::prctl(PR_SET_DUMPABLE, 0) == 0) {
                ready();
            }
        });
        const Decision decision = decide(peerOf(caller, someUser), hold(target.pid()));
        QVERIFY(!decision.allowed);
        QVERIFY2(decision.text.find("not dumpable") != std::string::npos, decision.text.c_str());
    }

    void userNamespacesOpenInwardsOnly()
    {
        const auto inside = [](const auto& ready) {
            if ((::geteuid() != 0 || becomeUser(someUser)) && ::unshare(CLONE_NEWUSER) == 0
                && ::prctl(PR_SET_DUMPABLE, 1) == 0) {
                ready();
            }
        };
        const StagedProcess inner(inside);
        if (!inner.staged()) {
            QSKIP("this machine lets no user make a user namespace");
        }
        const uid_t uid = ::geteuid() == 0 ? someUser : ::getuid();
        const StagedProcess outer([](const auto& ready) {
            if (::geteuid() != 0 || becomeUser(someUser)) {
                ready();
            }
        });
        const Decision outwards = decide(peerOf(inner, uid), hold(outer.pid()));
        QVERIFY(!outwards.allowed);
        QVERIFY2(outwards.text.find("user namespace") != std::string::npos, outwards.text.c_str());
        const Decision inwards = decide(peerOf(outer, uid), hold(inner.pid()));
        QVERIFY2(inwards.allowed, inwards.text.c_str());
    }

    void aNumberUsedAgainIsAnotherProcess()
    {
        StagedProcess process([](const auto& ready) { ready(); });
        const TargetProcess target = hold(process.pid());
        std::string why;
        QVERIFY(!TargetProcess::open(process.pid(), target.startTicks() - 1, why));
        QVERIFY2(why.find("another one has it now") != std::string::npos, why.c_str());
        QVERIFY(TargetProcess::open(process.pid(), target.startTicks(), why));

        QVERIFY(target.stillThere());
        const pid_t pid = process.pid();
        process.end();
        QVERIFY(!target.stillThere());
        QVERIFY(!target.uids());
        QVERIFY(!target.dumpable());
        QVERIFY(!TargetProcess::open(pid, std::nullopt, why));
        QCOMPARE(why, "There is no process " + std::to_string(pid));
        QVERIFY(!decide({ ::getuid(), ::getpid(), 1 }, target).allowed);
    }

    void thePeerIsWhoConnected()
    {
        int pair[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        const auto peer = peerOfSocket(pair[0]);
        QVERIFY(peer);
        QCOMPARE(peer->uid, ::getuid());
        QCOMPARE(peer->pid, ::getpid());
        QCOMPARE(peer->startTicks, hold(::getpid()).startTicks());
        ::close(pair[0]);
        ::close(pair[1]);
    }

    void pkexecNamesItsCallerToRootOnly()
    {
        qputenv("PKEXEC_UID", "4242");
        const Peer peer = peerOfStdio();
        qunsetenv("PKEXEC_UID");
        QCOMPARE(peer.uid, ::getuid() == 0 ? 4242U : ::getuid());
        QCOMPARE(peerOfStdio().uid, ::getuid());
        if (::getuid() == 0) {
            qputenv("PKEXEC_UID", "0x0");
            QCOMPARE(peerOfStdio().uid, static_cast<uid_t>(-1));
            qunsetenv("PKEXEC_UID");
        }
    }

    void clientsAreLimited()
    {
        ClientLimits limits;
        std::uint64_t now = 1'000'000'000;
        for (std::uint64_t i = 0; i < ClientLimits::burst; ++i) {
            QVERIFY(limits.mayAsk(now));
        }
        QVERIFY(!limits.mayAsk(now));
        now += 1'000'000'000;
        std::uint64_t allowed = 0;
        while (limits.mayAsk(now)) {
            ++allowed;
        }
        QCOMPARE(allowed, ClientLimits::questionsPerSecond);
        QVERIFY(!limits.mayAsk(now - 500'000'000));
        QVERIFY(limits.mayAttach(63));
        QVERIFY(!limits.mayAttach(64));
    }

private:
    std::vector<std::string> m_log;
};

QTEST_GUILESS_MAIN(TestPermission)
#include "tst_permission.moc"
