// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

namespace {

/// A process that does nothing, and its child, which serves: a router that starts its server, say.
class ServerWithParent {
public:
    ServerWithParent()
        : m_parent([this] {
            if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                Rope::pull(m_rope.theirs);
                serveThrowing(m_listener, m_shared);
            }
            Rope::awaitPull(m_rope.theirs);
        })
    {
        Rope::awaitPull(m_rope.ours);
    }

    pid_t parent() const { return m_parent.pid(); }
    pid_t child() const { return pid_t(probes::familyOf(std::uint32_t(parent())).at(1)); }

private:
    Rope m_rope;
    const Listener m_listener = Listener::open();
    Shared* const m_shared = Shared::make();
    ForkedTarget m_parent;
    const ForkedTarget m_load { [this] { askForever(m_listener.port, m_shared); } };
};

std::size_t requestsOf(const ProbedClient& client, const ProbedClient::Answer& attached)
{
    const auto ends = client.all<wire::HttpEnd>();
    return std::size_t(std::count_if(ends.begin(), ends.end(),
        [&](const auto& one) { return one.first.target == attached.number(wire::AttachKey::Target); }));
}

/// In records from `from` on.
bool hearsWhatIsLeftOut(
    const ProbedClient& client, const ProbedClient::Answer& attached, pid_t pid, std::size_t from = 0)
{
    return std::any_of(client.records.begin() + std::ptrdiff_t(from), client.records.end(),
        [&](const ProbedClient::Kept& record) {
            const auto state = record.as<wire::State>();
            return state && record.header.target == attached.number(wire::AttachKey::Target)
                && state->state == std::uint16_t(wire::ProbeState::Ignored)
                && client.textOf(state->name) == "process " + std::to_string(pid)
                && client.textOf(state->hint).find("left out here") != std::string::npos;
        });
}

} // namespace

/// Kernel programs know one target for each process: of two that overlap, the one that was there first.
class TestFamilies : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    /// A server and what started it can be attached together: each request is told once.
    void aParentDoesNotTakeItsChildAway()
    {
        const ServerWithParent server;
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto child = client.attach(server.child());
        QVERIFY(child && child->status() == wire::Status::Ok);
        const auto parent = client.attach(server.parent());
        QVERIFY(parent && parent->status() == wire::Status::Ok);
        const std::size_t before = requestsOf(client, *child);
        QVERIFY(client.waitFor([&] { return requestsOf(client, *child) > before + 100; }));
        QCOMPARE(requestsOf(client, *parent), std::size_t(0));
        // Who watches the parent alone hears that something is left out.
        QVERIFY(hearsWhatIsLeftOut(client, *parent, server.child()));
        // It stays so when nobody watches the child any more.
        const auto left = client.detach(child->number(wire::AttachKey::Target));
        QVERIFY(left && left->status() == wire::Status::Ok);
        const std::size_t told = client.records.size();
        const auto again = client.attach(server.parent());
        QVERIFY(again && again->number(wire::AttachKey::Target) == parent->number(wire::AttachKey::Target));
        QVERIFY(client.waitFor([&] { return hearsWhatIsLeftOut(client, *parent, server.child(), told); }));
    }

    void aChildIsNotTakenFromItsParent()
    {
        const ServerWithParent server;
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto parent = client.attach(server.parent());
        QVERIFY(parent && parent->status() == wire::Status::Ok);
        const auto child = client.attach(server.child());
        QVERIFY(child);
        QCOMPARE(int(child->status()), int(wire::Status::Busy));
        const std::string why = child->texts.at(std::uint16_t(wire::AttachKey::Text));
        QVERIFY2(why.find("process " + std::to_string(server.parent())) != std::string::npos, why.c_str());
        const std::size_t before = requestsOf(client, *parent);
        QVERIFY(client.waitFor([&] { return requestsOf(client, *parent) > before + 100; }));
        // After a detach it is free.
        const auto left = client.detach(parent->number(wire::AttachKey::Target));
        QVERIFY(left && left->status() == wire::Status::Ok);
        const auto again = client.attach(server.child());
        QVERIFY(again && again->status() == wire::Status::Ok);
        QVERIFY(client.waitFor([&] { return requestsOf(client, *again) > 0; }));
    }

    void theSameProcessWithoutItsChildrenIsAnotherWish()
    {
        const ServerWithParent server;
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto all = client.attach(server.parent());
        QVERIFY(all && all->status() == wire::Status::Ok);
        wire::FieldWriter alone;
        alone.integer(wire::AttachKey::Pid, std::uint64_t(server.parent()))
            .integer(wire::AttachKey::Tiers, 3)
            .integer(wire::AttachKey::Family, 0);
        const auto answer = client.await(client.ask(wire::Verb::Attach, alone));
        QVERIFY(answer);
        QCOMPARE(int(answer->status()), int(wire::Status::Busy));
        const std::string why = answer->texts.at(std::uint16_t(wire::AttachKey::Text));
        QVERIFY2(why.find("together with its children") != std::string::npos, why.c_str());
    }
};

QTEST_GUILESS_MAIN(TestFamilies)
#include "tst_families.moc"
