// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/probe_budget.h"
#include "tests/support/probed_client.h"
#include "tests/support/throwing_server.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <map>
#include <set>

using namespace prism;
using namespace prism::test;

/// The helper as a program, and what its clients are told.
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
        // The scheduler's goes when this server's load makes it cost too much; that on packets comes when one
        // is late.
        const int left = helper.descriptors()["bpf_link"];
        QVERIFY(left >= links - 1 && left <= links + 1);
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

    /// A server that is to be woken by several bytes only: the kernel tells no time of the first.
    void requestsWhosePacketsAreNeverSeenAreSaid()
    {
        const Listener listener = Listener::open();
        const int several = 2;
        QCOMPARE(setsockopt(listener.fd, SOL_SOCKET, SO_RCVLOWAT, &several, sizeof several), 0);
        Shared* const shared = Shared::make();
        ForkedTarget server([&] { serveThrowing(listener, shared); });
        ForkedTarget load([&] { askForever(listener.port, shared); });
        RunningHelper helper;
        ProbedClient client(helper.stream());
        const auto attached = client.attach(server.pid());
        QVERIFY(attached && attached->status() == wire::Status::Ok);
        const auto silent = [&](const std::string& program) {
            const auto states = client.all<wire::State>();
            return std::count_if(states.begin(), states.end(), [&](const auto& state) {
                return client.textOf(state.second.name) == program
                    && state.second.state == std::uint16_t(wire::ProbeState::Silent);
            });
        };
        if (!client.waitFor([&] { return silent("on_arrival") > 0; })) {
            const auto states = client.all<wire::State>();
            const bool byCall = std::any_of(states.begin(), states.end(),
                [&](const auto& state) { return client.textOf(state.second.name) == "on_packet_in"; });
            QVERIFY2(byCall, "nobody said that packets are not seen");
            QSKIP("this kernel has no tracepoints on sockets: each packet is seen");
        }
        QVERIFY(client.count<wire::HttpRequest>() >= 8);
        for (const auto& [header, request] : client.all<wire::HttpRequest>()) {
            QVERIFY((request.flags & wire::ArrivalUnknown) != 0);
        }
        const std::size_t seconds = client.count<wire::ClockSync>();
        QVERIFY(client.waitFor([&] { return client.count<wire::ClockSync>() >= seconds + 2; }));
        QCOMPARE(silent("on_arrival"), 1);
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
};

QTEST_GUILESS_MAIN(TestProbed)
#include "tst_probed.moc"
