// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observation.h"

#include <QtTest>

#include <sys/uio.h>

using namespace prism;
using namespace prism::test;

namespace {

std::string text(std::size_t bytes)
{
    std::string made(bytes, ' ');
    for (std::size_t i = 0; i < bytes; ++i) {
        made[i] = static_cast<char>('a' + i % 23);
    }
    return made;
}

void sendAll(int socket, const std::string& bytes)
{
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t sent = send(socket, bytes.data() + at, bytes.size() - at, 0);
        if (sent <= 0) {
            _exit(1);
        }
        at += static_cast<std::size_t>(sent);
    }
}

/// Sends over a local socket what the test asks for, at each pull of the rope; a second process of it reads.
class LocalSender {
public:
    explicit LocalSender(const std::function<void(int socket, int step)>& act)
        : m_opened(pipe(m_done) == 0)
        , m_target([this, act] {
            close(m_rope.ours);
            int pair[2];
            socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            if (fork() == 0) {
                close(pair[0]);
                close(m_rope.theirs);
                std::vector<char> room(1 << 20);
                while (read(pair[1], room.data(), room.size()) > 0) { }
                _exit(0);
            }
            close(pair[1]);
            for (int step = 0; Rope::awaitPull(m_rope.theirs); ++step) {
                act(pair[0], step);
                Rope::pull(m_done[1]);
            }
        })
    {
    }
    ~LocalSender()
    {
        close(m_done[0]);
        close(m_done[1]);
    }
    LocalSender(const LocalSender&) = delete;
    LocalSender& operator=(const LocalSender&) = delete;
    std::uint32_t pid() const { return m_opened ? static_cast<std::uint32_t>(m_target.pid()) : 0; }
    /// Returns when it has done the next thing.
    void next() const
    {
        Rope::pull(m_rope.ours);
        QVERIFY(Rope::awaitPull(m_done[0]));
    }

private:
    Rope m_rope;
    int m_done[2] { -1, -1 }; ///< a pipe: a word over a local socket would be one of its sends
    bool m_opened;
    ForkedTarget m_target;
};

} // namespace

class TestEngineSends : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const std::string why = whyNoKernelPrograms(); !why.empty()) {
            QSKIP(why.c_str());
        }
    }

    void everySendOfAMarkedProcessIsCopied()
    {
        const std::vector<std::size_t> sizes { 1, 3, 512, 513, 4096, 4097, 8192, 8193, 12288, 12289, 20480,
            20481, 32768, 40000 };
        LocalSender sender([&](int socket, int step) {
            if (step == 0) {
                sendAll(socket, text(100)); // not marked yet
                return;
            }
            const int buffer = 4 << 20;
            setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
            for (const std::size_t size : sizes) {
                sendAll(socket, text(size));
            }
            (void)!write(socket, "written", 7);
            iovec pieces[2] = { { const_cast<char*>("in "), 3 }, { const_cast<char*>("pieces"), 6 } };
            (void)!writev(socket, pieces, 2); // no engine does: only that it went is told
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(7, static_cast<pid_t>(sender.pid()))), QString());
        sender.next();
        QVERIFY(observed.tracer().followEngine(7, sender.pid(), geteuid()));
        sender.next();
        QVERIFY(observed.finish(7));
        QCOMPARE(observed.sends.size(), sizes.size() + 2);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const SeenSend& seen = observed.sends[i];
            QCOMPARE(std::size_t(seen.send.bytes), sizes[i]);
            const std::size_t copied = std::min<std::size_t>(sizes[i], PRISM_COPY_ENGINE);
            QCOMPARE(seen.copied, text(sizes[i]).substr(0, copied));
            QCOMPARE((seen.send.event.flags & PRISM_TRUNCATED) != 0, copied < sizes[i]);
            QCOMPARE(seen.send.event.tid, sender.pid());
            QCOMPARE(seen.send.event.target, 7u);
            QCOMPARE(seen.send.socket, observed.sends[0].send.socket);
        }
        QCOMPARE(observed.sends[sizes.size()].copied, "written");
        QCOMPARE(observed.sends.back().send.bytes, 9u);
        QCOMPARE(observed.sends.back().copied, "");
        QVERIFY((observed.sends.back().send.event.flags & PRISM_TRUNCATED) != 0);
        // Its system calls on local sockets are nobody's requests.
        QVERIFY(observed.calls.empty());
        const auto counts = observed.tracer().counts(7);
        std::uint64_t attempted = 0;
        std::uint64_t emitted = 0;
        for (const prism_count& count : counts[PRISM_ON_ENGINE]) {
            attempted += count.attempted;
            emitted += count.emitted;
            QCOMPARE(count.dropped, std::uint64_t(0));
        }
        QCOMPARE(attempted, std::uint64_t(observed.sends.size()));
        QCOMPARE(emitted, attempted);
    }

    void childrenOfAnEngineAreNotMarked()
    {
        LocalSender sender([](int socket, int step) {
            if (step == 0) {
                if (const pid_t child = fork(); child == 0) {
                    sendAll(socket, text(50));
                    _exit(0);
                } else {
                    waitpid(child, nullptr, 0);
                }
            }
            sendAll(socket, text(60));
        });
        Observation observed;
        QCOMPARE(QString::fromStdString(observed.begin(7, static_cast<pid_t>(sender.pid()))), QString());
        QVERIFY(observed.tracer().followEngine(7, sender.pid(), geteuid()));
        sender.next();
        QVERIFY(observed.finish(7));
        QCOMPARE(observed.sends.size(), std::size_t(1));
        QCOMPARE(observed.sends[0].send.bytes, 60u);
    }

    /// What found no room is counted, and the next send says that something is missing.
    void aFullRingIsSaid()
    {
        probes::ProgramSettings small;
        small.payloadRingBytes = 16 << 10;
        LocalSender sender([](int socket, int step) {
            for (int i = 0; i < (step == 0 ? 20 : 1); ++i) {
                sendAll(socket, text(4000));
            }
        });
        Observation observed(small);
        QCOMPARE(QString::fromStdString(observed.begin(7, static_cast<pid_t>(sender.pid()))), QString());
        QVERIFY(observed.tracer().followEngine(7, sender.pid(), geteuid()));
        sender.next();
        observed.collect();
        const std::size_t before = observed.sends.size();
        QVERIFY(before > 0 && before < 20);
        sender.next();
        QVERIFY(observed.finish(7));
        QCOMPARE(observed.sends.size(), before + 1);
        QVERIFY((observed.sends.back().send.event.flags & PRISM_LOST_BEFORE) != 0);
        for (std::size_t i = 0; i < before; ++i) {
            QVERIFY((observed.sends[i].send.event.flags & PRISM_LOST_BEFORE) == 0);
        }
        std::uint64_t attempted = 0;
        std::uint64_t dropped = 0;
        const auto counts = observed.tracer().counts(7);
        for (const prism_count& count : counts[PRISM_ON_ENGINE]) {
            attempted += count.attempted;
            dropped += count.dropped;
        }
        QCOMPARE(attempted, std::uint64_t(21));
        QCOMPARE(dropped, std::uint64_t(20 - before));
    }
};

QTEST_APPLESS_MAIN(TestEngineSends)
#include "tst_engine_sends.moc"
