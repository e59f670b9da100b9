// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/raw_client.h"
#include "tests/support/observer/test_servers.h"

#include <QtTest>

using namespace prism::test;
using namespace prism;

namespace {

QStringList words(const QString& text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

} // namespace

/// What real servers and clients do and a simple reader gets wrong (T2 to T8 of the reference measurements).
/// Each answer is read by a client that sees every byte and by the observer, and both must agree.
class TestTraps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
    }

    void answersOfEveryShape_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QString>("client");
        const auto row = [](const char* name, const char* query, const char* client = "") {
            QTest::newRow(name) << QString::fromLatin1(query) << QString::fromLatin1(client);
        };
        row("T2 the end comes in two writes", "shape=split_end");
        row("T3 100 Continue in two writes", "tokens=8", "--expect-continue");
        row("T4 the body comes in pieces", "tokens=8", "--piece 40 --piece-gap-us 300");
        row("T4 three requests in one write", "tokens=8", "--pipeline 3 --requests 6");
        row("T4 the request's body is chunked", "tokens=8", "--chunked-body");
        row("T5 every request on a connection of its own", "tokens=4",
            "--requests 40 --header Connection:close");
        row("T6 two tokens in one write", "shape=merged");
        row("T7 the last byte of an event comes alone", "shape=last_byte");
        row("an event in two writes", "shape=split&pace_us=500");
        row("all in one write", "shape=one_write&tokens=1");
        row("role and first token in one write", "shape=role_token");
        row("finish and usage in one write", "shape=usage_last");
        row("and of a model with a path for a name", "shape=usage_last&model=300");
        row("the first token has no text", "shape=empty_token");
        row("events until the connection closes", "shape=until_close");
        row("tokens of 2 KB", "padding=2000");
        row("by write", "call=write");
        row("by writev", "call=writev");
        row("by sendmsg", "call=sendmsg");
        row("merged by writev", "shape=merged&call=writev");
        row("a plain answer with writev", "shape=plain&call=writev");
        row("an exception a write", "throws=1");
        row("long header lines", "tokens=8", "--header X-Long:HEADER");
    }
    void answersOfEveryShape()
    {
        QFETCH(const QString, query);
        QFETCH(QString, client);
        client.replace(QStringLiteral("HEADER"), QString(700, QLatin1Char('x')));
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.port,
            words(QStringLiteral(
                      "--connections 2 --requests 2 --body {\"messages\":[{\"content\":\"a\"}]} --path "
                      "/v1/chat/completions?")
                + query + QLatin1Char(' ') + client));
        QVERIFY(helper.detach(attached.target).ok());
        QVERIFY(load.requests >= 4);
        QCOMPARE(load.complete, load.requests);
        const Comparison c = compare(load, helper);
        QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
        QCOMPARE(c.matched, load.requests);
    }

    /// More events in one write than are copied: bytes, times and the end stay right, what is missing is
    /// said.
    void whatIsNotCopiedIsSaid_data()
    {
        QTest::addColumn<QString>("query");
        QTest::newRow("T6 twenty tokens in one write") << QStringLiteral("shape=merged&merge=20&tokens=60");
        QTest::newRow("an answer of one large write") << QStringLiteral("shape=one_write&tokens=60");
    }
    void whatIsNotCopiedIsSaid()
    {
        QFETCH(const QString, query);
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.port,
            words(QStringLiteral("--requests 3 --body {} --path /v1/chat/completions?") + query));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.complete, 3);
        QCOMPARE(helper.requests.size(), std::size_t { 3 });
        for (const auto& [key, request] : helper.requests) {
            const TimedExchange& seen = load.exchanges.at(request.request);
            QVERIFY(request.ended(wire::EndReason::Complete));
            QCOMPARE(request.end.bytesOut, seen.bytesReceived);
            QVERIFY(request.text < 60);
            QVERIFY2(request.truncated, "fewer events than there were, and nothing says so");
        }
        bool told = false;
        for (const TimedRecord& record : helper.all(wire::RecordType::Loss)) {
            const auto loss = record.as<wire::Loss>();
            told = told
                || (loss.reason == static_cast<std::uint16_t>(wire::LossReason::Truncated) && loss.bytes > 0);
        }
        QVERIFY2(told, "no loss record tells of payload that was cut short");
    }

    /// sendmmsg carries bytes that are not copied: times and bytes stay, and it is said.
    void sendmmsgIsToldAsBytes()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.port,
            words(QStringLiteral("--body {} --path /v1/chat/completions?tokens=8&call=sendmmsg")));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.complete, 1);
        QCOMPARE(helper.requests.size(), std::size_t { 1 });
        const ObservedRequest& request = helper.requests.begin()->second;
        QVERIFY(request.tokenNs.empty());
        std::uint64_t bytes = 0;
        for (const TimedRecord& record : helper.all(wire::RecordType::OpaqueBytes)) {
            bytes += record.as<wire::OpaqueBytes>().sent ? record.as<wire::OpaqueBytes>().bytes : 0;
        }
        QCOMPARE(bytes, load.exchanges.at(0).bytesReceived);
        QCOMPARE(request.end.bytesOut, load.exchanges.at(0).bytesReceived);
    }

    void clientThatHangsUpEndsItsRequest()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.port,
            words(QStringLiteral("--connections 8 --abort-after 4 --body {} --path "
                                 "/v1/chat/completions?tokens=-1&pace_us=1000")));
        QVERIFY(helper.readUntil([&] { return helper.endedRequests() == 8; }));
        for (const auto& [key, request] : helper.requests) {
            QVERIFY(request.ended(wire::EndReason::ClientClosed));
            QVERIFY(request.tokenNs.size() >= 3);
        }
        QVERIFY(helper.detach(attached.target).ok());
    }

    void serverThatHangsUpEndsItsRequest()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load
            = runLoad(server.port, words(QStringLiteral("--body {} --path /v1/chat/completions?shape=half")));
        QVERIFY(helper.readUntil([&] { return helper.endedRequests() == 1; }));
        QVERIFY(helper.requests.begin()->second.ended(wire::EndReason::ServerClosed));
        QCOMPARE(helper.requests.begin()->second.end.bytesOut, load.exchanges.at(0).bytesReceived);
        QVERIFY(helper.detach(attached.target).ok());
    }

    /// T8: what began before the attach has no arrival, no first token and no TTFT; the next request is
    /// whole.
    void attachInTheMiddleInventsNothing()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        RawClient client(server.port);
        client.send("POST /v1/chat/completions?tokens=400&pace_us=2000 HTTP/1.1\r\nHost: "
                    "x\r\nContent-Length: 2\r\n\r\n{}");
        QVERIFY(client.readUntil("token3"));
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        QVERIFY(client.readUntil("0\r\n\r\n"));
        client.send("POST /v1/chat/completions?tokens=4 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
        QVERIFY(client.readUntil("0\r\n\r\n"));
        QVERIFY(helper.detach(attached.target).ok());
        const ObservedRequest* whole = nullptr;
        for (const auto& [key, request] : helper.requests) {
            if (request.begin.arrivalNs != 0) {
                QVERIFY2(!whole, "only one request was seen from its beginning");
                whole = &request;
            } else {
                QVERIFY((request.begin.flags & wire::InProgress) != 0);
            }
        }
        QVERIFY(whole);
        QVERIFY(whole->ended(wire::EndReason::Complete));
        QCOMPARE(whole->text, 4u);
        QCOMPARE(whole->response.status, std::uint16_t { 200 });
    }

    /// Detached in the middle: what is open ends as Detached, and nothing comes afterwards.
    void detachInTheMiddleSaysSo()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        RawClient client(server.port);
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        client.send("POST /v1/chat/completions?tokens=200&pace_us=2000 HTTP/1.1\r\nHost: "
                    "x\r\nContent-Length: 2\r\n\r\n{}");
        QVERIFY(client.readUntil("token3"));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(helper.requests.size(), std::size_t { 1 });
        QVERIFY(helper.requests.begin()->second.ended(wire::EndReason::Detached));
        const std::size_t records = helper.recordCount;
        QVERIFY(client.readUntil("0\r\n\r\n"));
        QVERIFY(helper.leave());
        QVERIFY2(helper.recordCount <= records + 4, "records of a target that was left");
    }
};

QTEST_GUILESS_MAIN(TestTraps)
#include "tst_traps.moc"
