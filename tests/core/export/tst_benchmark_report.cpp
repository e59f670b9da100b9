// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/benchmark_report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace prism;

class TestBenchmarkReport : public QObject {
    Q_OBJECT

private:
    static Measure measure(const char* metric, const char* stat, double value, const char* semantics = "")
    {
        Measure m;
        m.metric = findMetric(metric);
        m.stat = *Stat::parse(stat);
        m.value = value;
        m.semantics = semantics;
        return m;
    }

    static QJsonValue at(const QJsonObject& root, const QString& path)
    {
        QJsonValue value = root;
        for (const QString& step : path.split(QLatin1Char('/'))) {
            value = value.isArray() ? value.toArray().at(step.toInt()) : value.toObject().value(step);
        }
        return value;
    }

private Q_SLOTS:
    void writesWhatTheSchemaHasAPlaceFor()
    {
        PointDetail point;
        point.record.uid = "abc";
        point.record.attributes = { { "model", std::string("m"), {}, Origin::Reported, {} },
            { "engine", std::string("vLLM"), {}, Origin::Reported, {} },
            { "tp", std::int64_t(2), {}, Origin::Reported, {} },
            { "accelerator_count", std::int64_t(2), {}, Origin::Reported, {} },
            { "concurrency", std::int64_t(8), {}, Origin::Reported, {} } };
        point.measures
            = { measure("ttft", "mean", 12.5), measure("ttft", "p99.9", 99), measure("ttft", "p97", 50),
                  measure("tpot", "p50", 5, "token-weighted"), measure("output_throughput", "value", 100),
                  measure("requests", "value", 10), measure("requests_failed", "value", 1),
                  measure("duration", "value", 2.5), measure("gpu_memory", "mean", 1e9) };
        SourceRecord source;
        source.producer = "vllm-serve";
        const BenchmarkReport report = benchmarkReport(point, source);
        QJsonParseError error;
        const QJsonObject root
            = QJsonDocument::fromJson(QByteArray::fromStdString(report.json), &error).object();
        QCOMPARE(error.error, QJsonParseError::NoError);
        QCOMPARE(at(root, QStringLiteral("version")).toString(), QStringLiteral("0.2"));
        QCOMPARE(at(root, QStringLiteral("run/time/duration")).toString(), QStringLiteral("PT2.5S"));
        const QString stack = QStringLiteral("scenario/stack/0/standardized/");
        QCOMPARE(at(root, stack + QStringLiteral("accelerator/parallelism/tp")).toInt(), 2);
        QCOMPARE(at(root, QStringLiteral("scenario/load/standardized/concurrency")).toInt(), 8);
        const QString aggregate = QStringLiteral("results/request_performance/aggregate/");
        const QJsonObject ttft
            = at(root, aggregate + QStringLiteral("latency/time_to_first_token")).toObject();
        QCOMPARE(ttft[QStringLiteral("units")].toString(), QStringLiteral("ms"));
        QCOMPARE(ttft[QStringLiteral("mean")].toDouble(), 12.5);
        QCOMPARE(ttft[QStringLiteral("p99p9")].toDouble(), 99.0);
        QVERIFY(!ttft.contains(QStringLiteral("p97")));
        QCOMPARE(at(root, aggregate + QStringLiteral("requests/failures")).toInt(), 1);
        QCOMPARE(at(root, aggregate + QStringLiteral("throughput/output_token_rate/mean")).toDouble(), 100.0);
        // Another meaning than the schema's is never written under its name.
        QVERIFY(at(root, aggregate + QStringLiteral("latency/time_per_output_token")).isUndefined());
        QCOMPARE(report.leftOut,
            (std::vector<BenchmarkReport::LeftOut> {
                { "TTFT", "p97" }, { "TPOT (token-weighted)", "p50" }, { "GPU memory", "mean" } }));
    }
};

QTEST_GUILESS_MAIN(TestBenchmarkReport)
#include "tst_benchmark_report.moc"
