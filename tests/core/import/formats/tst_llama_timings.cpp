// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

class TestLlamaTimings : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void timings_data()
    {
        QTest::addColumn<QString>("prefix");
        QTest::addColumn<QString>("counted");
        QTest::addColumn<QString>("semantics");
        QTest::newRow("programs") << "llama_perf_context_print:"
                                  << "runs  "
                                  << "";
        QTest::newRow("programs before") << "llama_print_timings:"
                                         << "runs  "
                                         << "";
        QTest::newRow("server, the first token is counted") << ""
                                                            << "tokens"
                                                            << "over-n";
    }
    void timings()
    {
        QFETCH(QString, prefix);
        QFETCH(QString, counted);
        QFETCH(QString, semantics);
        const std::string p = prefix.toStdString();
        const Read r = readText("llama_model_loader: loaded meta data with 24 key-value pairs and 291 "
                                "tensors from /m/a.gguf (version GGUF V3 (latest))\n"
                + p + "        load time =     900.00 ms\n" + p
                + " prompt eval time =     100.50 ms /    20 tokens (    5.03 ms per token,   199.00 tokens "
                  "per second)\n"
                + p + "        eval time =    1250.00 ms /    50 " + counted.toStdString()
                + " (   25.00 ms per token,    40.00 tokens per second)\n" + p
                + "       total time =    1400.00 ms /    70 tokens\n",
            "log.txt");
        QCOMPARE(r.importer, std::string("llama-timings"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "model"), std::string("/m/a.gguf"));
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(1));
        QCOMPARE(*r.sink.requests.at(0)[0].isl, 20);
        QCOMPARE(r.sink.requests.at(0)[0].osl.has_value(), !semantics.isEmpty());
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 100.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 25.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->semantics, semantics.toStdString());
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->origin, Origin::Derived);
        QVERIFY(!r.sink.has(0, "e2e", "mean")); // the total has pauses and the loading in it
    }

    void aBenchmarkComesFirst()
    {
        const Read r
            = readText("|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |\n"
                       "|    32 |     16 |    2 |     96 |    0.004 | 16000.00 |    0.032 |  1000.00 |\n"
                       "llama_perf_context_print: prompt eval time = 1.00 ms / 2 tokens ( 0.5 ms per token, "
                       "2000.00 tokens per second)\n"
                       "llama_perf_context_print:        eval time = 1.00 ms / 2 runs   ( 0.5 ms per token, "
                       "2000.00 tokens per second)\n",
                "log.txt");
        QCOMPARE(r.importer, std::string("llama-batched-bench"));
    }
};

QTEST_GUILESS_MAIN(TestLlamaTimings)
#include "tst_llama_timings.moc"
