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

    /// Servers have called their lines by several names; the time of all begins with the first token.
    void linesOfServers_data()
    {
        QTest::addColumn<QString>("prompt");
        QTest::addColumn<QString>("eval");
        const QString promptTail
            = " =     100.50 ms /    20 tokens (    5.03 ms per token,   199.00 tokens per second)";
        const QString evalTail
            = " =    1250.00 ms /    50 runs   (   25.00 ms per token,    40.00 tokens per second)";
        QTest::newRow("2023") << "print_timings: prompt eval time" + promptTail
                              << "print_timings:        eval time" + evalTail;
        QTest::newRow("2024, padded")
            << "INFO [           print_timings] prompt eval time    " + promptTail + " | tid=\"1\" id_slot=0"
            << "INFO [           print_timings] generation eval time" + evalTail + " | tid=\"1\" id_slot=0";
        QTest::newRow("2024, JSON lines")
            << "{\"function\":\"print_timings\",\"message\":\"prompt eval time    " + promptTail
                + "\",\"slot_id\":0}"
            << "{\"function\":\"print_timings\",\"message\":\"generation eval time" + evalTail
                + "\",\"slot_id\":0}";
        QTest::newRow("2026") << "0.50.259.672 I slot print_timing: id  0 | task 1 | prompt eval time"
                + promptTail
                              << "0.50.259.672 I slot print_timing: id  0 | task 1 |        eval time"
                                 " =    1250.00 ms /    50 tokens";
    }
    void linesOfServers()
    {
        QFETCH(QString, prompt);
        QFETCH(QString, eval);
        const Read r = readText((prompt + '\n' + eval + '\n').toStdString(), "server.log");
        QCOMPARE(r.importer, std::string("llama-timings"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(1));
        QCOMPARE(*r.sink.requests.at(0)[0].isl, 20);
        QCOMPARE(*r.sink.requests.at(0)[0].osl, 50);
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 100.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 25.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("over-n"));
    }

    void beforeTokensPerSecondWerePrinted()
    {
        const Read r = readText(
            "llama_print_timings: prompt eval time =  1225.00 ms /     8 tokens (  153.13 ms per token)\n"
            "llama_print_timings:        eval time =  2000.00 ms /    20 runs   (  100.00 ms per token)\n",
            "old.txt");
        QCOMPARE(r.importer, std::string("llama-timings"));
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 1225.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 100.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string());
    }

    /// A loop over models appends to one log: their numbers are not mixed.
    void aPointForEachModel()
    {
        const auto load = [](const std::string& model) {
            return "llama_model_loader: loaded meta data with 24 key-value pairs and 291 tensors from "
                + model + " (version GGUF V3 (latest))\n";
        };
        const auto timed = [](const std::string& each, const std::string& all) {
            return "llama_perf_context_print: prompt eval time =     100.00 ms /    20 tokens (    5.00 ms "
                   "per token, "
                   "  200.00 tokens per second)\n"
                   "llama_perf_context_print:        eval time =    "
                + all + " ms /    50 runs   (   " + each + " ms per token,    40.00 tokens per second)\n";
        };
        const Read r = readText(load("/m/a.gguf") + load("/m/draft.gguf") + timed("20.00", "1000.00")
                + load("/m/large.gguf") + "llama_model_load: error loading model: out of memory\n"
                + load("/m/b.gguf") + timed("40.00", "2000.00") + load("/m/a.gguf")
                + timed("30.00", "1500.00"),
            "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(
            r.sink.attribute(0, "model"), std::string("/m/a.gguf")); // and not the one that drafts for it
        QCOMPARE(r.sink.value(0, "requests"), 2.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 25.0);
        QCOMPARE(r.sink.attribute(1, "model"), std::string("/m/b.gguf")); // and not the one that failed
        QCOMPARE(r.sink.value(1, "requests"), 1.0);
        QCOMPARE(r.sink.value(1, "tpot", "mean"), 40.0);
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
    }

    void stepsOfSpeculativeDecodingAreNoRequests()
    {
        const Read r = readText(
            "draft:\n\n"
            "llama_perf_context_print:        load time =     310.00 ms\n"
            "llama_perf_context_print: prompt eval time =     100.00 ms /    20 tokens (    5.00 ms per "
            "token,   200.00 tokens per second)\n"
            "llama_perf_context_print:        eval time =     200.00 ms /    80 runs   (    2.50 ms per "
            "token,   400.00 tokens per second)\n\ntarget:\n\n"
            "llama_perf_context_print: prompt eval time =     500.00 ms /    90 tokens (    5.56 ms per "
            "token,   180.00 tokens per second)\n",
            "log.txt");
        QCOMPARE(r.importer, std::string("llama-timings"));
        QVERIFY(r.sink.points.empty());
        QVERIFY(r.error);
        QVERIFY(r.error->reason.find("speculative") != std::string::npos);
    }

    void speedsOfAnswers_data()
    {
        QTest::addColumn<QString>("speed");
        QTest::newRow("point") << "[ Prompt: 57.5 t/s | Generation: 25.5 t/s ]";
        QTest::newRow("comma") << "[ Prompt: 57,5 t/s | Generation: 25,5 t/s ]";
    }
    void speedsOfAnswers()
    {
        QFETCH(QString, speed);
        const std::string banner = "build      : b8083-ae2d3f28a\nmodel      : a-8b-q4_k_m.gguf\n"
                                   "ftype      : Q4_K - Medium\nmodalities : text\n\n";
        const Read one
            = readText(banner + "> hi\nHello!\n\n" + speed.toStdString() + "\n\nExiting...\n", "cli.txt");
        QCOMPARE(one.importer, std::string("llama-timings"));
        QVERIFY(!one.error);
        QCOMPARE(one.sink.attribute(0, "model"), std::string("a-8b-q4_k_m.gguf"));
        QCOMPARE(one.sink.attribute(0, "engine_version"), std::string("b8083 (ae2d3f28a)"));
        QCOMPARE(one.sink.attribute(0, "precision"), std::string("Q4_K - Medium"));
        QCOMPARE(one.sink.value(0, "requests"), 1.0);
        QCOMPARE(one.sink.value(0, "output_throughput_per_user", "mean"), 25.5);
        QCOMPARE(one.sink.points[0].measure("output_throughput_per_user", Stat::mean())->semantics,
            std::string("over-n"));
        QCOMPARE(one.sink.value(0, "input_throughput"), 57.5);
        const Read two = readText(
            banner + speed.toStdString() + "\n[ Prompt: 60.0 t/s | Generation: 26.5 t/s ]\n", "cli.txt");
        QCOMPARE(two.sink.value(0, "requests"), 2.0);
        QCOMPARE(two.sink.value(0, "output_throughput_per_user", "mean"), 26.0);
        QVERIFY(!two.sink.has(0, "input_throughput")); // how long each prompt was is not told
    }

    void answersOfTheServer()
    {
        const auto answer = [](const std::string& model, const std::string& milliseconds) {
            return "{\"choices\":[{\"message\":{\"content\":\"secret\"}}],\"model\":\"" + model
                + "\",\"timings\":{\"cache_n\":10,\"prompt_n\":20,\"prompt_ms\":100.5,\"predicted_n\":50,"
                  "\"predicted_ms\":"
                + milliseconds + "}}";
        };
        const Read r = readText(answer("a", "1000") + '\n' + answer("a", "2000") + "\n{\"error\":\"busy\"}\n"
                + answer("b", "500"),
            "answers.jsonl");
        QCOMPARE(r.importer, std::string("llama-timings"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("a"));
        QCOMPARE(r.sink.value(0, "requests"), 2.0);
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 100.5);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 30.0);
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::mean())->semantics, std::string("over-n"));
        QCOMPARE(*r.sink.requests.at(0)[1].isl, 30); // those of the cache stand in the prompt, too
        QCOMPARE(*r.sink.requests.at(0)[1].osl, 50);
        QCOMPARE(r.sink.value(1, "tpot", "mean"), 10.0);
        const Read array = readText('[' + answer("a", "1000") + ']', "answers.json");
        QCOMPARE(array.importer, std::string("llama-timings"));
        QCOMPARE(array.sink.value(0, "tpot", "mean"), 20.0);
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
