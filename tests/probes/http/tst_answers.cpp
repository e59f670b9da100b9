// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/protocol/id_number.h"
#include "tests/probes/http/wire_scene.h"

#include <QtTest>

#include <cerrno>

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

class TestAnswers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// By it the engine's words on the request are found. The id itself is not told.
    void anAnswerTellsTheNumberOfItsIdOnce()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        const std::string event
            = "data: {\"id\":\"chatcmpl-abc\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
        scene.write(chunk(event));
        scene.write(chunk(event));
        scene.write(lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.keys.size(), 1u);
        QCOMPARE(told.keys[0].body.key, wire::idNumber("chatcmpl-abc"));
        QCOMPARE(told.keys[0].body.connection, told.ends.at(0).body.connection);
        QCOMPARE(told.keys[0].body.request, told.ends[0].body.request);
        // The next answer on the connection has its own.
        scene.read(request);
        scene.write(streamHeader);
        scene.write(chunk("data: {\"id\":\"chatcmpl-def\"}\n\n"));
        QCOMPARE(scene.told().keys.at(0).body.key, wire::idNumber("chatcmpl-def"));
    }

    /// As llama-server writes: role and first token together, the end in two writes (T2).
    void streamOfLlama()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        scene.write(chunk(roleEvent + tokenEvent("Hi")));
        const std::uint64_t first = scene.now - WireScene::callNs;
        scene.write(chunk(tokenEvent(" you")));
        scene.write(chunk(chatEvent("{}", "\"stop\"")
            + "data: {\"choices\":[],\"usage\":{\"completion_tokens\":2,\"prompt_tokens\":11,"
              "\"prompt_tokens_details\":{\"cached_tokens\":3}},\"timings\":{}}\n\n"));
        scene.write(chunk(doneEvent));
        scene.write("0\r\n");
        scene.write("\r\n");
        const std::uint64_t end = scene.now;
        const Records told = scene.told();

        QCOMPARE(told.chunks.size(), 6u);
        QCOMPARE(told.chunks[0].body.role, 1);
        QCOMPARE(told.chunks[0].body.text, 1);
        QCOMPARE(told.chunks[0].body.events, 2);
        QCOMPARE(told.chunks[0].header.timeNs, first);
        QCOMPARE(told.chunks[0].header.durationNs, WireScene::callNs);
        QCOMPARE(told.sums(), (Records::Sums { 6, 2, 0, 1, 1, 1, 1, 0, told.sums().bytes }));
        QCOMPARE(told.answers.at(0).body.flags, wire::Streamed | wire::Chunked);
        QCOMPARE(told.answers[0].body.bodyBytes, wire::unknownBytes);
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].header.timeNs, end);
        QCOMPARE(told.ends[0].body.events, 6u);
        QCOMPARE(told.ends[0].body.tokenEvents, 2u);
        QCOMPARE(told.ends[0].body.writes, 7u);
        QCOMPARE(told.ends[0].body.bytesOut, told.sums().bytes + streamHeader.size());
        QCOMPARE(told.usages.size(), 1u);
        QCOMPARE(told.usages[0].body.known, 7u);
        QCOMPARE(told.usages[0].body.completionTokens, 2u);
        QCOMPARE(told.usages[0].body.promptTokens, 11u);
        QCOMPARE(told.usages[0].body.cachedTokens, 3u);
    }

    /// T2: the header ends in `max=100\r\n\r\n`, and a chunk of 0x10 bytes ends its size line in a 0.
    void terminatorInsideOtherBytes()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        QCOMPARE(scene.told().ends.size(), 0u);
        scene.write(chunk("data: 0\r\n\r\n0\r\n\r\n"));
        QCOMPARE(scene.told().ends.size(), 0u);
        scene.write(lastChunk);
        QCOMPARE(scene.told().ends.size(), 1u);
    }

    void trailerAfterTheLastChunk()
    {
        WireScene scene = asked();
        scene.write(streamHeader + chunk(doneEvent) + "0\r\nX-Checksum: 1\r\n");
        QCOMPARE(scene.told().ends.size(), 0u);
        scene.write("\r\n");
        QCOMPARE(scene.told().ends.size(), 1u);
    }

    void eventsOverSeveralWrites()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        const std::string framed = chunk(tokenEvent("ab"));
        scene.write(framed.substr(0, 100));
        scene.write(framed.substr(100, framed.size() - 103));
        scene.write(framed.substr(framed.size() - 3)); // the second LF of the event, and CRLF
        const Records told = scene.told();
        QCOMPARE(told.chunks.size(), 3u);
        QCOMPARE(told.chunks[0].body.events, 0);
        QCOMPARE(told.chunks[1].body.events, 0);
        QCOMPARE(told.chunks[2].body.text, 1);
    }

    /// 8 tokens in one write, of which only the beginning was copied: what is told is told as incomplete.
    void mergedEventsBehindTheCopiedPart()
    {
        WireScene scene = asked();
        scene.copyOut = 512;
        scene.write(streamHeader);
        std::string all;
        for (int i = 0; i < 8; ++i) {
            all += tokenEvent("word");
        }
        scene.write(chunk(all));
        scene.write(chunk(tokenEvent("next")));
        scene.write(lastChunk);
        const Records told = scene.told();
        QVERIFY(told.chunks.at(0).header.flags & wire::Truncated);
        QVERIFY(told.chunks[0].body.events < 8);
        QVERIFY(told.chunks[0].body.events >= 3);
        QVERIFY(!(told.chunks.at(1).header.flags & wire::Truncated));
        QCOMPARE(told.chunks[1].body.text, 1);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    /// A long event whose beginning and end were seen is told by its beginning.
    void longEvent()
    {
        WireScene scene = asked();
        scene.copyOut = 300;
        scene.write(streamHeader);
        scene.write(chunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"logprobs\":\""
            + std::string(2000, 'l') + "\"}]}\n\n"));
        scene.write(chunk("data: {\"id\":\"" + std::string(1000, 'i') + "\",\"choices\":[]}\n\n"));
        const Records told = scene.told();
        QCOMPARE(told.chunks.at(0).body.events, 1);
        QCOMPARE(told.chunks[0].body.text, 1);
        QCOMPARE(told.chunks.at(1).body.events, 1);
        QCOMPARE(told.chunks[1].body.other, 1);
        QVERIFY(told.chunks[1].header.flags & wire::Truncated);
    }

    /// Four chunks in one write: the third chunk's header was not copied.
    void chunkHeaderInUnseenBytes()
    {
        WireScene scene = asked();
        scene.copyOut = 512;
        scene.write(streamHeader);
        std::string four;
        for (int i = 0; i < 4; ++i) {
            four += chunk(tokenEvent("word " + std::to_string(i)));
        }
        scene.write(four);
        scene.write(chunk(tokenEvent("after")));
        scene.write(chunk(tokenEvent("after")));
        scene.write(lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.chunks.size(), 4u);
        QVERIFY(told.chunks[0].header.flags & wire::Truncated);
        QCOMPARE(told.chunks[0].body.bytes, four.size());
        QCOMPARE(told.chunks[1].body.text, 1);
        QVERIFY(!(told.chunks[2].header.flags & wire::Truncated));
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].body.bytesOut,
            streamHeader.size() + four.size() + 2 * chunk(tokenEvent("after")).size() + lastChunk.size());
    }

    void bodyEndsInUnseenBytes()
    {
        WireScene scene = asked();
        scene.copyOut = 512;
        scene.write(streamHeader);
        std::string all;
        for (int i = 0; i < 4; ++i) {
            all += chunk(tokenEvent("word"));
        }
        scene.write(all + chunk(doneEvent) + lastChunk);
        scene.read(request);
        const Records told = scene.told();
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.requests.size(), 2u);
    }

    /// Neither tail nor next write can tell: no guess, the next request ends it.
    void lostChunkFramingIsSaid()
    {
        WireScene scene = asked();
        scene.copyOut = 64;
        scene.write(streamHeader.substr(0, 60));
        scene.write(streamHeader.substr(60));
        scene.write(chunk(std::string(90, 'a')) + chunk(std::string(500, 'b')) + chunk(std::string(90, 'c')));
        scene.write("c\r\nno chunk at all");
        QCOMPARE(scene.told().ends.size(), 0u);
        scene.read(request);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.ends.size(), 2u);
        QCOMPARE(told.ended(0), wire::EndReason::Unsynchronised);
        QCOMPARE(told.ended(1), wire::EndReason::Complete);
    }

    void headerGoesOnBehindWhatWasCopied()
    {
        WireScene scene = asked();
        scene.copyOut = 64;
        scene.write(
            "HTTP/1.1 200 OK\r\nX-Long: " + std::string(200, 'x') + "\r\nContent-Length: 3\r\n\r\nabc");
        scene.read(request);
        const Records told = scene.told();
        QCOMPARE(told.answers.at(0).body.status, 200);
        QVERIFY(told.answers[0].header.flags & wire::Truncated);
        QCOMPARE(told.answers[0].body.bodyBytes, wire::unknownBytes);
        QCOMPARE(told.ended(0), wire::EndReason::Unsynchronised);
    }

    void plainAnswerTellsUsage()
    {
        WireScene scene = asked();
        const std::string body
            = "{\"choices\":[{\"message\":{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9}\"}}],"
              "\"usage\":{\"prompt_tokens\":5,\"total_tokens\":13,\"completion_tokens\":8,"
              "\"completion_tokens_details\":{\"reasoning_tokens\":2}},\"id\":1}";
        scene.write("HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\nContent-Length: "
            + std::to_string(body.size()) + "\r\n\r\n");
        scene.write(body);
        const Records told = scene.told();
        QCOMPARE(told.usages.size(), 1u);
        QCOMPARE(told.usages[0].body.promptTokens, 5u);
        QCOMPARE(told.usages[0].body.completionTokens, 8u);
        QCOMPARE(told.usages[0].body.reasoningTokens, 2u);
        QCOMPARE(told.usages[0].body.known, 11u);
        QCOMPARE(told.sums().events, 0u);
    }

    void unseenUsageIsNotZero()
    {
        WireScene scene = asked();
        const std::string body = "{\"choices\":[{\"text\":\"" + std::string(3000, 'x')
            + "\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":8}}";
        scene.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: "
            + std::to_string(body.size()) + "\r\n\r\n" + body);
        const Records told = scene.told();
        QVERIFY(told.usages.empty());
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    void encodedStreamHidesItsEvents()
    {
        WireScene scene = asked();
        scene.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n");
        scene.write(chunk(tokenEvent("not really compressed")) + lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.answers.at(0).body.flags, wire::Streamed | wire::Chunked | wire::Encoded);
        QCOMPARE(told.sums().events, 0u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    void bodyUntilClose()
    {
        WireScene scene = asked();
        scene.write("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + tokenEvent("a"));
        scene.write(tokenEvent("b") + "data: [DONE]\n"); // its last empty line never comes
        scene.localFinished();
        scene.closed();
        const Records told = scene.told();
        QVERIFY(told.answers.at(0).body.flags & wire::UntilClose);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].body.events, 3u);
        QCOMPARE(told.ends[0].body.tokenEvents, 2u);
        QCOMPARE(int(told.connections.back().body.change), int(wire::ConnectionChange::Closed));
    }

    void ends_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<int>("reason");
        QTest::newRow("the client leaves, the server notices")
            << "fin write close" << int(wire::EndReason::ClientClosed);
        QTest::newRow("the client's end is read") << "eof close" << int(wire::EndReason::ClientClosed);
        QTest::newRow("the client resets") << "reset" << int(wire::EndReason::ClientClosed);
        QTest::newRow("a write fails") << "pipe close" << int(wire::EndReason::ClientClosed);
        QTest::newRow("the server dies") << "close" << int(wire::EndReason::ServerClosed);
        QTest::newRow("no memory") << "nomem close" << int(wire::EndReason::Error);
        QTest::newRow("detached") << "detach" << int(wire::EndReason::Detached);
    }
    /// T5
    void ends()
    {
        QFETCH(QString, how);
        QFETCH(int, reason);
        WireScene scene = asked();
        scene.write(streamHeader + chunk(roleEvent));
        for (const QString& step : how.split(' ')) {
            if (step == "fin") {
                scene.peerFinished();
            } else if (step == "eof") {
                scene.endOfInput();
            } else if (step == "write") {
                scene.write(chunk(tokenEvent("to nobody")));
            } else if (step == "pipe") {
                scene.failed(SocketEventKind::Write, ECONNRESET);
            } else if (step == "nomem") {
                scene.failed(SocketEventKind::Write, ENOMEM);
            } else if (step == "reset") {
                scene.closed(ECONNRESET);
            } else if (step == "close") {
                scene.localFinished();
                scene.closed();
            } else {
                scene.machine.detach(WireScene::target, scene.now);
            }
        }
        const Records told = scene.told();
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(int(told.ends[0].body.reason), reason);
    }

    /// T5: the socket's address comes again, under another number.
    void closedConnectionStaysClosed()
    {
        WireScene scene = asked();
        scene.closed();
        scene.write(streamHeader); // a call that returns late
        scene.connection = 78;
        scene.opened();
        scene.read(request);
        const Records told = scene.told();
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.requests[1].body.request, 0u);
        QVERIFY(told.answers.empty());
        scene.machine.tick(scene.now += 1'000'000'000);
        QCOMPARE(scene.machine.connections(), 1u);
    }

    /// T8
    void attachedInTheMiddleOfAStream()
    {
        WireScene scene;
        scene.opened(SocketRole::Unknown, true);
        scene.write("\"}]}\n\n\r\n"); // the end of a chunk
        scene.write(chunk(tokenEvent("a")));
        scene.write(chunk(tokenEvent("b")));
        scene.write(chunk(doneEvent) + lastChunk);
        scene.read(request);
        scene.write(streamHeader + chunk(roleEvent) + chunk(doneEvent) + lastChunk);
        const Records told = scene.told();
        QVERIFY(!told.opaque.empty());
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(int(told.requests[0].body.flags), wire::InProgress | wire::ArrivalUnknown);
        QCOMPARE(told.requests[0].body.arrivalNs, 0u);
        QCOMPARE(told.requests[0].header.timeNs, told.chunks.at(0).header.timeNs);
        QCOMPARE(int(told.connections.at(0).body.change), int(wire::ConnectionChange::Seen));
        QCOMPARE(told.ends.at(0).body.tokenEvents, 2u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.requests[1].body.flags, int(wire::ArrivalUnknown));
        QCOMPARE(told.ended(1), wire::EndReason::Complete);
        scene.machine.detach(WireScene::target, scene.now);
        bool before = false;
        for (const auto& [header, loss] : scene.told().losses) {
            before = before
                || (loss.reason == int(wire::LossReason::BeforeAttach) && loss.dropped == 1 && loss.final);
            QCOMPARE(loss.attempted, loss.emitted + loss.dropped);
        }
        QVERIFY(before);
    }

    void attachedBeforeTheAnswerBegins()
    {
        WireScene scene;
        scene.opened(SocketRole::Server, true);
        scene.read(std::string(500, 'b')); // the rest of its body
        scene.write(streamHeader + chunk(roleEvent));
        scene.write(chunk(tokenEvent("a")) + lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(int(told.requests[0].body.flags), wire::InProgress | wire::ArrivalUnknown);
        QCOMPARE(told.answers.at(0).body.status, 200);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    /// The kernel's ring was full: the numbers tell, to the byte.
    void lostWrite()
    {
        WireScene scene = asked();
        scene.write(streamHeader);
        scene.write(chunk(tokenEvent("a")));
        scene.loseWrite(chunk(tokenEvent("b")));
        scene.write(chunk(tokenEvent("c")));
        scene.write(lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QVERIFY(told.chunks.at(1).header.flags & wire::LostBefore);
        QCOMPARE(told.chunks[1].body.text, 1);
        QCOMPARE(told.chunks[1].body.bytes, chunk(tokenEvent("c")).size());
        QCOMPARE(told.ends[0].body.bytesOut,
            streamHeader.size() + 3 * chunk(tokenEvent("c")).size() + lastChunk.size());
        QCOMPARE(scene.machine.counts(WireScene::target).missedBytes, chunk(tokenEvent("b")).size());
    }

    void lostRequest()
    {
        WireScene scene;
        scene.opened();
        scene.loseRead(request);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        scene.read(request);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.ends.size(), 2u);
        QVERIFY(told.requests[0].body.flags & wire::ArrivalUnknown);
        QVERIFY(told.requests[1].header.flags & wire::LostBefore);
        QCOMPARE(told.ended(1), wire::EndReason::Complete);
    }

    void lostHeaderOfAnAnswer()
    {
        WireScene scene = asked();
        scene.loseWrite(streamHeader);
        scene.write(chunk(tokenEvent("a")));
        scene.write(chunk(tokenEvent("b")));
        scene.write(lastChunk);
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QVERIFY(told.answers.empty());
        QCOMPARE(told.sums().text, 2u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }
};

QTEST_GUILESS_MAIN(TestAnswers)
#include "tst_answers.moc"
