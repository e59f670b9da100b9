// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/session.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"
#include "tests/support/metrics_server.h"
#include "tests/support/watched_session.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <cstring>

#include <unistd.h>

using namespace prism;
using namespace prism::live;
using prism::test::allEnded;
using prism::test::connected;
using prism::test::FakeHelper;
using prism::test::MadeStream;
using prism::test::MetricsServer;
using prism::test::millisecond;
using prism::test::requests;
using prism::test::ScriptedRequest;
using prism::test::second;
using prism::test::Watcher;

namespace {

FoundServer llama()
{
    FoundServer server;
    server.pid = 4711;
    server.startTicks = 99;
    server.user = "alice";
    server.engine = "llama.cpp";
    server.engineVersion = "b11434";
    server.model = "tiny";
    server.ports = { 8080 };
    server.addresses = { "127.0.0.1" };
    server.tiers = { { 1, true, {}, {} }, { 2, false, "not built", "build it" } };
    return server;
}

} // namespace

class TestSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void listsServers()
    {
        FakeHelper helper;
        helper.setServers({ llama(), llama() });
        const auto session = connected(helper);
        const auto found = session->servers();
        QVERIFY(found);
        QCOMPARE(found->size(), std::size_t(2));
        const FoundServer& server = found->front();
        QCOMPARE(server.engine, std::string("llama.cpp"));
        QCOMPARE(server.ports, std::vector<std::uint16_t> { 8080 });
        QCOMPARE(server.addresses, std::vector<std::string> { "127.0.0.1" });
        QCOMPARE(server.tiers.size(), std::size_t(2));
        QCOMPARE(server.tiers[1].remedy, std::string("build it"));
    }

    void requestsOfAServerAreSeen()
    {
        FakeHelper helper;
        helper.setServers({ llama() });
        const auto session = connected(helper);
        Watcher watcher(*session);
        const auto target = session->attach({ 4711, 0, { 0, 1 }, true, false });
        QVERIFY(target);
        QCOMPARE(target->server.model, std::string("tiny"));
        QCOMPARE(target->programs, 12u);
        QCOMPARE(helper.tiersAsked(), 3u);
        MadeStream stream;
        helper.send(requests(stream, 5));
        QVERIFY(watcher.until([&] { return allEnded(*session).size() == 5; }));
        const auto ended = allEnded(*session);
        QCOMPARE(ended[3]->ttft()->value, 23.0);
        QCOMPARE(ended[3]->pid, 4711u);
        const auto events = session->events(ended[3]->id);
        QVERIFY(events);
        QCOMPARE(tokenGaps(*events), std::vector<double>(7, 10.0));
        const auto columns
            = session->columns({ { 2 * second }, { 3 * second } }, { 100 * millisecond }, { second });
        QCOMPARE(columns.arrivedPerSecond[0], 10.0);
        const Bucket total = session->total({ { 2 * second }, { 4 * second } });
        QCOMPARE(total.arrived, 5u);
        QCOMPARE(total.ended, 5u);
        QCOMPARE(total.tokenEvents, 40u);
        QCOMPARE(total.ttft.count(), 5u);
        QCOMPARE(total.gap.count(), 35u);
        const live::Status status = session->status();
        QCOMPARE(status.requests, 5u);
        QCOMPARE(status.inFlight, 0u);
        QCOMPARE(status.loss.dropped, 0u);
        QCOMPARE(status.helper, std::string("fake helper 1.0"));
        QCOMPARE(*session->unixTime({ 2 * second }), 1'700'000'002'000'000'000);
    }

    void theServersOwnMetricsComeIntoTheStream()
    {
        MetricsServer server;
        server.answerText("llamacpp:requests_processing 3\nllamacpp:tokens_predicted_total 100\n");
        FakeHelper helper;
        FoundServer found = llama();
        found.pid = static_cast<std::uint32_t>(getpid());
        found.ports = { server.port() };
        helper.setServers({ found });
        QTemporaryDir folder;
        const std::string file = folder.filePath(QStringLiteral("a.prismlive")).toStdString();
        const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/metrics";
        std::size_t told = 0;
        {
            const auto session = connected(helper);
            Watcher watcher(*session);
            const auto target = session->attach({ found.pid, 0, { 0, 1 }, true, true });
            QVERIFY(target);
            QVERIFY(watcher.until([&] { return !session->since({}).readings.empty(); }));
            const Increment news = session->since({});
            QCOMPARE(news.readings[0].target, target->number);
            QCOMPARE(news.readings[0].running, std::optional(3.0));
            QCOMPARE(session->status().targets[0].metricsUrl, url);
            QVERIFY(session->status().targets[0].metricsProblem.empty());
            QVERIFY(session->setTiers(target->number, { 1 }));
            // It is asked again when that is switched on, and now has no such page.
            server.answerText("{}", "501 Not Implemented");
            QVERIFY(session->setTiers(target->number, { 0, 1 }));
            QVERIFY(watcher.until([&] { return !session->status().targets[0].metricsProblem.empty(); }));
            QVERIFY(session->status().targets[0].metricsProblem.find("--metrics") != std::string::npos);
            QVERIFY(session->record(file));
            QVERIFY(session->stopRecording());
            told = session->since({}).readings.size();
            QVERIFY(session->detach(target->number));
        }
        // The recording tells the same, and nobody is asked.
        const std::size_t asked = server.questions().size();
        const auto replayed = Session::replay(file);
        QVERIFY(replayed);
        Watcher watcher(**replayed);
        QVERIFY(watcher.until([&] { return (*replayed)->status().phase == Phase::Ended; }));
        const Increment news = (*replayed)->since({});
        QCOMPARE(news.readings.size(), told);
        QCOMPARE(news.readings[0].running, std::optional(3.0));
        QCOMPARE((*replayed)->status().targets[0].metricsUrl, url);
        QVERIFY(!(*replayed)->status().targets[0].metricsProblem.empty());
        QVERIFY((*replayed)->lossTotals().empty());
        QCOMPARE(server.questions().size(), asked);
    }

    void nobodyIsAskedWhoIsNotToBe()
    {
        MetricsServer server;
        FakeHelper helper;
        FoundServer plain = llama();
        plain.ports = { server.port() };
        FoundServer contained = plain;
        contained.pid = 4712;
        contained.container = "web"; // its port there is another one's here
        helper.setServers({ plain, contained });
        const auto session = connected(helper);
        QVERIFY(session->attach({ 4711, 0, { 0, 1 }, true, false }));
        QVERIFY(session->attach({ 4711, 0, { 1 }, true, true }));
        QVERIFY(session->attach({ 4712, 0, { 0, 1 }, true, true }));
        const live::Status status = session->status();
        QVERIFY(status.targets[0].metricsProblem.empty());
        QVERIFY(status.targets[1].metricsProblem.empty());
        QVERIFY(!status.targets[2].metricsProblem.empty());
        for (const Target& target : status.targets) {
            QVERIFY(target.metricsUrl.empty());
        }
        QVERIFY(server.questions().empty());
    }

    void incrementsTellEachThingOnce()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 2));
        QVERIFY(watcher.until([&] { return allEnded(*session).size() == 2; }));
        Increment first = session->since({});
        QCOMPARE(first.ended.size(), std::size_t(2));
        ScriptedRequest script;
        script.number = 7;
        script.arrival = 5 * second;
        stream.asked(script);
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->since(first.next).running.size() == 1; }));
        const Increment later = session->since(first.next);
        QVERIFY(later.ended.empty());
        QVERIFY(!later.marks);
        QVERIFY(!later.restarted);
        QCOMPARE(later.running.front()->arrival->value, script.arrival);
    }

    void limitsJudgeNowAndBefore()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 5)); // TTFT 20 … 24 ms
        QVERIFY(watcher.until([&] { return allEnded(*session).size() == 5; }));
        const Cursor cursor = session->since({}).next;
        QCOMPARE(session->total({ { 0 }, { 9 * second } }).holds, 5u); // no limit is broken by none
        session->setLimits({ { findMetric("ttft"), Stat::percentile(99), 22.5 } });
        QVERIFY(watcher.until([&] { return session->since(cursor).restarted; }));
        const Increment judged = session->since(cursor);
        QCOMPARE(judged.ended.size(), std::size_t(5));
        QCOMPARE(judged.ended[2]->verdict, SloVerdict::Holds);
        QCOMPARE(judged.ended[3]->verdict, SloVerdict::Breaks);
        QCOMPARE(judged.ended[3]->broken, 1u);
        const Bucket total = session->total({ { 0 }, { 9 * second } });
        QCOMPARE(total.holds, 3u);
        QCOMPARE(total.breaks, 2u);
        session->setLimits({ { findMetric("itl"), Stat::percentile(99), 5 } });
        QVERIFY(watcher.until([&] { return session->since(judged.next).restarted; }));
        QCOMPARE(session->total({ { 0 }, { 9 * second } }).breaks, 5u);
    }

    /// What it was recorded by judges a recording, whatever its reader would take otherwise.
    void aRecordingsOwnLimitsComeBeforeItsReaders()
    {
        QTemporaryDir folder;
        const SloLimit recorded { findMetric("ttft"), Stat::percentile(99), 22.5 };
        const SloLimit readers { findMetric("e2e"), Stat::percentile(99), 1 };
        const auto file
            = [&](const char* name) { return folder.filePath(QLatin1String(name)).toStdString(); };
        {
            FakeHelper helper;
            const auto session = connected(helper);
            Watcher watcher(*session);
            QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
            MadeStream stream;
            helper.send(requests(stream, 5));
            QVERIFY(watcher.until([&] { return allEnded(*session).size() == 5; }));
            QVERIFY(session->record(file("without")));
            QVERIFY(session->stopRecording());
            session->setLimits({ recorded });
            QVERIFY(session->record(file("with")));
            QVERIFY(session->stopRecording());
        }
        const auto played = [&](const char* name, std::vector<SloLimit> given) {
            const auto session = Session::replay(file(name), 0, {}, std::move(given), { readers });
            Watcher watcher(**session);
            (void)watcher.until([&] {
                const auto status = (*session)->status();
                return status.phase == Phase::Ended && !status.judging;
            });
            return std::pair((*session)->limits(), (*session)->total({ { 0 }, { 9 * second } }).breaks);
        };
        QCOMPARE(played("with", {}), std::pair(std::vector { recorded }, 2u));
        QCOMPARE(played("without", {}), std::pair(std::vector { readers }, 5u));
        QCOMPARE(played("with", { readers }), std::pair(std::vector { readers }, 5u));
    }

    void refusalIsReadable()
    {
        FakeHelper helper({ .attach = wire::Status::Refused });
        const auto session = connected(helper);
        const auto target = session->attach({ 1, 0, { 1 }, true });
        QVERIFY(!target);
        QVERIFY(target.error().text().find("belongs to another user") != std::string::npos);
    }

    void anotherVersionIsReadable()
    {
        FakeHelper helper({ .version = 7 });
        const auto session = Session::connect(helper.address());
        QVERIFY(!session);
        QVERIFY(session.error().text().find("version 7") != std::string::npos);
    }

    void aSilentHelperCanBeGivenUp()
    {
        FakeHelper helper({ .greets = false });
        std::stop_source stop;
        stop.request_stop();
        const auto session = Session::connect(helper.address(), {}, stop.get_token());
        QVERIFY(!session);
        FakeHelper deaf({ .answers = false });
        const auto other = connected(deaf);
        std::stop_source later;
        std::thread thread([&] { later.request_stop(); });
        const auto found = other->servers(later.get_token());
        thread.join();
        QVERIFY(!found);
    }

    void garbageEndsTheSessionAndLeavesWhatWasSeen()
    {
        for (const std::vector<std::byte>& bytes :
            { std::vector<std::byte>(64, std::byte(0x55)), hugeFrame() }) {
            FakeHelper helper;
            const auto session = connected(helper);
            Watcher watcher(*session);
            QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
            MadeStream stream;
            helper.send(requests(stream, 3));
            QVERIFY(watcher.until([&] { return session->status().requests == 3; }));
            helper.sendRaw(bytes);
            QVERIFY(watcher.until([&] { return session->status().phase == Phase::Ended; }));
            QVERIFY(!session->status().endReason.empty());
            QCOMPARE(allEnded(*session).size(), std::size_t(3));
            QVERIFY(!session->servers());
        }
    }

    void malformedRecordsEndTheSession()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        helper.send(std::vector<std::byte>(40, std::byte(0xff)));
        QVERIFY(watcher.until([&] { return session->status().phase == Phase::Ended; }));
        QVERIFY(session->status().endReason.find("record") != std::string::npos);
    }

    void aHelperThatDiesIsSaid()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.asked(script);
        helper.send(stream.take());
        helper.hangUp();
        QVERIFY(watcher.until([&] { return session->status().phase == Phase::Ended; }));
        QVERIFY(!session->status().endReason.empty());
        QCOMPARE(allEnded(*session).front()->ended, Ended::Detached);
        QVERIFY(!session->status().targets.front().attached);
    }

    void aProgramThatCannotStartTells()
    {
        const HelperAddress address { HelperAddress::Program, {}, { "/nonexistent/probed" }, "probed" };
        const auto session = Session::connect(address);
        QVERIFY(!session);
        QVERIFY(session.error().text().find("cannot be started") != std::string::npos);
    }

    void detachTellsTheLastRecordsFirst()
    {
        FakeHelper helper;
        MadeStream stream;
        helper.onDetach([&stream] { return requests(stream, 2); });
        const auto session = connected(helper);
        const auto target = session->attach({ 4711, 0, { 1 }, true });
        QVERIFY(target);
        QVERIFY(session->detach(target->number));
        QCOMPARE(allEnded(*session).size(), std::size_t(2));
        QVERIFY(!session->status().targets.front().attached);
        QCOMPARE(session->status().phase, Phase::Live);
    }

    /// The helper tells the time while no request comes: none then is known.
    void anIdleServerIsNoughtNotUnknown()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 1));
        stream.clock(9 * second);
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->status().now.value >= 9 * second; }));
        const Nanoseconds step { 100 * millisecond };
        const SeriesColumns c = session->columns({ { 0 }, { 9 * second } }, step, { second });
        QVERIFY(std::isnan(c.inFlight[9])); // the target's first instant is 1 s
        for (std::size_t row = 10; row < 90; ++row) {
            QCOMPARE(c.inFlight[row], 0.0); // the one request ends in the bucket that it came in
            QCOMPARE(c.arrivedPerSecond[row], row == 20 ? 10.0 : 0.0);
            QVERIFY(!std::isnan(c.tokenEventsPerSecond[row]) && !std::isnan(c.goodputPerSecond[row]));
        }
    }

    /// A stream that is late says nothing of its requests: that no token came is not known.
    void whatWasToldStandsWhileTheClockGoesOn()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.asked(script);
        stream.head(script, 2 * second + 5 * millisecond);
        stream.chunk(script, 0, 3 * second, 0, 1);
        stream.clock(4 * second);
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->status().told.value == 4 * second; }));
        QTRY_VERIFY(session->status().now.value > 4 * second + millisecond);
        QCOMPARE(session->status().told.value, 4 * second);
        const auto running = session->since({}).running;
        QCOMPARE(running.size(), std::size_t(1));
        QCOMPARE(running[0]->openGap(session->status().told)->length().value, 1000.0);
    }

    void theClockStandsStillOnceTheLastTargetIsGone()
    {
        FakeHelper helper;
        const auto session = connected(helper);
        Watcher watcher(*session);
        QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        MadeStream stream;
        helper.send(requests(stream, 1));
        wire::State gone {};
        gone.name = stream.text("target");
        gone.state = static_cast<std::uint16_t>(wire::ProbeState::Gone);
        stream.add(wire::Source::Supervisor, 5 * second, gone);
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->status().targets.front().end.has_value(); }));
        const std::uint64_t before = session->status().records;
        stream.clock(60 * second); // the helper lives on
        helper.send(stream.take());
        QVERIFY(watcher.until([&] { return session->status().records > before; }));
        QCOMPARE(session->status().phase, Phase::Live);
        QCOMPARE(session->status().now.value, 5 * second);
        QCOMPARE(session->status().told.value, 5 * second);
        QVERIFY(session->attach({ 4712, 0, { 1 }, true })); // another one: it goes on
        QVERIFY(session->status().now.value >= 60 * second);
    }

    void closingHangsUp()
    {
        FakeHelper helper;
        {
            const auto session = connected(helper);
            QVERIFY(session->attach({ 4711, 0, { 1 }, true }));
        }
        QTRY_VERIFY(helper.clientLeft());
    }

private:
    static std::vector<std::byte> hugeFrame()
    {
        wire::FrameHeader header { wire::frameMagic, wire::protocolVersion,
            static_cast<std::uint16_t>(wire::FrameType::Records), 0x7fffffff, 0 };
        std::vector<std::byte> bytes(sizeof header);
        std::memcpy(bytes.data(), &header, sizeof header);
        return bytes;
    }
};

QTEST_GUILESS_MAIN(TestSession)
#include "tst_session.moc"
