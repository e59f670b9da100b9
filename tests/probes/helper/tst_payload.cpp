// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observation.h"

#include <QtTest>

#include <algorithm>
#include <fcntl.h>
#include <set>
#include <sys/sendfile.h>
#include <sys/uio.h>

using namespace prism;
using namespace prism::test;

namespace {

std::string tailOf(const SeenCall& call)
{
    return std::string(reinterpret_cast<const char*>(call.io.tail), PRISM_TAIL);
}

/// What a target does with one connection, step by step when the rope is pulled.
class Conversation {
public:
    explicit Conversation(const std::function<void(int connection, int rope)>& serve)
        : m_listener(Listener::open())
        , m_target([this, serve] {
            close(m_rope.ours);
            const int connection = accept(m_listener.fd, nullptr, nullptr);
            serve(connection, m_rope.theirs);
        })
    {
    }
    pid_t pid() const { return m_target.pid(); }
    std::uint16_t port() const { return m_listener.port; }
    void next() const { Rope::pull(m_rope.ours); }
    int wait() { return m_target.wait(); }

private:
    Rope m_rope;
    Listener m_listener;
    ForkedTarget m_target;
};

std::string text(std::size_t bytes)
{
    std::string made(bytes, ' ');
    for (std::size_t i = 0; i < bytes; ++i) {
        made[i] = static_cast<char>('a' + i % 26);
    }
    return made;
}

} // namespace

class TestPayload : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void everyCallIsSeenWithItsPayload_data()
    {
        QTest::addColumn<int>("way");
        QTest::newRow("at the socket") << int(probes::ProgramWay::Sockets);
        QTest::newRow("at the system call") << int(probes::ProgramWay::Calls);
    }

    /// Each way of reading and writing: result, beginning, end and place in the stream.
    void everyCallIsSeenWithItsPayload()
    {
        QFETCH(const int, way);
        probes::ProgramSettings settings;
        settings.way = probes::ProgramWay(way);
        const std::string request = "POST /v1/chat/completions HTTP/1.1\r\n\r\n" + text(3000);
        const std::string answer = text(5000);
        Conversation server([&](int connection, int rope) {
            std::vector<char> room(4000);
            const std::size_t all = request.size();
            // recv in two, recvmsg over two pieces, read, readv
            (void)!recv(connection, room.data(), 100, MSG_PEEK | MSG_WAITALL);
            (void)!recv(connection, room.data(), 1000, MSG_WAITALL);
            iovec pieces[2] = { { room.data(), 300 }, { room.data() + 300, 200 } };
            msghdr message {};
            message.msg_iov = pieces;
            message.msg_iovlen = 2;
            (void)!recvmsg(connection, &message, MSG_WAITALL);
            (void)!read(connection, room.data(), 500);
            iovec rest[2] = { { room.data(), 600 }, { room.data() + 600, all - 2600 } };
            (void)!readv(connection, rest, 2);
            // send, sendmsg over pieces whose end is cut into two, write, writev
            (void)!send(connection, answer.data(), 200, 0);
            iovec parts[3] = { { const_cast<char*>(answer.data()) + 200, 700 },
                { const_cast<char*>(answer.data()) + 900, 0 },
                { const_cast<char*>(answer.data()) + 900, 3 } };
            msghdr out {};
            out.msg_iov = parts;
            out.msg_iovlen = 3;
            (void)!sendmsg(connection, &out, 0);
            (void)!write(connection, answer.data() + 903, 5);
            iovec many[40];
            for (int i = 0; i < 40; ++i) {
                many[i] = { const_cast<char*>(answer.data()) + 908 + i * 50, 50 };
            }
            (void)!writev(connection, many, 40);
            (void)!write(connection, answer.data() + 2908, 2092);
            Rope::awaitPull(rope);
            (void)!read(connection, room.data(), 1);
            close(connection);
        });
        Observation observed(settings);
        QCOMPARE(QString::fromStdString(observed.begin(7, server.pid())), QString());
        QCOMPARE(observed.tracer().programs()->byCall(), settings.way == probes::ProgramWay::Calls);
        const int client = connectTo(server.port());
        (void)!write(client, request.data(), request.size());
        std::vector<char> got(answer.size());
        QCOMPARE(recv(client, got.data(), got.size(), MSG_WAITALL), static_cast<ssize_t>(answer.size()));
        close(client);
        server.next();
        server.wait();
        QVERIFY(observed.finish(7));

        struct Expected {
            int kind;
            std::size_t from;
            std::size_t bytes;
            std::size_t copied;
        };
        const std::size_t rest = request.size() - 2600 + 600;
        const std::vector<Expected> expected { { PRISM_READ, 0, 1000, 1000 }, { PRISM_READ, 1000, 500, 256 },
            { PRISM_READ, 1500, 500, 256 }, { PRISM_READ, 2000, rest, 256 }, { PRISM_WRITE, 0, 200, 200 },
            { PRISM_WRITE, 200, 703, 703 }, { PRISM_WRITE, 903, 5, 5 }, { PRISM_WRITE, 908, 2000, 2000 },
            { PRISM_WRITE, 2908, 2092, 2048 } };
        QCOMPARE(observed.calls.size(), expected.size() + 1);
        std::uint32_t end[2] = {};
        std::set<std::pair<std::uint32_t, std::uint32_t>> left;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const SeenCall& call = observed.calls[i];
            const Expected& want = expected[i];
            const std::string& stream = want.kind == PRISM_READ ? request : answer;
            QCOMPARE(int(call.io.event.kind), want.kind);
            QCOMPARE(std::size_t(call.io.result), std::min(want.bytes, stream.size() - want.from));
            const auto bytes = std::size_t(call.io.result);
            QCOMPARE(call.prefix, stream.substr(want.from, std::min(want.copied, bytes)));
            // The end is in the copy, or copied by itself.
            const bool whole = call.prefix.size() == bytes;
            QCOMPARE(tailOf(call), whole ? std::string(8, '\0') : stream.substr(want.from + bytes - 8, 8));
            QCOMPARE((call.io.event.flags & PRISM_TRUNCATED) != 0, call.prefix.size() < bytes);
            // Without a hole: each call begins where the one before ended.
            std::uint32_t& last = end[want.kind == PRISM_READ ? 0 : 1];
            if (last != 0) {
                QCOMPARE(call.io.sequence_end - std::uint32_t(call.io.result), last);
            }
            last = call.io.sequence_end;
            QCOMPARE(
                call.io.start_ns != 0, want.kind == PRISM_WRITE && settings.way == probes::ProgramWay::Calls);
            QVERIFY(call.io.start_ns <= call.io.event.time_ns && call.io.left_ns <= call.io.event.time_ns);
            if (call.io.left_ns != 0) {
                QCOMPARE(int(call.io.event.kind), int(PRISM_WRITE));
                left.emplace(call.io.sequence_end - std::uint32_t(bytes), call.io.sequence_end);
            }
        }
        // The peer's end.
        QCOMPARE(int(observed.calls.back().io.event.kind), int(PRISM_READ));
        QCOMPARE(observed.calls.back().io.result, 0);
        // Packets cover the same bytes.
        std::uint64_t in = 0;
        for (const prism_packet& packet : observed.packets) {
            if (packet.event.kind == PRISM_PACKET_IN) {
                in += packet.bytes;
            } else {
                left.emplace(packet.sequence, packet.sequence + packet.bytes);
            }
        }
        QCOMPARE(in, std::uint64_t(request.size()));
        // Each byte of the answer left, by the word of its write or of a packet.
        std::uint32_t sent = end[1] - std::uint32_t(answer.size());
        for (bool found = true; found && sent != end[1];) {
            found = false;
            for (const auto& [from, to] : left) {
                if (std::int32_t(from - sent) <= 0 && std::int32_t(to - sent) > 0) {
                    sent = to;
                    found = true;
                }
            }
        }
        QCOMPARE(sent, end[1]);
        QVERIFY(observed.bytes.empty());
    }

    /// A request is there before the server accepts its connection: its packet is seen all the same.
    void arrivalIsSeenBeforeAccept()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            Rope::awaitPull(rope.theirs);
            const int connection = accept(listener.fd, nullptr, nullptr);
            char room[64];
            (void)!read(connection, room, sizeof room);
            Rope::awaitPull(rope.theirs);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        const int client = connectTo(listener.port);
        (void)!write(client, "GET / HTTP/1.1\r\n\r\n", 18);
        QVERIFY(observed.waitFor([&] { return !observed.packets.empty(); }));
        QVERIFY(observed.calls.empty());
        Rope::pull(rope.ours);
        QVERIFY(observed.waitFor([&] { return !observed.calls.empty(); }));
        QCOMPARE(observed.connections.size(), std::size_t(1));
        const prism_connection& opened = observed.connections.front();
        QCOMPARE(int(opened.event.kind), int(PRISM_OPENED));
        QCOMPARE(opened.local_port, listener.port);
        QVERIFY(opened.established_ns != 0 && (opened.event.flags & (PRISM_SEEN | PRISM_CLIENT)) == 0);
        QCOMPARE(observed.packets.front().connection, opened.connection);
        QCOMPARE(observed.calls.front().io.connection, opened.connection);
        QVERIFY(observed.packets.front().event.time_ns <= observed.calls.front().io.event.time_ns);
        close(client);
        // The number of the port is kept though the kernel has forgotten it at the close.
        Rope::pull(rope.ours);
        QVERIFY(observed.waitFor([&] { return observed.connections.back().event.kind == PRISM_CLOSED; }));
        QCOMPARE(observed.connections.back().local_port, listener.port);
        close(listener.fd);
    }

    /// Connections of before the attach: told, marked, with their role, and their packets seen.
    void connectionsOfBeforeAreMarked()
    {
        Rope rope;
        const Listener listener = Listener::open();
        const Listener backend = Listener::open();
        ForkedTarget target([&] {
            const int connection = accept(listener.fd, nullptr, nullptr);
            const int upstream = connectTo(backend.port);
            Rope::pull(rope.theirs);
            char room[64];
            (void)!read(connection, room, sizeof room);
            (void)!write(upstream, "x", 1);
            Rope::awaitPull(rope.theirs);
        });
        const int client = connectTo(listener.port);
        Rope::awaitPull(rope.ours);
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        QVERIFY(observed.waitFor([&] { return observed.connections.size() == 2; }));
        for (const prism_connection& seen : observed.connections) {
            QVERIFY((seen.event.flags & PRISM_SEEN) != 0);
            QCOMPARE(seen.established_ns, std::uint64_t(0));
            QCOMPARE((seen.event.flags & PRISM_CLIENT) != 0, seen.peer_port == backend.port);
        }
        (void)!write(client, "GET", 3);
        QVERIFY(observed.waitFor([&] { return observed.calls.size() == 2; }));
        QVERIFY(std::any_of(observed.packets.begin(), observed.packets.end(),
            [](const prism_packet& packet) { return packet.event.kind == PRISM_PACKET_IN; }));
        QCOMPARE(observed.connections.size(), std::size_t(2));
        QVERIFY((observed.calls[1].io.event.flags & PRISM_CLIENT) != 0);
        Rope::pull(rope.ours);
        close(client);
        close(listener.fd);
        close(backend.fd);
    }

    /// Files, pipes and local sockets of a target are no connections.
    void otherDescriptorsAreLeftOut()
    {
        Rope rope;
        ForkedTarget target([&] {
            int pipes[2];
            int local[2];
            Rope::awaitPull(rope.theirs);
            (void)!pipe(pipes);
            (void)!socketpair(AF_UNIX, SOCK_STREAM, 0, local);
            const int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
            for (const int fd : { pipes[1], local[0], file }) {
                (void)!write(fd, "POST /v1 HTTP/1.1", 17);
            }
            char room[64];
            (void)!read(pipes[0], room, sizeof room);
            (void)!read(local[1], room, sizeof room);
            (void)!read(-1, room, sizeof room);
            (void)!read(999999, room, sizeof room);
            Rope::pull(rope.theirs);
            Rope::awaitPull(rope.theirs);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        Rope::pull(rope.ours);
        Rope::awaitPull(rope.ours);
        QVERIFY(observed.finish(1));
        QCOMPARE(observed.received, std::size_t(0));
        Rope::pull(rope.ours);
    }

    /// sendfile and splice copy nothing that could be read: their bytes are told, once.
    void bytesWithoutPayloadAreCounted()
    {
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            const int connection = accept(listener.fd, nullptr, nullptr);
            const int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
            (void)!write(file, text(10000).data(), 10000);
            off_t from = 0;
            (void)!sendfile(connection, file, &from, 10000);
            mmsghdr two[2] {};
            std::string a = "first";
            std::string b = "second";
            iovec first { a.data(), a.size() };
            iovec second { b.data(), b.size() };
            two[0].msg_hdr.msg_iov = &first;
            two[0].msg_hdr.msg_iovlen = 1;
            two[1].msg_hdr.msg_iov = &second;
            two[1].msg_hdr.msg_iovlen = 1;
            (void)!sendmmsg(connection, two, 2, 0);
            (void)!write(connection, "end", 3);
            Rope::awaitPull(rope.theirs);
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        const int client = connectTo(listener.port);
        std::vector<char> got(10014);
        QCOMPARE(recv(client, got.data(), got.size(), MSG_WAITALL), ssize_t(got.size()));
        QVERIFY(observed.finish(1));
        std::uint64_t sum = 0;
        for (const prism_bytes& bytes : observed.bytes) {
            QCOMPARE(int(bytes.event.kind), int(PRISM_BYTES_OUT));
            sum += bytes.bytes;
        }
        QCOMPARE(sum, std::uint64_t(10011));
        QCOMPARE(observed.calls.size(), std::size_t(1));
        QCOMPARE(observed.calls.front().io.sequence_end - 3, observed.bytes.back().sequence_end);
        Rope::pull(rope.ours);
        close(client);
        close(listener.fd);
    }
};

QTEST_GUILESS_MAIN(TestPayload)
#include "tst_payload.moc"
