// SPDX-License-Identifier: GPL-3.0-or-later
// What an assembly says where bytes, events or time are missing.
#include "tests/support/told_assembly.h"

#include <QTest>
#include <rapidcheck.h>

using namespace prism;
using namespace prism::live;
using namespace prism::test;

class TestAssemblyLoss : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLostWriteLeavesNoWrongNumber()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.lose(wire::Source::Http, 1); // the first token's write
        stream.chunk(script, 1, 2 * second + 60 * millisecond, 0, 1);
        stream.chunk(script, 2, 2 * second + 70 * millisecond, 0, 1);
        stream.lose(wire::Source::Http, 3);
        stream.chunk(script, 6, 2 * second + 170 * millisecond, 0, 1);
        stream.end(script, 3 * second, 7, 7, 7);
        told.play(stream);
        const Request& r = told.only();
        QVERIFY(!r.ttft());
        QVERIFY(!r.firstEvent);
        QVERIFY(r.incomplete);
        QVERIFY(!r.chunkGap());
        QCOMPARE(r.tokenEvents, 7u); // the parser counted all
        QCOMPARE(told.gaps, (std::vector<double> { 10 }));
        QCOMPARE(tokenGaps(told.events.front()), (std::vector<double> { 10 }));
        QCOMPARE(told.losses.size(), std::size_t(2));
        QCOMPARE(told.losses[0].dropped, 1u);
        QCOMPARE(told.losses[1].dropped, 3u);
        QCOMPARE(told.losses[1].from.value, 2 * second + 70 * millisecond);
        QCOMPARE(told.losses[1].to.value, 2 * second + 170 * millisecond);
    }

    void aHoleOfTheStreamDoubtsOnlyWhatItTouched()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script, other;
        script.arrival = other.arrival = 2 * second;
        other.connection = 2;
        stream.connection(second, 2, wire::ConnectionRole::Server, 8000, 40001);
        stream.asked(script);
        stream.asked(other);
        stream.lose(
            wire::Source::Http, 1); // a write of `other`; the helper flags the next record of the source
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 1, 0, wire::LostBefore);
        stream.chunk(other, 1, 2 * second + 60 * millisecond, 0, 1);
        stream.end(script, 3 * second, 1, 1, 1);
        stream.end(other, 3 * second, 2, 2, 2);
        told.play(stream);
        told.assembly.finish();
        QCOMPARE(told.requests[0].ttft()->value, 50.0);
        QVERIFY(!told.requests[0].incomplete);
        QVERIFY(!told.requests[1].ttft());
        QVERIFY(told.requests[1].incomplete);
    }

    void whatWasNotLookedAtIsNoFirstToken()
    {
        Told told;
        MadeStream stream = begun();
        ScriptedRequest script;
        script.arrival = 2 * second;
        stream.asked(script);
        stream.chunk(script, 0, 2 * second + 50 * millisecond, 0, 0, 0, wire::Truncated);
        stream.chunk(script, 1, 2 * second + 90 * millisecond, 0, 1);
        stream.end(script, 3 * second, 1, 1, 2);
        told.play(stream);
        QVERIFY(!told.only().ttft());
        QVERIFY(told.only().incomplete);
    }

    void lossTotalsAddUp()
    {
        Told told;
        MadeStream stream;
        wire::Loss loss {};
        loss.program = stream.text("http_send");
        loss.cpu = 1;
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::RingFull);
        loss.attempted = 1000;
        loss.emitted = 990;
        loss.dropped = 10;
        loss.fromNs = 2 * second;
        loss.toNs = 3 * second;
        stream.add(wire::Source::Supervisor, 3 * second, loss);
        told.play(stream);
        QCOMPARE(told.assembly.lossTotals().size(), std::size_t(1));
        QCOMPARE(told.losses.front().program, std::string("http_send"));
        QVERIFY(told.losses.front().missing());
        loss.final = 1;
        loss.attempted = 120000;
        loss.emitted = 119988;
        loss.dropped = 12;
        stream.add(wire::Source::Supervisor, 4 * second, loss);
        told.play(stream);
        const auto totals = told.assembly.lossTotals();
        QCOMPARE(totals.size(), std::size_t(1));
        QCOMPARE(totals[0].attempted, 120000u);
        QCOMPARE(totals[0].emitted + totals[0].dropped, totals[0].attempted);
        QCOMPARE(told.losses.size(), std::size_t(1)); // totals are no interval
    }

    void whatTheHelperCouldNotSendCountsOnce()
    {
        Told told;
        MadeStream stream;
        wire::Loss loss {};
        loss.program = stream.text("stream");
        loss.cpu = wire::noCpu;
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::SocketBackpressure);
        loss.attempted = loss.dropped = 5;
        stream.lose(wire::Source::Http, 5);
        stream.connection(2 * second, 1, wire::ConnectionRole::Server, 8000, 40000);
        stream.add(wire::Source::Supervisor, 2 * second, loss);
        told.play(stream);
        std::uint64_t dropped = 0;
        for (const LossTotal& total : told.assembly.lossTotals()) {
            dropped += total.dropped;
        }
        QCOMPARE(dropped, 5u);
    }

    void keysWithoutEndAreNoLoss()
    {
        // A gateway names every request: more of them than texts are kept.
        Told told;
        MadeStream stream = begun();
        const std::uint32_t late = stream.text("told long before it is used");
        const int many = int(RecentTexts::most) + 1000;
        for (int i = 0; i < many; ++i) {
            const std::string key = "gateway-" + std::to_string(i);
            ScriptedRequest script;
            script.number = static_cast<std::uint32_t>(i);
            script.arrival = 2 * second + i * millisecond;
            script.firstTokenAfter = 0;
            script.tokens = 1;
            script.gap = 0;
            script.key = key;
            stream.request(script);
            if (i % 1000 == 0) {
                told.play(stream);
            }
        }
        wire::Cost cost {};
        cost.program = late;
        stream.add(wire::Source::Supervisor, 3 * second, cost);
        told.play(stream);
        told.assembly.finish();
        QCOMPARE(told.requests.size(), std::size_t(many));
        for (const Request& request : told.requests) {
            QCOMPARE(request.key, "gateway-" + std::to_string(request.onConnection));
            QCOMPARE(request.path, std::string("/v1/chat/completions"));
        }
        QCOMPARE(told.assembly.costs().front().program, std::string("told long before it is used"));
        QVERIFY(told.losses.empty());
        QVERIFY(told.assembly.lossTotals().empty());
    }

    void moreNamesThanAreKeptCostTheOldest()
    {
        RecentTexts texts;
        for (std::uint32_t id = 1; id <= RecentTexts::most; ++id) {
            texts.keep(id, std::to_string(id));
        }
        QCOMPARE(texts.text(1), std::string("1")); // asked for, so no longer the oldest
        texts.keep(100'000, "new");
        QCOMPARE(texts.size(), RecentTexts::most);
        QCOMPARE(texts.text(1), std::string("1"));
        QCOMPARE(texts.text(2), std::string());
        QCOMPARE(texts.take(100'000), std::string("new"));
        QCOMPARE(texts.text(100'000), std::string());
        const std::string half(RecentTexts::mostBytes / 2, 'x');
        texts.keep(100'001, half);
        texts.keep(100'002, half);
        QCOMPARE(texts.size(), std::size_t(2));
        QCOMPARE(texts.bytes(), RecentTexts::mostBytes);
    }

    void suspendIsAJump()
    {
        Told told;
        MadeStream stream;
        stream.clock(2 * second);
        stream.clock(3 * second);
        stream.clock(4 * second, 60 * second);
        stream.clock(5 * second, 60 * second);
        stream.clock(6 * second, 60 * second, 1'700'000'010'000'000'000);
        told.play(stream);
        QCOMPARE(told.jumps.size(), std::size_t(2));
        QCOMPARE(told.jumps[0].kind, ClockJump::Suspend);
        QCOMPARE(told.jumps[0].by.value, 60 * second);
        QCOMPARE(told.jumps[1].kind, ClockJump::WallClock);
        QCOMPARE(told.jumps[1].by.value, 10 * second);
        QCOMPARE(*told.assembly.clocks().unixTime({ 3 * second }), 1'700'000'003'000'000'000);
        QCOMPARE(*told.assembly.clocks().unixTime({ 5 * second }), 1'700'000'065'000'000'000);
    }

    /// TLS, HTTP/2, io_uring: that bytes go and are not read is said, once for each reason.
    void bytesThatAreNotReadAreSaid()
    {
        Told told;
        MadeStream stream;
        for (const auto reason : { wire::OpaqueReason::IoUring, wire::OpaqueReason::IoUring,
                 wire::OpaqueReason::Unsynchronised, wire::OpaqueReason::Tls }) {
            wire::OpaqueBytes bytes {};
            bytes.connection = 1;
            bytes.bytes = 100;
            bytes.reason = static_cast<std::uint8_t>(reason);
            stream.add(wire::Source::Http, 2 * second, bytes);
        }
        told.play(stream);
        QCOMPARE(told.probes.size(), std::size_t(2));
        QVERIFY(told.probes[0].hint.find("io_uring") != std::string::npos);
        QVERIFY(told.probes[1].hint.find("TLS") != std::string::npos);
        QCOMPARE(told.probes[0].name, std::string(unreadBytes));
    }

    /// Whatever a client sends, the server is not said to speak it; and a server that asks is no client's.
    void whatAClientSpokeIsItsOwn()
    {
        Told told;
        MadeStream stream;
        const auto opened
            = [&](std::uint64_t number, wire::ConnectionChange change, wire::ConnectionRole role) {
                  wire::Connection connection {};
                  connection.connection = number;
                  connection.change = static_cast<std::uint8_t>(change);
                  connection.role = static_cast<std::uint8_t>(role);
                  stream.add(wire::Source::Http, second, connection);
              };
        const auto bytes = [&](std::uint64_t number, wire::OpaqueReason reason, std::uint8_t flags = 0) {
            wire::OpaqueBytes body {};
            body.connection = number;
            body.bytes = 5000;
            body.reason = static_cast<std::uint8_t>(reason);
            stream.add(wire::Source::Http, 2 * second, body, flags);
        };
        const auto server = wire::ConnectionRole::Server;
        opened(1, wire::ConnectionChange::Established, server);
        opened(2, wire::ConnectionChange::Seen, server);
        opened(3, wire::ConnectionChange::Established, wire::ConnectionRole::Client);
        bytes(1, wire::OpaqueReason::Tls);
        bytes(3, wire::OpaqueReason::Tls);
        bytes(2, wire::OpaqueReason::Unsynchronised); // joined in the middle
        bytes(1, wire::OpaqueReason::Unsynchronised, wire::LostBefore); // behind a loss
        told.play(stream);
        QCOMPARE(told.probes.size(), std::size_t(2));
        QVERIFY(told.probes[0].hint.find("a client spoke TLS") != std::string::npos);
        QVERIFY(told.probes[1].hint.find("the server asked another by TLS") != std::string::npos);
        bytes(1, wire::OpaqueReason::Unsynchronised);
        bytes(1, wire::OpaqueReason::Unsynchronised);
        wire::Loss loss {};
        loss.program = stream.text("http parser");
        loss.cpu = wire::noCpu;
        loss.reason = static_cast<std::uint16_t>(wire::LossReason::Parser);
        loss.bytes = 10000;
        stream.add(wire::Source::Http, 3 * second, loss);
        told.play(stream);
        QCOMPARE(told.probes.size(), std::size_t(3));
        QVERIFY(told.probes[2].hint.find("no HTTP") != std::string::npos);
        const auto totals = told.assembly.lossTotals();
        QCOMPARE(totals.size(), std::size_t(1));
        QCOMPARE(totals[0].bytes, std::uint64_t(10000));
        QVERIFY(saysLoss(totals[0])); // nothing was dropped, and something is missing
    }

    void anyBytesAreBounded()
    {
        QVERIFY(rc::check("hostile records", [] {
            Told told;
            MadeStream stream;
            const auto count = *rc::gen::inRange(1, 60);
            for (int i = 0; i < count; ++i) {
                const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(
                    std::size_t(64), rc::gen::arbitrary<std::uint8_t>());
                const auto type
                    = *rc::gen::element<int>(1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 32, 48);
                wire::RecordHeader header {};
                std::memcpy(&header, bytes.data(), sizeof header);
                std::vector<std::byte> record;
                std::array<std::uint64_t, 8> body {};
                std::memcpy(body.data(), bytes.data(), sizeof body);
                // Small numbers meet each other more often.
                body[0] %= 3;
                header.bytes = 32 + 64;
                header.type = static_cast<std::uint16_t>(type);
                record.resize(header.bytes);
                std::memcpy(record.data(), &header, sizeof header);
                std::memcpy(record.data() + 32, body.data(), sizeof body);
                told.assembly.records(record);
            }
            told.assembly.finish();
            RC_ASSERT(told.assembly.inFlight() == 0);
        }));
    }

    void floodIsForgottenAndCounted()
    {
        Told told;
        HttpAssembly http(told, { 100, 50, 1000 });
        wire::HttpRequest body {};
        for (std::uint32_t i = 0; i < 1000; ++i) {
            body.connection = i;
            body.arrivalNs = static_cast<std::uint64_t>(second) + i;
            http.request(1, body, "/", {}, { second + i }, false, 0);
        }
        QVERIFY(http.inFlight() <= 50);
        QCOMPARE(told.requests.size(), std::size_t(950));
        QCOMPARE(told.requests.front().ended, Ended::Unsynchronised);
        QVERIFY(http.takeForgotten() >= 950);
    }
};

QTEST_GUILESS_MAIN(TestAssemblyLoss)
#include "tst_assembly_loss.moc"
