// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/process_cost.h"
#include "tests/support/observer/raw_client.h"
#include "tests/support/observer/test_servers.h"

#include <QtTest>

#include <random>

using namespace prism::test;
using namespace prism;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t mostHelperBytes = 1u << 30; // the sanitizer keeps what was freed
#else
constexpr std::uint64_t mostHelperBytes = 64u << 20;
#endif

std::string request(const std::string& query, const std::string& headers = {}, const std::string& body = "{}")
{
    return "POST /v1/chat/completions?" + query + " HTTP/1.1\r\nHost: x\r\n" + headers
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string noise(std::size_t bytes)
{
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp): the same each time
    std::string out(bytes, '\0');
    for (char& c : out) {
        c = static_cast<char>(random());
    }
    return out;
}

} // namespace

/// Clients that send what no client should. After each the server lives, the helper and its child live within
/// their memory, and the next honest requests are observed to the last event.
class TestBadInput : public QObject {
    Q_OBJECT

private:
    RunningServer m_server;
    std::unique_ptr<ObservedSession> m_helper;
    std::uint32_t m_target = 0;

    void honestRequestsAreObserved()
    {
        m_helper->requests.clear();
        const TimedLoad load = runLoad(*m_helper, m_server.port,
            { QStringLiteral("--connections"), QStringLiteral("3"), QStringLiteral("--requests"),
                QStringLiteral("2"), QStringLiteral("--body"), QStringLiteral("{}"), QStringLiteral("--path"),
                QStringLiteral("/v1/chat/completions?tokens=12") });
        QCOMPARE(load.complete, 6);
        QVERIFY(m_helper->detach(m_target).ok());
        std::vector<QString> wrong;
        for (const QString& difference : compare(load, *m_helper).differences) {
            if (!difference.startsWith(QStringLiteral("observed and not sent"))) {
                wrong.push_back(difference);
            }
        }
        QVERIFY2(wrong.empty(),
            qPrintable(
                wrong.empty() ? QString() : wrong.front() + QStringLiteral("; ") + m_helper->losses()));
        QVERIFY(m_server.program->running());
        const std::uint64_t bytes = familyBytes(m_helper->pid());
        QVERIFY2(bytes > 0, "the helper is gone");
        QVERIFY2(bytes <= mostHelperBytes, qPrintable(QString::number(bytes)));
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
    }

    void init()
    {
        m_server = startServer(QStringLiteral("shaped"));
        QVERIFY(m_server);
        m_helper = std::make_unique<ObservedSession>();
        const ObservedSession::Reply attached = m_helper->attach(m_server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        m_target = attached.target;
    }
    void cleanup()
    {
        m_helper.reset();
        m_server = {};
    }

    void garbage()
    {
        for (const std::size_t bytes : { std::size_t { 1 }, std::size_t { 300 }, std::size_t { 100'000 } }) {
            RawClient client(m_server.port);
            client.send(noise(bytes) + "\r\n\r\n");
            client.readAll();
        }
        honestRequestsAreObserved();
    }

    void headerLineOfAMegabyte()
    {
        RawClient client(m_server.port);
        client.send(
            "POST /v1/chat/completions HTTP/1.1\r\nX-Long: " + std::string(1u << 20, 'x') + "\r\n\r\n");
        client.readAll();
        honestRequestsAreObserved();
    }

    void chunkOf2To63()
    {
        RawClient client(m_server.port);
        client.send("POST /v1/chat/completions?tokens=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "8000000000000000\r\nabc");
        // The server waits for 2^63 bytes: nothing comes back, and the client leaves.
        QVERIFY(m_helper->readUntil([&] { return m_helper->requests.size() == 1; }));
        QVERIFY(!m_helper->requests.begin()->second.ended(wire::EndReason::Complete));
        honestRequestsAreObserved();
    }

    void chunkSizeThatIsNone()
    {
        RawClient client(m_server.port);
        client.send("POST /v1/chat/completions?tokens=1 HTTP/1.1\r\nTransfer-Encoding: "
                    "chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n");
        client.readAll();
        honestRequestsAreObserved();
    }

    void lengthBeyondNumbers()
    {
        RawClient client(m_server.port);
        client.send("POST /v1/chat/completions?tokens=1 HTTP/1.1\r\nContent-Length: "
                    "99999999999999999999999\r\n\r\nabc");
        QVERIFY(m_helper->readUntil([&] { return !m_helper->connections.empty(); }));
        honestRequestsAreObserved();
    }

    void bodyThatDoesNotEnd()
    {
        RawClient client(m_server.port);
        client.send("POST /v1/chat/completions?tokens=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, 'b') + "\r\n";
        for (int i = 0; i < 200; ++i) {
            QVERIFY(client.send(chunk));
        }
        honestRequestsAreObserved();
    }

    void answerThatDoesNotEnd()
    {
        RawClient client(m_server.port);
        client.send(request("tokens=-1&pace_us=100"));
        QVERIFY(client.readUntil("token2000"));
        honestRequestsAreObserved();
    }

    void answerBeforeTheRequestIsComplete()
    {
        RawClient client(m_server.port);
        client.send("POST /v1/chat/completions?shape=early HTTP/1.1\r\nContent-Length: 100000\r\n\r\nabc");
        const std::string answer = client.readAll();
        QVERIFY(answer.starts_with("HTTP/1.1 413"));
        QVERIFY(m_helper->readUntil([&] { return m_helper->requests.size() == 1; }));
        QVERIFY(
            m_helper->readUntil([&] { return m_helper->requests.begin()->second.response.status == 413; }));
        honestRequestsAreObserved();
    }

    void aRequestByteByByte()
    {
        RawClient client(m_server.port);
        for (const char c : request("tokens=3")) {
            QVERIFY(client.send(std::string_view(&c, 1)));
        }
        QVERIFY(client.readUntil("[DONE]"));
        QVERIFY(m_helper->readUntil([&] { return m_helper->endedRequests() == 1; }));
        QCOMPARE(m_helper->requests.begin()->second.text, 3u);
        honestRequestsAreObserved();
    }

    void manyConnections()
    {
        constexpr int together = 900;
        constexpr int rounds = 5;
        for (int round = 0; round < rounds; ++round) {
            std::vector<std::unique_ptr<RawClient>> clients;
            for (int i = 0; i < together; ++i) {
                clients.push_back(std::make_unique<RawClient>(m_server.port));
                clients.back()->send(i % 2 ? request("shape=plain") : std::string("GET"));
            }
            for (int i = 1; i < together; i += 2) {
                QVERIFY(clients[static_cast<std::size_t>(i)]->readUntil("usage"));
            }
            m_helper->readUntil([] { return false; }, 10);
        }
        QVERIFY(m_helper->readUntil(
            [&] { return m_helper->endedRequests() >= std::size_t { together / 2 } * rounds; }));
        honestRequestsAreObserved();
    }
};

QTEST_GUILESS_MAIN(TestBadInput)
#include "tst_bad_input.moc"
