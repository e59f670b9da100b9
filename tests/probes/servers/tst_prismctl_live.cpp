// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/test_servers.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <algorithm>
#include <csignal>

using namespace prism::test;

namespace {

const QString prismctl = QStringLiteral(PRISM_BIN_DIR "/prismctl");

std::vector<QJsonObject> lines(const QByteArray& output, const char* type)
{
    std::vector<QJsonObject> out;
    for (const QByteArray& text : output.split('\n')) {
        const QJsonObject line = QJsonDocument::fromJson(text).object();
        if (line.value(QLatin1String("type")).toString() == QLatin1String(type)) {
            out.push_back(line);
        }
    }
    return out;
}

qint64 integer(const QJsonObject& line, const char* name)
{
    return line.value(QLatin1String(name)).toInteger(-1);
}

} // namespace

/// The whole way, as a script has it: kernel programs, helper, parser, core, JSON.
class TestPrismctlLive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        if (!QFileInfo(prismctl).isExecutable()) {
            QSKIP("prismctl is not built");
        }
    }

    void recordTellsWhatTheClientSaw_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : { "shaped", "uvloop", "node", "go" }) {
            QTest::newRow(kind) << QString::fromLatin1(kind);
        }
    }
    void recordTellsWhatTheClientSaw()
    {
        QFETCH(const QString, kind);
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startServer(kind);
        QVERIFY(server);
        QStringList beyond;
        for (int attempt = 0; attempt < timedTries; ++attempt) {
            std::vector<double> ttftErrorUs;
            double waited = 0;
            recordOnce(server, &ttftErrorUs, &waited);
            if (QTest::currentTestFailed()) {
                return;
            }
            const double median = quantile(ttftErrorUs, 0.5);
            const double p99 = absoluteQuantile(ttftErrorUs, 0.99);
            qInfo("TTFT error median %.1f µs, p99 of |error| %.1f µs; the client waited %.3f %% for a CPU",
                median, p99, 100 * waited);
            if (waited >= believableRunQueueShare) {
                continue;
            }
            if (p99 <= mostTtftErrorUs) {
                return;
            }
            beyond << QString::number(p99);
        }
        QVERIFY2(beyond.isEmpty(), qPrintable(beyond.join(QLatin1String(" µs, "))));
        QSKIP("counts are right, times not measured: the client waited for a CPU");
    }

private:
    /// One load under one recording. What is counted must be right each time.
    static void recordOnce(const RunningServer& server, std::vector<double>* ttftErrorUs, double* waited)
    {
        RunningProgram record(prismctl,
            { QStringLiteral("live"), QStringLiteral("record"), QString::number(server.pid()),
                QStringLiteral("--json"), QStringLiteral("--chunks"), QStringLiteral("--helper"),
                ObservedSession::program() });
        QVERIFY(!record.waitForLine("{\"type\":\"attached\"").isNull());
        const TimedLoad load = runLoad(server.port,
            { QStringLiteral("--awake"), QStringLiteral("--requests"), QStringLiteral("12"),
                QStringLiteral("--body"), QStringLiteral("{}"), QStringLiteral("--path"),
                QStringLiteral("/v1/chat/completions?tokens=20&pace_us=3000") });
        record.signal(SIGINT);
        const QByteArray output = record.waitForEnd();
        QCOMPARE(load.complete, 12);
        std::vector<QJsonObject> requests = lines(output, "request");
        QCOMPARE(requests.size(), load.exchanges.size());
        // One connection: the order in time is the order of both.
        std::sort(requests.begin(), requests.end(), [](const QJsonObject& a, const QJsonObject& b) {
            return integer(a, "arrival_ns") < integer(b, "arrival_ns");
        });
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const QJsonObject& seen = requests[i];
            const TimedExchange& client = load.exchanges[i];
            QCOMPARE(integer(seen, "status"), client.status);
            QCOMPARE(seen.value(QLatin1String("method")).toString(), QStringLiteral("POST"));
            QCOMPARE(seen.value(QLatin1String("path")).toString(), QStringLiteral("/v1/chat/completions"));
            QCOMPARE(integer(seen, "events"), static_cast<qint64>(client.classes.size()));
            QCOMPARE(integer(seen, "token_events"), client.tokens());
            QCOMPARE(integer(seen, "output_tokens"), client.usageTokens);
            QCOMPARE(integer(seen, "bytes_in"), static_cast<qint64>(client.bytesSent));
            QCOMPARE(integer(seen, "bytes_out"), static_cast<qint64>(client.bytesReceived));
            QCOMPARE(seen.value(QLatin1String("ended")).toString(), QStringLiteral("complete"));
            QVERIFY(integer(seen, "arrival_ns") >= client.sendNs);
            QVERIFY(integer(seen, "read_ns") >= integer(seen, "arrival_ns"));
            const double ttft = seen.value(QLatin1String("ttft_ms")).toDouble();
            QCOMPARE(ttft,
                static_cast<double>(integer(seen, "first_token_ns") - integer(seen, "arrival_ns")) / 1e6);
            ttftErrorUs->push_back(
                ttft * 1e3 - static_cast<double>(client.firstTokenNs - client.sendNs) / 1e3);
        }
        const std::vector<QJsonObject> summary = lines(output, "summary");
        QCOMPARE(summary.size(), std::size_t { 1 });
        QCOMPARE(integer(summary.front(), "requests"), 12);
        QCOMPARE(integer(summary.front(), "dropped"), 0);
        *waited = load.worstRunQueueShare;
    }
};

QTEST_GUILESS_MAIN(TestPrismctlLive)
#include "tst_prismctl_live.moc"
