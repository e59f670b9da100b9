// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::readText;

namespace {

const std::string profileHeader
    = "backend,bs,dataset_name,sharegpt_output_len,random_input_len,random_output_len,random_range_ratio,num_"
      "prompts,"
      "completed,total_input_tokens,total_output_tokens,duration,request_throughput,input_throughput,"
      "output_throughput,mean_e2e_latency_ms,mean_ttft_ms,mean_tpot_ms,mean_itl_ms\r\n";

const std::string console
    = "[TM][INFO] something\n"
      "\n============================== Profile Throughput ==============================\n"
      "Benchmark duration                          10.500\n"
      "Total requests                                 100\n"
      "Successful requests                             98\n"
      "Concurrency                                     16\n"
      "Stream output                                 true\n"
      "Total input tokens                           12800\n"
      "Total generated tokens                        6400\n"
      "Input throughput (tok/s)                  1219.048\n"
      "Output throughput (tok/s)                  609.524\n"
      "Request throughput (req/s)                   9.333\n"
      "--------------------------------------------------------------------------------\n"
      "                                              mean       P50       P75       P95       P99\n"
      "End-to-End Latency                           1.500     1.400     1.600     1.900     2.100\n"
      "Time to First Token (TTFT)                   0.200     0.150     0.250     0.300     0.400\n"
      "Time per Output Token (TPOT)                 0.020     0.019     0.021     0.025     0.030\n"
      "Inter-token Latency (ITL)                    0.021     0.018     0.022     0.040     0.050\n"
      "Tokens per Tick                              1.020         1         1         1         2\n"
      "================================================================================\n";

std::string request(const std::string& setting, const std::string& more)
{
    return R"({"dataset":"bbeh","request_id":"1","mode":"concurrency","setting":)" + setting
        + R"(,"repeat":0,)" + more + "}";
}

} // namespace

class TestLmdeploy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theScriptsOwnSpellingOfEndToEnd()
    {
        std::string text = console;
        text.replace(text.find("End-to-End"), 10, "End-to-end");
        const auto r = readText(text, "log.txt");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1500.0);
        QCOMPARE(r.sink.value(0, "e2e", "p99"), 2100.0);
    }

    /// A table that nobody looked for is said to be none that was read.
    void titlesFarBelowAreToldOf()
    {
        std::string log;
        for (int i = 0; i < 1001; ++i) {
            log += "warm-up,step," + std::to_string(i) + '\n';
        }
        const auto far = readText(log + console, "log.csv");
        QCOMPARE(far.importer, std::string("lmdeploy"));
        QCOMPARE(far.sink.points.size(), std::size_t(1));
        QVERIFY(far.sink.warned("titles-not-found"));
        QVERIFY(!readText(console, "log.csv").sink.warned("titles-not-found"));
    }

    void tablesUpTo06()
    {
        const auto r = readText(
            "batch,num_promts,RPS,RPM,FTL(ave)(s),FTL(min)(s),FTL(max)(s),50%(s),75%(s),95%(s),99%(s),"
            "throughput(out tok/s),throughput(total tok/s)\n"
            "256,5000,24.5,1470.0,0.301,0.010,1.200,0.040,0.045,0.060,0.100,4959.5,10640.5\n"
            "1,10,0.5,30.0,-,-,-,-,-,-,-,40.5,80.5\n",
            "profile_throughput.csv");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("256"));
        QCOMPARE(r.sink.value(0, "requests"), 5000.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 24.5);
        QCOMPARE(r.sink.value(0, "ttft", "max"), 1200.0);
        QCOMPARE(r.sink.value(0, "itl", "p99"), 100.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 4959.5);
        QCOMPARE(r.sink.value(0, "total_throughput"), 10640.5);
        QVERIFY(!r.sink.points.at(1).measure("ttft", Stat::mean())); // not streamed
    }

    /// The script of the pipeline does not time tokens, and has no columns for them.
    void tableOfThePipelineUpTo06()
    {
        const auto r = readText("batch,num_promts,RPS,RPM,throughput(out tok/s),throughput(total tok/s)\n"
                                "128,1000,8.5,510.0,1900.5,3850.5\n",
            "profile_pipeline_api.csv");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("128"));
        QCOMPARE(r.sink.value(0, "requests"), 1000.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 8.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 1900.5);
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
    }

    void consoleUpTo06_data()
    {
        QTest::addColumn<QString>("firstToken");
        QTest::newRow("with units") << "first_token latency(min, max, ave): 0.050s, 4.250s, 0.500s";
        QTest::newRow("without") << "first token latency(s)(min, max, ave): 0.050, 4.250, 0.500";
    }
    void consoleUpTo06()
    {
        QFETCH(QString, firstToken);
        const auto block = [&firstToken](const std::string& users, const std::string& speed) {
            return std::string(50, '-') + "\nconcurrency: " + users + "\nelapsed_time: 400.500s\n\n"
                + firstToken.toStdString()
                + "\nper-token latency(s) percentile(50, 75, 95, 99): [0, 0.094, 0.169, 0.25]\n\n"
                  "number of prompt tokens: 4005000\nnumber of completion tokens: 2002500\n"
                  "token throughput (completion token): "
                + speed
                + " token/s\ntoken throughput (prompt + completion token): 15000.000 token/s\n"
                  "RPS (request per second): 25.000 req/s\nRPM (request per minute): 1500.000 req/min\n"
                + std::string(50, '-') + '\n';
        };
        const auto r
            = readText("100%|##########| 10013/10013\n" + block("256", "5000.000") + block("128", "4000.000"),
                "log.txt");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("256"));
        QCOMPARE(r.sink.value(0, "duration"), 400.5);
        QCOMPARE(r.sink.value(0, "ttft", "min"), 50.0);
        QCOMPARE(r.sink.value(0, "ttft", "max"), 4250.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 500.0);
        QCOMPARE(r.sink.value(0, "itl", "p50"), 0.0);
        QCOMPARE(r.sink.value(0, "itl", "p99"), 250.0);
        QCOMPARE(r.sink.value(0, "input_tokens"), 4005000.0);
        QCOMPARE(r.sink.value(0, "output_tokens"), 2002500.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 5000.0);
        QCOMPARE(r.sink.value(0, "total_throughput"), 15000.0);
        QCOMPARE(r.sink.value(0, "request_throughput"), 25.0);
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("128"));
        QCOMPARE(r.sink.value(1, "output_throughput"), 4000.0);
    }

    void profileTable()
    {
        const auto r = readText(profileHeader
                + "turbomind,16,random,,128,64,1.0,100,98,12800,6400,10.5,9.333,1219.048,609.524,1500.000,"
                  "200.000,"
                  "20.000,21.000\r\n"
                + "pytorch,32,random,,128,64,1.0,100,100,12800,6400,9.5,10.526,1347.368,673.684,1400.000,100."
                  "000,"
                  "19.000,20.000\r\n",
            "profile.csv");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("lmdeploy"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "dataset"), std::string("random"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("128"));
        QCOMPARE(r.sink.attribute(0, "osl_target"), std::string("64"));
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 98.0);
        QCOMPARE(r.sink.value(0, "duration"), 10.5);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1500.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 200.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 20.0);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 21.0);
        QCOMPARE(r.sink.value(1, "output_throughput"), 673.684);
        QCOMPARE(r.sink.points[1].measure("ttft", Stat::mean())->path.substr(0, 2), std::string("3:"));
    }

    /// The client's table is a CSV, whatever its name says; the style of API is no engine.
    void tableNamedJsonl()
    {
        const auto r = readText(
            "backend,dataset_name,sharegpt_output_len,random_input_len,random_output_len,random_range_ratio,"
            "request_rate,"
            "completed,total_input_tokens,total_output_tokens,duration,request_throughput,input_throughput,"
            "output_throughput,mean_e2e_latency_ms,mean_ttft_ms,mean_tpot_ms,mean_itl_ms\n"
            "lmdeploy,random,,1024,512,0.5,inf,100,51200,25600,20.0,5.0,2560.0,1280.0,1500.0,200.0,20.0,21."
            "0\n"
            "vllm,sharegpt,,1024,512,0.5,4.0,100,51200,25600,20.0,5.0,2560.0,1280.0,1500.0,0.0,0.0,0.0\n",
            "lmdeploy_0101_100_1024_512.jsonl");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QVERIFY(r.sink.attribute(0, "engine").empty());
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("burst"));
        QVERIFY(r.sink.attribute(0, "request_rate").empty());
        QCOMPARE(r.sink.attribute(1, "request_rate"), std::string("4"));
        QVERIFY(r.sink.attribute(1, "isl_target").empty()); // a default that sharegpt did not follow
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 200.0);
        for (const char* metric : { "ttft", "tpot", "itl", "ntpot" }) {
            QVERIFY(!r.sink.has(1, metric, "mean")); // 0 is "not streamed" there
        }
    }

    /// Without a first token the tool divides the whole latency by the tokens.
    void tableWithoutStreaming()
    {
        const auto r = readText(profileHeader
                + "turbomind,16,random,,128,64,1.0,100,100,12800,6400,10.5,9.333,1219.048,609.524,1500.000,-,"
                  "23.4,-\n",
            "profile.csv");
        QVERIFY(!r.sink.has(0, "ttft", "mean") && !r.sink.has(0, "tpot", "mean")
            && !r.sink.has(0, "itl", "mean"));
        QCOMPARE(r.sink.value(0, "ntpot", "mean"), 23.4);
    }

    void percentilesAreAnotherProducers()
    {
        const auto r = readText("completed,request_throughput,mean_e2e_latency_ms,mean_tpot_ms,p99_tpot_ms\n"
                                "1,2,3,4,5\n",
            "x.csv");
        QVERIFY(r.importer != "lmdeploy");
    }

    void profileConsoleInSeconds()
    {
        const auto r = readText(console, "log.txt");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.value(0, "duration"), 10.5);
        QCOMPARE(r.sink.value(0, "requests"), 100.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 98.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 609.524);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 1500.0);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 400.0);
        QCOMPARE(r.sink.value(0, "tpot", "p50"), 19.0);
        QCOMPARE(r.sink.value(0, "itl", "p95"), 40.0);
        QCOMPARE(r.sink.points[0].label, std::string("Profile Throughput"));
        QCOMPARE(r.sink.points[0].measure("e2e", Stat::mean())->path.substr(0, 3), std::string("16:"));
    }

    void profileConsoleWithoutStreaming()
    {
        std::string text = console;
        for (const char* row : { "Time to First Token", "Inter-token Latency", "Tokens per Tick" }) {
            const std::size_t at = text.find(row);
            text.erase(at, text.find('\n', at) + 1 - at);
        }
        const auto r = readText(text, "log.txt");
        QVERIFY(!r.sink.has(0, "tpot", "mean"));
        QCOMPARE(r.sink.value(0, "ntpot", "mean"), 20.0);
    }

    void chatSummary_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("name");
        QTest::newRow("JSON")
            << R"([{"dataset":"bbeh","mode":"request-rate","setting":4,"repeat":1,"total":10,)"
               R"("completed":9,"failed":1,"success_rate":0.9,"duration_s":2.5,)"
               R"("total_input_tokens":900,"total_output_tokens":90,"total_cached_tokens":450,)"
               R"("cache_hit_rate":0.5,"request_throughput_req_s":3.6,)"
               R"("input_throughput_tok_s":360.0,"output_throughput_tok_s":36.0,)"
               R"("ave_ttft_ms":25.0,"p99_ttft_ms":75.0,"ave_itl_ms":0.0,"p50_itl_ms":0.0,)"
               R"("usage_available":true,"ave_tpot_ms":5.0,"ave_e2e_latency_ms":80.0}])"
            << "summary.json";
        QTest::newRow("CSV")
            << "dataset,mode,setting,repeat,total,completed,failed,success_rate,duration_s,total_input_"
               "tokens,"
               "total_output_tokens,total_cached_tokens,cache_hit_rate,request_throughput_req_s,"
               "input_throughput_tok_s,output_throughput_tok_s,ave_ttft_ms,p99_ttft_ms,ave_itl_ms,p50_itl_ms,"
               "usage_available,ave_tpot_ms,ave_e2e_latency_ms\n"
               "bbeh,request-rate,4,1,10,9,1,0.9,2.5,900,90,450,0.5,3.6,360.0,36.0,25.0,75.0,0.0,0.0,True,5."
               "0,80.0\n"
            << "summary.csv";
    }
    void chatSummary()
    {
        QFETCH(QString, text);
        QFETCH(QString, name);
        const auto r = readText(text.toStdString(), name.toStdString());
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.attribute(0, "request_rate"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("rate"));
        QCOMPARE(r.sink.attribute(0, "dataset"), std::string("bbeh"));
        QCOMPARE(r.sink.attribute(0, "repeat"), std::string("1"));
        QCOMPARE(r.sink.value(0, "requests_failed"), 1.0);
        QCOMPARE(r.sink.value(0, "prefix_cache_hit_rate"), 0.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 36.0);
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 25.0);
        QCOMPARE(r.sink.value(0, "ttft", "p99"), 75.0);
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 5.0);
        QCOMPARE(r.sink.value(0, "e2e", "mean"), 80.0);
        QVERIFY(!r.sink.has(0, "itl", "mean")); // no gaps: all of it is 0
    }

    void chatRequests_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("array");
        const std::string good
            = R"("success":true,"start_time":10.5,"end_time":11.5,"chunk_times":[10.7,11.5],"prompt_tokens":100,)"
              R"("completion_tokens":9,"generated_text":"secret words","error":"","ttft_s":0.2,"itls_s":[0.8],)"
              R"("tpot_s":0.1,"e2e_latency_s":1.0)";
        const std::string bad
            = R"("success":false,"start_time":10.0,"end_time":10.1,"prompt_tokens":0,)"
              R"("completion_tokens":0,"error":"Timeout","ttft_s":0.0,"itls_s":[],"e2e_latency_s":0.1)";
        const std::string rows[] = { request("8", good), request("8", bad), request("16", good) };
        QTest::newRow("lines") << QString::fromStdString(rows[0] + '\n' + rows[1] + '\n' + rows[2] + '\n')
                               << false;
        QTest::newRow("array") << QString::fromStdString('[' + rows[0] + ',' + rows[1] + ',' + rows[2] + ']')
                               << true;
    }
    void chatRequests()
    {
        QFETCH(QString, text);
        const auto r = readText(text.toStdString(), "requests.jsonl");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QVERIFY(!r.error);
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        const auto& rows = r.sink.requests.at(0);
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].ttft->value, 200.0);
        QCOMPARE(rows[0].e2e->value, 1000.0);
        QCOMPARE(rows[0].gapsMs, (std::vector<double> { 800 }));
        QCOMPARE(rows[0].start->value, 0.5);
        QVERIFY(!rows[1].ok && !rows[1].ttft);
        QCOMPARE(rows[1].error, std::string("Timeout"));
        QCOMPARE(r.sink.requests.at(1).size(), std::size_t(1));
        for (const LoadPoint& point : r.sink.points) {
            QCOMPARE(
                r.sink.attribute(point.index, "concurrency"), std::string(point.index == 0 ? "8" : "16"));
            for (const Extra& extra : point.extras) {
                QVERIFY(extra.text.find("secret") == std::string::npos);
            }
        }
    }

    void chatRequestsAsTable()
    {
        const auto r = readText("dataset,request_id,mode,setting,repeat,success,http_status,ttft_s,tpot_s,"
                                "e2e_latency_s,prompt_tokens,"
                                "completion_tokens,cached_tokens,usage_available,finish_reason,error\n"
                                "bbeh,1,concurrency,8,0,True,200,0.2,0.1,1.0,100,9,0,True,stop,\n"
                                "bbeh,2,concurrency,8,0,False,500,0.0,0.0,0.1,0,0,0,False,,overloaded\n",
            "requests.csv");
        QCOMPARE(r.importer, std::string("lmdeploy"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.requests.at(0)[0].ttft->value, 200.0);
        QCOMPARE(r.sink.requests.at(0)[1].error, std::string("overloaded"));
        QCOMPARE(r.sink.value(0, "tpot", "mean"), 100.0);
    }
};

QTEST_GUILESS_MAIN(TestLmdeploy)
#include "tst_lmdeploy.moc"
