// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/comparison.h"
#include "tests/support/observer/test_servers.h"

#include <QFile>
#include <QtTest>

using namespace prism::test;
using namespace prism;

namespace {

QStringList words(const QString& text)
{
    return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

const QString chat = QStringLiteral(
    "--connections 4 --requests 3 --body {} --path /v1/chat/completions?tokens=16&pace_us=1000");

/// The only child of a process; 0 without.
std::int64_t childOf(std::int64_t pid)
{
    QFile file(QStringLiteral("/proc/%1/task/%1/children").arg(pid));
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().toLongLong() : 0;
}

} // namespace

/// Servers elsewhere than on a socket of this machine's network that is read by ordinary calls.
class TestPlaces : public QObject {
    Q_OBJECT

private:
    /// Every request, status, byte and event; and the connections' addresses are of that family.
    void observeAll(std::int64_t pid, std::uint16_t port, const QString& client, int family)
    {
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(pid);
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(port, words(chat + QLatin1Char(' ') + client));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.requests, 12);
        QCOMPARE(load.complete, 12);
        const Comparison c = compare(load, helper);
        QVERIFY2(c.differences.isEmpty(), qPrintable(c.differences.mid(0, 8).join(QLatin1Char('\n'))));
        QCOMPARE(c.matched, 12);
        QCOMPARE(helper.connections.size(), std::size_t { 4 });
        for (const auto& [number, connection] : helper.connections) {
            QCOMPARE(int(connection.family), family);
            QCOMPARE(connection.localPort, port);
        }
        for (const auto& [key, request] : helper.requests) {
            QVERIFY((request.begin.flags & wire::ArrivalUnknown) == 0); // packets are seen too
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = ObservedSession::impossible(); !why.isEmpty()) {
            QSKIP(qPrintable(why));
        }
    }

    void aListenerOnIpv6()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"), { QStringLiteral("ipv6") });
        if (!server) {
            QSKIP("this machine has no IPv6 on its loopback");
        }
        observeAll(server.pid(), server.port, QStringLiteral("--address ::1"), 6);
    }

    /// As in a container: network, process and mount namespaces of its own; the client is in its network.
    void aServerInNamespacesOfItsOwn()
    {
        const RunningServer server = startServer(QStringLiteral("shaped"), { QStringLiteral("apart") });
        if (!server) {
            QSKIP("this machine does not allow network, process and mount namespaces to be made");
        }
        const std::int64_t inside = childOf(server.pid());
        QVERIFY(inside != 0);
        observeAll(inside, server.port, QStringLiteral("--network-of %1").arg(inside), 4);
    }

    /// Bytes that go through io_uring are carried by no call that could be read: their times and numbers are
    /// told, nothing is made up of them, and it is said.
    void aServerOnIoUring()
    {
        const QString kind = QStringLiteral("uring");
        if (const QString why = missingServer(kind); !why.isEmpty()) {
            QSKIP("liburing-dev was not there when this was built (packaging/test installs it)");
        }
        const RunningServer server = startServer(kind);
        if (!server) {
            QSKIP("this kernel allows no io_uring (kernel.io_uring_disabled)");
        }
        ObservedSession helper;
        const ObservedSession::Reply attached = helper.attach(server.pid());
        QVERIFY2(attached.ok(), attached.text.c_str());
        const TimedLoad load = runLoad(server.port, words(QStringLiteral("--requests 3 --body {}")));
        QVERIFY(helper.detach(attached.target).ok());
        QCOMPARE(load.complete, 3);
        std::uint64_t expected = 0;
        for (const TimedExchange& exchange : load.exchanges) {
            expected += exchange.bytesReceived;
        }
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        for (const TimedRecord& record : helper.all(wire::RecordType::OpaqueBytes)) {
            const auto bytes = record.as<wire::OpaqueBytes>();
            (bytes.sent ? sent : received) += bytes.bytes;
            QCOMPARE(bytes.reason, std::uint8_t(wire::OpaqueReason::IoUring));
        }
        QCOMPARE(sent, expected);
        QVERIFY(received > 0);
        QVERIFY(helper.requests.empty());
        QCOMPARE(helper.connections.size(), std::size_t { 1 });
    }
};

QTEST_GUILESS_MAIN(TestPlaces)
#include "tst_places.moc"
