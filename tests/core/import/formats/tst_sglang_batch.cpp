// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::Read;
using prism::test::readText;

class TestSglangBatch : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void batch()
    {
        const Read r = readText(
            R"({"run_name":"a","batch_size":4,"input_len":1024,"output_len":16,"prefill_latency":0.5,"prefill_throughput":8192.5,)"
            R"("median_decode_latency":0.0125,"median_decode_throughput":320.5,"total_latency":0.75,"overall_throughput":5546.5})"
            "\n"
            R"({"run_name":"a","batch_size":8,"input_len":1024,"output_len":1,"prefill_latency":1.0,"prefill_throughput":8192.5,"total_latency":1.0,"overall_throughput":8200})"
            "\n",
            "result.jsonl");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("1024"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string());
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 12.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 320.5);
        QCOMPARE(r.sink.value(0, "total_throughput"), 5546.5);
        const Measure* ttft = r.sink.points[0].measure("ttft", Stat::mean());
        QCOMPARE(ttft->origin, Origin::Derived);
        QCOMPARE(ttft->semantics, std::string("prefill-only"));
        QVERIFY(!r.sink.has(1, "tpot", "p50"));
    }

    void throughAServer()
    {
        const Read r = readText(
            R"({"run_name":"default","batch_size":16,"input_len":1024,"output_len":16,"latency":0.75,"input_throughput":8192.5,"output_throughput":320.5,)"
            R"("overall_throughput":5546.5,"last_ttft":0.25,"last_gen_throughput":-1,"acc_length":2.5,"cache_hit_rate":0.5})",
            "result.jsonl");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.value(0, "ttft", "max"), 250.0); // of the request that waited longest
        QCOMPARE(r.sink.value(0, "duration"), 0.75);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.5);
    }

    void ratesOfAPhaseAreMarked()
    {
        const auto semantics = [](const Read& r, const char* metric) {
            return r.sink.points.at(0).measure(metric, Stat::value())->semantics;
        };
        const std::string batch = R"({"batch_size":4,"input_len":1024,"output_len":16,"latency":1.0,)";
        const Read phases = readText(
            batch + R"("input_throughput":8192,"output_throughput":128,"overall_throughput":4160})",
            "x.jsonl");
        QCOMPARE(semantics(phases, "input_throughput"), std::string("prefill-only"));
        QCOMPARE(semantics(phases, "output_throughput"), std::string("decode-only"));
        QCOMPARE(semantics(phases, "total_throughput"), std::string());
        const Read whole
            = readText(batch + R"("input_throughput":4096,"output_throughput":64,"overall_throughput":4160})",
                "x.jsonl");
        QCOMPARE(semantics(whole, "input_throughput"), std::string());
        QCOMPARE(semantics(whole, "output_throughput"), std::string());
    }

    /// The same client measures vLLM, which does not tell its own speed.
    void theClientProvesNoEngine()
    {
        const std::string batch
            = R"({"batch_size":4,"input_len":8,"output_len":8,"overall_throughput":64,"total_output_tokens":32,)";
        const Read other = readText(batch + R"("last_gen_throughput":-1})", "x.jsonl");
        QCOMPARE(other.sink.attribute(0, "engine"), std::string());
        QCOMPARE(other.sink.value(0, "output_tokens"), 32.0);
        QCOMPARE(readText(batch + R"("last_gen_throughput":50.5})", "x.jsonl").sink.attribute(0, "engine"),
            std::string("sglang"));
    }

    void linesGatheredInAnArray()
    {
        const std::string batch = R"({"batch_size":4,"input_len":8,"output_len":8,"overall_throughput":64})";
        const Read r = readText('[' + batch + ',' + batch + ']', "all.json");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.points[1].measure("total_throughput", Stat::value())->path,
            std::string("/1/overall_throughput"));
    }

    void offlineMinusOneIsMissing()
    {
        const Read r = readText(
            R"({"backend":"engine","successful_requests":100,"total_latency":12.5,"total_input_tokens":1000,"total_output_tokens":2000,)"
            R"("last_gen_throughput":-1,"request_throughput":8.0,"input_throughput":80,"output_throughput":160,"total_throughput":240})",
            "result.jsonl");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QCOMPARE(r.sink.value(0, "requests_ok"), 100.0);
        QCOMPARE(r.sink.value(0, "duration"), 12.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 160.0);
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("offline"));
    }

    void theWarmUpIsLeftOut()
    {
        const std::string warm = "max_total_num_tokens=355636\nWarmup ...\n"
                                 "Prefill. latency: 4.00000 s, throughput:    947.69 token/s\n"
                                 "Decode.  latency: 2.03403 s, throughput:      1.97 token/s\n"
                                 "Decode.  median latency: 0.01973 s, median throughput:    202.71 token/s\n"
                                 "Total. latency:  6.476 s, throughput:    637.43 token/s\n";
        const std::string run
            = "Benchmark ...\n[TP0] Reset\nPrefill. latency: 0.50000 s, throughput:   9316.59 token/s\n"
              "Decode 0. Batch size: 4, latency: 0.29446 s, throughput:     13.58 token/s\n"
              "Decode.  median latency: 0.01250 s, median throughput:    339.57 token/s\n"
              "Total. latency:  1.250 s, throughput:   3981.76 token/s\n"
              "Prefill. latency: 0.75000 s, throughput:   9316.59 token/s\n"
              "Total. latency:  0.750 s, throughput:   3981.76 token/s\n";
        const Read r = readText(warm + run + warm + run, "log.txt");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QCOMPARE(r.sink.points.size(), std::size_t(4));
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 12.5);
        QCOMPARE(r.sink.value(0, "total_throughput"), 3981.76);
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("4"));
        QCOMPARE(r.sink.points[0].measure("tpot", Stat::percentile(50))->path, std::string("11:26"));
        QCOMPARE(r.sink.attribute(1, "batch_size"), std::string());
    }

    void whatTheClientOfAServerPrints()
    {
        const auto printed = [](const std::string& batch, const std::string& speed) {
            return "batch size: " + batch + "\ninput_len: 1024\noutput_len: 16\nlatency: 0.75 s\n"
                + "input throughput: 8192.50 tok/s\noutput throughput: 320.50 tok/s\nlast_ttft: 0.25 s\n"
                + "last generation throughput: " + speed + " tok/s\ncache hit rate: 0.5000\n";
        };
        const Read r
            = readText("======== Warmup Begin ========\nWarmup with batch_size=[16]\n" + printed("1", "90.00")
                    + "======== Warmup End   ========\n\n" + printed("16", "300.00") + printed("32", "-1.00"),
                "log.txt");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.points[1].index, 1u);
        QCOMPARE(r.sink.attribute(0, "batch_size"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("sglang"));
        QCOMPARE(r.sink.attribute(1, "engine"), std::string());
        QCOMPARE(r.sink.value(0, "duration"), 0.75);
        QCOMPARE(r.sink.value(0, "ttft", "max"), 250.0);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.5);
        const Measure* output = r.sink.points[0].measure("output_throughput", Stat::value());
        QCOMPARE(output->semantics, std::string("decode-only"));
        QCOMPARE(output->given, std::string("output throughput"));
    }

    void tablesOfWrappers()
    {
        const Read r = readText("TP,batch_size,IL,OL,Prefill_latency(s),Median_decode_latency(s),E2E_Latency("
                                "s),Prefill_Throughput("
                                "token/s),Median_Decode_Throughput(token/s),E2E_Throughput(token/"
                                "s)\n8,32,1024,128,0.5,0.0125,2.25,65536,"
                                "2560.5,16384\n",
            "a.csv");
        QCOMPARE(r.importer, std::string("sglang-batch"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string("8"));
        QCOMPARE(r.sink.value(0, "prefill_time", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 2560.5);
    }
};

QTEST_GUILESS_MAIN(TestSglangBatch)
#include "tst_sglang_batch.moc"
