// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using prism::Stat;
using prism::test::Read;
using prism::test::readText;

namespace {

QJsonObject base()
{
    return { { "hw", "h900" }, { "framework", "vllm" }, { "precision", "fp8" }, { "model", "org/Model" },
        { "conc", 16 }, { "tp", 4 }, { "ep", 1 }, { "dp_attention", "false" } };
}

QJsonObject with(QJsonObject row, const QJsonObject& more)
{
    for (auto it = more.begin(); it != more.end(); ++it) {
        row[it.key()] = it.value();
    }
    return row;
}

QJsonObject fixedLengths(const QJsonObject& more = {})
{
    return with(base(),
        with({ { "isl", 1024 }, { "osl", 256 }, { "image", "vllm/vllm-openai:v0.19.1" },
                 { "tput_per_gpu", 500.0 }, { "output_tput_per_gpu", 100.0 }, { "input_tput_per_gpu", 400.0 },
                 { "mean_ttft", 0.25 }, { "median_ttft", 0.2 }, { "p99.9_ttft", 1.5 }, { "mean_tpot", 0.02 },
                 { "median_tpot", 0.016 }, { "std_tpot", 0.004 }, { "p99_tpot", 0.05 },
                 { "mean_intvty", 1 / 0.02 }, { "median_intvty", 1 / 0.016 }, { "std_intvty", 1 / 0.004 },
                 { "p99_intvty", 1 / 0.05 }, { "mean_itl", 0.03 }, { "median_e2el", 4.0 } },
            more));
}

Read read(const QJsonObject& row)
{
    return readText(QJsonDocument(row).toJson().toStdString(), "agg_x.json");
}

} // namespace

class TestInferencex : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fixedLengthsAreInSeconds()
    {
        const Read r = read(fixedLengths());
        QCOMPARE(r.importer, std::string("inferencex"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 250.0);
        QCOMPARE(r.sink.value(0, "ttft", "p50"), 200.0);
        QCOMPARE(r.sink.value(0, "ttft", "p99.9"), 1500.0);
        QCOMPARE(r.sink.value(0, "tpot", "std"), 4.0);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 30.0);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 4000.0);
        QCOMPARE(r.sink.attribute(0, "accelerator"), std::string("h900"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("vllm"));
        QCOMPARE(r.sink.attribute(0, "engine_version"), std::string("v0.19.1"));
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("1024"));
        QCOMPARE(r.sink.attribute(0, "accelerator_count"), std::string("4"));
    }

    void throughputsOfTheSystemAreDerived()
    {
        const Read r = read(fixedLengths());
        QCOMPARE(r.sink.value(0, "total_throughput"), 2000.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 400.0);
        QCOMPARE(r.sink.value(0, "input_throughput"), 1600.0);
        QCOMPARE(r.sink.points[0].measure("total_throughput", Stat::value())->origin, prism::Origin::Derived);
    }

    void aPercentileOfInteractivityIsTheSlowSide()
    {
        const Read r = read(fixedLengths());
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 50.0);
        QCOMPARE(r.sink.points[0].measure("output_throughput_per_user", Stat::mean())->semantics,
            std::string("harmonic"));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p50"), 62.5);
        QVERIFY(!r.sink.has(0, "output_throughput_per_user", "p99"));
        QVERIFY(!r.sink.has(0, "output_throughput_per_user", "std"));
    }

    void poolsHaveTheirOwnGpus()
    {
        const Read r = read(fixedLengths({ { "framework", "dynamo-trt" }, { "disagg", true },
            { "is_multinode", true }, { "tp", 12 }, { "prefill_tp", 4 }, { "decode_tp", 8 },
            { "prefill_num_workers", 2 }, { "decode_num_workers", 1 }, { "num_prefill_gpu", 8 },
            { "num_decode_gpu", 8 }, { "tput_per_gpu", 500.0 }, { "input_tput_per_gpu", 800.0 },
            { "output_tput_per_gpu", 200.0 } }));
        QCOMPARE(r.sink.value(0, "total_throughput"), 8000.0);
        QCOMPARE(r.sink.value(0, "input_throughput"), 6400.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 1600.0);
        QCOMPARE(r.sink.attribute(0, "tp"), std::string());
        QCOMPARE(r.sink.attribute(0, "prefill_instances"), std::string("2"));
        QCOMPARE(r.sink.attribute(0, "accelerator_count"), std::string("16"));
    }

    void poolsThatDoNotAddUpGiveTheTotalOnly()
    {
        // Old rows say the GPUs of both pools as tp, and divide each throughput by its own pool's.
        const Read r = read(fixedLengths({ { "framework", "dynamo-trtllm" }, { "tp", 36 },
            { "tput_per_gpu", 863.0 }, { "output_tput_per_gpu", 484.0 }, { "input_tput_per_gpu", 3892.0 } }));
        QCOMPARE(r.sink.value(0, "total_throughput"), 863.0 * 36);
        QVERIFY(!r.sink.has(0, "output_throughput") && !r.sink.has(0, "input_throughput"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string());
    }

    void zeroIsNotMeasured()
    {
        const Read r = read(fixedLengths({ { "input_tput_per_gpu", 0.0 }, { "tput_per_gpu", 100.0 },
            { "median_ttft", 0.0 }, { "mean_ttft", 0.0 }, { "median_e2el", 0.0 } }));
        QVERIFY(!r.sink.has(0, "total_throughput") && !r.sink.has(0, "input_throughput"));
        QCOMPARE(r.sink.value(0, "output_throughput"), 400.0);
        QVERIFY(!r.sink.has(0, "ttft", "p50") && !r.sink.has(0, "e2e", "p50"));
    }

    void flatAgenticRows()
    {
        const Read r = read(with(base(),
            { { "scenario_type", "agentic-coding" }, { "num_requests_total", 20 },
                { "num_requests_successful", 18 }, { "mean_ttft", 2.0 }, { "p90_ttlt", 60.0 },
                { "mean_itl", 0.1 }, { "p75_tpot", 0.04 }, { "p75_intvty", 64.0 }, { "std_intvty", 23.0 },
                { "mean_intvty", 42.0 }, { "mean_tpot", 0.03 }, { "mean_input_tokens", 90000.5 },
                { "p99_output_tokens_actual", 3026.0 }, { "total_prompt_tokens", 999999 },
                { "mean_qps", 0.1 }, { "input_tput_tps", 1000.0 }, { "output_tput_tps", 20.0 },
                { "total_tput_tps", 1020.0 }, { "duration_seconds", 180.5 }, { "tput_per_gpu", 255.0 } }));
        QCOMPARE(r.sink.attribute(0, "load_mode"), std::string("agentic"));
        QCOMPARE(r.sink.value(0, "requests"), 20.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 18.0);
        QVERIFY(!r.sink.has(0, "requests_failed"));
        QCOMPARE(r.sink.value(0, "duration"), 180.5);
        QCOMPARE(r.sink.value(0, "total_throughput"), 1020.0);
        QCOMPARE(
            r.sink.points[0].measure("total_throughput", Stat::value())->origin, prism::Origin::Reported);
        QCOMPARE(r.sink.value(0, "e2e", "p90"), 60000.0);
        QCOMPARE(r.sink.value(0, "isl", "mean"), 90000.5);
        QCOMPARE(r.sink.value(0, "osl", "p99"), 3026.0);
        QVERIFY(!r.sink.has(0, "itl", "mean"));
        QVERIFY(!r.sink.has(0, "request_throughput") && !r.sink.has(0, "input_tokens"));
        // The distribution of the requests' own rates, on the fast side.
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "p75"), 64.0);
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "std"), 23.0);
        QCOMPARE(
            r.sink.points[0].measure("output_throughput_per_user", Stat::mean())->semantics, std::string());
    }

    void nestedAgenticRows()
    {
        const QJsonObject latency { { "ttft", QJsonObject { { "mean", 3.5 }, { "p95", 9.25 } } },
            { "itl", QJsonObject { { "mean", 0.08 } } },
            { "tpot", QJsonObject { { "mean", 0.08 }, { "p90", 0.11371 } } },
            { "intvty", QJsonObject { { "mean", 12.5 }, { "p90", 8.79412 }, { "std", 4.5 } } } };
        const QJsonObject throughput { { "input", QJsonObject { { "tokens_per_second", 16000.0 } } },
            { "output", QJsonObject { { "tokens_per_second", 159.0 } } },
            { "total", QJsonObject { { "tokens_per_second", 16159.0 } } }, { "duration_seconds", 3600.5 },
            { "per_gpu", QJsonObject { { "total_tput_tps", 4039.75 } } } };
        const Read r = read(with(base(),
            { { "scenario_type", "agentic-coding" }, { "num_requests_total", 686 },
                { "num_requests_successful", 659 },
                { "request_metrics",
                    QJsonObject { { "latency", latency }, { "throughput", throughput },
                        { "tokens",
                            QJsonObject { { "input", QJsonObject { { "p50", 79692 } } },
                                { "output_actual", QJsonObject { { "mean", 875.5 } } } } } } },
                { "server_metrics",
                    QJsonObject { { "kv_cache", QJsonObject { { "gpu_usage_pct", 0.99459 } } } } } }));
        QCOMPARE(r.sink.value(0, "ttft", "p95"), 9250.0);
        QCOMPARE(r.sink.value(0, "requests_ok"), 659.0);
        QVERIFY(!r.sink.has(0, "requests")); // it counts the warm-up
        QVERIFY(!r.sink.has(0, "itl", "mean"));
        QCOMPARE(r.sink.value(0, "duration"), 3600.5);
        QCOMPARE(r.sink.value(0, "output_throughput"), 159.0);
        QCOMPARE(r.sink.value(0, "isl", "p50"), 79692.0);
        QCOMPARE(r.sink.value(0, "osl", "mean"), 875.5);
        QCOMPARE(r.sink.value(0, "kv_cache_usage"), 0.99459);
        QCOMPARE(r.sink.points[0].measure("output_throughput_per_user", Stat::mean())->semantics,
            std::string("harmonic"));
        QVERIFY(!r.sink.has(0, "output_throughput_per_user", "p90"));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "std"), 4.5);
    }

    void answersOfOneTokenHaveNoSpeedOfTheirUser()
    {
        const Read r = read(fixedLengths({ { "mean_tpot", 0.0 }, { "median_tpot", 0.0 }, { "std_tpot", 0.0 },
            { "p99_tpot", 0.0 }, { "mean_intvty", 1e11 }, { "median_intvty", 1e11 }, { "std_intvty", 1e11 },
            { "p99_intvty", 1e11 } }));
        for (const char* stat : { "mean", "p50", "std", "p99" }) {
            QVERIFY(!r.sink.has(0, "output_throughput_per_user", stat));
        }
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 250.0);
    }

    void powerCountsWhileItIsValid()
    {
        const QJsonObject measured { { "avg_power_w", 600.0 }, { "avg_total_gpu_power_w", 2400.0 },
            { "total_gpu_energy_j", 72000.0 }, { "joules_per_output_token", 0.75 }, { "power_valid", true } };
        Read r = read(fixedLengths(measured));
        QCOMPARE(r.sink.value(0, "power"), 2400.0);
        QCOMPARE(r.sink.value(0, "energy"), 72000.0);
        QCOMPARE(r.sink.value(0, "energy_per_output_token"), 0.75);
        r = read(fixedLengths(with(measured, { { "power_valid", false } })));
        QVERIFY(!r.sink.has(0, "power") && r.sink.warned("power-invalid"));
        r = read(fixedLengths(with(measured, { { "power_valid", 0 } })));
        QVERIFY(!r.sink.has(0, "power") && r.sink.warned("power-invalid"));
        r = read(fixedLengths(with(measured, { { "power_valid", 1 } })));
        QCOMPARE(r.sink.value(0, "power"), 2400.0);
    }

    void anArrayIsManyPoints()
    {
        const QJsonArray rows { fixedLengths(), QJsonObject { { "note", "x" } },
            fixedLengths({ { "conc", 32 } }) };
        const Read r = readText(QJsonDocument(rows).toJson().toStdString(), "agg_bmk.json");
        QCOMPARE(r.sink.points.size(), std::size_t(2));
        QCOMPARE(r.sink.attribute(1, "concurrency"), std::string("32"));
        QCOMPARE(r.sink.points[1].measure("ttft", Stat::mean())->path, std::string("/2/mean_ttft"));
        QVERIFY(r.sink.warned("rows-left-out"));
    }

    /// The page wrote seconds under titles of milliseconds, and wrote titles of seconds later.
    void tablesOfTheWebPage_data()
    {
        QTest::addColumn<QString>("unit");
        QTest::addColumn<QString>("gpu");
        QTest::addColumn<double>("scale");
        QTest::addColumn<bool>("misnamed");
        QTest::newRow("seconds called milliseconds") << "ms"
                                                     << "GPU" << 1.0 << true;
        QTest::newRow("milliseconds") << "ms"
                                      << "GPU" << 1000.0 << false;
        QTest::newRow("seconds") << "s"
                                 << "Chip" << 1.0 << false;
    }
    void tablesOfTheWebPage()
    {
        QFETCH(const QString, unit);
        QFETCH(const QString, gpu);
        QFETCH(const double, scale);
        QFETCH(const bool, misnamed);
        const auto time = [scale](double seconds) { return QString::number(seconds * scale, 'g', 17); };
        const QString text
            = QString(
                  "# Licensed under Apache License 2.0\n# Data from InferenceX.\n# Attribution, required.\n"
                  "Model,ISL,OSL,Hardware,Hardware Key,Framework,Precision,TP,Concurrency,Date,"
                  "Throughput/%2 (tok/s),Output Throughput/%2 (tok/s),Input Throughput/%2 (tok/s),"
                  "Mean TTFT (%1),P99 TTFT (%1),Mean TPOT (%1),P99 TPOT (%1),"
                  "Mean Interactivity (tok/s/user),P99 Interactivity (tok/s/user),Mean ITL (%1),"
                  "Median E2E Latency (%1),Std E2E Latency (%1),Disaggregated,Num Prefill %2s,Num Decode %2s,"
                  "Spec Decoding,EP,DP Attention,Is Multinode\n"
                  "org-9b,1024,512,h900,h900_vllm,vllm,fp8,4,16,2026-06-05,500,100,400,")
                  .arg(unit, gpu)
            + time(0.25) + ',' + time(0.5) + ',' + time(0.02) + ',' + time(0.05) + ",50,20," + time(0.03)
            + ',' + time(4) + ",,false,,,none,1,false,false\n";
        const Read r = readText(text.toStdString(), "InferenceX_org-9b_e2e.csv");
        QCOMPARE(r.importer, std::string("inferencex"));
        QCOMPARE(r.sink.points.size(), std::size_t(1));
        QCOMPARE(r.sink.value(0, "ttft", "mean"), 250.0);
        QCOMPARE(r.sink.value(0, "tpot", "p99"), 50.0);
        QCOMPARE(r.sink.value(0, "itl", "mean"), 30.0);
        QCOMPARE(r.sink.value(0, "e2e", "p50"), 4000.0);
        QVERIFY(!r.sink.has(0, "e2e", "std"));
        QCOMPARE(r.sink.value(0, "output_throughput_per_user", "mean"), 50.0);
        QVERIFY(!r.sink.has(0, "output_throughput_per_user", "p99")); // 1 / the 99th percentile of TPOT
        QCOMPARE(r.sink.value(0, "total_throughput"), 2000.0);
        QCOMPARE(r.sink.value(0, "output_throughput"), 400.0);
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
        QCOMPARE(r.sink.attribute(0, "accelerator_count"), std::string("4"));
        QCOMPARE(r.sink.attribute(0, "isl_target"), std::string("1024"));
        QCOMPARE(r.sink.attribute(0, "engine"), std::string("vllm"));
        QCOMPARE(r.sink.warned("unit-misnamed"), misnamed);
    }

    /// Neither the unit of its latencies nor the number of its GPUs.
    void aRowOfATableThatTellsLittle()
    {
        const Read r
            = readText("Model,ISL,OSL,Hardware,Hardware "
                       "Key,Framework,Precision,TP,Concurrency,Date,Throughput/GPU (tok/s),"
                       "Mean TTFT (ms),Mean TPOT (ms),Is Multinode\n"
                       "org-9b,1024,512,h900,h900_vllm,vllm,fp8,4,16,2026-06-05,500,0.25,0.02,true\n",
                "x.csv");
        QCOMPARE(r.importer, std::string("inferencex"));
        QVERIFY(!r.sink.has(0, "ttft", "mean"));
        QVERIFY(r.sink.warned("unit-unknown"));
        QVERIFY(!r.sink.has(0, "total_throughput"));
        QVERIFY(r.sink.warned("gpus-unknown"));
        QCOMPARE(r.sink.attribute(0, "tp"), std::string());
        QCOMPARE(r.sink.attribute(0, "concurrency"), std::string("16"));
    }
};

QTEST_GUILESS_MAIN(TestInferencex)
#include "tst_inferencex.moc"
