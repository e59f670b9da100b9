// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/client_join.h"

#include "probes/protocol/id_number.h"

#include <QTest>

#include <algorithm>
#include <cstdint>
#include <string>

using namespace prism;
using namespace prism::live;

namespace {

constexpr std::int64_t millisecond = 1'000'000;

RequestPtr served(double arrivalMs, double e2eMs = 0)
{
    Request r;
    if (e2eMs > 0) {
        r.end = Nanoseconds { static_cast<std::int64_t>((arrivalMs + e2eMs) * double(millisecond)) };
    }
    r.method = "POST";
    r.arrival = Nanoseconds { static_cast<std::int64_t>(arrivalMs * double(millisecond)) };
    r.status = 200;
    r.ended = Ended::Complete;
    return std::make_shared<const Request>(r);
}

RequestRow row(double startSeconds, double e2eMs = 0)
{
    RequestRow r;
    if (e2eMs > 0) {
        r.e2e = Milliseconds { e2eMs };
    }
    r.start = Seconds { startSeconds };
    return r;
}

/// The client tells `id`, the server saw it as X-Request-Id or as the number of the answer's id.
struct Named {
    std::vector<RequestRow> client;
    std::vector<RequestPtr> server;

    void sent(double startSeconds, const std::string& id)
    {
        client.push_back(row(startSeconds, 50));
        client.back().id = id;
    }
    void received(double arrivalMs, const std::string& key, const std::string& answer = {},
        RequestId cause = 0, std::uint16_t status = 200)
    {
        Request r = *served(arrivalMs, 40);
        r.key = key;
        r.cause = cause;
        r.status = status;
        if (!answer.empty()) {
            r.answerId = wire::idNumber(answer);
        }
        server.push_back(std::make_shared<const Request>(r));
    }
    /// The server's index for each row; SIZE_MAX where it is alone.
    std::vector<std::size_t> joined(const ClientJoin& join) const
    {
        std::vector<std::size_t> servers(client.size(), SIZE_MAX);
        for (const JoinedPair& pair : join.pairs) {
            servers[pair.client] = pair.server;
        }
        return servers;
    }
};

/// A client that puts requests into its queue in one order and sends them in another: every two change
/// places.
Named reordered()
{
    Named both;
    for (int i = 0; i < 40; ++i) {
        both.sent(i * 0.02, "id-" + std::to_string(i));
        both.received(7'000 + i * 20, "id-" + std::to_string(i % 2 == 0 ? i + 1 : i - 1));
    }
    return both;
}

const std::vector<double> starts { 0, 0.31, 0.5, 1.7, 2.9, 3.01 };

} // namespace

class TestClientJoin : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void startsOnAnotherClockAreFound()
    {
        std::vector<RequestPtr> server { served(1000), served(1100) }; // warm-up
        std::vector<RequestRow> client;
        for (const double s : starts) {
            server.push_back(served(50'000 + s * 1e3 + 0.4));
            client.push_back(row(s));
        }
        std::swap(client[0], client[3]); // rows stand in any order
        std::swap(server[2], server[5]);
        const auto join = joinClient(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), starts.size());
        QVERIFY(join->residual && join->residual->value < 0.1);
        for (const JoinedPair& pair : join->pairs) {
            const double arrival = toMilliseconds(*server[pair.server]->arrival).value;
            QVERIFY(qAbs(arrival - 50'000.4 - client[pair.client].start->value * 1e3) < 0.01);
        }
    }

    void whatDoesNotFitIsNotJoined()
    {
        std::vector<RequestPtr> server;
        std::vector<RequestRow> client;
        for (std::size_t i = 0; i < starts.size(); ++i) {
            server.push_back(served(double(i * i) * 700));
            client.push_back(row(starts[i]));
        }
        QVERIFY(!joinClient(client, server));
        server.resize(3); // fewer than the client sent
        QVERIFY(!joinClient(client, server));
        QVERIFY(!joinClient({}, server));
    }

    void anotherClientsRequestShiftsNoPair()
    {
        std::vector<RequestPtr> server;
        std::vector<RequestRow> client;
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < 40; ++i) {
            // Dense enough that the tolerance reaches over several neighbours.
            const double at = double(i) * 30 + double(i * i % 7) * 3;
            if (i == 7 || i == 20) {
                server.push_back(served(90'000 + at - 6)); // a stranger's, just before
            }
            if (i == 31) {
                client.push_back(row(at / 1e3)); // never seen by the server
                expected.push_back(SIZE_MAX);
                continue;
            }
            expected.push_back(server.size());
            server.push_back(served(90'000 + at + double(i % 3) * 0.1));
            client.push_back(row(at / 1e3));
        }
        const auto join = joinClient(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), std::size_t(39));
        for (const JoinedPair& pair : join->pairs) {
            QCOMPARE(pair.server, expected[pair.client]);
        }
        QCOMPARE(join->clientAlone, std::size_t(1));
        QCOMPARE(join->serverAlone, std::size_t(2));
        QVERIFY(join->residual && join->residual->value < 0.2);
    }

    void equalStartsArePairedByTheirEnds()
    {
        std::vector<RequestPtr> server;
        std::vector<RequestRow> client;
        for (std::size_t i = 0; i < 10; ++i) {
            // The server sees the burst in another order than the client tells it.
            server.push_back(served(5'000 + double(i) * 0.1, 100 + double(i) * 20));
            client.push_back(row(0, 104 + double(9 - i) * 20));
        }
        const auto join = joinClient(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), std::size_t(10));
        for (const JoinedPair& pair : join->pairs) {
            QCOMPARE(pair.server, 9 - pair.client);
        }
    }

    void severalWaysToFitAreNoJoin()
    {
        std::vector<RequestPtr> server;
        std::vector<RequestRow> client;
        for (std::size_t i = 0; i < 20; ++i) {
            server.push_back(served(double(i) * 200, 100));
            if (i < 19) {
                client.push_back(row(double(i) * 0.2, 103));
            }
        }
        const auto join = joinClient(client, server);
        QVERIFY(!join);
        QVERIFY(join.error().text().find("more than one way") != std::string::npos);
    }

    void whatTookLongerForTheServerIsNoPair()
    {
        std::vector<RequestPtr> server;
        std::vector<RequestRow> client;
        for (std::size_t i = 0; i < starts.size(); ++i) {
            client.push_back(row(starts[i], 60));
            server.push_back(served(starts[i] * 1e3 + 400, 55));
        }
        server.push_back(served(starts[2] * 1e3 + 399, 900));
        const auto join = joinClient(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), starts.size());
        for (const JoinedPair& pair : join->pairs) {
            QCOMPARE(pair.server, pair.client);
        }
    }

    void idsJoinWhatTimeWouldJoinWrongly()
    {
        Named both = reordered();
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->byId, std::size_t(40));
        QCOMPARE(join->pairs.size(), std::size_t(40));
        const auto servers = both.joined(*join);
        for (std::size_t i = 0; i < servers.size(); ++i) {
            QCOMPARE(servers[i], i % 2 == 0 ? i + 1 : i - 1);
        }
        QVERIFY(std::is_sorted(
            join->pairs.begin(), join->pairs.end(), [&both](const JoinedPair& a, const JoinedPair& b) {
                return both.client[a.client].start->value < both.client[b.client].start->value;
            }));
        QCOMPARE(join->residual->value, 40.0);
        // The same without ids: time alone is wrong about every pair, and cannot know.
        for (RequestRow& r : both.client) {
            r.id.clear();
        }
        const auto timed = joinClient(both.client, both.server);
        QVERIFY(timed);
        QCOMPARE(timed->byId, std::size_t(0));
        for (const JoinedPair& pair : timed->pairs) {
            QCOMPARE(pair.server, pair.client);
        }
    }

    void timeJoinsWhatHasNoId()
    {
        Named both;
        for (int i = 0; i < 12; ++i) {
            // Three rows have none.
            const bool named = i % 4 != 3;
            both.sent(i * 0.1, named ? "id-" + std::to_string(i) : std::string());
            both.received(3'000 + i * 100, named ? "id-" + std::to_string(i) : std::string());
        }
        both.received(3'350, {}); // a stranger's
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->byId, std::size_t(9));
        QCOMPARE(join->pairs.size(), std::size_t(12));
        const auto servers = both.joined(*join);
        for (std::size_t i = 0; i < servers.size(); ++i) {
            QCOMPARE(servers[i], i);
        }
        QCOMPARE(join->clientAlone, std::size_t(0));
        QCOMPARE(join->serverAlone, std::size_t(1));
    }

    void theAnswersIdJoinsToo()
    {
        Named both;
        both.sent(0, "chatcmpl-b");
        both.sent(0.001, "chatcmpl-a");
        both.received(100, {}, "chatcmpl-a");
        both.received(101, "another", "chatcmpl-b");
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->byId, std::size_t(2));
        QCOMPARE(both.joined(*join), (std::vector<std::size_t> { 1, 0 }));
    }

    void anIdOfSeveralNamesNothing()
    {
        Named both;
        for (int i = 0; i < 10; ++i) {
            // Two rows say the same id, and two requests another.
            both.sent(i * 0.1, i < 2 ? "twice" : "id-" + std::to_string(i));
            both.received(500 + i * 100, i == 0 || i == 4 || i == 5 ? "id-4" : "id-" + std::to_string(i));
        }
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->byId, std::size_t(6)); // 2, 3, 6 … 9
        QCOMPARE(join->pairs.size(), std::size_t(10)); // their starts tell the others
        const auto servers = both.joined(*join);
        for (std::size_t i = 0; i < servers.size(); ++i) {
            QCOMPARE(servers[i], i);
        }
    }

    void aRetryUnderTheSameIdIsTheOneThatWentWell()
    {
        Named both;
        both.sent(0, "id");
        both.received(100, "id", {}, 0, 503);
        both.received(180, "id");
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(both.joined(*join), std::vector<std::size_t> { 1 });
    }

    void ofARouterAndItsServerTheRouterIsTheClients()
    {
        Named both;
        both.sent(0, "id");
        both.received(101, "id", {}, 7); // the server behind the router, which hands the id on
        both.received(100, "id");
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(both.joined(*join), std::vector<std::size_t> { 1 });
        QCOMPARE(join->serverAlone, std::size_t(0));
    }

    void startsThatScatterJoinNothing()
    {
        Named both;
        for (int i = 0; i < 10; ++i) {
            // Sent up to a second after the start that the client tells.
            both.sent(i * 0.2, i < 8 ? "id-" + std::to_string(i) : std::string());
            both.received(
                9'000 + i * 200 + i * 37 % 10 * 100, i < 8 ? "id-" + std::to_string(i) : std::string());
        }
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->byId, std::size_t(8));
        QCOMPARE(join->pairs.size(), std::size_t(8));
        QCOMPARE(join->clientAlone, std::size_t(2));
        QCOMPARE(join->serverAlone, std::size_t(2));
    }

    void rowsWithoutAStartHaveTheirId()
    {
        Named both;
        both.sent(0, "id");
        both.client[0].start.reset();
        both.received(100, "id");
        const auto join = joinClient(both.client, both.server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), std::size_t(1));
        QVERIFY(!join->residual);
    }
};

QTEST_GUILESS_MAIN(TestClientJoin)
#include "tst_client_join.moc"
