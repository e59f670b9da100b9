// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/test_servers.h"

#include <QtTest>

using namespace prism::test;
using namespace prism;

namespace {

QStringList words(const QString& text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

struct Measured {
    TimedLoad load;
    Comparison comparison;
    QString failure; ///< of the session itself
};

/// A streamed chat request without spaces.
QString chatBody(int tokens)
{
    return QStringLiteral(R"({"stream":true,"stream_options":{"include_usage":true},"max_tokens":%1,)"
                          R"("ignore_eos":true,"messages":[{"role":"user","content":"hello"}]})")
        .arg(tokens);
}

/// Attaches to a server, runs one load against it, detaches, compares.
Measured observe(const RunningServer& server, const QStringList& load)
{
    Measured out;
    ObservedSession helper;
    const ObservedSession::Reply attached = helper.attach(server.pid());
    if (!attached.ok()) {
        out.failure = QString::fromStdString(attached.text + helper.fault());
        return out;
    }
    out.load = runLoad(helper, server.port, load);
    const ObservedSession::Reply detached = helper.detach(attached.target);
    if (!detached.ok()) {
        out.failure = QStringLiteral("detach: ") + QString::fromStdString(detached.text);
        return out;
    }
    for (const auto& [program, count] : helper.finalCounts()) {
        // Turns of threads that found no room are told as lost, and say nothing about requests.
        const bool turns = program == "scheduler";
        if ((count.dropped != 0 && !turns) || count.attempted != count.emitted + count.dropped) {
            out.failure += QStringLiteral("%1: attempted %2, emitted %3, dropped %4; ")
                               .arg(QString::fromStdString(program))
                               .arg(count.attempted)
                               .arg(count.emitted)
                               .arg(count.dropped);
        }
    }
    if (helper.sequenceGaps != 0) {
        out.failure += QStringLiteral("%1 records were lost on the way here").arg(helper.sequenceGaps);
    }
    out.comparison = compare(out.load, helper);
    return out;
}

} // namespace

/// Every kind of server under a client that keeps its own clock: every request, status, byte and event, and
/// times within the limits of the reference measurements.
class TestAccuracy : public QObject {
    Q_OBJECT

private:
    static constexpr double mostMedianTtftUs = 60;
    static constexpr double mostGapUs = 150; // p99

    /// What is counted must be right each time; times are asserted, over all loads of a server together, when
    /// the client's clock can be believed, and have several tries.
    void measure(const RunningServer& server, const QStringList& loads)
    {
        QString unbelieved;
        QString beyond;
        for (int attempt = 0; attempt < timedTries; ++attempt) {
            Comparison all;
            double waited = 0;
            for (const QString& load : loads) {
                const Measured measured = observe(server, words(load));
                QVERIFY2(measured.failure.isEmpty(), qPrintable(measured.failure));
                const Comparison& c = measured.comparison;
                QVERIFY(measured.load.requests > 0);
                QCOMPARE(measured.load.complete, measured.load.requests);
                QVERIFY2(
                    c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
                QCOMPARE(c.matched, static_cast<int>(measured.load.exchanges.size()));
                qInfo("%s; the client waited %.3f %% for a CPU%s", qPrintable(c.figures()),
                    100 * measured.load.worstRunQueueShare, measured.load.fifo ? "" : " (not SCHED_FIFO)");
                waited = std::max(waited, measured.load.worstRunQueueShare);
                all.add(c);
            }
            if (waited >= believableRunQueueShare) {
                unbelieved = QStringLiteral("the client waited %1 % for a CPU").arg(100 * waited);
                continue;
            }
            if (std::abs(quantile(all.ttftErrorUs, 0.5)) <= mostMedianTtftUs
                && absoluteQuantile(all.ttftErrorUs, 0.99) <= mostTtftErrorUs
                && absoluteQuantile(all.gapErrorUs, 0.99) <= mostGapUs) {
                return;
            }
            beyond += all.figures() + QLatin1Char('\n');
        }
        QVERIFY2(beyond.isEmpty(), qPrintable(beyond));
        QSKIP(qPrintable(QStringLiteral("counts are right, times not measured: ") + unbelieved));
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
    }

    void smallServers_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : { "threads", "asyncio", "uvloop", "node", "go", "shaped" }) {
            QTest::newRow(kind) << QString::fromLatin1(kind);
        }
    }
    void smallServers()
    {
        QFETCH(const QString, kind);
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startServer(kind);
        QVERIFY(server);
        const QString load = QStringLiteral("--awake --connections %1 --requests %2 --body {} --path "
                                            "/v1/chat/completions?tokens=24&pace_us=5000");
        measure(server, { load.arg(1).arg(8), load.arg(8).arg(4) });
    }

    /// With Nagle's algorithm on, a token waits in the kernel for the acknowledgement of the one before; the
    /// server has written it long ago. Only the packet tells what the client gets.
    void nagleHoldsTheTokenAndThePacketTells()
    {
        const QString kind = QStringLiteral("asyncio");
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startServer(kind, { QStringLiteral("nagle") });
        QVERIFY(server);
        QStringList beyond;
        for (int attempt = 0; attempt < timedTries; ++attempt) {
            const Measured measured = observe(server,
                words(QStringLiteral(
                    "--awake --requests 8 --body {} --path /v1/chat/completions?tokens=8&pace_us=5000")));
            QVERIFY2(measured.failure.isEmpty(), qPrintable(measured.failure));
            const Comparison& c = measured.comparison;
            QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
            qInfo("%s", qPrintable(c.figures()));
            // A packet that leaves only after a quarter of a second is not waited for: the client had it
            // later still. And one in some hundred is told by no tracepoint of the kernel at all (6.18: other
            // programs on net_dev_queue, net_dev_start_xmit, net_dev_xmit and netif_receive_skb did not see
            // it either): its time is unknown then, never another's.
            QCOMPARE(c.wireErrorUs.size() + c.unseenPacketUs.size(), std::size_t(8));
            for (const double afterUs : c.unseenPacketUs) {
                qInfo("a packet was not seen; the client had it %.1f ms after the write", afterUs / 1e3);
            }
            const auto missed = std::count_if(c.unseenPacketUs.begin(), c.unseenPacketUs.end(),
                [](double afterUs) { return afterUs < 250'000; });
            QVERIFY2(missed <= 1, qPrintable(QStringLiteral("%1 packets were not seen").arg(missed)));
            if (measured.load.worstRunQueueShare >= believableRunQueueShare) {
                continue;
            }
            QVERIFY(quantile(c.ttftErrorUs, 0.5) < -10'000);
            if (absoluteQuantile(c.wireErrorUs, 0.99) <= mostTtftErrorUs) {
                return;
            }
            beyond << c.figures();
        }
        QVERIFY2(beyond.isEmpty(), qPrintable(beyond.join(QLatin1Char('\n'))));
        QSKIP("not measured: the client waited for a CPU");
    }

    void plainAnswersAndErrors_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("query");
        for (const char* kind : { "threads", "asyncio", "uvloop", "node", "go" }) {
            QTest::addRow("%s, one JSON body", kind)
                << QString::fromLatin1(kind) << QStringLiteral("stream=0");
            QTest::addRow("%s, 503", kind) << QString::fromLatin1(kind) << QStringLiteral("status=503");
        }
        for (const char* shape : { "plain", "length", "chunked" }) {
            QTest::addRow("shaped, %s", shape)
                << QStringLiteral("shaped") << QStringLiteral("shape=") + QLatin1String(shape);
        }
    }
    void plainAnswersAndErrors()
    {
        QFETCH(const QString, kind);
        QFETCH(const QString, query);
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startServer(kind);
        QVERIFY(server);
        const Measured measured = observe(server,
            words(QStringLiteral("--connections 2 --requests 5 --body {} --path /v1/chat/completions?")
                + query));
        QVERIFY2(measured.failure.isEmpty(), qPrintable(measured.failure));
        QVERIFY2(measured.comparison.differences.isEmpty(),
            qPrintable(measured.comparison.differences.mid(0, 8).join(QLatin1Char('\n'))));
        QCOMPARE(measured.comparison.matched, 10);
    }

    void realLlamaServer()
    {
        if (const QString why = missingLlama(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startLlama(32);
        QVERIFY(server);
        const QString load
            = QStringLiteral("--awake --connections %1 --requests %2 --header Connection:close --body ")
            + chatBody(64);
        measure(server, { load.arg(1).arg(8), load.arg(8).arg(2), load.arg(32).arg(2) });
    }

    /// vLLM on the CPU, with one API server and with two, when packaging/test --servers asks for it.
    void realVllmServer_data()
    {
        QTest::addColumn<int>("apiServers");
        QTest::newRow("one API server") << 1;
        QTest::newRow("two API servers") << 2;
    }
    void realVllmServer()
    {
        QFETCH(const int, apiServers);
        if (const QString why = missingVllm(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startVllm(apiServers);
        QVERIFY(server);
        // The first requests compile kernels.
        QVERIFY(
            runLoad(server.port, words(QStringLiteral("--requests 2 --body ") + chatBody(8))).complete == 2);
        const QString load = QStringLiteral("--connections %1 --requests %2 --body ") + chatBody(64);
        measure(server, { load.arg(1).arg(4), load.arg(8).arg(4), load.arg(32).arg(2) });
    }
};

QTEST_GUILESS_MAIN(TestAccuracy)
#include "tst_accuracy.moc"
