// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

const std::string header
    = "prompt_tokens,generation_tokens,ttft,generation_time,user_id,question_id,launch_time,finish_time\n";

} // namespace

class TestProductionStack : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreRequestsInSeconds()
    {
        const auto r = readText(header
                + "1000,101,0.5,2.0,1,1,1700000000.0,1700000002.5\n"
                  "1200,51,0.25,1.0,2,1,1700000001.0,1700000002.25\n",
            "summary.csv");
        QCOMPARE(r.importer, std::string("production-stack"));
        QVERIFY(!r.error);
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 500.0);
        QCOMPARE(rows[0].e2e->value, 2500.0);
        QCOMPARE(rows[1].start->value, 1.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.value(0, "requests"), 2.0);
        QCOMPARE(r.sink.value(0, "duration"), 2.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 152 / 2.5);
        QCOMPARE(r.sink.attribute(0, "started_at"), std::string("2023-11-14T22:13:20.000Z"));
        QVERIFY(r.sink.attribute(0, "concurrency").empty());
    }

    void columnsAreFoundByName()
    {
        const auto r = readText(
            "user_id,finish_time,launch_time,generation_time,ttft,generation_tokens,prompt_tokens\n"
            "1,12.5,10.0,2.0,0.5,101,1000\n",
            "x.csv");
        QCOMPARE(r.importer, std::string("production-stack"));
        QCOMPARE(r.sink.requests.at(0)[0].e2e->value, 2500.0);
        QVERIFY(r.sink.attribute(0, "started_at").empty()); // no time since 1970
    }

    void anEmptyAnswerHasNoTtft()
    {
        const auto r = readText(header
                + "1000,0,0.0,2.0,1,1,10.0,12.0\n"
                  "1000,101,0.5,2.0,1,2,10.0,12.5\n",
            "x.csv");
        const auto& rows = r.sink.requests.at(0);
        QVERIFY(!rows[0].ok && !rows[0].ttft && !rows[0].osl);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
    }

    void aHeaderAloneIsRefused()
    {
        const auto r = readText(header, "x.csv");
        QVERIFY(r.error.has_value());
    }
};

QTEST_GUILESS_MAIN(TestProductionStack)
#include "tst_production_stack.moc"
