// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/confinement.h"

#include <cerrno>
#include <csignal>
#include <grp.h>
#include <linux/capability.h>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr unsigned nobody = 65534;
constexpr rlim_t mostHeap = 256UL << 20;
constexpr rlim_t mostAddressSpace = 2UL << 30; ///< with what the helper had mapped already

bool closeOthers(int socket)
{
    if (socket != confinedSocket && dup2(socket, confinedSocket) < 0) {
        return false;
    }
    // Standard error stays until the filter is loaded, for the reason why it is not.
    close(STDOUT_FILENO);
    return syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0;
}

bool dropBoundingSet()
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
        // Needs CAP_SETPCAP. Without it the set stays, and with no new privileges it leads nowhere.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) {
            return false;
        }
    }
    return true;
}

/// Root that has kept the right to change becomes nobody. The helper usually has given that right up; then
/// the name stays, without a capability, and no call is left that would ask for it.
bool dropIdentity()
{
    if (geteuid() != 0) {
        return true;
    }
    const bool dropped = setgroups(0, nullptr) == 0 && setresgid(nobody, nobody, nobody) == 0
        && setresuid(nobody, nobody, nobody) == 0;
    return dropped || errno == EPERM;
}

bool dropCapabilities()
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] {};
    return syscall(SYS_capset, &header, none) == 0;
}

bool limit(__rlimit_resource resource, rlim_t most)
{
    const rlimit both { most, most };
    return setrlimit(resource, &both) == 0;
}

bool limitResources()
{
    // poll() asks for as many descriptors as it watches: one.
    const bool bounded = limit(RLIMIT_NOFILE, confinedSocket + 1) && limit(RLIMIT_NPROC, 0)
        && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_MEMLOCK, 0)
        && limit(RLIMIT_MSGQUEUE, 0);
    // A sanitizer reserves terabytes of addresses.
    return bounded && (sanitized || (limit(RLIMIT_DATA, mostHeap) && limit(RLIMIT_AS, mostAddressSpace)));
}

bool allow(scmp_filter_ctx filter)
{
    const auto onSocket = SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(confinedSocket));
    bool ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, onSocket) == 0
        && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1, onSocket) == 0;
    for (const int call : { SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(brk),
             SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(exit),
             SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall) }) {
        ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
    }
    // Memory, but neither files nor code.
    ok = ok
        && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
               SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS))
            == 0;
    if (sanitized) {
        ok = ok
            && seccomp_rule_add(
                   filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO))
                == 0;
        for (const int call : { SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sigaltstack),
                 SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sched_yield) }) {
            ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
        }
    }
    return ok;
}

/// What no fault of our own ever calls.
bool forbid(scmp_filter_ctx filter)
{
    for (const int call : { SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(open), SCMP_SYS(openat),
             SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
             SCMP_SYS(bind), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3),
             SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kill),
             SCMP_SYS(tkill), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(bpf),
             SCMP_SYS(perf_event_open), SCMP_SYS(mount), SCMP_SYS(setns), SCMP_SYS(unshare),
             SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(mprotect), SCMP_SYS(setuid),
             SCMP_SYS(capset), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(memfd_create) }) {
        if (seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0) != 0) {
            return false;
        }
    }
    return true;
}

bool filterCalls()
{
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(
        seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    if (!filter || !allow(filter.get()) || !(sanitized || forbid(filter.get()))) {
        return false;
    }
    if (!sanitized) {
        close(STDERR_FILENO);
    }
    return seccomp_load(filter.get()) == 0;
}
} // namespace

const char* confine(int socket)
{
    if (!closeOthers(socket)) {
        return "cannot close what the helper has open";
    }
    if (!dropBoundingSet()) {
        return "cannot give up the capabilities of its bounding set";
    }
    if (!dropIdentity()) {
        return "cannot become nobody";
    }
    if (!dropCapabilities()) {
        return "cannot give up its capabilities";
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return "cannot give up new privileges";
    }
    // A change of identity has taken this back.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return "cannot bind its life to the helper's";
    }
    if (!limitResources()) {
        return "cannot limit its memory";
    }
    if (!filterCalls()) {
        return "cannot filter its system calls";
    }
    return nullptr;
}

} // namespace prism::probes
