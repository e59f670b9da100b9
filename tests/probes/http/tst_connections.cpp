// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/http/wire_scene.h"

#include <QtTest>

using namespace prism;
using namespace prism::probes;

namespace {
const std::string request = post("/v1/chat/completions", "{}");

/// A request has been read; the answer may begin.
WireScene asked()
{
    WireScene scene;
    scene.opened();
    scene.read(request);
    return scene;
}
} // namespace

class TestConnections : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// A proxy towards its upstream: it writes requests and reads answers.
    void targetAsClient()
    {
        WireScene scene;
        scene.opened(SocketRole::Client);
        const auto left = scene.packetOut(request.size());
        scene.write(request);
        scene.read(streamHeader);
        const auto arrived = scene.packetIn(chunk(tokenEvent("a")).size());
        scene.read(chunk(tokenEvent("a")));
        const auto read = scene.now;
        scene.read(lastChunk);
        const Records told = scene.told();
        QCOMPARE(int(told.connections.at(0).body.role), int(wire::ConnectionRole::Client));
        QCOMPARE(told.requests.at(0).body.arrivalNs, left);
        QCOMPARE(told.chunks.at(0).body.wireNs, arrived);
        QCOMPARE(told.chunks[0].header.timeNs, read);
        QCOMPARE(told.chunks[0].body.text, 1);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].body.bytesIn, request.size());
    }

    void upstreamCloses()
    {
        WireScene scene;
        scene.opened(SocketRole::Client);
        scene.write(request);
        scene.read(streamHeader + chunk(roleEvent));
        scene.peerFinished();
        scene.read(chunk(tokenEvent("still in the buffer")));
        scene.endOfInput();
        const Records told = scene.told();
        QCOMPARE(told.sums().text, 1u);
        QCOMPARE(told.ended(0), wire::EndReason::ServerClosed);
    }

    void wireTimeOfAWrite()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        scene.packetOut(10, -10); // an earlier byte, sent again
        const std::string token = chunk(tokenEvent("a"));
        const auto left = scene.packetOut(token.size());
        scene.now -= 5000; // the packet leaves within the call
        scene.write(token);
        scene.write(lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.chunks.at(0).body.wireNs, left);
    }

    /// Nagle: the packet leaves long after the call. The record waits for it, and those behind keep their
    /// order.
    void packetLeavesLater()
    {
        WireScene scene = asked();
        scene.packetOut(streamHeader.size());
        scene.write(streamHeader);
        const std::string token = chunk(tokenEvent("a"));
        scene.write(token);
        scene.write(lastChunk);
        scene.machine.tick(scene.now += 40'000'000);
        QCOMPARE(sorted(scene.machine.records()).chunks.size(), 0u);
        const auto left = scene.packetOut(token.size() + 5, -static_cast<std::int64_t>(token.size()) - 5);
        const Records told = sorted(scene.machine.records());
        QCOMPARE(told.chunks.size(), 2u);
        QCOMPARE(told.chunks[0].body.wireNs, left);
        QCOMPARE(told.chunks[1].body.wireNs, left);
        QCOMPARE(told.ends.size(), 1u);
    }

    void packetThatNeverLeaves()
    {
        WireScene scene = asked();
        scene.packetOut(streamHeader.size());
        scene.write(streamHeader);
        scene.write(chunk(tokenEvent("a")));
        const Records told = scene.told();
        QCOMPARE(told.chunks.size(), 1u);
        QCOMPARE(told.chunks[0].body.wireNs, 0u);
    }

    /// One that never left does not take those with it that were written since and wait for theirs.
    void laterPacketsAreWaitedForStill()
    {
        WireScene scene = asked();
        scene.packetOut(streamHeader.size());
        scene.write(streamHeader);
        const std::string token = chunk(tokenEvent("a"));
        scene.write(token);
        scene.machine.tick(scene.now += 200'000'000);
        scene.write(token);
        scene.machine.tick(scene.now += 100'000'000);
        Records told = sorted(scene.machine.records());
        QCOMPARE(told.chunks.size(), 1u);
        QCOMPARE(told.chunks[0].body.wireNs, 0u);
        const auto left = scene.packetOut(token.size(), -static_cast<std::int64_t>(token.size()));
        told = sorted(scene.machine.records());
        QCOMPARE(told.chunks.size(), 2u);
        QCOMPARE(told.chunks[1].body.wireNs, left);
    }

    void errorInTheStream()
    {
        WireScene scene = asked();
        scene.write(streamHeader + chunk(tokenEvent("a"))
            + chunk("data: {\"error\":{\"message\":\"out of memory\",\"code\":500}}\n\n") + lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.sums().other, 1u);
        QCOMPARE(told.ended(0), wire::EndReason::Error);
    }

    void brokenChunking()
    {
        WireScene scene = asked();
        scene.write(streamHeader + chunk(tokenEvent("a")) + "zz\r\n");
        const Records told = scene.told();
        QCOMPARE(told.ended(0), wire::EndReason::Error);
    }

    void connectionsAreBounded()
    {
        http::HttpOptions options;
        options.mostConnections = 100;
        WireScene scene(options);
        for (std::uint64_t i = 0; i < 100'000; ++i) {
            scene.connection = i;
            scene.opened();
            scene.read(request);
            QVERIFY(scene.machine.connections() <= 100);
        }
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 100'000u);
        QCOMPARE(told.ends.size(), 100'000u - 100u);
        QCOMPARE(told.ended(0), wire::EndReason::Unsynchronised);
        std::uint64_t lost = 0;
        for (const auto& [header, loss] : told.losses) {
            lost += loss.reason == int(wire::LossReason::Parser) ? loss.dropped : 0;
        }
        QCOMPARE(lost, 100'000u - 100u);
    }

    /// As many as are followed at a time stay; the others are ended and counted, whatever comes.
    void aMillionConnections()
    {
        constexpr std::uint64_t million = 1'000'000;
        const std::size_t most = http::HttpOptions().mostConnections;
        WireScene scene;
        std::uint64_t told = 0;
        std::uint64_t lost = 0;
        for (std::uint64_t i = 0; i < million; ++i) {
            scene.connection = i;
            scene.opened();
            scene.read("G");
            QVERIFY(scene.machine.connections() <= most);
            if (i % 50'000 == 49'999) {
                const Records records = scene.told();
                QVERIFY(records.wellFormed);
                told += records.connections.size();
                for (const auto& [header, loss] : records.losses) {
                    lost
                        += loss.reason == int(wire::LossReason::Parser) && loss.final == 0 ? loss.dropped : 0;
                }
            }
        }
        for (int second = 0; second < 4; ++second) {
            for (const auto& [header, loss] : scene.told().losses) {
                lost += loss.reason == int(wire::LossReason::Parser) && loss.final == 0 ? loss.dropped : 0;
            }
        }
        QCOMPARE(scene.machine.connections(), most);
        QCOMPARE(told, million);
        QCOMPARE(lost, million - most);
    }

    void stringsAreToldOnce()
    {
        WireScene scene;
        scene.opened();
        for (int i = 0; i < 3; ++i) {
            scene.read(request);
            scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 3u);
        QCOMPARE(told.texts.size(), 1u);
        QCOMPARE(told.path(2), "/v1/chat/completions");
    }

    /// Attached while a body was read: its words may look like a method. The next request is found all the
    /// same.
    void bodyThatBeginsLikeAMethod()
    {
        WireScene scene;
        scene.opened(SocketRole::Server, true);
        scene.read("HELLO this is the rest of a body");
        scene.read(request);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.path(0), "/v1/chat/completions");
        QCOMPARE(told.ends.at(0).body.bytesIn, request.size());
    }

    /// As Go reads: the first byte of the next request alone.
    void firstByteAloneAfterTheAttach()
    {
        WireScene scene;
        scene.opened(SocketRole::Server, true);
        scene.read("xyz");
        scene.read(request.substr(0, 1));
        scene.read(request.substr(1));
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.path(0), "/v1/chat/completions");
    }

    void eventsOfOtherTargetsAreIgnored()
    {
        WireScene scene;
        scene.machine.detach(WireScene::target, scene.now);
        scene.opened();
        scene.read(request);
        QCOMPARE(scene.machine.connections(), 0u);
    }
};

QTEST_GUILESS_MAIN(TestConnections)
#include "tst_connections.moc"
