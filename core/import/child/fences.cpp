// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/child/fences.h"

#include "core/import/child/serve.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>

#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace prism::fences {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// The first file gets the number behind the last descriptor of the child's own.
constexpr int ownSize = importFrames + 1;
constexpr int mostDescriptors = ownSize + 2;
/// The undefined behaviour sanitizer asks whether memory can be read by writing it into a pipe.
constexpr int sanitizersOwn = 2;

/// A reader needs this for the smallest file: a tree of 64 MiB and a string of as much while they grow, or
/// the window of a compressed file.
constexpr std::uint64_t leastMemory = 384u << 20;
constexpr std::uint64_t memoryPerByte = 8;

/// Bytes of addresses in use; 0 when the kernel does not tell.
std::uint64_t mappedBytes()
{
    char text[32] = {};
    if (pread(ownSize, text, sizeof text - 1, 0) <= 0) {
        return 0;
    }
    return std::strtoull(text, nullptr, 10) * static_cast<std::uint64_t>(getpagesize());
}

bool limit(__rlimit_resource resource, rlim_t most)
{
    const rlimit both { most, most };
    return setrlimit(resource, &both) == 0;
}

bool dropCapabilities()
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] {};
    return syscall(SYS_capset, &header, none) == 0;
}

/// Keeps the place where the kernel tells the process's size open under a number of its own.
void openOwnSize()
{
    const int size = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (size >= 0 && size != ownSize) {
        dup2(size, ownSize);
        close(size);
    }
}

bool allow(scmp_filter_ctx filter)
{
    const auto rule = [filter](int call, auto... conditions) {
        return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, sizeof...(conditions), conditions...) == 0;
    };
    const auto on
        = [](int descriptor) { return SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(descriptor)); };
    const auto self = static_cast<scmp_datum_t>(getpid());
    bool ok = rule(SCMP_SYS(write), on(importFrames)) && rule(SCMP_SYS(recvmsg), on(importControl))
        && rule(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A1(SCMP_CMP_EQ, RLIMIT_AS))
        // Memory, but neither files nor code.
        && rule(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS))
        && rule(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
        // Of signals only the one by which it ends itself.
        && rule(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self), SCMP_A2(SCMP_CMP_EQ, SIGABRT));
    for (const int call :
        { SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(clock_gettime),
            SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
            SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
            SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom) }) {
        ok = ok && rule(call);
    }
    if (sanitized) {
        ok = ok && rule(SCMP_SYS(write), on(STDERR_FILENO))
            && rule(SCMP_SYS(write), SCMP_A0(SCMP_CMP_GE, mostDescriptors));
        for (const int call :
            { SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction),
                SCMP_SYS(sched_yield), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep) }) {
            ok = ok && rule(call);
        }
    }
    return ok;
}

/// What neither our own faults nor a library's good faith ever call.
bool forbid(scmp_filter_ctx filter)
{
    for (const int call : { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
             SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
             SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto),
             SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(ptrace),
             SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
             SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
             SCMP_SYS(mount), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(chroot), SCMP_SYS(io_uring_setup),
             SCMP_SYS(userfaultfd), SCMP_SYS(memfd_create), SCMP_SYS(setuid), SCMP_SYS(setresuid),
             SCMP_SYS(capset), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
             SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(keyctl), SCMP_SYS(add_key),
             SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load) }) {
        // Calls that this processor's kernel does not have are no error here.
        const int added = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0);
        if (added != 0 && added != -EDOM) {
            return false;
        }
    }
    return true;
}

} // namespace

const char* limitResources()
{
    openOwnSize();
    if (syscall(SYS_close_range, ownSize + 1, ~0U, 0) != 0) {
        return "cannot close what was left open for it";
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return "cannot bind its life to its parent's";
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
        || !dropCapabilities()) {
        return "cannot give up its privileges";
    }
    const bool bounded = limit(RLIMIT_NOFILE, mostDescriptors + (sanitized ? sanitizersOwn : 0))
        && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0)
        && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0)
        && (sanitized || limit(RLIMIT_AS, mappedBytes() + mostMemory));
    return bounded ? nullptr : "cannot limit its resources";
}

const char* denyPaths(int& abi)
{
    // By number and layout, for headers of Debian 12 do not know the later versions.
    struct Ruleset {
        std::uint64_t files;
        std::uint64_t network;
        std::uint64_t scopes;
    };
    constexpr long createRuleset = 444;
    constexpr long restrictSelf = 446;
    constexpr unsigned askVersion = 1;
    abi = static_cast<int>(std::max(0L, syscall(createRuleset, nullptr, 0, askVersion)));
    if (abi == 0) {
        return nullptr;
    }
    // Every right that the version knows is handled and none is granted.
    const int fileRights = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    const Ruleset all { (1u << fileRights) - 1, abi >= 4 ? 3u : 0u, abi >= 6 ? 3u : 0u };
    const std::size_t size = abi >= 6 ? sizeof all : abi >= 4 ? 2 * sizeof all.files : sizeof all.files;
    const auto ruleset = static_cast<int>(syscall(createRuleset, &all, size, 0));
    if (ruleset < 0) {
        return "cannot make its Landlock rules";
    }
    const bool restricted = syscall(restrictSelf, ruleset, 0) == 0;
    close(ruleset);
    return restricted ? nullptr : "cannot restrict itself by Landlock";
}

const char* filterCalls()
{
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(
        seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    if (!filter || seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) != 0 || !allow(filter.get())
        || !(sanitized || forbid(filter.get()))) {
        return "cannot make its list of allowed system calls";
    }
    return seccomp_load(filter.get()) == 0 ? nullptr : "cannot filter its system calls";
}

const char* raise(int& landlockAbi)
{
    // What libraries read on first use must have been read: the time zone.
    tzset();
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_sandbox_arguments none {};
    __sanitizer_sandbox_on_notify(&none);
#endif
    if (const char* problem = limitResources()) {
        return problem;
    }
    if (const char* problem = denyPaths(landlockAbi)) {
        return problem;
    }
    if (!sanitized && dup2(STDOUT_FILENO, STDERR_FILENO) < 0) {
        return "cannot let go of the terminal";
    }
    return filterCalls();
}

std::uint64_t memoryFor(std::uint64_t fileBytes)
{
    return fileBytes > mostMemory / memoryPerByte
        ? mostMemory
        : std::min(mostMemory, leastMemory + memoryPerByte * fileBytes);
}

void fitMemory(std::uint64_t fileBytes)
{
    rlimit now {};
    const std::uint64_t mapped = mappedBytes();
    if (sanitized || mapped == 0 || getrlimit(RLIMIT_AS, &now) != 0) {
        return;
    }
    now.rlim_cur = std::min<rlim_t>(now.rlim_max, mapped + memoryFor(fileBytes));
    setrlimit(RLIMIT_AS, &now);
}

} // namespace prism::fences
