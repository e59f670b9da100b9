// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/client_join.h"

#include <QTest>

#include <cstdint>

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
        const auto join = joinByStart(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), starts.size());
        QVERIFY(join->residual.value < 0.1);
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
        QVERIFY(!joinByStart(client, server));
        server.resize(3); // fewer than the client sent
        QVERIFY(!joinByStart(client, server));
        QVERIFY(!joinByStart({}, server));
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
        const auto join = joinByStart(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), std::size_t(39));
        for (const JoinedPair& pair : join->pairs) {
            QCOMPARE(pair.server, expected[pair.client]);
        }
        QCOMPARE(join->clientAlone, std::size_t(1));
        QCOMPARE(join->serverAlone, std::size_t(2));
        QVERIFY(join->residual.value < 0.2);
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
        const auto join = joinByStart(client, server);
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
        const auto join = joinByStart(client, server);
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
        const auto join = joinByStart(client, server);
        QVERIFY(join);
        QCOMPARE(join->pairs.size(), starts.size());
        for (const JoinedPair& pair : join->pairs) {
            QCOMPARE(pair.server, pair.client);
        }
    }
};

QTEST_GUILESS_MAIN(TestClientJoin)
#include "tst_client_join.moc"
