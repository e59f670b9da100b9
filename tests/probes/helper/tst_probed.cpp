// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"
#include "tests/support/observation.h"
#include "tests/support/probed_client.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <cmath>
#include <linux/bpf.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>

using namespace prism;
using namespace prism::test;

namespace {

/// What targets and the test see of each other.
struct Shared {
    std::atomic<std::uint64_t> answered;
    std::atomic<std::uint64_t> failed;
    std::atomic<std::uint64_t> caught;
    std::atomic<std::uint64_t> longestGapNs;
    std::atomic<int> measure;
    std::atomic<int> stop;

    static Shared* make()
    {
        return static_cast<Shared*>(
            mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    }
};

[[noreturn]] void refuse(int depth)
{
    if (depth == 0) {
        throw std::runtime_error("every request is refused, deep down");
    }
    refuse(depth - 1);
}

/// A server of several threads that throws for each request and catches far up.
void serveThrowing(const Listener& listener, Shared* shared)
{
    while (true) {
        const int connection = accept(listener.fd, nullptr, nullptr);
        std::thread([connection, shared] {
            char room[256];
            while (read(connection, room, sizeof room) > 0) {
                try {
                    refuse(20);
                } catch (const std::runtime_error&) {
                    ++shared->caught;
                }
                const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                if (write(connection, answer, sizeof answer - 1) < 0) {
                    break;
                }
            }
            close(connection);
        }).detach();
    }
}

/// Asks again and again; counts answers and failures.
void askForever(std::uint16_t port, Shared* shared)
{
    while (true) {
        const int connection = connectTo(port);
        for (int i = 0; i < 20; ++i) {
            const char question[] = "GET / HTTP/1.1\r\nX-Request-Id: a\r\n\r\n";
            char room[256];
            const bool fine = connection >= 0 && write(connection, question, sizeof question - 1) > 0
                && read(connection, room, sizeof room) > 0;
            ++(fine ? shared->answered : shared->failed);
        }
        close(connection);
    }
}

bool linkExists(unsigned number)
{
    bpf_attr attributes {};
    attributes.link_id = number;
    const long fd = syscall(SYS_bpf, BPF_LINK_GET_FD_BY_ID, &attributes, sizeof attributes);
    if (fd >= 0) {
        close(int(fd));
    }
    return fd >= 0;
}

bool eventually(const std::function<bool()>& done)
{
    const std::uint64_t end = probes::nowNs() + 20'000'000'000U;
    while (!done()) {
        if (probes::nowNs() > end) {
            return false;
        }
        poll(nullptr, 0, 5);
    }
    return true;
}

bool exists(std::uint32_t pid)
{
    const auto process = probes::readProcess(pid);
    return process && process->state != 'Z';
}

} // namespace

class TestProbed : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void anAttachedServerIsToldOf()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto attached = client.attach(server.pid());
        QVERIFY(attached);
        QCOMPARE(int(attached->status()), int(wire::Status::Ok));
        QVERIFY(attached->number(wire::AttachKey::Programs) >= 8);
        ForkedTarget load([&] { askForever(listener.port, shared); });
        // Two rounds of samples, and connections.
        QVERIFY(client.waitFor(
            [&] { return client.count<wire::ClockSync>() >= 4 && !client.all<wire::Cost>().empty(); }));
        const auto detached = client.detach(attached->number(wire::AttachKey::Target));
        QVERIFY(detached);
        QCOMPARE(int(detached->status()), int(wire::Status::Ok));
        QVERIFY(client.wellFormed);

        const auto processes = client.all<wire::Process>();
        QCOMPARE(processes.front().second.pid, std::uint32_t(server.pid()));
        QCOMPARE(processes.front().second.change, std::uint16_t(wire::ProcessChange::Present));
        std::uint64_t emitted = 0;
        for (const auto& [header, loss] : client.all<wire::Loss>()) {
            QCOMPARE(loss.attempted, loss.emitted + loss.dropped);
            QVERIFY(header.target == attached->number(wire::AttachKey::Target));
            emitted += loss.final != 0 && client.textOf(loss.program) == "calls" ? loss.emitted : 0;
        }
        QVERIFY(emitted > 0);
        std::set<std::uint16_t> metrics;
        for (const auto& [header, sample] : client.all<wire::Sample>()) {
            metrics.insert(sample.metric);
            QVERIFY(sample.value >= 0);
        }
        for (const auto metric : { wire::SampleMetric::CpuCores, wire::SampleMetric::RunQueueWait,
                 wire::SampleMetric::ResidentBytes, wire::SampleMetric::HelperCores,
                 wire::SampleMetric::HelperBytes, wire::SampleMetric::ProbeCores }) {
            QVERIFY2(metrics.contains(std::uint16_t(metric)), qPrintable(QString::number(int(metric))));
        }
        QVERIFY(!client.all<wire::Sched>().empty());
        // Numbers of each source have no hole.
        std::map<std::uint8_t, std::uint32_t> next;
        for (const auto& record : client.records) {
            QCOMPARE(record.header.sequence, next[record.header.source]++);
        }
        helper.hangUp();
        QCOMPARE(helper.end(0), 0);
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
    }

    /// What probing may cost is each client's to say: the strictest counts, and each is told in its own
    /// words.
    void theSchedulerIsLeftOutAboveTheBudgetOfTheStrictest()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        QTemporaryDir folder;
        const std::string path = folder.filePath("probed").toStdString();
        RunningHelper helper({ "--socket", path });
        ProbedClient patient(ProbedClient::connectTo(path));
        const auto leftOut = [](const ProbedClient& client) {
            std::string hint;
            for (const auto& [header, state] : client.all<wire::State>()) {
                const bool costly = state.state == std::uint16_t(wire::ProbeState::Costly);
                hint = costly && client.textOf(state.name) == "on_switch" ? client.textOf(state.hint) : hint;
            }
            return hint;
        };
        constexpr double keep = probes::ProbeBudget::unlimited;
        for (const double none : { 0.0, -1.0, std::nan("") }) {
            const auto refused = patient.attach(server.pid(), 3, none);
            QVERIFY(refused);
            QCOMPARE(int(refused->status()), int(wire::Status::Invalid));
        }
        const auto attached = patient.attach(server.pid(), 3, keep);
        QVERIFY(attached && attached->status() == wire::Status::Ok);
        // Longer than what is too dear is borne.
        const auto seconds = [&] { return patient.count<wire::ClockSync>(); };
        QVERIFY(patient.waitFor([&] { return seconds() >= probes::ProbeBudget::patience + 4; }));
        QCOMPARE(leftOut(patient), std::string());
        const std::size_t spans = patient.count<wire::Sched>();
        QVERIFY(patient.waitFor([&] { return patient.count<wire::Sched>() > spans; }));

        ProbedClient strict(ProbedClient::connectTo(path));
        const auto second = strict.attach(server.pid(), 3, 1e-9);
        QVERIFY(second && second->status() == wire::Status::Ok);
        QVERIFY(strict.waitFor([&] {
            patient.readArrived();
            return !leftOut(strict).empty();
        }));
        QVERIFY(leftOut(strict).find("another client") == std::string::npos);
        QVERIFY(patient.waitFor([&] { return !leftOut(patient).empty(); }));
        QVERIFY(leftOut(patient).find("another client") != std::string::npos);
        QVERIFY(strict.detach(second->number(wire::AttachKey::Target)));
        // The one who is left allows it.
        const std::size_t before = patient.count<wire::Sched>();
        QVERIFY(patient.waitFor([&] { return patient.count<wire::Sched>() > before + 100; }));
        QVERIFY(patient.detach(attached->number(wire::AttachKey::Target)));

        ProbedClient later(ProbedClient::connectTo(path));
        const auto third = later.attach(server.pid(), 3, keep);
        QVERIFY(third && third->status() == wire::Status::Ok);
        QVERIFY(later.waitFor([&] { return !later.all<wire::Sched>().empty(); }));
        QCOMPARE(leftOut(later), std::string());
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
    }

    /// Attaching and detaching under load, again and again, leaves nothing behind and fails no request; a
    /// server whose every frame an exception crosses lives.
    void thirtyCyclesUnderLoadLeaveNothing()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        // A client may ask 20 questions a second, which a thousand cycles would exceed: it is told to wait.
        const auto patiently = [](const auto& question) {
            auto answer = question();
            while (answer && answer->status() == wire::Status::Busy) {
                answer = question();
            }
            return answer;
        };
        std::map<std::string, int> first;
        std::vector<std::uint64_t> detachNs;
        const int cycles = std::max(30, qEnvironmentVariableIntValue("PRISM_SOAK"));
        for (int cycle = 0; cycle < cycles; ++cycle) {
            const auto attached = patiently([&] { return client.attach(server.pid()); });
            QVERIFY(attached);
            QCOMPARE(int(attached->status()), int(wire::Status::Ok));
            QVERIFY(helper.descriptors()["bpf_link"] >= 8);
            const std::uint64_t before = shared->answered;
            QVERIFY(client.waitFor([&] { return shared->answered > before + 20; }));
            std::uint64_t begin = 0;
            const auto detached = patiently([&] {
                begin = probes::nowNs();
                return client.detach(attached->number(wire::AttachKey::Target));
            });
            QVERIFY(detached);
            QCOMPARE(int(detached->status()), int(wire::Status::Ok));
            detachNs.push_back(probes::nowNs() - begin);
            QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
            if (cycle == 0) {
                first = helper.descriptors();
            }
        }
        QVERIFY(eventually([&] { return helper.descriptors() == first; }));
        std::sort(detachNs.begin(), detachNs.end());
        qInfo("detach answered after %.1f ms (median), %.1f ms (longest); %llu requests",
            double(detachNs[detachNs.size() / 2]) / 1e6, double(detachNs.back()) / 1e6,
            static_cast<unsigned long long>(shared->answered.load()));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
        QVERIFY(shared->caught != 0);
        QVERIFY(server.alive());
        const auto family = probes::familyOf(std::uint32_t(helper.pid()));
        helper.hangUp();
        QCOMPARE(helper.end(0), 0);
        for (const std::uint32_t pid : family) {
            QVERIFY(eventually([&] { return !exists(pid); }));
        }
    }

    /// The helper is killed with everything attached: the server lives, and nothing is left.
    void killingTheHelperHarmsNothing()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        QVERIFY(client.attach(server.pid()));
        const auto links = helper.kernelNumbers("link_id:");
        const auto family = probes::familyOf(std::uint32_t(helper.pid()));
        QVERIFY(links.size() >= 8);
        QCOMPARE(family.size(), std::size_t(2)); // itself and the parser child
        QVERIFY(linkExists(links.front()));
        helper.end(SIGKILL);
        for (const unsigned link : links) {
            QVERIFY(eventually([&] { return !linkExists(link); }));
        }
        QVERIFY(eventually([&] { return !exists(family[1]); }));
        const std::uint64_t before = shared->answered;
        QVERIFY(eventually([&] { return shared->answered > before + 100; }));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
        QVERIFY(server.alive());
    }

    /// Two clients watch one server: the probes are shared, and go with the last.
    void clientsShareProbes()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("sock").toStdString();
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper({ "--socket", path });
        auto one = std::make_unique<ProbedClient>(ProbedClient::connectTo(path));
        ProbedClient two(ProbedClient::connectTo(path));
        const auto first = one->attach(server.pid());
        const int links = helper.descriptors()["bpf_link"];
        const auto second = two.attach(server.pid());
        QVERIFY(first && second);
        QCOMPARE(second->number(wire::AttachKey::Target), first->number(wire::AttachKey::Target));
        QCOMPARE(helper.descriptors()["bpf_link"], links);
        one.reset(); // goes without a word
        const std::size_t before = two.count<wire::Sched>();
        QVERIFY(two.waitFor([&] { return two.count<wire::Sched>() > before + 50; }));
        // The scheduler's two go when this server's load makes them cost too much.
        const int left = helper.descriptors()["bpf_link"];
        QVERIFY(left == links || left == links - 2);
        QVERIFY(two.detach(second->number(wire::AttachKey::Target)));
        QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
        QCOMPARE(helper.end(SIGTERM), 0);
    }

    /// Packets come to the port of the observed process, and a child that is not observed answers them.
    void probesThatNeverFireThoughTrafficFlowsAreSaid()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] {
            const ForkedTarget child([&] { serveThrowing(listener, shared); });
            pause();
        });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Pid, std::uint64_t(server.pid()))
            .integer(wire::AttachKey::Tiers, 3)
            .integer(wire::AttachKey::Family, 0);
        const auto attached = client.await(client.ask(wire::Verb::Attach, fields));
        QVERIFY(attached);
        QCOMPARE(int(attached->status()), int(wire::Status::Ok));
        QVERIFY(client.waitFor([&] {
            const auto states = client.all<wire::State>();
            return std::any_of(states.begin(), states.end(), [&](const auto& state) {
                return state.second.state == std::uint16_t(wire::ProbeState::Silent)
                    && client.textOf(state.second.hint).find("Another process may answer")
                    != std::string::npos;
            });
        }));
        QCOMPARE(client.count<wire::HttpRequest>(), std::size_t(0));
    }

    /// Ids of requests are each a text of its own; they leave room for the paths, which later clients need.
    void aLaterClientKnowsThePathAfterThousandsOfIds()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("sock").toStdString();
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        const RunningHelper helper({ "--socket", path });
        ProbedClient first(ProbedClient::connectTo(path));
        QVERIFY(first.attach(server.pid()));
        QVERIFY(first.waitFor([&] { return first.count<wire::HttpRequest>() > 4200; }));
        ProbedClient later(ProbedClient::connectTo(path));
        QVERIFY(later.attach(server.pid()));
        QVERIFY(later.waitFor([&] { return !later.all<wire::HttpRequest>().empty(); }));
        const wire::HttpRequest request = later.all<wire::HttpRequest>().front().second;
        QCOMPARE(later.textOf(request.path), std::string("/"));
        QCOMPARE(later.textOf(request.key), std::string("a"));
    }

    void tier1IsSwitchedOffAndOnAtOnce()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto attached = client.attach(server.pid());
        QVERIFY(attached);
        const auto setTiers = [&](std::uint64_t tiers) {
            wire::FieldWriter fields;
            fields.integer(wire::AttachKey::Target, attached->number(wire::AttachKey::Target))
                .integer(wire::AttachKey::Tiers, tiers);
            return client.ask(wire::Verb::SetTiers, fields);
        };
        for (int i = 0; i < 5; ++i) {
            const std::uint32_t off = setTiers(1);
            const std::uint32_t on = setTiers(3);
            for (const std::uint32_t question : { off, on }) {
                const auto answer = client.await(question);
                QVERIFY(answer);
                QCOMPARE(int(answer->status()), int(wire::Status::Ok));
            }
            QVERIFY(helper.descriptors()["bpf_link"] >= 8);
            const std::size_t before = client.count<wire::HttpEnd>();
            QVERIFY(client.waitFor([&] { return client.count<wire::HttpEnd>() > before + 5; }));
        }
        std::vector<int> told;
        for (const auto& [header, state] : client.all<wire::State>()) {
            if (client.textOf(state.name) == "tier 1") {
                told.push_back(state.state);
            }
        }
        QCOMPARE(told.size(), std::size_t(10));
        // What was under way is told to its end before: behind it, it would be taken for lost.
        bool off = false;
        for (const ProbedClient::Kept& record : client.records) {
            const auto state = record.as<wire::State>();
            if (state && client.textOf(state->name) == "tier 1") {
                off = state->state == std::uint16_t(wire::ProbeState::Ignored);
            }
            QVERIFY(!off || (!record.as<wire::HttpRequest>() && !record.as<wire::HttpEnd>()));
        }
        QCOMPARE(told[0], int(wire::ProbeState::Ignored));
        QCOMPARE(told[1], int(wire::ProbeState::Ready));
        QCOMPARE(int(client.await(setTiers(1))->status()), int(wire::Status::Ok));
        QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
        QVERIFY(client.detach(attached->number(wire::AttachKey::Target)));
    }

    void whoSwitchedTier1OffIsToldThatAnotherSwitchesItOn()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        QTemporaryDir folder;
        const std::string path = folder.filePath("socket").toStdString();
        RunningHelper helper({ "--socket", path });
        ProbedClient first(ProbedClient::connectTo(path));
        const auto attached = first.attach(server.pid());
        QVERIFY(attached);
        wire::FieldWriter fields;
        fields.integer(wire::AttachKey::Target, attached->number(wire::AttachKey::Target))
            .integer(wire::AttachKey::Tiers, 1);
        QVERIFY(first.await(first.ask(wire::Verb::SetTiers, fields)));
        const auto told = [&](wire::ProbeState wanted) {
            const auto states = first.all<wire::State>();
            return std::any_of(states.begin(), states.end(), [&](const auto& state) {
                return first.textOf(state.second.name) == "tier 1"
                    && state.second.state == std::uint16_t(wanted);
            });
        };
        QVERIFY(first.waitFor([&] { return told(wire::ProbeState::Ignored); }));
        QVERIFY(!told(wire::ProbeState::Ready));
        ProbedClient second(ProbedClient::connectTo(path));
        const auto again = second.attach(server.pid());
        QVERIFY(again && again->status() == wire::Status::Ok);
        QVERIFY(first.waitFor([&] { return told(wire::ProbeState::Ready); }));
    }

    /// The links of before are closed in the background; with both there everything would be told twice.
    void attachingAnewAtOnceTellsNothingTwice()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto first = client.attach(server.pid());
        QVERIFY(first);
        const int links = helper.descriptors()["bpf_link"];
        std::uint64_t target = first->number(wire::AttachKey::Target);
        for (int i = 0; i < 10; ++i) {
            QVERIFY(client.detach(target));
            const auto again = client.attach(server.pid());
            QVERIFY(again);
            const int now = helper.descriptors()["bpf_link"];
            QVERIFY2(now <= links, qPrintable(QStringLiteral("%1 links, %2 at first").arg(now).arg(links)));
            target = again->number(wire::AttachKey::Target);
            const std::size_t before = client.count<wire::HttpEnd>();
            QVERIFY(client.waitFor([&] { return client.count<wire::HttpEnd>() > before + 5; }));
        }
        QVERIFY(client.detach(target));
        QCOMPARE(shared->failed.load(), std::uint64_t(0));
    }

    void aServerThatEndsIsToldOf()
    {
        Rope rope;
        ForkedTarget server([&] { Rope::awaitPull(rope.theirs); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        QVERIFY(client.attach(server.pid()));
        kill(server.pid(), SIGSTOP);
        const auto told = [&](wire::ProcessChange change) {
            const auto all = client.all<wire::Process>();
            return std::any_of(all.begin(), all.end(),
                [change](const auto& one) { return one.second.change == std::uint16_t(change); });
        };
        QVERIFY(client.waitFor([&] { return told(wire::ProcessChange::Stopped); }));
        kill(server.pid(), SIGCONT);
        QVERIFY(client.waitFor([&] { return told(wire::ProcessChange::Continued); }));
        kill(server.pid(), SIGTERM);
        server.wait();
        QVERIFY(client.waitFor([&] {
            const auto states = client.all<wire::State>();
            return !states.empty() && states.back().second.state == std::uint16_t(wire::ProbeState::Gone);
        }));
        const auto processes = client.all<wire::Process>();
        QCOMPARE(processes.back().second.change, std::uint16_t(wire::ProcessChange::Exited));
        QCOMPARE(WTERMSIG(int(processes.back().second.exitCode)), SIGTERM);
        QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
    }

    /// Rubbish from one client gets a sentence and a closed line; the others go on.
    void hostileClientsGetAFault()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("sock").toStdString();
        RunningHelper helper({ "--socket", path });
        ProbedClient good(ProbedClient::connectTo(path));
        const auto raw = [&](const std::string& bytes) {
            ProbedClient bad(ProbedClient::connectTo(path));
            bad.sendRaw(bytes.data(), bytes.size());
            bad.waitFor([&] { return bad.over(); });
            return bad.fault;
        };
        QVERIFY(!raw("GET / HTTP/1.1\r\n\r\n").empty());
        QVERIFY(!raw(std::string(1 << 20, 'x')).empty());
        std::vector<std::byte> stream;
        wire::appendFrame(stream, wire::FrameType::Records, {});
        QVERIFY(!raw(std::string(reinterpret_cast<const char*>(stream.data()), stream.size())).empty());
        {
            const int fd = ProbedClient::connectTo(path);
            ProbedClient old(fd);
            wire::FieldWriter hello;
            hello.integer(wire::HelloKey::Version, 99);
            old.sendFrame(wire::FrameType::Hello, hello.bytes());
            old.waitFor([&] { return old.over(); });
            QVERIFY(!old.fault.empty());
        }
        // Malformed questions are answered.
        wire::FieldWriter nothing;
        QCOMPARE(
            int(good.await(good.ask(wire::Verb::Attach, nothing))->status()), int(wire::Status::Invalid));
        QCOMPARE(int(good.await(good.ask(wire::Verb(999), nothing))->status()), int(wire::Status::Invalid));
        QCOMPARE(int(good.detach(12345)->status()), int(wire::Status::NotFound));
        QCOMPARE(int(good.attach(1 << 22)->status()), int(wire::Status::NotFound));
        QCOMPARE(int(good.await(good.ask(wire::Verb::Ping, nothing))->status()), int(wire::Status::Ok));
        QCOMPARE(helper.end(SIGTERM), 0);
    }

    /// How long attaching and detaching hold a server up: one that never sleeps, at real-time priority, looks
    /// at the clock between its calls.
    void attachingHoldsNothingUp()
    {
        const Listener listener = Listener::open();
        Shared* const shared = Shared::make();
        ForkedTarget target([&] {
            const int connection = accept(listener.fd, nullptr, nullptr);
            const sched_param priority { 20 };
            sched_setscheduler(0, SCHED_FIFO, &priority);
            char room[64];
            while (shared->stop == 0) {
                if (shared->measure == 0) {
                    // Real-time threads may run 95 % of each second.
                    const timespec rest { 0, 500'000 };
                    nanosleep(&rest, nullptr);
                    continue;
                }
                std::uint64_t last = probes::nowNs();
                while (shared->measure != 0) {
                    (void)!recv(connection, room, sizeof room, MSG_DONTWAIT);
                    const std::uint64_t now = probes::nowNs();
                    if (now - last > shared->longestGapNs) {
                        shared->longestGapNs = now - last;
                    }
                    last = now;
                    ++shared->answered;
                }
            }
        });
        const int client = connectTo(listener.port);
        RunningHelper helper;
        ProbedClient watcher(helper.stream());
        const auto longest = [&](const std::function<void()>& during) {
            const auto spins = [&](std::uint64_t more) {
                const std::uint64_t before = shared->answered;
                while (shared->answered < before + more) {
                    sched_yield();
                }
            };
            shared->measure = 1;
            spins(100);
            shared->longestGapNs = 0;
            during();
            spins(2); // a pause that is not over yet counts too
            shared->measure = 0;
            return double(shared->longestGapNs.load()) / 1e6;
        };
        std::vector<double> quiet;
        std::vector<double> attaching;
        std::vector<double> detaching;
        // The first attach also loads.
        std::uint64_t number = watcher.attach(target.pid())->number(wire::AttachKey::Target);
        watcher.detach(number);
        for (int i = 0; i < 10; ++i) {
            quiet.push_back(longest([] { poll(nullptr, 0, 30); }));
            attaching.push_back(
                longest([&] { number = watcher.attach(target.pid())->number(wire::AttachKey::Target); }));
            detaching.push_back(longest([&] {
                watcher.detach(number);
                QVERIFY(eventually([&] { return helper.descriptors()["bpf_link"] == 0; }));
            }));
        }
        shared->stop = 1;
        const auto middle = [](std::vector<double>& values) {
            std::sort(values.begin(), values.end());
            return values[values.size() / 2];
        };
        const double control = middle(quiet);
        const double attach = middle(attaching);
        const double detach = middle(detaching);
        qInfo(
            "longest pause, median of 10: %.3f ms without, %.3f ms attaching, %.3f ms detaching; longest of "
            "all %.3f, %.3f, %.3f ms",
            control, attach, detach, quiet.back(), attaching.back(), detaching.back());
        close(client);
        if (control > 0.3) {
            QSKIP(qPrintable(
                QString("not measured: this machine holds the target up for %1 ms by itself").arg(control)));
        }
        QVERIFY(attach <= 1.0);
        QVERIFY(detach <= 1.0);
    }
};

QTEST_GUILESS_MAIN(TestProbed)
#include "tst_probed.moc"
