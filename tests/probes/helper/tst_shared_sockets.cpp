// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observation.h"

#include <QtTest>

#include <atomic>
#include <bpf/bpf.h>
#include <dirent.h>
#include <map>
#include <set>
#include <thread>

using namespace prism;
using namespace prism::test;

namespace {

/// Hands a descriptor over; the other process has one of its own then.
void handOver(int channel, int fd)
{
    char byte = 0;
    iovec piece { &byte, 1 };
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof fd)] {};
    msghdr message {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    (void)!sendmsg(channel, &message, 0);
}

/// -1 at the end.
int takeOver(int channel)
{
    char byte = 0;
    iovec piece { &byte, 1 };
    alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] {};
    msghdr message {};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    int fd = -1;
    if (recvmsg(channel, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != nullptr) {
        std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    }
    return fd;
}

/// At once where both threads have a processor; where others keep it busy the other one is let on.
void spinUntil(const std::atomic<int>& value, int round)
{
    for (int spins = 0; value.load(std::memory_order_acquire) != round; ++spins) {
        if (spins > 10'000) {
            std::this_thread::yield();
        }
    }
}

/// Two threads that do the same with one socket after another, each time at once.
class Pair {
public:
    explicit Pair(std::function<void(int fd)> part)
        : m_part(std::move(part))
        , m_other([this] {
            for (int round = 1;; ++round) {
                m_called.wait(round - 1);
                if (m_fd < 0) {
                    return;
                }
                m_ready = round;
                spinUntil(m_go, round);
                m_part(m_fd);
                m_done = round;
            }
        })
    {
    }
    ~Pair()
    {
        call(-1);
        m_other.join();
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    void use(int fd)
    {
        const int round = call(fd);
        spinUntil(m_ready, round);
        m_go.store(round, std::memory_order_release);
        m_part(fd);
        spinUntil(m_done, round);
    }

private:
    int call(int fd)
    {
        m_fd = fd;
        const int round = ++m_called;
        m_called.notify_one();
        return round;
    }

    std::function<void(int)> m_part;
    int m_fd = 0;
    std::atomic<int> m_called = 0;
    std::atomic<int> m_ready = 0;
    std::atomic<int> m_go = 0;
    std::atomic<int> m_done = 0;
    std::thread m_other;
};

/// The one map of this process with that name.
int mapNamed(const char* name)
{
    int found = -1;
    DIR* fds = opendir("/proc/self/fd");
    while (const dirent* entry = fds != nullptr ? readdir(fds) : nullptr) {
        bpf_map_info info {};
        std::uint32_t bytes = sizeof info;
        const int fd = atoi(entry->d_name); // NOLINT(cert-err34-c)
        const std::string link = "/proc/self/fd/" + std::string(entry->d_name);
        char target[64] {};
        if (readlink(link.c_str(), target, sizeof target - 1) > 0
            && std::strcmp(target, "anon_inode:bpf-map") == 0
            && bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0 && std::strcmp(info.name, name) == 0) {
            found = fd;
        }
    }
    if (fds != nullptr) {
        closedir(fds);
    }
    return found;
}

/// Places that are held for connections of this session.
int heldPlaces(std::uint32_t session)
{
    int held = 0;
    const int map = mapNamed("places");
    for (std::uint32_t index = 0; map >= 0 && index < PRISM_PLACES; ++index) {
        prism_place place {};
        bpf_map_lookup_elem(map, &index, &place);
        held += place.socket != 0 && place.use.session == session ? 1 : 0;
    }
    return map < 0 ? -1 : held;
}

std::uint64_t forgottenConnections(probes::Tracer& tracer, std::uint32_t target)
{
    std::uint64_t sum = 0;
    const probes::ProgramCounts counts = tracer.counts(target);
    for (const prism_count& cpu : counts[PRISM_ON_CONNECTIONS]) {
        sum += cpu.forgotten;
    }
    return sum;
}

} // namespace

/// Several threads of a server at one socket.
class TestSharedSockets : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
        if (std::thread::hardware_concurrency() < 2) {
            QSKIP("needs two processors: threads are to meet a socket at once");
        }
    }

    void aSocketHasOneNumber_data()
    {
        QTest::addColumn<int>("way");
        QTest::newRow("at the socket") << int(probes::ProgramWay::Sockets);
        QTest::newRow("at the system call") << int(probes::ProgramWay::Calls);
    }

    /// A connection that somebody else accepted and handed over is met for the first time when it is used: by
    /// two threads at once. It is told of as one, counted as one, and leaves nothing behind.
    void aSocketHasOneNumber()
    {
        constexpr int rounds = 2000;
        constexpr int reads = 3; // of each thread
        QFETCH(const int, way);
        probes::ProgramSettings settings;
        settings.way = probes::ProgramWay(way);
        settings.mostSockets = 16; // one is there at a time: a number that stays counted shows
        Rope rope;
        const Listener listener = Listener::open();
        ForkedTarget target([&] {
            close(listener.fd);
            Pair threads([](int fd) {
                char byte = 0;
                for (int i = 0; i < reads; ++i) {
                    (void)!recv(fd, &byte, 1, 0);
                }
            });
            for (int fd = 0; (fd = takeOver(rope.theirs)) >= 0;) {
                threads.use(fd);
                close(fd);
                Rope::pull(rope.theirs);
            }
        });
        Observation observed(settings);
        QCOMPARE(QString::fromStdString(observed.begin(1, target.pid())), QString());
        for (int round = 0; round < rounds; ++round) {
            const int client = connectTo(listener.port);
            const int server = accept(listener.fd, nullptr, nullptr);
            shutdown(client, SHUT_WR); // each read finds the end
            handOver(rope.ours, server);
            close(server);
            QVERIFY(Rope::awaitPull(rope.ours));
            QCOMPARE(recv(client, &round, 1, 0), ssize_t(0));
            close(client);
            observed.collect();
        }
        const auto isClosed = [&] {
            return std::count_if(observed.connections.begin(), observed.connections.end(),
                       [](const prism_connection& one) { return one.event.kind == PRISM_CLOSED; })
                >= rounds;
        };
        QVERIFY(observed.waitFor(isClosed));
        QCOMPARE(forgottenConnections(observed.tracer(), 1), std::uint64_t(0));
        QCOMPARE(heldPlaces(1), 0);
        QVERIFY(observed.finish(1));
        std::set<std::uint64_t> opened;
        std::set<std::uint64_t> closed;
        for (const prism_connection& one : observed.connections) {
            if (one.event.kind == PRISM_OPENED) {
                QVERIFY(opened.insert(one.connection).second);
            } else if (one.event.kind == PRISM_CLOSED) {
                QVERIFY(closed.insert(one.connection).second);
            }
        }
        QCOMPARE(opened.size(), std::size_t(rounds));
        QCOMPARE(closed, opened);
        std::map<std::uint64_t, int> calls;
        for (const SeenCall& call : observed.calls) {
            ++calls[call.io.connection];
        }
        QCOMPARE(calls.size(), std::size_t(rounds));
        for (const auto& [connection, count] : calls) {
            QCOMPARE(count, 2 * reads);
        }
        close(listener.fd);
    }
};

QTEST_GUILESS_MAIN(TestSharedSockets)
#include "tst_shared_sockets.moc"
