// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/checks.h"

#include <QTest>

using namespace prism;

namespace {

using Numbers = std::vector<std::pair<const char*, double>>;

LoadPoint pointOf(const Numbers& numbers)
{
    LoadPoint point;
    for (const auto& [name, value] : numbers) {
        const std::string metric(name);
        Measure m;
        const bool mean = metric == "isl" || metric == "osl";
        m.metric = findMetric(metric);
        m.stat = mean ? Stat::mean() : Stat::value();
        m.value = value;
        point.measures.push_back(std::move(m));
    }
    return point;
}

QString codes(const Numbers& numbers, std::string_view producer = "vllm-serve")
{
    LoadPoint point = pointOf(numbers);
    const auto before = point.measures;
    checkMeanings(point, producer);
    QStringList out;
    for (const Warning& w : point.warnings) {
        out << QString::fromStdString(w.code)
                + (w.severity == Severity::Note ? QStringLiteral("(note)") : QString());
    }
    return point.measures == before ? out.join(QLatin1Char(' ')) : QStringLiteral("a number was changed");
}

} // namespace

class ChecksTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rates()
    {
        QCOMPARE(
            codes({ { "requests_ok", 1000 }, { "duration", 10.0001 }, { "request_throughput", 101.5001 } }),
            QString());
        QCOMPARE(
            codes({ { "requests_ok", 1000 }, { "duration", 10.0001 }, { "request_throughput", 102.5001 } }),
            QStringLiteral("rate-disagrees"));
        QCOMPARE(
            codes({ { "output_tokens", 5000 }, { "duration", 10.0001 }, { "output_throughput", 485.0001 } }),
            QStringLiteral("rate-disagrees"));
        QCOMPARE(
            codes({ { "input_tokens", 5000 }, { "duration", 10.0001 }, { "input_throughput", 493.0001 } }),
            QString());
    }

    void roundedNumbersAreNotBlamed()
    {
        // 0.1 may be 0.149; 0.05 more than a tenth is more than its last digit explains.
        QCOMPARE(codes({ { "requests_ok", 14 }, { "duration", 100.0001 }, { "request_throughput", 0.1 } }),
            QString());
        QCOMPARE(codes({ { "requests_ok", 16 }, { "duration", 100.0001 }, { "request_throughput", 0.1 } }),
            QStringLiteral("rate-disagrees"));
        QCOMPARE(codes({ { "requests_ok", 100 }, { "duration", 0.5 }, { "request_throughput", 183.001 } }),
            QString());
    }

    void totals()
    {
        QCOMPARE(codes({ { "output_throughput", 100.01 }, { "input_throughput", 900.01 },
                     { "total_throughput", 1015.01 } }),
            QString());
        QCOMPARE(codes({ { "output_throughput", 100.01 }, { "input_throughput", 900.01 },
                     { "total_throughput", 1900.01 } }),
            QStringLiteral("total-disagrees"));
        QCOMPARE(codes({ { "output_tokens", 100 }, { "input_tokens", 900 }, { "duration", 1.0001 },
                     { "total_throughput", 1900.01 } }),
            QStringLiteral("total-disagrees"));
    }

    void countsAndTokens()
    {
        QCOMPARE(codes({ { "requests_ok", 90 }, { "requests_failed", 10 }, { "requests", 100 } }), QString());
        QCOMPARE(codes({ { "requests_ok", 90 }, { "requests_failed", 10 }, { "requests", 110 } }),
            QStringLiteral("counts-disagree"));
        QCOMPARE(codes({ { "requests_ok", 90 }, { "requests", 110 } }), QString());
        QCOMPARE(codes({ { "requests_ok", 100 }, { "osl", 50.01 }, { "output_tokens", 5050 } }), QString());
        QCOMPARE(codes({ { "requests_ok", 100 }, { "osl", 50.01 }, { "output_tokens", 5150 } }),
            QStringLiteral("tokens-disagree"));
        QCOMPARE(codes({ { "requests_ok", 100 }, { "isl", 50.01 }, { "input_tokens", 4850 } }),
            QStringLiteral("tokens-disagree"));
    }

    void habitsAreNotes()
    {
        const Numbers numbers { { "requests_ok", 1000 }, { "duration", 10.0001 },
            { "request_throughput", 120.0001 } };
        QCOMPARE(codes(numbers, "guidellm"), QStringLiteral("rate-disagrees(note)"));
        QCOMPARE(codes(numbers, "aiperf"), QStringLiteral("rate-disagrees(note)"));
        QCOMPARE(codes(numbers, "sglang-serving"), QStringLiteral("rate-disagrees"));
    }

    void onlyReportedNumbersOfTheUsualMeaningAreCompared()
    {
        for (int which = 0; which < 3; ++which) {
            LoadPoint point
                = pointOf({ { "requests_ok", 1000 }, { "duration", 10 }, { "request_throughput", 7 } });
            Measure& m = point.measures[2];
            m.semantics = which == 0 ? "mean over time" : "";
            m.status = which == 1 ? Status::Missing : Status::Ok;
            m.origin = which == 2 ? Origin::Derived : Origin::Reported;
            checkMeanings(point, "x");
            QVERIFY(point.warnings.empty());
        }
    }

    void nothingIsDividedByZero()
    {
        QCOMPARE(codes({ { "requests_ok", 10 }, { "duration", 0 }, { "request_throughput", 7 } }), QString());
    }

    void gapsAgainstEndToEnd()
    {
        const auto verdictOf = [](int wrong, int all, double off) {
            RequestCheck check;
            for (int i = 0; i < all; ++i) {
                RequestRow row;
                row.ttft = Milliseconds { 100 };
                row.gapsMs = { 450, 450 };
                row.e2e = Milliseconds { i < wrong ? 1000 + off : 1000 };
                check.add(row);
            }
            std::vector<Warning> told;
            check.tell(told);
            return told.empty() ? std::string() : told.front().code;
        };
        const std::string wrong = "e2e-disagrees";
        QCOMPARE(verdictOf(1, 100, 500), std::string());
        QCOMPARE(verdictOf(2, 100, 500), wrong);
        QCOMPARE(verdictOf(100, 100, 15), std::string());
        QCOMPARE(verdictOf(100, 100, 25), wrong);
        QCOMPARE(verdictOf(0, 0, 0), std::string());
    }

    void numbersBelowZeroAreTold()
    {
        QCOMPARE(
            codes({ { "duration", -1 }, { "output_tokens", -5 } }, "x"), QStringLiteral("negative-value"));
        QCOMPARE(codes({ { "accuracy", -1 }, { "duration", 0 } }, "x"), QString());
        LoadPoint point = pointOf({ { "duration", -1 }, { "output_tokens", -5 } });
        checkMeanings(point, "x");
        QVERIFY(point.warnings[0].text.find("1 other") != std::string::npos);
        QCOMPARE(point.measures[0].value, -1.0);
    }

    void timesOfRequestsBelowZeroAreTold_data()
    {
        QTest::addColumn<double>("ttft");
        QTest::addColumn<double>("e2e");
        QTest::addColumn<double>("gap");
        QTest::addColumn<bool>("told");
        QTest::newRow("fine") << 0.0 << 10.0 << 0.0 << false;
        QTest::newRow("ttft") << -1.0 << 9.0 << 10.0 << true;
        QTest::newRow("e2e") << 1.0 << -1.0 << 0.0 << true;
        QTest::newRow("gap") << 11.0 << 10.0 << -1.0 << true;
    }
    void timesOfRequestsBelowZeroAreTold()
    {
        QFETCH(double, ttft);
        QFETCH(double, e2e);
        QFETCH(double, gap);
        QFETCH(bool, told);
        for (const bool endsWithToken : { true, false }) {
            RequestRow row;
            row.ttft = Milliseconds { ttft };
            row.e2e = Milliseconds { e2e };
            row.gapsMs = { gap };
            RequestCheck check;
            check.add(row, endsWithToken);
            std::vector<Warning> warnings;
            check.tell(warnings);
            QCOMPARE(std::any_of(warnings.begin(), warnings.end(),
                         [](const Warning& w) { return w.code == "negative-times"; }),
                told);
        }
    }
};

QTEST_GUILESS_MAIN(ChecksTest)
#include "tst_checks.moc"
