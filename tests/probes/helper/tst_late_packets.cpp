// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observation.h"

#include <QtTest>

using namespace prism;
using namespace prism::test;

namespace {

constexpr int room = 64 << 10;

/// Accepts, and at each pull writes more than the peer takes at once, so that the rest leaves later.
void writeTooMuch(const Listener& listener, const Rope& rope)
{
    const int connection = accept(listener.fd, nullptr, nullptr);
    const std::string bytes(4 * room, 'x');
    while (Rope::awaitPull(rope.theirs)) {
        (void)!send(connection, bytes.data(), bytes.size(), MSG_DONTWAIT);
        Rope::pull(rope.theirs);
    }
}

/// A client with a small window that reads nothing by itself.
int connectNarrow(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bytes = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return fd;
}

bool followsPackets(Observation& observed)
{
    const auto& programs = observed.tracer().programs()->list();
    return std::any_of(programs.begin(), programs.end(),
        [](const probes::Program& program) { return program.name == "on_packet_out" && program.attached; });
}

/// Woken by the kernel: nobody has looked.
bool isCalled(Observation& observed)
{
    pollfd ready { observed.tracer().programs()->processRing(), POLLIN, 0 };
    return poll(&ready, 1, 10'000) == 1;
}

std::uint64_t countedLate(Observation& observed, std::uint32_t target)
{
    std::uint64_t sum = 0;
    const probes::ProgramCounts counts = observed.tracer().counts(target);
    for (const prism_count& cpu : counts[PRISM_ON_PACKET_OUT]) {
        sum += cpu.before_attach;
    }
    return sum;
}

} // namespace

/// Bytes that leave later than the write that gave them: packets are followed from the first such write on,
/// and what came before is counted.
class TestLatePackets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void theFirstLateWriteOfASessionCallsForThem()
    {
        Observation observed;
        for (std::uint32_t session = 1; session <= 2; ++session) {
            Rope rope;
            const Listener listener = Listener::open();
            ForkedTarget target([&] { writeTooMuch(listener, rope); });
            QCOMPARE(QString::fromStdString(observed.begin(session, target.pid())), QString());
            if (observed.tracer().programs()->byCall()) {
                QSKIP("this kernel has no tracepoints on sockets: every packet is followed");
            }
            const int client = connectNarrow(listener.port);
            QVERIFY(!followsPackets(observed));
            Rope::pull(rope.ours);
            QVERIFY(Rope::awaitPull(rope.ours));
            QVERIFY(isCalled(observed));
            QVERIFY(!followsPackets(observed));
            // Those before anybody comes are counted, and call no more.
            QCOMPARE(countedLate(observed, session), std::uint64_t(1));
            observed.collect();
            QVERIFY(followsPackets(observed));
            QVERIFY(observed.processes.empty()); // it tells of no process
            observed.packets.clear();
            std::vector<char> bytes(room);
            QVERIFY(recv(client, bytes.data(), bytes.size(), MSG_WAITALL) > 0);
            QVERIFY(observed.waitFor([&] {
                return std::any_of(observed.packets.begin(), observed.packets.end(),
                    [](const prism_packet& packet) { return packet.event.kind == PRISM_PACKET_OUT; });
            }));
            Rope::pull(rope.ours);
            QVERIFY(Rope::awaitPull(rope.ours));
            QCOMPARE(countedLate(observed, session), std::uint64_t(1));
            QVERIFY(observed.finish(session));
            observed.tracer().release(session);
            close(client);
            close(listener.fd);
        }
    }

    /// What leaves with its write needs no packet, and costs nothing on those of the machine.
    void withoutLateWritesNobodyIsCalled()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            const int connection = accept(listener.fd, nullptr, nullptr);
            while (Rope::awaitPull(rope.theirs)) {
                (void)!write(connection, "token", 5);
                Rope::pull(rope.theirs);
            }
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        if (observed.tracer().programs()->byCall()) {
            QSKIP("this kernel has no tracepoints on sockets: every packet is followed");
        }
        const int client = connectTo(listener.port);
        for (int i = 0; i < 100; ++i) {
            Rope::pull(rope.ours);
            QVERIFY(Rope::awaitPull(rope.ours));
            char byte[5];
            QCOMPARE(recv(client, byte, sizeof byte, MSG_WAITALL), ssize_t(sizeof byte));
        }
        QVERIFY(observed.waitFor([&] { return observed.calls.size() == 100; }));
        QVERIFY(!followsPackets(observed));
        QCOMPARE(countedLate(observed, 1), std::uint64_t(0));
        QVERIFY(observed.finish(1));
        close(client);
        close(listener.fd);
    }
};

QTEST_GUILESS_MAIN(TestLatePackets)
#include "tst_late_packets.moc"
