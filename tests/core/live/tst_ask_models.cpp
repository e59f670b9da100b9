// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/ask_models.h"

#include "core/live/session.h"
#include "probes/protocol/message.h"
#include "tests/support/fake_helper.h"
#include "tests/support/metrics_server.h"

#include <QtTest>

#include <unistd.h>

using namespace prism;
using namespace prism::live;
using prism::test::FakeHelper;
using prism::test::MetricsServer;

namespace {

constexpr const char* models = R"({"object": "list", "data": [{"id": "org/told", "owned_by": "vllm"}]})";

FoundServer listening(std::uint16_t port)
{
    FoundServer server;
    server.pid = static_cast<std::uint32_t>(::getpid()); // a process of this network
    server.engine = "openai-compatible";
    server.role = "server";
    server.ports = { port };
    server.addresses = { "127.0.0.1" };
    server.unasked = true;
    return server;
}

} // namespace

/// What the helper found listening and could not ask, as its service cannot.
class TestAskModels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatSpeaksStaysAndTheOthersGo()
    {
        MetricsServer speaks;
        speaks.answerText(models);
        MetricsServer other;
        other.answerText("<html>");
        MetricsServer closes;
        FoundServer known = listening(speaks.port());
        known.engine = "sglang";
        known.unasked = false;
        known.modelUnasked = true;
        FakeHelper helper;
        helper.setServers(
            { listening(other.port()), listening(speaks.port()), known, listening(closes.port()) });
        const auto session = Session::connect(helper.address());
        QVERIFY(session);
        auto found = (*session)->servers();
        // Each has half a second, which a busy machine may take.
        for (int again = 0; again < 20 && found && (found->size() < 2 || (*found)[1].model.empty());
             ++again) {
            found = (*session)->servers();
        }
        QVERIFY(found);
        QCOMPARE(found->size(), std::size_t(2));
        QCOMPARE((*found)[0].engine, std::string("vllm"));
        QCOMPARE((*found)[0].model, std::string("org/told"));
        QVERIFY(!(*found)[0].unasked);
        QCOMPARE((*found)[1].engine, std::string("sglang")); // its name is known from its process
        QCOMPARE((*found)[1].model, std::string("org/told"));
        QVERIFY(speaks.questions().front().starts_with("GET /v1/models HTTP/1.0\r\n"));
    }

    /// Ports are in order of their numbers: that of its workers may come first.
    void eachPortIsAskedUntilOneSpeaks()
    {
        MetricsServer speaks;
        speaks.answerText(models);
        MetricsServer closes;
        FoundServer server = listening(closes.port());
        server.ports.push_back(speaks.port());
        server.addresses.emplace_back("127.0.0.1");
        std::vector<FoundServer> servers { server };
        keepThoseThatSpeak(servers, true, std::chrono::minutes(1));
        QCOMPARE(servers.size(), std::size_t(1));
        QCOMPARE(servers[0].model, std::string("org/told"));
        QCOMPARE(servers[0].ports.front(), speaks.port());
        // A worker's port is not to be spoken to: what is known by name is asked at its own.
        server.unasked = false;
        server.modelUnasked = true;
        servers = { server };
        const std::size_t questions = speaks.questions().size();
        keepThoseThatSpeak(servers, true, std::chrono::minutes(1));
        QCOMPARE(servers.size(), std::size_t(1));
        QCOMPARE(speaks.questions().size(), questions);
    }

    void hundredsAreAskedAll()
    {
        MetricsServer speaks;
        speaks.answerText(models);
        std::vector<FoundServer> servers(200, listening(speaks.port()));
        keepThoseThatSpeak(servers, true, std::chrono::minutes(1));
        QCOMPARE(servers.size(), std::size_t(200));
        QVERIFY(std::ranges::all_of(servers, [](const auto& server) { return server.model == "org/told"; }));
    }

    void nobodyIsAskedOnAnotherMachine()
    {
        MetricsServer speaks;
        speaks.answerText(models);
        FoundServer known = listening(speaks.port());
        known.unasked = false;
        known.modelUnasked = true;
        std::vector<FoundServer> servers { listening(speaks.port()), known };
        QCOMPARE(keepThoseThatSpeak(servers, false), std::size_t(1));
        QCOMPARE(servers.size(), std::size_t(1));
        QVERIFY(speaks.questions().empty());
    }

    void whatTheHelperAskedIsNotAskedAgain()
    {
        MetricsServer locked;
        locked.answerText("no", "401 Unauthorized");
        FoundServer known = listening(locked.port());
        known.engine = "vllm";
        known.unasked = false;
        known.notes = { "It asks for a key before it names its models" };
        std::vector<FoundServer> servers { known };
        QCOMPARE(keepThoseThatSpeak(servers, true, std::chrono::minutes(1)), std::size_t(0));
        QVERIFY(locked.questions().empty());
        QCOMPARE(servers.at(0).notes, known.notes);
        // What it could not ask is asked, and then it is no longer so that it was not.
        known.modelUnasked = true;
        known.notes
            = { std::string(wire::modelsNotAsked) + ": the server is in another network namespace", "other" };
        servers = { known };
        QCOMPARE(keepThoseThatSpeak(servers, true, std::chrono::minutes(1)), std::size_t(0));
        QCOMPARE(locked.questions().size(), std::size_t(1));
        QCOMPARE(servers.at(0).notes,
            (std::vector<std::string> { "other", "It asks for a key before it names its models" }));
    }

    void whatNobodyCouldAskIsCounted()
    {
        MetricsServer closes;
        FoundServer hidden = listening(closes.port());
        hidden.pid = 0x7ffffff0; // of no process that we may look at
        hidden.container = "docker 1234";
        FakeHelper helper;
        helper.setServers({ hidden, listening(closes.port()) });
        const auto session = Session::connect(helper.address());
        QVERIFY(session);
        QCOMPARE((*session)->unasked(), std::size_t(0));
        const auto found = (*session)->servers();
        QVERIFY(found && found->empty());
        QCOMPARE((*session)->unasked(), std::size_t(1));
    }

    /// A server behind a key says as little as one that cannot be reached.
    void whoWantsAKeyMayBeAServer()
    {
        for (const char* refusal : { "401 Unauthorized", "403 Forbidden" }) {
            MetricsServer locked;
            locked.answerText("no", refusal);
            std::vector<FoundServer> servers { listening(locked.port()) };
            QCOMPARE(keepThoseThatSpeak(servers, true, std::chrono::minutes(1)), std::size_t(1));
            QVERIFY(servers.empty());
            QCOMPARE(locked.questions().size(), std::size_t(1));
        }
        MetricsServer other; // it answered, and not as a server
        other.answerText("<html>");
        std::vector<FoundServer> servers { listening(other.port()) };
        QCOMPARE(keepThoseThatSpeak(servers, true, std::chrono::minutes(1)), std::size_t(0));
        QVERIFY(servers.empty());
    }

    void anyBytesAreSurvived_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<bool>("speaks");
        QTest::newRow("nothing") << QByteArray() << false;
        QTest::newRow("no JSON") << QByteArray("\xff{") << false;
        QTest::newRow("a number") << QByteArray("3") << false;
        QTest::newRow("data is none") << QByteArray(R"({"object": "list", "data": {}})") << false;
        QTest::newRow("no models") << QByteArray(R"({"object": "list", "data": []})") << true;
        QTest::newRow("odd models") << QByteArray(R"({"object": "list", "data": [[], {"id": 4}]})") << true;
        QTest::newRow("deep") << QByteArray(100'000, '[') << false;
    }
    void anyBytesAreSurvived()
    {
        QFETCH(QByteArray, body);
        QFETCH(bool, speaks);
        FoundServer server = listening(1);
        QCOMPARE(takeModels(server, body.toStdString()), speaks);
        QCOMPARE(server.model, std::string());
    }
};

QTEST_GUILESS_MAIN(TestAskModels)
#include "tst_ask_models.moc"
