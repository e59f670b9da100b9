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
            return check.verdict();
        };
        QVERIFY(!verdictOf(1, 100, 500));
        QVERIFY(verdictOf(2, 100, 500));
        QCOMPARE(verdictOf(2, 100, 500)->code, std::string("e2e-disagrees"));
        QVERIFY(!verdictOf(100, 100, 15));
        QVERIFY(verdictOf(100, 100, 25));
        QVERIFY(!verdictOf(0, 0, 0));
    }
};

QTEST_GUILESS_MAIN(ChecksTest)
#include "tst_checks.moc"
