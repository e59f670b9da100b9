// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/privileges.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {

constexpr std::uint64_t bit(int capability)
{
    return std::uint64_t { 1 } << capability;
}

constexpr std::uint64_t needed = bit(CAP_BPF) | bit(CAP_PERFMON) | bit(CAP_SYS_PTRACE)
    | bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHECKPOINT_RESTORE);

std::uint64_t joined(
    const std::array<__user_cap_data_struct, 2>& data, std::uint32_t __user_cap_data_struct::*set)
{
    return std::uint64_t { data[1].*set } << 32 | data[0].*set;
}

bool setCapabilities(std::uint64_t set)
{
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    std::array<__user_cap_data_struct, 2> data {};
    for (std::size_t i = 0; i < 2; ++i) {
        data[i].effective = data[i].permitted = static_cast<std::uint32_t>(set >> (32 * i));
    }
    return ::syscall(SYS_capset, &header, data.data()) == 0;
}

bool becomeServiceUser()
{
    const passwd* user = ::getpwnam("prism-probe");
    if (!user) {
        return true; // not installed: root without root's capabilities
    }
    return ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && ::setgroups(0, nullptr) == 0
        && ::setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0
        && ::setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0;
}

std::string failed(const char* what)
{
    return std::string("The helper could not give up rights that it does not need (") + what + ": "
        + std::strerror(errno) + "), so it ends";
}

} // namespace

const std::uint64_t neededCapabilities = needed;

std::uint64_t permittedCapabilities()
{
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    std::array<__user_cap_data_struct, 2> data {};
    return ::syscall(SYS_capget, &header, data.data()) == 0 ? joined(data, &__user_cap_data_struct::permitted)
                                                            : 0;
}

std::string keepOnlyNeeded()
{
    const std::uint64_t keep = permittedCapabilities() & needed;
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // Dropping from the bounding set needs CAP_SETPCAP, which only root has here.
    for (int capability = 0; ::getuid() == 0 && ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
         ++capability) {
        if ((needed & bit(capability)) == 0) {
            ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
    if (::geteuid() == 0 && !becomeServiceUser()) {
        return failed("setresuid");
    }
    if (!setCapabilities(keep)) {
        return failed("capset");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return failed("no_new_privs");
    }
    // Other processes of the service's user must not be able to trace this one.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return failed("dumpable");
    }
    return {};
}

} // namespace prism::probes
