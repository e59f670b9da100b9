// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <algorithm>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

namespace {

std::string block(const std::string& total, const std::string& load, const std::string& generate, int tokens)
{
    return "\x1b[?25l\x1b[1G⠙ \x1b[K⠹ total duration:       " + total + "\nload duration:        " + load
        + "\nprompt eval count:    20 token(s)\nprompt eval duration: 500ms\nprompt eval rate:     40.00 "
          "tokens/s\n"
          "eval count:           "
        + std::to_string(tokens) + " token(s)\neval duration:        " + generate
        + "\neval rate:            10.00 tokens/s\n";
}

} // namespace

class TestOllama : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void errorsWhoseTextIsLeftOutAreCounted()
    {
        std::string text
            = R"({"model":"a","created_at":"2025-01-04T19:22:45Z","response":"x","done":true,"total_duration":5000000000,"eval_count":290,"eval_duration":4000000000})";
        for (int i = 0; i < 1003; ++i) {
            text += "\n{\"error\":\"number " + std::to_string(i) + "\"}";
        }
        const Read r = readText(text, "a.jsonl");
        QCOMPARE(r.sink.value(0, "requests_failed"), 1003.0);
        const auto& warnings = r.sink.warnings;
        const auto cut = std::find_if(warnings.begin(), warnings.end(),
            [](const Warning& warning) { return warning.code == "errors-cut"; });
        QVERIFY(cut != warnings.end());
        QVERIFY2(cut->text.starts_with("3 answers "), cut->text.c_str());
    }

    void errorsAmongTheAnswersAreFailures()
    {
        const auto answer = [](const std::string& model) {
            std::string text
                = R"({"model":"?","created_at":"2025-01-04T19:22:45Z","response":"x","done":true,"total_duration":5000000000,"eval_count":290,"eval_duration":4000000000})";
            return text.replace(text.find('?'), 1, model) + '\n';
        };
        const Read r = readText(answer("a") + answer("a") + R"({"error":"model not found"})", "a.jsonl");
        QVERIFY(!r.error);
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 2.0);
        QCOMPARE(r.sink.requests.at(0).at(2).error, std::string("model not found"));
        const Read two = readText(answer("a") + answer("b") + R"({"error":"x"})", "a.jsonl");
        QVERIFY(two.sink.warned("failed-answers"));
        QVERIFY(!two.sink.warned("errors-cut"));
        QVERIFY(!two.sink.has(0, "requests_failed") || two.sink.value(0, "requests_failed") == 0);
    }

    void blocks()
    {
        const Read r
            = readText("\x1b[0mmodel_name =    gemma3:1b\n" + block("1m15.5s", "20ms", "1m14.25s", 750)
                    + "The eval rate: is a number.\nModel: T5\n" + block("10.5s", "5µs", "9s", 100),
                "log.log");
        QCOMPARE(r.importer, std::string("ollama"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("gemma3:1b"));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].e2e->value, 75500.0);
        QCOMPARE(*rows[0].isl, 20);
        QCOMPARE(*rows[0].osl, 750);
        QVERIFY(!rows[0].ttft); // evaluating the prompt is not the way to the first token
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "tpot", "max"), 99.0); // 74.25 s over 750 tokens
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::max())->semantics, std::string("over-n"));
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::max())->origin, Origin::Derived);
        QVERIFY(!r.sink.has(0, "output_throughput")); // nobody said how long the runs took together
        QVERIFY(!r.sink.warned("load-included"));
    }

    /// The verbosity is set in the session, too: then the command has no option for it.
    void theModelOfASession()
    {
        const Read r
            = readText("user@host:~$ ollama run gemma3:4b\n>>> /set verbose\nSet 'verbose' mode.\n>>> hi\n"
                    + block("10.5s", "5ms", "9s", 100) + "Type ollama run phi4 and press Enter.\n"
                    + block("10.5s", "5ms", "9s", 100)
                    + ">>> /bye\nPS C:\\> ollama run --keepalive 5m llama3.2:1b hi --verbose\n"
                    + block("5.5s", "5ms", "5s", 100),
                "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("gemma3:4b"));
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("llama3.2:1b"));
        QCOMPARE(r.sink.requests.at(1).size(), std::size_t(1));
    }

    void aDurationOfZeroIsNone()
    {
        const auto answer = [](const std::string& total, const std::string& prompt) {
            return R"({"model":"a","created_at":"2025-01-04T19:22:45Z","response":"x","done":true,"total_duration":)"
                + total + R"(,"prompt_eval_count":20,"prompt_eval_duration":)" + prompt
                + R"(,"eval_count":100,"eval_duration":4000000000})";
        };
        const Read r = readText(answer("0", "0") + '\n' + answer("5000000000", "500000000"), "a.jsonl");
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
        QVERIFY(!r.sink.requests.at(0)[0].e2e);
        QCOMPARE(r.sink.value(0, "e2e", "min"), 5000.0);
        QCOMPARE(r.sink.value(0, "prefill_time", "min"), 500.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 200.0);
    }

    void aModelIsAPoint()
    {
        const Read r = readText("$ ollama run llama3 --verbose \"why\"\n" + block("2s", "1s", "1s", 10)
                + "$ ollama run --verbose qwen3:8b\n" + block("2s", "1ms", "1s", 10),
            "log.txt");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("llama3"));
        QCOMPARE(r.sink.attribute(1, "model"), std::string("qwen3:8b"));
        QVERIFY(r.sink.warned("load-included"));
    }

    /// Old versions leave out the count of a prompt that the cache held.
    void aLineMayBeMissing()
    {
        const Read r = readText(
            "total duration:       2s\nload duration:        1ms\neval count:           10 token(s)\n"
            "eval duration:        1s\neval rate:            10.00 tokens/s\n",
            "log.txt");
        QVERIFY(!r.sink.requests.at(0)[0].isl);
        QCOMPARE(*r.sink.requests.at(0)[0].osl, 10);
    }

    void durationsHaveNoNoise()
    {
        const Read r = readText(
            R"({"model":"m","done":true,"total_duration":55300000,"prompt_eval_duration":8700000,"eval_count":1,"eval_duration":4350000})",
            "a.json");
        QVERIFY(r.sink.requests.at(0)[0].e2e->value == 55.3); // to the last bit
        QVERIFY(r.sink.value(0, "prefill_time", "mean") == 8.7);
        QVERIFY(r.sink.value(0, "tpot", "mean") == 4.35);
    }

    void errorsAreKeptOnceEach()
    {
        std::string text
            = R"({"model":"m","done":true,"total_duration":5000000,"eval_count":2,"eval_duration":4000000})";
        constexpr int different = 1005;
        for (int i = 0; i < different; ++i) {
            for (int twice = 0; twice < 2; ++twice) {
                text += "\n{\"error\":\"no " + std::to_string(i) + "\"}";
            }
        }
        const Read r = readText(text + '\n', "a.jsonl");
        QCOMPARE(r.sink.value(0, "requests_failed"), 2.0 * different);
        const auto& rows = r.sink.requests.at(0);
        const auto told = [&rows](const std::string& error) {
            return std::count_if(
                rows.begin(), rows.end(), [&](const RequestRow& row) { return row.error == error; });
        };
        QCOMPARE(told("no 999"), 2);
        QCOMPARE(told("another error"), 10);
    }

    void reply()
    {
        const Read r = readText(
            R"({"model":"m","created_at":"2026-05-01T10:00:03.5Z","response":"secret text","done":true,"context":[1,2],"total_duration":3500000000,)"
            R"("load_duration":100000000,"prompt_eval_count":12,"prompt_eval_duration":250000000,"eval_count":30,"eval_duration":3000000000})",
            "a.json");
        QCOMPARE(r.importer, std::string("ollama"));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "started_at"), std::string("2026-05-01T10:00:00.000Z"));
        QCOMPARE(r.sink.requests.at(0)[0].e2e->value, 3500.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 100.0);
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 250.0);
        for (const Extra& extra : r.sink.points[0].extras) {
            QVERIFY(extra.text.find("secret") == std::string::npos);
        }
    }

    void theLastLineOfAStreamTells()
    {
        const Read r = readText(
            R"({"model":"m","created_at":"2026-05-01T10:00:01Z","message":{"role":"assistant","content":"a"},"done":false})"
            "\n"
            R"({"model":"m","created_at":"2026-05-01T10:00:02Z","message":{"role":"assistant","content":""},"done":true,"total_duration":2000000000,"eval_count":4,"eval_duration":1000000000})"
            "\n",
            "a.jsonl");
        QCOMPARE(r.importer, std::string("ollama"));
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 4.0);
        const Read cut = readText(
            R"({"model":"m","created_at":"2026-05-01T10:00:01Z","message":{"role":"assistant","content":"a"},"done":false})",
            "a.json");
        QVERIFY(cut.error);
    }

    void bench_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("counts");
        QTest::newRow("benchstat")
            << "# Model: m | Params: 4B | Quant: Q4_K_M | Family: f\n"
               "BenchmarkModel/name=m/step=prefill 1 80000.00 ns/token 12500.00 token/sec\n"
               "BenchmarkModel/name=m/step=generate 1 20000000.00 ns/token 50.00 token/sec\n"
               "BenchmarkModel/name=m/step=ttft 1 45000000 ns/op\nBenchmarkModel/name=m/step=load 1 0 ns/op\n"
               "BenchmarkModel/name=m/step=total 1 2045000000 ns/op\n"
            << false;
        QTest::newRow("benchstat before")
            << "BenchmarkModel/name=m/step=prefill 128 80000.00 ns/token 12500.00 token/sec\n"
               "BenchmarkModel/name=m/step=generate 100 20000000.00 ns/token 50.00 token/sec\n"
               "BenchmarkModel/name=m 1 2045000000 ns/request\n"
            << true;
        QTest::newRow("csv")
            << "NAME,STEP,COUNT,NS_PER_COUNT,TOKEN_PER_SEC\n# Model: m | Quant: Q4_K_M\n"
               "m,prefill,128,80000.00,12500.00\nm,generate,100,20000000.00,50.00\nm,ttft,1,45000000,0\n"
               "m,total,1,2045000000,0\n"
            << true;
        QTest::newRow("markdown") << "| Model | Step | Count | Duration | nsPerToken | tokensPerSec |\n"
                                     "|-------|------|-------|----------|------------|--------------|\n"
                                     "| m | prefill | 128 | 10.24ms | 80000.00 | 12500.00 |\n"
                                     "| m | generate | 100 | 2s | 20000000.00 | 50.00 |\n"
                                     "| m | total | 1 | 2.045s | - | - |\n"
                                  << true;
    }
    void bench()
    {
        QFETCH(QString, text);
        QFETCH(bool, counts);
        const Read r = readText(text.toStdString(), "bench.txt");
        QCOMPARE(r.importer, std::string("ollama"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "model"), std::string("m"));
        QCOMPARE(r.sink.attribute(0, "precision"), std::string(text.contains("Quant") ? "Q4_K_M" : ""));
        QCOMPARE(r.sink.value(0, "input_throughput"), 12500.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        const RequestRow& row = r.sink.requests.at(0).at(0);
        QCOMPARE(row.e2e->value, 2045.0);
        QCOMPARE(row.osl.has_value(), counts);
        QCOMPARE(row.ttft.has_value(), text.contains("ttft"));
    }

    void anEpochIsARequest()
    {
        const std::string epoch
            = "m,prefill,10,100000.00,10000.00\nm,generate,20,1000.00,RATE\nm,total,1,5000000,0\n";
        const auto with = [&](const std::string& rate) {
            return QString::fromStdString(epoch).replace("RATE", rate.c_str()).toStdString();
        };
        const Read r = readText(
            "NAME,STEP,COUNT,NS_PER_COUNT,TOKEN_PER_SEC\n" + with("40.00") + with("60.00"), "a.csv");
        QCOMPARE(r.sink.requests.at(0).size(), std::size_t(2));
        QCOMPARE(r.sink.value(0, "output_throughput"), 50.0);
        QCOMPARE(r.sink.points[0].measure("output_throughput", Stat::value())->origin, Origin::Derived);
    }

    void aTableOfAnotherToolHoldsNoStep()
    {
        const std::string text = "concurrency,completed,isl,osl,duration\n64,1000,200000,180000,90.0\n";
        test::RecordingSink sink;
        const auto done = importText(
            "a.csv", [&text] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(text)); },
            sink, "ollama");
        QVERIFY(done.error);
        QVERIFY(sink.points.empty());
    }

    void notApplicableIsNoRate()
    {
        const Read r = readText("BenchmarkModel/name=m/step=prefill 1 0 ns/token 0 token/sec\n"
                                "BenchmarkModel/name=m/step=total 1 5000000 ns/op\n",
            "a.bench");
        QVERIFY(!r.sink.has(0, "input_throughput"));
    }
};

QTEST_GUILESS_MAIN(TestOllama)
#include "tst_ollama.moc"
