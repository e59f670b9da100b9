// SPDX-License-Identifier: GPL-3.0-or-later
// A parser that was taken over tries one way out of its fences.
//
//     evil_parser FENCES ATTEMPT FOLDER    FENCES: none, resources, paths, calls or all
//     evil_parser without-landlock PROGRAM becomes PROGRAM on a kernel without Landlock
//     evil_parser without-filter PROGRAM   on one that lets nobody filter its calls
//
// Exit status 0: it failed; 10: it came through; 3: the fences could not be raised; 77: nothing to try here.
// Being killed is failing as well. No attempt does any harm where nothing stops it, not even for root.
#include "core/import/child/fences.h"
#include "core/import/child/serve.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int failed = 0;
constexpr int cameThrough = 10;
constexpr int notFenced = 3;
constexpr int notHere = 77;

constexpr int leftOpen = 40; ///< by mistake, before the fences
int inputFile = -1; ///< as a parser is given it, but writable

std::string folder;
char page[4096];

std::string in(const char* name)
{
    return folder + '/' + name;
}

long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
{
    return syscall(number, a, b, c, d, e, f);
}

bool starts(long pid)
{
    if (pid == 0) {
        _exit(0);
    }
    return pid > 0;
}

bool mapsExecutable()
{
    return mmap(nullptr, sizeof page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        != MAP_FAILED;
}

bool makesExecutable()
{
    void* memory = mmap(nullptr, sizeof page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED && mprotect(memory, sizeof page, PROT_READ | PROT_EXEC) == 0;
}

bool takesMemory(std::size_t bytes)
{
    return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        != MAP_FAILED;
}

bool takesMemoryInPieces()
{
    for (int piece = 0; piece < 24; ++piece) {
        if (!takesMemory(std::size_t(64) << 20)) {
            return false;
        }
    }
    return true;
}

/// The limit of its own making goes; the one above it stays.
bool takesMemoryAfterRaisingItsLimit()
{
    const rlimit all { RLIM_INFINITY, RLIM_INFINITY };
    setrlimit(RLIMIT_AS, &all);
    rlimit now {};
    getrlimit(RLIMIT_AS, &now);
    now.rlim_cur = now.rlim_max;
    setrlimit(RLIMIT_AS, &now);
    return takesMemory((std::size_t(1) << 30) + 1);
}

bool connects(int family)
{
    const int to = socket(family, SOCK_STREAM, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(1);
    return to >= 0
        && (connect(to, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == ECONNREFUSED);
}

/// A message with one descriptor.
struct Rights {
    char byte = 'x';
    iovec data { &byte, 1 };
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr message {};

    Rights()
    {
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = space;
        message.msg_controllen = sizeof space;
    }
    bool send(int socket, int descriptor)
    {
        cmsghdr* rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
        return sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
    }
    int receive(int socket)
    {
        int descriptor = -1;
        if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message)) {
            std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
        }
        return descriptor;
    }
};

bool sendsDescriptor()
{
    Rights rights;
    return rights.send(prism::importControl, inputFile);
}

bool readsParent()
{
    iovec here { page, 8 };
    iovec there { page, 8 };
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) > 0 || errno == EFAULT;
}

bool writesThroughMapping()
{
    void* mapped = mmap(nullptr, sizeof page, PROT_READ | PROT_WRITE, MAP_SHARED, inputFile, 0);
    return mapped != MAP_FAILED;
}

bool raisesItsFiles()
{
    const rlimit many { 1000, 1000 };
    return setrlimit(RLIMIT_NOFILE, &many) == 0 || dup(inputFile) > inputFile + 1;
}

bool limitsParent()
{
    rlimit out {};
    return prlimit(getppid(), RLIMIT_AS, nullptr, &out) == 0;
}

#if defined(__x86_64__)
/// The other table of calls that this processor knows.
bool opensByOldCall()
{
    static char path[] = "/etc/passwd";
    void* low
        = mmap(nullptr, sizeof page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED) {
        return false;
    }
    std::memcpy(low, path, sizeof path);
    long result = 0;
    asm volatile("int $0x80" : "=a"(result) : "a"(5L), "b"(low), "c"(0L), "d"(0L) : "memory");
    return result >= 0;
}
#endif

struct Attempt {
    const char* name;
    bool (*comesThrough)();
};

const Attempt attempts[] = {
    { "open", [] { return open("/etc/passwd", O_RDONLY) >= 0; } },
    { "open-proc", [] { return open("/proc/self/maps", O_RDONLY) >= 0; } },
    { "open-by-openat2",
        [] {
            std::uint64_t how[3] = {};
            return call(SYS_openat2, AT_FDCWD, long("/etc/passwd"), long(how), sizeof how) >= 0;
        } },
    { "list", [] { return open("/", O_RDONLY | O_DIRECTORY) >= 0; } },
    { "stat",
        [] {
            struct stat s { };
            return stat("/etc/passwd", &s) == 0;
        } },
    { "create", [] { return open(in("new").c_str(), O_WRONLY | O_CREAT, 0600) >= 0; } },
    { "overwrite", [] { return open(in("old").c_str(), O_WRONLY) >= 0; } },
    { "truncate", [] { return truncate(in("old").c_str(), 0) == 0; } },
    { "unlink", [] { return unlink(in("old").c_str()) == 0; } },
    { "rename", [] { return rename(in("old").c_str(), in("moved").c_str()) == 0; } },
    { "mkdir", [] { return mkdir(in("folder").c_str(), 0700) == 0; } },
    { "link", [] { return link(in("old").c_str(), in("linked").c_str()) == 0; } },
    { "symlink", [] { return symlink("/etc/passwd", in("symlink").c_str()) == 0; } },
    { "fifo", [] { return mkfifo(in("fifo").c_str(), 0600) == 0; } },
    { "chmod", [] { return chmod(in("old").c_str(), 0777) == 0; } },
    { "memory-file", [] { return memfd_create("x", 0) >= 0; } },
    { "exec",
        [] {
            char name[] = "true";
            char* const arguments[] = { name, nullptr };
            char* const none[] = { nullptr };
            const pid_t pid = vfork();
            if (pid == 0) {
                execve("/bin/true", arguments, none);
                _exit(1);
            }
            int status = -1;
            return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
        } },
    { "become-program",
        [] {
            // Ends with status 10 when the shell runs.
            char sh[] = "sh";
            char option[] = "-c";
            char script[] = "exit 10";
            char* const arguments[] = { sh, option, script, nullptr };
            char* const none[] = { nullptr };
            return execve("/bin/sh", arguments, none) == 0;
        } },
    { "fork", [] { return starts(fork()); } },
    { "clone", [] { return starts(call(SYS_clone, SIGCHLD)); } },
    { "clone3",
        [] {
            std::uint64_t how[8] = { 0, 0, 0, 0, SIGCHLD, 0, 0, 0 };
            return starts(call(SYS_clone3, long(how), sizeof how));
        } },
    { "socket", [] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; } },
    { "socket-unix", [] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; } },
    { "socket-netlink", [] { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0; } },
    { "socketpair",
        [] {
            int pair[2];
            return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
        } },
    { "connect", [] { return connects(AF_INET); } },
    { "send-descriptor", sendsDescriptor },
    { "send-to-job", [] { return send(prism::importControl, "x", 1, MSG_NOSIGNAL) == 1; } },
    { "ptrace-parent",
        [] {
            if (ptrace(PTRACE_SEIZE, getppid(), nullptr, nullptr) != 0) {
                return false;
            }
            return true;
        } },
    { "read-parent", readsParent },
    { "kill-parent", [] { return kill(getppid(), SIGCONT) == 0; } },
    { "tgkill-parent", [] { return call(SYS_tgkill, getppid(), getppid(), SIGCONT) == 0; } },
    { "pidfd-parent", [] { return call(SYS_pidfd_open, getppid(), 0) >= 0; } },
    { "limit-parent", limitsParent },
    { "write-terminal",
        [] { return write(STDOUT_FILENO, "", 0) == 0 && write(STDOUT_FILENO, "x", 1) == 1; } },
    { "write-input", [] { return write(inputFile, "x", 1) == 1; } },
    { "pwrite-input", [] { return pwrite(inputFile, "x", 1, 0) == 1; } },
    { "writev-input",
        [] {
            iovec data { page, 1 };
            return writev(inputFile, &data, 1) == 1;
        } },
    { "truncate-input", [] { return ftruncate(inputFile, 0) == 0; } },
    { "map-input", writesThroughMapping },
    { "splice-input", [] { return splice(inputFile, nullptr, prism::importFrames, nullptr, 1, 0) == 1; } },
    { "what-was-left-open", [] { return pread(leftOpen, page, 1, 0) == 1; } },
    { "ioctl",
        [] {
            int waiting = 0;
            return ioctl(prism::importFrames, FIONREAD, &waiting) == 0;
        } },
    { "memory", [] { return takesMemory(std::size_t(2) << 30); } },
    { "memory-in-pieces", takesMemoryInPieces },
    { "memory-after-raising-its-limit", takesMemoryAfterRaisingItsLimit },
    { "executable-memory", mapsExecutable },
    { "make-memory-executable", makesExecutable },
    { "more-descriptors", raisesItsFiles },
    { "outlive-parent", [] { return prctl(PR_SET_PDEATHSIG, 0) == 0; } },
    { "be-dumped", [] { return prctl(PR_SET_DUMPABLE, 1) == 0; } },
    { "become-root", [] { return setuid(0) == 0; } },
    { "unshare", [] { return unshare(CLONE_NEWUSER) == 0; } },
    { "chroot", [] { return chroot("/") == 0; } },
    { "mount",
        [] {
            // Onto what is not there, so that it does nothing even where it may.
            return call(SYS_mount, long("x"), long("/nowhere/at/all"), long("tmpfs"), 0, 0) == 0
                || errno == ENOENT;
        } },
    { "io-uring",
        [] {
            char parameters[256] = {};
            return call(SYS_io_uring_setup, 1, long(parameters)) >= 0;
        } },
    { "userfaultfd", [] { return call(SYS_userfaultfd, 1) >= 0; } },
    { "bpf",
        [] {
            std::uint32_t map[32] = { 2, 4, 4, 1 };
            return call(SYS_bpf, 0, long(map), sizeof map) >= 0;
        } },
    { "perf-event",
        [] {
            std::uint32_t event[32] = { 1, sizeof event };
            return call(SYS_perf_event_open, long(event), 0, -1, -1, 0) >= 0;
        } },
    { "keyring", [] { return call(SYS_keyctl, 0, -3, 1) >= 0; } },
#if defined(__x86_64__)
    { "old-call", opensByOldCall },
#endif
};

/// What a parser has when it starts, a file that waits in its socket, and what it should not have got.
bool prepare()
{
    const int input = open(in("old").c_str(), O_RDWR);
    int control[2];
    int frames[2];
    if (input < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) != 0 || pipe(frames) != 0) {
        return false;
    }
    // Past the numbers that they are to have; the job's ends stay open up there.
    const int child = fcntl(control[0], F_DUPFD, 50);
    const int job = fcntl(control[1], F_DUPFD, 50);
    const int read = fcntl(frames[0], F_DUPFD, 50);
    const int write = fcntl(frames[1], F_DUPFD, 50);
    Rights file;
    if (read < 0 || !file.send(job, input) || dup2(input, leftOpen) < 0) {
        return false;
    }
    close_range(3, leftOpen - 1, 0);
    return dup2(child, prism::importControl) >= 0 && dup2(write, prism::importFrames) >= 0;
}

bool raiseFences(std::string_view which)
{
    int abi = 0;
    const char* problem = nullptr;
    if (which == "resources" || which == "calls") {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        problem = which == "calls" ? prism::fences::filterCalls() : prism::fences::limitResources();
    } else if (which == "paths") {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        problem = prism::fences::denyPaths(abi);
        if (!problem && abi == 0) {
            _exit(notHere);
        }
    } else if (which == "all") {
        problem = prism::fences::raise(abi);
    }
    if (problem) {
        std::fprintf(stderr, "%s: %s\n", problem, std::strerror(errno));
    }
    return !problem;
}

int becomeWithout(std::string_view what, char* program)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter != nullptr;
    if (what == "without-landlock") {
        ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), 444, 0) == 0;
    } else {
        ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) == 0
            && seccomp_rule_add(
                   filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP))
                == 0;
    }
    if (!ok || seccomp_load(filter) != 0) {
        return notFenced;
    }
    char* const arguments[] = { program, nullptr };
    execv(program, arguments);
    return notFenced;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3) {
        return becomeWithout(argv[1], argv[2]);
    }
    if (argc != 4) {
        return notFenced;
    }
    folder = argv[3];
    if (!prepare()) {
        return notFenced;
    }
    const std::string_view which = argv[1];
    Rights file;
    if (!raiseFences(which) || (inputFile = file.receive(prism::importControl)) < 0) {
        _exit(notFenced);
    }
    for (const Attempt& attempt : attempts) {
        if (std::string_view(attempt.name) == argv[2]) {
            _exit(attempt.comesThrough() ? cameThrough : failed);
        }
    }
    _exit(notFenced);
}
