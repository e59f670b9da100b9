// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/helper.h"
#include "core/live/session.h"
#include "tests/support/metrics_server.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace prism;
using namespace prism::live;
using prism::test::MetricsServer;

namespace {

constexpr int patienceMs = 60'000;
constexpr const char* text = "vllm:num_requests_running 3\n"
                             "vllm:num_requests_waiting 1\n"
                             "vllm:kv_cache_usage_perc 0.5\n";

std::unique_ptr<Session> alone()
{
    const auto nobody = findHelper("none");
    auto session = nobody ? Session::connect(*nobody) : nobody.error();
    return session ? std::move(*session) : nullptr;
}

} // namespace

/// A session without any helper: what a server reports at its /metrics, and nothing else.
class TestSessionAlone : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatTheServerReportsIsSeenAndThatRequestsAreNot()
    {
        MetricsServer server;
        server.answerText(text);
        const auto session = alone();
        QVERIFY(session);
        const auto target = session->watchMetrics(server.port());
        QVERIFY2(target, target ? "" : target.error().text().c_str());
        QCOMPARE(target->server.engine, std::string("vllm"));
        QCOMPARE(target->tiers, std::vector<int> { 0 });
        const live::Status status = session->status();
        QCOMPARE(int(status.phase), int(Phase::Live));
        QCOMPARE(status.targets.size(), std::size_t(1));
        QVERIFY(!seesRequests(status));
        // A reading is whole when the next one begins.
        Cursor cursor;
        std::vector<EngineReading> readings;
        QTRY_VERIFY_WITH_TIMEOUT(([&] {
            const Increment news = session->since(cursor);
            cursor = news.next;
            readings.insert(readings.end(), news.readings.begin(), news.readings.end());
            return !readings.empty();
        }()),
            patienceMs);
        QVERIFY(session->status().now >= readings.front().at); // or the window would stand still
        QCOMPARE(*readings.front().running, 3.0);
        QCOMPARE(*readings.front().kvUsage, 0.5);
        QTRY_VERIFY_WITH_TIMEOUT(session->unixTime(readings.front().at).has_value(), patienceMs);

        QTemporaryDir folder;
        const std::string file = folder.filePath("alone.prismlive").toStdString();
        QVERIFY(session->record(file));
        QVERIFY(session->stopRecording());
        const auto replayed = Session::replay(file);
        QVERIFY2(replayed, replayed ? "" : replayed.error().text().c_str());
        QTRY_COMPARE_WITH_TIMEOUT(int((*replayed)->status().phase), int(Phase::Ended), patienceMs);
        QVERIFY(!(*replayed)->since({}).readings.empty());
        QVERIFY(!seesRequests((*replayed)->status()));
        QVERIFY((*replayed)->status().replay);
        QVERIFY((*replayed)->status().now >= readings.front().at);

        QVERIFY(session->detach(target->number));
        QVERIFY(!session->status().targets.front().attached);
        const std::size_t asked = server.questions().size();
        const auto later = session->watchMetrics(server.port()); // another target of the same session
        QVERIFY(later);
        QVERIFY(later->number != target->number);
        QVERIFY(server.questions().size() > asked);
    }

    void whatCannotBeIsSaid()
    {
        MetricsServer server;
        server.answerText("Not found", "404 Not Found");
        const auto session = alone();
        QVERIFY(session);
        const auto refused = session->watchMetrics(server.port());
        QVERIFY(!refused);
        QVERIFY(refused.error().text().find("no /metrics") != std::string::npos);
        server.answerText("some_other_program_total 5\n");
        QVERIFY(!session->watchMetrics(server.port()));
        server.answer("");
        QVERIFY(!session->watchMetrics(server.port()));
        for (const auto& failure :
            { session->servers().error(), session->attach({ 1, 0, { 0, 1 }, true, true, {} }).error() }) {
            QVERIFY(failure.text().find("there is no helper to ask") != std::string::npos);
        }
        QVERIFY(session->status().targets.empty());
    }
};

QTEST_GUILESS_MAIN(TestSessionAlone)
#include "tst_session_alone.moc"
