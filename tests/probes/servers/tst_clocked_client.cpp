// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/test_servers.h"
#include "tests/support/observer/timed_load.h"

#include <QtTest>

#include <algorithm>

using namespace prism::test;

namespace {

QStringList ask(const QString& query, const QStringList& more = {})
{
    return QStringList { QStringLiteral("--path"), QStringLiteral("/v1/chat/completions?") + query,
        QStringLiteral("--body"), QStringLiteral("{}") }
    + more;
}

QStringList words(const char* text)
{
    return QString::fromLatin1(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

} // namespace

/// The reference itself: the client reads every answer of every server to the last byte, and its clock runs
/// as the server was told to pace. Needs neither root nor the helper.
class TestClockedClient : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyServerAnswersAlike_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : { "threads", "asyncio", "uvloop", "node", "go", "shaped" }) {
            QTest::newRow(kind) << QString::fromLatin1(kind);
        }
    }
    void everyServerAnswersAlike()
    {
        QFETCH(const QString, kind);
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
        const RunningServer server = startServer(kind);
        QVERIFY(server);
        const TimedLoad load
            = runLoad(server.port, ask(QStringLiteral("tokens=12"), words("--connections 3 --requests 4")));
        QCOMPARE(load.requests, 12);
        QCOMPARE(load.complete, 12);
        for (const TimedExchange& e : load.exchanges) {
            QCOMPARE(e.status, 200);
            QVERIFY(e.streamed);
            QCOMPARE(e.classes, std::string("rttttttttttttfud"));
            QCOMPARE(e.usageTokens, 12);
            QVERIFY(e.sendNs < e.firstByteNs && e.firstByteNs <= e.firstTokenNs && e.firstTokenNs <= e.endNs);
            QVERIFY(std::is_sorted(e.eventNs.begin(), e.eventNs.end()));
        }
        const TimedLoad failed = runLoad(server.port, ask(QStringLiteral("status=503")));
        QCOMPARE(failed.exchanges.at(0).status, 503);
        QCOMPARE(failed.exchanges.at(0).ended, std::string("complete"));
    }

    void shapesAreRead_data()
    {
        QTest::addColumn<QString>("query");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("classes");
        QTest::addColumn<QString>("ended");
        const QString whole = QStringLiteral("rttttttttfud");
        for (const char* shape :
            { "events", "merged", "split", "one_write", "role_token", "split_end", "usage_last" }) {
            QTest::newRow(shape) << QStringLiteral("shape=%1&tokens=8").arg(QLatin1String(shape))
                                 << QStringList() << whole << QStringLiteral("complete");
        }
        for (const char* call : { "write", "writev", "sendmsg", "sendmmsg" }) {
            QTest::newRow(call) << QStringLiteral("call=%1&tokens=8").arg(QLatin1String(call))
                                << QStringList() << whole << QStringLiteral("complete");
        }
        QTest::newRow("empty token") << QStringLiteral("shape=empty_token&tokens=8") << QStringList()
                                     << QStringLiteral("rettttttt") + QStringLiteral("fud")
                                     << QStringLiteral("complete");
        QTest::newRow("until close") << QStringLiteral("shape=until_close&tokens=8") << QStringList()
                                     << QStringLiteral("rttttttttd") << QStringLiteral("complete");
        QTest::newRow("half") << QStringLiteral("shape=half&tokens=8") << QStringList()
                              << QStringLiteral("rttttt") << QStringLiteral("server_closed");
        QTest::newRow("json") << QStringLiteral("shape=length&tokens=8") << QStringList() << QString()
                              << QStringLiteral("complete");
        QTest::newRow("continue") << QStringLiteral("tokens=8") << words("--expect-continue") << whole
                                  << QStringLiteral("complete");
        QTest::newRow("pipelined") << QStringLiteral("tokens=8") << words("--pipeline 3 --requests 6")
                                   << whole << QStringLiteral("complete");
        QTest::newRow("slow body") << QStringLiteral("tokens=8") << words("--piece 30 --piece-gap-us 200")
                                   << whole << QStringLiteral("complete");
        QTest::newRow("chunked body")
            << QStringLiteral("tokens=8") << words("--chunked-body") << whole << QStringLiteral("complete");
        QTest::newRow("throws") << QStringLiteral("tokens=8&throws=1") << QStringList() << whole
                                << QStringLiteral("complete");
    }
    void shapesAreRead()
    {
        QFETCH(const QString, query);
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, classes);
        QFETCH(const QString, ended);
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        const TimedLoad load = runLoad(server.port, ask(query, arguments));
        QVERIFY(!load.exchanges.empty());
        for (const TimedExchange& e : load.exchanges) {
            QCOMPARE(QString::fromStdString(e.classes), classes);
            QCOMPARE(QString::fromStdString(e.ended), ended);
            QCOMPARE(e.status, 200);
        }
    }

    void hangsUpWhenAsked()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        const TimedLoad load
            = runLoad(server.port, ask(QStringLiteral("tokens=-1&pace_us=200"), words("--abort-after 5")));
        QCOMPARE(load.exchanges.at(0).ended, std::string("aborted"));
        QVERIFY(load.exchanges.at(0).classes.size() >= 5);
        QVERIFY(runLoad(server.port, ask(QStringLiteral("tokens=1"))).complete == 1);
    }

    void itsClockRunsAsTheServerPaces()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"));
        QVERIFY(server);
        const TimedLoad load = runLoad(server.port, ask(QStringLiteral("tokens=100&pace_us=2000")));
        const std::vector<std::int64_t> stamps = load.exchanges.at(0).tokenNs();
        QCOMPARE(stamps.size(), std::size_t { 100 });
        // Role event and 100 tokens, 2 ms apart from the request on: the server may be late, never early.
        const double ms = static_cast<double>(stamps.back() - load.exchanges.at(0).sendNs) / 1e6;
        QVERIFY2(ms >= 202, qPrintable(QString::number(ms)));
        if (load.worstRunQueueShare > 0.01) {
            QSKIP("not measured: the client waited for a CPU");
        }
        QVERIFY2(ms < 400, qPrintable(QString::number(ms)));
    }
};

QTEST_GUILESS_MAIN(TestClockedClient)
#include "tst_clocked_client.moc"
