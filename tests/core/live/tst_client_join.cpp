// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/client_join.h"

#include <QTest>

using namespace prism;
using namespace prism::live;

namespace {

constexpr std::int64_t millisecond = 1'000'000;

RequestPtr served(double arrivalMs)
{
    Request r;
    r.method = "POST";
    r.arrival = Nanoseconds { static_cast<std::int64_t>(arrivalMs * double(millisecond)) };
    r.status = 200;
    r.ended = Ended::Complete;
    return std::make_shared<const Request>(r);
}

RequestRow row(double startSeconds)
{
    RequestRow r;
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
};

QTEST_GUILESS_MAIN(TestClientJoin)
#include "tst_client_join.moc"
