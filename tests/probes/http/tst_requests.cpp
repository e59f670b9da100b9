// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/probes/http/wire_scene.h"

#include <QtTest>

#include <cerrno>

using namespace prism;
using namespace prism::probes;

class TestRequests : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void requestIsTold()
    {
        WireScene scene;
        scene.opened();
        const std::string request
            = post("/v1/chat/completions?key=secret", "0123456789", "X-Request-ID: abc-1\r\n");
        const std::uint64_t arrived = scene.packetIn(request.size());
        scene.read(request);
        const std::uint64_t read = scene.now;
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        const Records told = scene.told();

        QVERIFY(told.wellFormed);
        QCOMPARE(told.requests.size(), 1u);
        const auto& [header, body] = told.requests[0];
        QCOMPARE(told.path(0), "/v1/chat/completions");
        QCOMPARE(told.key(0), "abc-1");
        QCOMPARE(body.method, static_cast<std::uint8_t>(wire::HttpMethod::Post));
        QCOMPARE(body.bodyBytes, 10u);
        QCOMPARE(body.arrivalNs, arrived);
        QCOMPARE(body.readNs, read);
        QCOMPARE(body.flags, 0);
        QCOMPARE(header.timeNs, arrived);
        QCOMPARE(header.target, WireScene::target);
        QCOMPARE(header.thread, 42u);
        QCOMPARE(told.answers.at(0).body.status, 200);
        QCOMPARE(told.answers.at(0).body.bodyBytes, 2u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends.at(0).body.bytesIn, request.size());
        QCOMPARE(told.ends.at(0).body.bytesOut, 40u);
        QCOMPARE(told.connections.at(0).body.protocol,
            static_cast<std::uint8_t>(wire::ApplicationProtocol::Http1));
        for (const auto& [id, text] : told.texts) {
            QVERIFY2(text.find("secret") == std::string::npos, "the query is no one's business");
        }
    }

    void methods_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<int>("method");
        QTest::newRow("get") << QByteArray("GET") << 1;
        QTest::newRow("delete") << QByteArray("DELETE") << 4;
        QTest::newRow("patch") << QByteArray("PATCH") << 7;
        QTest::newRow("unheard of") << QByteArray("PROPFIND") << 0;
    }
    void methods()
    {
        QFETCH(QByteArray, name);
        QFETCH(int, method);
        WireScene scene;
        scene.opened();
        scene.read(name.toStdString() + " / HTTP/1.1\r\n\r\n");
        QCOMPARE(int(scene.told().requests.at(0).body.method), method);
    }

    void headAndEmptyAnswersHaveNoBody_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("status");
        QTest::newRow("HEAD") << QByteArray("HEAD") << QByteArray("200 OK");
        QTest::newRow("204") << QByteArray("GET") << QByteArray("204 No Content");
        QTest::newRow("304") << QByteArray("GET") << QByteArray("304 Not Modified");
    }
    void headAndEmptyAnswersHaveNoBody()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, status);
        WireScene scene;
        scene.opened();
        scene.read(method.toStdString() + " / HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 " + status.toStdString() + "\r\nContent-Length: 500\r\n\r\n");
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.ends.size(), 1u);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.requests.size(), 2u);
        QVERIFY(told.chunks.empty());
    }

    void headerOverManyReads()
    {
        WireScene scene;
        scene.opened();
        const std::string request = post("/v1/completions", "body!", "Authorization: Bearer sk-secret\r\n");
        const std::uint64_t arrived = scene.packetIn(request.size());
        scene.read(request.substr(0, 1));
        const std::uint64_t read = scene.now;
        for (std::size_t i = 1; i < request.size(); ++i) {
            scene.read(request.substr(i, 1));
        }
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.requests[0].body.arrivalNs, arrived);
        QCOMPARE(told.requests[0].body.readNs, read);
        QCOMPARE(told.ends.at(0).body.bytesIn, request.size());
    }

    /// T4: what a later read of a long body begins with is no request.
    void bodyThatLooksLikeARequest()
    {
        WireScene scene;
        scene.opened();
        const std::string body = "GET /fake HTTP/1.1\r\n\r\n";
        const std::string request = post("/a", body);
        scene.read(request.substr(0, request.size() - body.size()));
        scene.read(body);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.path(1), "/b");
    }

    void longBodyIsCountedThoughNotCopied()
    {
        WireScene scene;
        scene.opened();
        const std::string request = post("/a", std::string(100'000, 'x'));
        scene.read(request.substr(0, 65536));
        scene.read(request.substr(65536));
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.ends.at(0).body.bytesIn, request.size());
        QCOMPARE(told.path(1), "/b");
        QCOMPARE(told.opaque.size(), 0u);
    }

    void chunkedRequest()
    {
        WireScene scene;
        scene.opened();
        scene.read("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        scene.read("5;name=value\r\nhello\r\n");
        scene.read("00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.requests[0].body.bodyBytes, wire::unknownBytes);
        QVERIFY(told.requests[1].body.flags & wire::Pipelined);
    }

    void pipelinedRequestsGetTheirAnswersInOrder()
    {
        WireScene scene;
        scene.opened();
        const std::string first = post("/a", "xx");
        const std::string second = "GET /b HTTP/1.1\r\n\r\n";
        const auto arrivedFirst = scene.packetIn(first.size());
        const auto arrivedSecond = scene.packetIn(second.size(), first.size());
        scene.read(first + second);
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 404 Not Found\r\nContent-Length: "
                    "0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.requests[0].body.arrivalNs, arrivedFirst);
        QCOMPARE(told.requests[1].body.arrivalNs, arrivedSecond);
        QCOMPARE(told.requests[0].body.flags, 0);
        QCOMPARE(int(told.requests[1].body.flags), int(wire::Pipelined));
        QCOMPARE(told.answers.at(1).body.request, 1u);
        QCOMPARE(told.answers.at(1).body.status, 404);
        QCOMPARE(told.ends.at(0).body.bytesIn, first.size());
        QCOMPARE(told.ends.at(1).body.bytesIn, second.size());
        QCOMPARE(told.ends.at(0).body.bytesOut, 39u);
    }

    /// T3
    void continueIsNoAnswer()
    {
        WireScene scene;
        scene.opened();
        scene.read("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        scene.write("HTTP/1.1 100 Continue\r\n");
        scene.write("\r\n");
        scene.read("abc");
        scene.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.answers.size(), 1u);
        QCOMPARE(told.answers[0].body.status, 201);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].body.bytesOut, 25u + 43u);
        QCOMPARE(told.ends[0].body.writes, 3u);
    }

    void headerLineOfAMegabyte()
    {
        WireScene scene;
        scene.opened();
        scene.copyIn = 1u << 30;
        scene.read("POST /a HTTP/1.1\r\nX-Long: ");
        for (int i = 0; i < 16; ++i) {
            scene.read(std::string(65536, 'a'));
        }
        scene.read("\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.requests[0].body.bodyBytes, 4u);
        QCOMPARE(told.path(1), "/b");
    }

    void pathOfAMegabyteIsNotKept()
    {
        WireScene scene;
        scene.opened();
        scene.copyIn = 1u << 30;
        scene.read("GET /" + std::string(1'000'000, 'p') + " HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.path(0), "-");
        QVERIFY(told.requests[0].header.flags & wire::Truncated);
        QCOMPARE(told.answers.at(0).body.status, 414);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    /// The header goes on behind what was copied, so where the request ends is not known.
    void longHeaderIsFollowedByTheNextRequest()
    {
        WireScene scene;
        scene.opened();
        scene.copyIn = 256;
        const std::string request
            = post("/a?q=1", std::string(3000, 'b'), "Cookie: " + std::string(500, 'c') + "\r\n");
        scene.read(request);
        scene.read("GET /fake HTTP/1.1\r\n\r\n"); // more of the body, for all that is known
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.path(0), "/a");
        QVERIFY(told.requests[0].header.flags & wire::Truncated);
        QCOMPARE(told.requests[0].body.bodyBytes, wire::unknownBytes);
        QCOMPARE(told.ends.at(0).body.bytesIn, request.size() + 22);
        QCOMPARE(told.path(1), "/b");
        QCOMPARE(told.ended(1), wire::EndReason::Complete);
    }

    void requestLineBehindWhatWasCopied()
    {
        WireScene scene;
        scene.opened();
        scene.copyIn = 64;
        scene.read("GET /" + std::string(500, 'p') + " HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.path(0), "-");
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    void hugeChunkSize_data()
    {
        QTest::addColumn<QByteArray>("size");
        QTest::newRow("2^63") << QByteArray("8000000000000000");
        QTest::newRow("2^64 - 1") << QByteArray("ffffffffffffffff");
        QTest::newRow("2^64") << QByteArray("10000000000000000");
        QTest::newRow("no digit") << QByteArray("xyz");
        QTest::newRow("endless zeros") << QByteArray(100, '0');
    }
    void hugeChunkSize()
    {
        QFETCH(QByteArray, size);
        WireScene scene;
        scene.opened();
        scene.read("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + size.toStdString() + "\r\nabc");
        scene.read(std::string(5000, 'z'));
        scene.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        scene.localFinished();
        scene.closed();
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.answers.at(0).body.status, 400);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    void answerBeforeTheRequestIsComplete()
    {
        WireScene scene;
        scene.opened();
        scene.read("POST /a HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc");
        scene.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        scene.read(std::string(997, 'x'));
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.answers.at(0).body.status, 413);
        QCOMPARE(told.requests.size(), 2u);
        QCOMPARE(told.path(1), "/b");
    }

    void garbageIsToldAsOpaque()
    {
        WireScene scene;
        scene.opened();
        scene.read("\x01\x02\x03 what is this\r\n\r\n");
        scene.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.opaque.size(), 1u);
        QCOMPARE(told.opaque[0].body.bytes, 20u);
        QCOMPARE(int(told.opaque[0].body.reason), int(wire::OpaqueReason::Unsynchronised));
        QCOMPARE(told.answers.at(0).body.status, 400);
        QVERIFY(told.requests.at(0).body.flags & wire::ArrivalUnknown);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
    }

    void otherProtocols_data()
    {
        QTest::addColumn<QByteArray>("first");
        QTest::addColumn<int>("reason");
        QTest::addColumn<int>("protocol");
        QTest::newRow("HTTP/2") << QByteArray("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") << 2 << 2;
        QTest::newRow("TLS") << QByteArray("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) << 1 << 3;
    }
    void otherProtocols()
    {
        QFETCH(QByteArray, first);
        QFETCH(int, reason);
        QFETCH(int, protocol);
        WireScene scene;
        scene.opened();
        scene.read(first.toStdString());
        scene.write("HTTP/1.1 200 OK\r\n\r\n"); // as ciphertext might look
        const Records told = scene.told();
        QVERIFY(told.requests.empty());
        QVERIFY(told.answers.empty());
        QCOMPARE(told.opaque.size(), 2u);
        QCOMPARE(int(told.opaque[0].body.reason), reason);
        QCOMPARE(int(told.opaque[1].body.reason), reason);
        QCOMPARE(int(told.opaque[1].body.sent), 1);
        QCOMPARE(int(told.connections.at(0).body.protocol), protocol);
    }

    void upgradeToWebsocket()
    {
        WireScene scene;
        scene.opened();
        scene.read("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        scene.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello");
        scene.read("GET /no HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.size(), 1u);
        QCOMPARE(told.answers.at(0).body.status, 101);
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.opaque.size(), 2u);
        QCOMPARE(told.opaque[0].body.bytes, 7u);
        QCOMPARE(int(told.opaque[1].body.reason), int(wire::OpaqueReason::Websocket));
    }

    void ioUring()
    {
        WireScene scene;
        scene.opened();
        scene.call(SocketEventKind::BytesIn, std::string(300, 'x'), 0);
        scene.call(SocketEventKind::BytesOut, std::string(700, 'x'), 0);
        const Records told = scene.told();
        QCOMPARE(told.opaque.size(), 2u);
        QCOMPARE(int(told.opaque[0].body.reason), int(wire::OpaqueReason::IoUring));
        QCOMPARE(told.opaque[1].body.bytes, 700u);
    }

    /// A file by sendfile behind a header that was written.
    void bodyBySendfile()
    {
        WireScene scene;
        scene.opened();
        scene.read("GET /index.html HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        scene.call(SocketEventKind::BytesOut, std::string(5000, 'x'), 0);
        const Records told = scene.told();
        QCOMPARE(told.ended(0), wire::EndReason::Complete);
        QCOMPARE(told.ends[0].body.bytesOut, 41u + 5000u);
        QVERIFY(told.opaque.empty());
    }

    void arrivalIsUnknownWithoutPacket()
    {
        WireScene scene;
        scene.opened();
        scene.packetIn(10, 5000); // of something that comes later
        scene.read("GET / HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.at(0).body.arrivalNs, 0u);
        QCOMPARE(int(told.requests[0].body.flags), int(wire::ArrivalUnknown));
        QCOMPARE(told.requests[0].header.timeNs, told.requests[0].body.readNs);
    }

    void arrivalByOrderWithoutNumbers()
    {
        WireScene scene;
        scene.sequences = false;
        scene.opened();
        const auto arrived = scene.packetIn(18);
        scene.packetIn(18);
        scene.read("GET / HTTP/1.1\r\n\r\n");
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const auto second = scene.packetIn(18);
        scene.read("GET / HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.at(0).body.arrivalNs, arrived);
        QCOMPARE(told.requests.at(1).body.arrivalNs, second);
    }

    /// Many packets wait before the server reads: the first is the arrival.
    void arrivalOfALongRequestThatWaits()
    {
        WireScene scene;
        scene.opened();
        const std::string request = post("/a", std::string(100'000, 'x'));
        const auto arrived = scene.packetIn(1448);
        for (std::size_t at = 1448; at < request.size(); at += 1448) {
            scene.packetIn(std::min<std::size_t>(1448, request.size() - at), at);
        }
        for (std::size_t at = 0; at < request.size(); at += 4096) {
            scene.read(std::string_view(request).substr(at, 4096));
        }
        scene.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        const auto second = scene.packetIn(19);
        scene.read("GET /b HTTP/1.1\r\n\r\n");
        const Records told = scene.told();
        QCOMPARE(told.requests.at(0).body.arrivalNs, arrived);
        QCOMPARE(told.requests.at(1).body.arrivalNs, second);
    }
};

QTEST_GUILESS_MAIN(TestRequests)
#include "tst_requests.moc"
