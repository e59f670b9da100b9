// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/doctor/explain.h"

#include "probes/helper/discovery/tiers.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/capability.h>
#include <unistd.h>

namespace prism::probes {

namespace {

struct Named {
    int number;
    std::string_view name;
};
constexpr auto named = std::to_array<Named>({ { CAP_BPF, "CAP_BPF" }, { CAP_PERFMON, "CAP_PERFMON" },
    { CAP_SYS_PTRACE, "CAP_SYS_PTRACE" }, { CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH" },
    { CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE" } });

} // namespace

std::uint64_t effectiveCapabilities()
{
    return Observer::current(::getuid(), 0, false).capabilities;
}

std::string missingCapabilities(std::uint64_t wanted, std::uint64_t have)
{
    std::string missing;
    for (const auto& [number, name] : named) {
        if ((wanted >> number & 1) != 0 && (have >> number & 1) == 0) {
            missing += (missing.empty() ? "" : ", ") + std::string(name);
        }
    }
    return missing;
}

Feature refused(Feature feature, std::string_view what, int error)
{
    constexpr std::uint64_t loading = std::uint64_t { 1 } << CAP_BPF | std::uint64_t { 1 } << CAP_PERFMON;
    feature.works = false;
    feature.reason = std::string(what) + ": ";
    const std::string missing = missingCapabilities(loading, effectiveCapabilities());
    if ((error == EPERM || error == EACCES) && !missing.empty()) {
        feature.reason += missing + " is missing";
        feature.remedy = "Start the service prism-probed.socket, or run this through pkexec or as root";
    } else if ((error == EPERM || error == EACCES) && feature.name == "uprobe") {
        feature.reason += "before Linux 6.6 this needs CAP_SYS_ADMIN, later uprobe_multi stands in";
    } else if (error == EPERM || error == EACCES) {
        feature.reason += "the kernel refuses it although the rights are there (lockdown, or a guest without "
                          "function tracing)";
    } else if (error == EINVAL || error == EOPNOTSUPP || error == ENOENT) {
        feature.reason += "this kernel does not have it";
    } else {
        feature.reason += std::strerror(error);
    }
    return feature;
}

} // namespace prism::probes
