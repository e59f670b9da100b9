// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metric.h"
#include "core/units/unit.h"

#include <QtTest>

#include <set>

using namespace prism;

class TestMetric : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theContractsMetricsAreKnown()
    {
        const std::map<std::string, std::string> contract { { "requests", "1" }, { "duration", "s" },
            { "ttft", "ms" }, { "request_goodput", "req/s" }, { "total_throughput", "tok/s" },
            { "prefix_cache_hit_rate", "ratio" }, { "gpu_memory", "B" }, { "power", "W" }, { "energy", "J" },
            { "energy_per_output_token", "J/tok" }, { "cost_per_mtok_output", "USD/Mtok" },
            { "accuracy:gsm8k", "ratio" }, { "ntpot", "ms" }, { "osl", "1" } };
        for (const auto& [id, unit] : contract) {
            const Metric* metric = findMetric(id);
            QVERIFY2(metric, id.c_str());
            QCOMPARE(std::string(symbol(metric->unit)), unit);
        }
        QVERIFY(!findMetric("ttft_ms"));
        QVERIFY(!findMetric("accuracy:"));
        QCOMPARE(findMetric("accuracy:mmlu"), findMetric("accuracy:mmlu"));
    }

    void idsAreUniqueAndDescribed()
    {
        std::set<std::string> ids;
        for (const Metric& m : allMetrics()) {
            QVERIFY2(ids.insert(m.id).second, m.id.c_str());
            QVERIFY2(!m.name.empty() && m.summary.ends_with('.') && !m.group.empty(), m.id.c_str());
        }
    }

    void statsReadBackTheirNames()
    {
        for (const char* name :
            { "value", "count", "mean", "std", "min", "max", "p50", "p99", "p99.9", "p0.1" }) {
            const auto stat = Stat::parse(name);
            QVERIFY2(stat, name);
            QCOMPARE(stat->name(), std::string(name));
        }
        for (const char* name : { "", "p", "p101", "p-1", "P99", "median", "p99x" }) {
            QVERIFY2(!Stat::parse(name), name);
        }
        QCOMPARE(unitOf(*findMetric("ttft"), Stat::count()), Unit::One);
    }

    void unitsAreReadOnlyWhereTheyFit_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("target");
        QTest::addColumn<double>("factor");
        QTest::newRow("s as latency") << QByteArray("s") << int(Unit::Millisecond) << 1e3;
        QTest::newRow("ms/token") << QByteArray("ms/token") << int(Unit::Millisecond) << 1.0;
        QTest::newRow("percent") << QByteArray("percent") << int(Unit::Ratio) << 0.01;
        QTest::newRow("MiB is not MB") << QByteArray("MiB") << int(Unit::Byte) << 1048576.0;
        QTest::newRow("MB") << QByteArray("MB") << int(Unit::Byte) << 1e6;
        QTest::newRow("a rate is no time") << QByteArray("tokens/s") << int(Unit::Millisecond) << 0.0;
        QTest::newRow("megajoule") << QByteArray("MJ") << int(Unit::Joule) << 1e6;
        QTest::newRow("millijoule") << QByteArray("mJ") << int(Unit::Joule) << 1e-3;
        QTest::newRow("unknown") << QByteArray("furlong") << int(Unit::Second) << 0.0;
    }
    void unitsAreReadOnlyWhereTheyFit()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, target);
        QFETCH(double, factor);
        const auto unit = sourceUnit(text.toStdString(), Unit(target));
        QCOMPARE(unit ? unit->factor : 0.0, factor);
    }

    void unitsToChooseFromAreRead()
    {
        for (const Metric& metric : allMetrics()) {
            std::set<double> factors;
            for (const std::string_view text : sourceUnits(metric.unit)) {
                const auto unit = sourceUnit(text, metric.unit);
                QVERIFY2(unit, metric.id.c_str());
                QVERIFY2(factors.insert(unit->factor).second, metric.id.c_str());
            }
            // Ours is the first: it changes no number.
            QVERIFY(
                factors.empty() || sourceUnit(sourceUnits(metric.unit).front(), metric.unit)->factor == 1.0);
            QCOMPARE(factors.empty(), metric.unit == Unit::One || metric.unit == Unit::UsdPerMegatoken);
        }
        QCOMPARE(sourceUnit("req/min", Unit::RequestPerSecond)->factor, 1.0 / 60);
    }

    void numbersAsText_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<int>("unit");
        QTest::addColumn<int>("style");
        QTest::addColumn<QString>("text");
        const auto row = [](double value, Unit unit, NumberStyle style, const char* text) {
            QTest::addRow("%s", text) << value << int(unit) << int(style) << QString::fromUtf8(text);
        };
        row(26.839387, Unit::Millisecond, NumberStyle::Reading, "26.8\u2009ms");
        row(0.0421, Unit::Millisecond, NumberStyle::Reading, "42.1\u2009µs");
        row(23947.0, Unit::Millisecond, NumberStyle::Reading, "23.9\u2009s");
        row(1357.4, Unit::TokenPerSecond, NumberStyle::Reading, "1\u2009357\u2009tok/s");
        row(60, Unit::Byte, NumberStyle::Reading, "60\u2009B");
        row(1420000, Unit::Byte, NumberStyle::Reading, "1.42\u2009MB");
        row(0.5, Unit::Ratio, NumberStyle::Reading, "50.0\u2009%");
        row(0, Unit::Millisecond, NumberStyle::Reading, "0\u2009ms");
        row(-3.25, Unit::TokenPerSecond, NumberStyle::Column, "\u22123.2");
        row(-0.01, Unit::TokenPerSecond, NumberStyle::Column, "\u22120.010");
        row(0.0036890357, Unit::Millisecond, NumberStyle::Column, "0.0037");
        row(0, Unit::Millisecond, NumberStyle::Column, "0.00");
        row(1234567, Unit::One, NumberStyle::Column, "1\u2009234\u2009567");
        row(0.1, Unit::Second, NumberStyle::Full, "0.1");
        row(129.78805152860795, Unit::TokenPerSecond, NumberStyle::Full, "129.78805152860795");
    }
    void numbersAsText()
    {
        QFETCH(double, value);
        QFETCH(int, unit);
        QFETCH(int, style);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(formatNumber(value, Unit(unit), NumberStyle(style))), text);
    }
};

QTEST_GUILESS_MAIN(TestMetric)
#include "tst_metric.moc"
