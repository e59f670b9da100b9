// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/confinement.h"

#include <QtTest>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace prism::probes;

namespace {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr int allowed = 10; ///< exit codes of the confined child
constexpr int refused = 11;
constexpr int notConfined = 12;

/// Runs `attempt` in a confined child and returns its wait status. The socket's other end is `peer`.
int inConfinement(const std::function<bool()>& attempt, int* peer = nullptr)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) {
        close(pair[0]);
        if (confine(pair[1]) != nullptr) {
            _exit(notConfined);
        }
        _exit(attempt() ? allowed : refused);
    }
    close(pair[1]);
    int status = -1;
    waitpid(child, &status, 0);
    if (peer) {
        *peer = pair[0];
    } else {
        close(pair[0]);
    }
    return status;
}

bool isAllowed(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == allowed;
}
bool isRefused(int status)
{
    return (WIFEXITED(status) && WEXITSTATUS(status) == refused)
        || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

struct Fence {
    const char* name;
    bool kills; ///< only an intruder makes this call
    std::function<bool()> attempt;
};

const std::vector<Fence>& fences()
{
    static const int parent = getpid();
    static const std::vector<Fence> all {
        { "open a file", true, [] { return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY) >= 0; } },
        { "open a file the old way", true,
            [] {
#ifdef SYS_open
                return syscall(SYS_open, "/proc/self/maps", O_RDONLY) >= 0;
#else
                return false;
#endif
            } },
        { "make a socket", true, [] { return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) >= 0; } },
        { "run a program", true,
            [] {
                char name[] = "/bin/true";
                char* const arguments[] = { name, nullptr };
                syscall(SYS_execve, name, arguments, nullptr);
                return false; // who comes back did not run it
            } },
        { "trace its parent", true, [] { return syscall(SYS_ptrace, PTRACE_ATTACH, parent, 0, 0) == 0; } },
        { "kill its parent", true, [] { return syscall(SYS_kill, parent, 0) == 0; } },
        { "signal its parent's thread", true, [] { return syscall(SYS_tkill, parent, 0) == 0; } },
        { "read its parent's memory", true,
            [] { return syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0) >= 0; } },
        { "load a kernel program", true, [] { return syscall(SYS_bpf, 5, nullptr, 0) >= 0; } },
        { "open a perf event", true,
            [] { return syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0) >= 0; } },
        { "fork", true, [] { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0; } },
        { "make memory executable", true,
            [] {
                static char page[4096];
                return syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC) == 0;
            } },
        { "map executable memory", false,
            [] {
                return syscall(
                           SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                    > 0;
            } },
        { "map a file", false,
            [] { return syscall(SYS_mmap, nullptr, 4096, PROT_READ, MAP_PRIVATE, confinedSocket, 0) > 0; } },
        { "duplicate its socket", false, [] { return syscall(SYS_dup, confinedSocket) >= 0; } },
        { "read another descriptor", false,
            [] {
                char byte;
                return syscall(SYS_read, 7, &byte, 1) >= 0 || errno == EBADF;
            } },
        { "ask where it is", false, [] { return syscall(SYS_uname, nullptr) == 0; } },
        { "change its limits", false,
            [] {
                const rlimit more { 100, 100 };
                return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, nullptr) == 0;
            } },
        { "join a namespace", true, [] { return syscall(SYS_setns, 0, 0) == 0; } },
    };
    return all;
}
} // namespace

class TestConfinement : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fencesHold_data()
    {
        QTest::addColumn<int>("fence");
        for (std::size_t i = 0; i < fences().size(); ++i) {
            QTest::newRow(fences()[i].name) << int(i);
        }
    }
    void fencesHold()
    {
        QFETCH(int, fence);
        const Fence& tried = fences()[static_cast<std::size_t>(fence)];
        const int status = inConfinement(tried.attempt);
        QVERIFY2(isRefused(status), qPrintable(QString("wait status %1").arg(status)));
        if (tried.kills && !sanitized) {
            QVERIFY(WIFSIGNALED(status));
        }
    }

    void whatItNeedsWorks()
    {
        int peer = -1;
        const int status = inConfinement(
            [] {
                std::vector<char> memory(8 << 20, 'x'); // mapped
                std::vector<std::string> small(1000, std::string(100, 'y'));
                timespec now {};
                pollfd watched { confinedSocket, POLLOUT, 0 };
                return clock_gettime(CLOCK_MONOTONIC, &now) == 0 && poll(&watched, 1, 0) == 1
                    && send(confinedSocket, memory.data(), 3, MSG_NOSIGNAL) == 3 && small.size() == 1000;
            },
            &peer);
        QVERIFY2(isAllowed(status), qPrintable(QString("wait status %1").arg(status)));
        char got[8];
        QCOMPARE(read(peer, got, sizeof got), 3);
        close(peer);
    }

    void noCapabilityIsLeft()
    {
        // Read before the filter takes the calls away: the same steps, seen from the parent's /proc.
        int pair[2];
        QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(pair[0]);
            if (confine(pair[1]) == nullptr) {
                send(confinedSocket, "r", 1, MSG_NOSIGNAL);
                char byte;
                read(confinedSocket, &byte, 1); // until the parent has looked
            }
            _exit(0);
        }
        close(pair[1]);
        char byte = 0;
        QCOMPARE(read(pair[0], &byte, 1), 1);
        QFile file(QString("/proc/%1/status").arg(child));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray status = file.readAll();
        QFile limits(QString("/proc/%1/limits").arg(child));
        const bool readable = limits.open(QIODevice::ReadOnly);
        const QByteArray limitLines = readable ? limits.readAll() : QByteArray();
        close(pair[0]);
        waitpid(child, nullptr, 0);
        QVERIFY(status.contains("CapPrm:\t0000000000000000"));
        QVERIFY(status.contains("CapEff:\t0000000000000000"));
        QVERIFY(status.contains("CapInh:\t0000000000000000"));
        QVERIFY(status.contains("CapAmb:\t0000000000000000"));
        QVERIFY(status.contains("NoNewPrivs:\t1"));
        QVERIFY(status.contains("Seccomp:\t2"));
        if (geteuid() == 0) {
            QVERIFY(status.contains("CapBnd:\t0000000000000000"));
            QVERIFY(status.contains("Uid:\t65534\t65534\t65534\t65534"));
            QVERIFY(status.contains("Groups:\t \n") || status.contains("Groups:\t\n"));
        }
        if (readable) {
            QVERIFY(limitLines.contains("Max processes             0"));
            QVERIFY(limitLines.contains("Max open files            1"));
            QVERIFY(limitLines.contains("Max core file size        0"));
        }
    }

    /// The helper has given up all but its five capabilities before it starts the child.
    void rootWithoutTheRightToChange()
    {
        if (geteuid() != 0) {
            QSKIP("only root can give up root's rights");
        }
        const pid_t helper = fork();
        if (helper == 0) {
            __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
            __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] {};
            syscall(SYS_capset, &header, none);
            const int status = inConfinement([] { return true; });
            const int opens
                = inConfinement([] { return syscall(SYS_openat, AT_FDCWD, "/etc/shadow", 0) >= 0; });
            _exit(isAllowed(status) && isRefused(opens) ? 0 : 1);
        }
        int status = -1;
        waitpid(helper, &status, 0);
        QCOMPARE(status, 0);
    }

    void endsWithItsHelper()
    {
        int pair[2];
        QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        const pid_t helper = fork();
        if (helper == 0) {
            if (fork() == 0) {
                close(pair[0]);
                confine(pair[1]);
                send(confinedSocket, "r", 1, MSG_NOSIGNAL);
                while (true) {
                    poll(nullptr, 0, -1);
                }
            }
            close(pair[0]);
            close(pair[1]);
            while (true) {
                pause();
            }
        }
        close(pair[1]);
        char byte = 0;
        QCOMPARE(read(pair[0], &byte, 1), 1);
        kill(helper, SIGKILL);
        waitpid(helper, nullptr, 0);
        QCOMPARE(read(pair[0], &byte, 1), 0); // the child is gone too: nobody holds the other end
        close(pair[0]);
    }
};

QTEST_GUILESS_MAIN(TestConfinement)
#include "tst_confinement.moc"
