// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/doctor/doctor.h"

#include "probes/helper/access/privileges.h"
#include "probes/helper/discovery/accelerators.h"
#include "probes/helper/discovery/server_text.h"
#include "probes/helper/doctor/bpf_trial.h"
#include "probes/helper/doctor/explain.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {

/// What our kernel programs attach to. Without those that are not needed the view shows less and says so.
struct Tracepoint {
    std::string_view name;
    bool needed;
};
constexpr auto tracepoints
    = std::to_array<Tracepoint>({ { "sys_enter", true }, { "sys_exit", true }, { "tcp_probe", false },
        { "net_dev_queue", false }, { "inet_sock_set_state", true }, { "sock_send_length", false },
        { "sock_recv_length", false }, { "sk_data_ready", false }, { "sched_switch", false },
        { "sched_process_fork", true }, { "sched_process_exec", true }, { "sched_process_exit", true } });

std::string firstLine(const char* path)
{
    const auto text = readFile(path, 256);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

Feature capabilities()
{
    const std::string missing = missingCapabilities(neededCapabilities, effectiveCapabilities());
    Feature feature { "capabilities", missing.empty(), true, {}, {} };
    if (feature.works) {
        const bool more = (effectiveCapabilities() & ~neededCapabilities) != 0;
        feature.reason = more ? "The five that are needed are in force, and others too"
                              : "Exactly the five that are needed are in force";
    } else {
        feature.reason = "Missing: " + missing;
        feature.remedy = "Start the service prism-probed.socket, or run this through pkexec or as root";
    }
    return feature;
}

Feature lockdown()
{
    const std::string text = firstLine("/sys/kernel/security/lockdown");
    const std::size_t begin = text.find('[');
    const std::size_t end = text.find(']');
    if (begin >= end || end == std::string::npos) {
        return { "lockdown", false, false,
            "Not known, as securityfs is not mounted: whether programs load is tried above", {} };
    }
    const std::string mode = text.substr(begin + 1, end - begin - 1);
    Feature feature { "lockdown", mode != "confidentiality", true, "Mode " + mode, {} };
    if (!feature.works) {
        feature.reason += ": kernel programs may not read memory";
        feature.remedy = "Boot with lockdown=integrity or none";
    }
    return feature;
}

/// A number in /proc/sys: what it means for us is said, nothing is changed.
Feature setting(std::string name, const char* path, int most, std::string_view means)
{
    const std::string text = firstLine(path);
    const auto value = numberIn<int>(text);
    Feature feature { std::move(name), false, false, {}, {} };
    if (!value) {
        feature.reason = "The setting cannot be read";
        return feature;
    }
    feature.works = *value <= most;
    feature.reason = "Is " + text + (feature.works ? "" : ": " + std::string(means));
    return feature;
}

Feature traceFolder()
{
    const bool mounted = ::access("/sys/kernel/tracing/events", F_OK) == 0
        || ::access("/sys/kernel/debug/tracing/events", F_OK) == 0;
    Feature feature { "tracefs", mounted, false, {}, {} };
    feature.reason = mounted ? "Mounted" : "Not mounted, or closed to us: our own probes do not need it";
    return feature;
}

Feature seccomp()
{
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    const bool works = ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
    Feature feature { "seccomp", works, true, {}, {} };
    feature.reason = works ? "The process that reads the servers' bytes can be locked in"
                           : "The kernel cannot lock in the process that reads the servers' bytes";
    feature.remedy = works ? "" : "Use a kernel built with CONFIG_SECCOMP_FILTER";
    return feature;
}

Feature landlock()
{
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    Feature feature { "Landlock", version > 0, false, {}, {} };
    feature.reason = version > 0 ? "Version " + std::to_string(version)
        : errno == EOPNOTSUPP    ? "Switched off at boot"
                                 : "This kernel does not have it";
    return feature;
}

Feature nvml()
{
    const Accelerators all = Accelerators::read();
    Feature feature { "NVML", all.hasNvml(), false, all.whyNot(), {} };
    if (all.hasNvml()) {
        feature.reason = "Driver " + all.driverVersion() + ", " + std::to_string(all.count())
            + (all.count() == 1 ? " GPU" : " GPUs");
    }
    return feature;
}

std::string state(const Feature& feature)
{
    return feature.works ? "ok" : feature.needed ? "NO" : "no";
}

} // namespace

std::vector<Feature> examine()
{
    const BpfTrial trial;
    std::vector<Feature> all { capabilities(), trial.btfOfKernel(), trial.ringBuffer() };
    for (const auto& [name, needed] : tracepoints) {
        all.push_back(trial.typedTracepoint(name, needed));
    }
    for (const auto part :
        { &BpfTrial::rawTracepoint, &BpfTrial::tracepoint, &BpfTrial::fileIterator, &BpfTrial::uprobe,
            &BpfTrial::uprobeMulti, &BpfTrial::kprobe, &BpfTrial::fentry, &BpfTrial::runTimeStatistics }) {
        all.push_back((trial.*part)());
    }
    all.push_back(lockdown());
    all.push_back(setting("perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", 2,
        "without CAP_PERFMON no event can be opened"));
    all.push_back(setting("unprivileged_bpf_disabled", "/proc/sys/kernel/unprivileged_bpf_disabled", 2, ""));
    all.push_back(traceFolder());
    all.push_back(seccomp());
    all.push_back(landlock());
    all.push_back(nvml());
    return all;
}

void appendFeature(wire::FieldWriter& fields, const Feature& feature)
{
    fields.text(wire::DoctorKey::Feature, feature.name)
        .integer(wire::DoctorKey::Works, feature.works ? 1 : 0)
        .text(wire::DoctorKey::Reason, feature.reason)
        .text(wire::DoctorKey::Remedy, feature.remedy)
        .integer(wire::DoctorKey::Needed, feature.needed ? 1 : 0);
}

std::string jsonLine(const Feature& feature)
{
    return "{\"feature\":" + jsonString(feature.name) + ",\"works\":" + (feature.works ? "true" : "false")
        + ",\"needed\":" + (feature.needed ? "true" : "false") + ",\"reason\":" + jsonString(feature.reason)
        + (feature.remedy.empty() ? "" : ",\"remedy\":" + jsonString(feature.remedy)) + '}';
}

std::string humanTable(const std::vector<Feature>& features)
{
    std::size_t width = 0;
    for (const Feature& feature : features) {
        width = std::max(width, feature.name.size());
    }
    std::string text;
    for (const Feature& feature : features) {
        text += state(feature) + "  " + feature.name + std::string(width - feature.name.size() + 2, ' ')
            + feature.reason
            + (feature.works || feature.remedy.empty() ? "" : ". To change it: " + feature.remedy) + '\n';
    }
    const auto lacking = std::ranges::count_if(
        features, [](const Feature& feature) { return feature.needed && !feature.works; });
    text += lacking == 0 ? "Requests can be observed on this machine.\n"
                         : "Requests cannot be observed with these rights on this kernel: see NO above.\n";
    return text;
}

} // namespace prism::probes
