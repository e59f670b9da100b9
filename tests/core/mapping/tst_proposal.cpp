// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/proposal.h"

#include <QtTest>

using namespace prism;

class TestProposal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesOfColumns_data()
    {
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("stat");
        QTest::addColumn<QString>("unit");
        const auto row = [](const char* column, const char* name, const char* stat, const char* unit) {
            QTest::newRow(column) << QString::fromLatin1(column) << QString::fromLatin1(name)
                                  << QString::fromLatin1(stat) << QString::fromLatin1(unit);
        };
        row("ttft_p50_ms", "ttft", "p50", "ms");
        row("TTFT p99 (s)", "ttft", "p99", "s");
        row("mean_ttft_ms", "ttft", "mean", "ms");
        row("P99.9 ITL [us]", "itl", "p99.9", "us");
        row("median_ttft_s", "ttft", "p50", "s");
        row("itl_med", "itl", "p50", "");
        row("latency_ms", "e2e", "value", "ms");
        row("latency avg ms", "e2e", "mean", "ms");
        row("ttft", "ttft", "value", ""); // neither is in the name: the user states both
        row("tok_s", "output_throughput", "value", "tok/s");
        row("aggregate_tok_s", "output_throughput", "value", "tok/s");
        row("output_throughput", "output_throughput", "value", "");
        row("achieved_rps", "request_throughput", "value", "req/s");
        row("Output Throughput (tok/s)", "output_throughput", "value", "tok/s");
        row("total throughput [tokens/s]", "total_throughput", "value", "tok/s");
        row("Output tokens/s", "output_throughput", "value", "tok/s");
        row("elapsed_s", "duration", "value", "s");
        row("power_w", "power", "value", "W");
        row("gpu_util_pct", "gpu_utilization", "value", "percent");
        row("GPU Util (%)", "gpu_utilization", "value", "percent");
        row("completed", "requests_ok", "value", "");
        row("Concurrency", "concurrency", "value", "");
        row("/latency/ttft/p99_ms", "ttft", "p99", "ms");
        row("/results/0/output/tok_s", "output_throughput", "value", "tok/s");
        row("/output/throughput", "output_throughput", "value", "");
        row("Output tok/s", "output_throughput", "value", "tok/s");
        row("total_output_tokens", "output_tokens", "value", "");
        row("failed_requests", "requests_failed", "value", "");
    }
    void namesOfColumns()
    {
        QFETCH(QString, column);
        QFETCH(QString, name);
        QFETCH(QString, stat);
        QFETCH(QString, unit);
        const auto value = proposeValue({ column.toStdString(), { "1" } }, Mapping::Row::Point);
        QVERIFY(value);
        QCOMPARE(QString::fromStdString(value->name), name);
        QCOMPARE(QString::fromStdString(value->stat.name()), stat);
        QCOMPARE(QString::fromStdString(value->unit), unit);
        QVERIFY(!value->proposed.empty()); // never a decision
    }

    void namesThatSayNothing()
    {
        for (const char* name : { "mfu", "batch", "throughput", "notes", "p50", "ms", "", "seed" }) {
            QVERIFY2(!proposeValue({ name, { "1" } }, Mapping::Row::Point), name);
        }
    }

    /// A word before a known one makes it something else.
    void otherThingsOfAKnownName()
    {
        for (const char* name : { "cached_prompt_tokens", "peak_output_throughput", "relative_ttft_ms",
                 "ttft_speedup", "warmup_requests", "mean_max_ttft_ms", "/failed/latency_ms",
                 "/baseline/ttft/p99_ms", "server_ttft_ms" }) {
            QVERIFY2(!proposeValue({ name, { "1" } }, Mapping::Row::Point), name);
        }
    }

    /// Alone it may be what was asked for, or the length of a request.
    void wordsThatAreUnclearAlone()
    {
        for (const char* name : { "rps", "prompt_tokens", "output_tokens", "/usage/completion_tokens" }) {
            QVERIFY2(!proposeValue({ name, { "512" } }, Mapping::Row::Point), name);
        }
        for (const char* name : { "total_prompt_tokens", "measured rps", "/total/output_tokens" }) {
            QVERIFY2(proposeValue({ name, { "512" } }, Mapping::Row::Point), name);
        }
    }

    /// In such a unit it is something else.
    void unitsThatAMetricHasNot()
    {
        for (const char* name :
            { "requests/s", "errors_pct", "failed (%)", "ttft_w", "users_ms", "errors_s" }) {
            QVERIFY2(!proposeValue({ name, { "1" } }, Mapping::Row::Point), name);
        }
    }

    void whatStandsInTheColumn_data()
    {
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("attribute"); // empty: nothing is proposed
        const auto row = [](const char* column, const char* value, const char* attribute) {
            QTest::addRow("%s %s", column, value) << QString::fromLatin1(column) << QString::fromLatin1(value)
                                                  << QString::fromLatin1(attribute);
        };
        row("model_id", "llama", "model");
        row("model", "3", "");
        row("model", "", "model"); // nothing speaks against it
        row("model", "n/a", "model");
        row("precision", "bf16", "precision");
        row("precision", "0.93", "");
        row("runtime", "vllm", "engine");
        row("runtime", "12.5", "");
        row("device", "NVIDIA H100", "accelerator");
        row("device", "cuda:0", "");
        row("device", "CPU", "");
        row("gpu", "1", "");
        row("gpus", "8", "accelerator_count");
        row("gpus", "H100", "");
        row("tp", "8", "tp");
        row("tp", "1234.5", "");
        row("pp", "512", "");
        row("concurrency", "16", "concurrency");
        row("concurrency", "high", "");
        row("request_rate", "inf", "request_rate");
        row("failed", "False", "");
        row("failed", "1,234", "requests_failed");
        row("latency_ms", "[12 values]", "");
    }
    void whatStandsInTheColumn()
    {
        QFETCH(QString, column);
        QFETCH(QString, value);
        QFETCH(QString, attribute);
        const auto made
            = proposeValue({ column.toStdString(), { value.toStdString() } }, Mapping::Row::Point);
        QCOMPARE(made ? QString::fromStdString(made->name) : QString(), attribute);
    }

    /// What was asked for is no measurement: it is an attribute where there is one for it.
    void whatWasAskedFor_data()
    {
        QTest::addColumn<QString>("column");
        QTest::addColumn<QString>("attribute"); // empty: nothing is proposed
        const auto row = [](const char* column, const char* attribute) {
            QTest::newRow(column) << QString::fromLatin1(column) << QString::fromLatin1(attribute);
        };
        row("target_prompt_tokens", "isl_target");
        row("requested_output_tokens", "osl_target");
        row("Target RPS", "request_rate");
        row("/config/completion_tokens", "osl_target");
        row("target_isl", "isl_target");
        row("requested_concurrency", "concurrency");
        row("max_concurrency", "concurrency");
        row("max_tokens", "osl_target");
        row("target_ttft_ms", "");
        row("slo_ttft_p99_ms", "");
        row("requested_duration_s", "");
        row("max_prompt_tokens", "");
        row("max_batch_size", "");
        row("max_requests", "");
    }
    void whatWasAskedFor()
    {
        QFETCH(QString, column);
        QFETCH(QString, attribute);
        const auto value = proposeValue({ column.toStdString(), { "128" } }, Mapping::Row::Point);
        QCOMPARE(value.has_value(), !attribute.isEmpty());
        if (value) {
            QVERIFY(value->target == MappedValue::Target::Attribute);
            QCOMPARE(QString::fromStdString(value->name), attribute);
        }
        // Of a request nothing is proposed for it.
        const auto ofRequest = proposeValue({ column.toStdString(), { "128" } }, Mapping::Row::Request);
        QVERIFY(!ofRequest || ofRequest->target == MappedValue::Target::Attribute);
    }

    /// The mean of the requests is not their total, nor the most of a rate the rate.
    void statisticsOfASingleNumber()
    {
        for (const char* name :
            { "mean_output_tokens", "prompt_tokens_max", "tps_p99", "max_rps", "avg_duration_s" }) {
            QVERIFY2(!proposeValue({ name, { "1" } }, Mapping::Row::Point), name);
        }
        const auto rate = proposeValue({ "mean_tps", { "1" } }, Mapping::Row::Point);
        QVERIFY(rate);
        QCOMPARE(rate->name, std::string("output_throughput"));
        QCOMPARE(rate->stat.name(), std::string("value"));
        const auto latency = proposeValue({ "max_ttft_ms", { "1" } }, Mapping::Row::Point);
        QVERIFY(latency);
        QCOMPARE(latency->stat.name(), std::string("max"));
    }

    void unitsThatAreNotStatedAreAskedForWithAGuess()
    {
        const auto seconds = proposeValue({ "ttft", { "0.2", "0.25", "x" } }, Mapping::Row::Point);
        QCOMPARE(seconds->unit, std::string());
        QVERIFY(QString::fromStdString(seconds->proposed).contains(QLatin1String("look like seconds")));
        const auto milliseconds = proposeValue({ "ttft", { "210", "250" } }, Mapping::Row::Point);
        QVERIFY(
            QString::fromStdString(milliseconds->proposed).contains(QLatin1String("look like milliseconds")));
        const auto guessOf = [](const char* column, const char* number) {
            return QString::fromStdString(
                proposeValue({ column, { number } }, Mapping::Row::Point)->proposed);
        };
        QVERIFY(guessOf("itl", "6.5").contains(QLatin1String("look like milliseconds")));
        QVERIFY(guessOf("tpot", "0.02").contains(QLatin1String("look like seconds")));
        QVERIFY(guessOf("latency", "45").contains(QLatin1String("may be seconds or milliseconds")));
        QVERIFY(guessOf("duration", "4500").contains(QLatin1String("look like milliseconds")));
        Mapping mapping = proposeMapping("m", Mapping::Format::Csv, { { "ttft", { "0.2" } } });
        QVERIFY(!check(mapping));
        mapping.values.front().unit = "s";
        QVERIFY(!check(accepted(mapping))); // and which statistic it is
        mapping.values.front().stat = Stat::percentile(50);
        QVERIFY(!check(mapping)); // nobody has accepted it
        QVERIFY(check(accepted(mapping)));
    }

    void aMetricIsProposedOnce()
    {
        const Mapping mapping = proposeMapping(
            "m", Mapping::Format::Csv, { { "tps", { "1" } }, { "tok_s", { "1" } }, { "users", { "1" } } });
        QCOMPARE(mapping.values.size(), std::size_t(2));
        QCOMPARE(mapping.columns.size(), std::size_t(3));
    }

    void rowsThatAreRequests()
    {
        const Mapping mapping = proposeMapping("m", Mapping::Format::Csv,
            { { "request_id", { "a" } }, { "start_time", { "1764238539.8" } }, { "ttft_ms", { "20" } },
                { "completion_tokens", { "100" } }, { "output_throughput", { "3" } } });
        QVERIFY(mapping.row == Mapping::Row::Request);
        QCOMPARE(mapping.values.size(), std::size_t(3)); // a point's number has no place in a request's row
        QCOMPARE(mapping.values[1].name, std::string("ttft"));
        QCOMPARE(mapping.values[1].unit, std::string("ms"));
        QCOMPARE(mapping.values[2].name, std::string("osl"));
        const auto start = proposeValue({ "start_time", { "1764238539.8" } }, Mapping::Row::Request);
        QVERIFY(!QString::fromStdString(start->proposed).contains(QLatin1String("look like")));
        // One number is no list of gaps.
        QVERIFY(!proposeValue({ "itl", { "0.011", "0.012" } }, Mapping::Row::Request));
        QVERIFY(proposeValue({ "itl", { "[0.011, 0.012]" } }, Mapping::Row::Request));
    }

    /// A run has a start, too.
    void rowsThatAreRuns()
    {
        const Mapping mapping = proposeMapping("m", Mapping::Format::Csv,
            { { "start_time", { "2026-01-01T00:00:00Z" } }, { "concurrency", { "8" } },
                { "ttft_p99_ms", { "20" } } });
        QVERIFY(mapping.row == Mapping::Row::Point);
        QCOMPARE(mapping.values.size(), std::size_t(2));
        QCOMPARE(mapping.values[1].stat.name(), std::string("p99"));
    }
};

QTEST_GUILESS_MAIN(TestProposal)
#include "tst_proposal.moc"
