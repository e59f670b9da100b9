// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/doctor/bpf_trial.h"

#include "probes/helper/access/target_process.h"
#include "probes/helper/doctor/explain.h"
#include "probes/helper/programs.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {

constexpr unsigned uprobeMultiAttach = 48; // BPF_TRACE_UPROBE_MULTI, since Linux 6.6
/// `return 0`
constexpr std::array<bpf_insn, 2> nothing {
    bpf_insn { BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
    bpf_insn { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
};

/// The number of a descriptor, or −errno.
int number(int result)
{
    return result >= 0 ? result : errno != 0 ? -errno : result;
}

Descriptor load(bpf_prog_type type, int& error, unsigned attachType = 0, int typeId = 0)
{
    bpf_prog_load_opts options {};
    options.sz = sizeof options;
    options.expected_attach_type = static_cast<bpf_attach_type>(attachType);
    options.attach_btf_id = static_cast<__u32>(typeId);
    errno = 0;
    const int program
        = number(::bpf_prog_load(type, "prism_trial", "GPL", nothing.data(), nothing.size(), &options));
    error = program < 0 ? -program : 0;
    return Descriptor(program);
}

Descriptor openPerf(perf_event_attr attributes, pid_t pid, int cpu, int& error)
{
    attributes.size = sizeof attributes;
    const auto event
        = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
    error = event < 0 ? errno : 0;
    return Descriptor(event);
}

/// Puts the program on the event; both end with their descriptors.
Feature attachToPerf(
    Feature feature, bpf_prog_type type, const perf_event_attr& attributes, pid_t pid, int cpu)
{
    int error = 0;
    const Descriptor program = load(type, error);
    if (!program) {
        return refused(std::move(feature), "The program does not load", error);
    }
    const Descriptor event = openPerf(attributes, pid, cpu, error);
    if (!event) {
        return refused(std::move(feature), "The event cannot be opened", error);
    }
    if (::ioctl(event.number(), PERF_EVENT_IOC_SET_BPF, program.number()) != 0) {
        return refused(std::move(feature), "The program does not attach", errno);
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

std::optional<unsigned> eventSource(const char* name)
{
    const auto text = readFile("/sys/bus/event_source/devices/" + std::string(name) + "/type", 16);
    return text ? numberIn<unsigned>(std::string_view(*text).substr(0, text->find('\n'))) : std::nullopt;
}

/// The function that uprobes are tried on.
__attribute__((noinline)) int trialSite(int value)
{
    asm volatile("" ::: "memory");
    return value + 1;
}

struct FilePlace {
    std::string path;
    std::uint64_t offset = 0;
};

std::optional<FilePlace> placeOfTrialSite()
{
    const auto address = reinterpret_cast<std::uint64_t>(&trialSite);
    const std::string maps = readFile("/proc/self/maps", 4u << 20).value_or("");
    for (const std::string_view line : lines(maps)) {
        const auto fields = words(line);
        if (fields.size() < 6) {
            continue;
        }
        const std::string range(fields[0]);
        char* end = nullptr;
        const std::uint64_t begin = std::strtoull(range.c_str(), &end, 16);
        const std::uint64_t last = *end == '-' ? std::strtoull(end + 1, nullptr, 16) : 0;
        if (begin <= address && address < last) {
            return FilePlace { "/proc/self/exe",
                address - begin + std::strtoull(std::string(fields[2]).c_str(), nullptr, 16) };
        }
    }
    return std::nullopt;
}

/// The part of union bpf_attr that BPF_LINK_CREATE reads for these links; libbpf 1.1 does not know it.
struct UprobeMultiLink {
    __u32 program;
    __u32 target;
    __u32 attachType;
    __u32 flags;
    __u64 path;
    __u64 offsets;
    __u64 referenceCounters;
    __u64 cookies;
    __u32 count;
    __u32 probeFlags;
    __u32 pid;
    __u32 padding;
};

} // namespace

BpfTrial::BpfTrial()
{
    ::libbpf_set_print(nullptr);
    m_btf = ::btf__load_vmlinux_btf();
}

BpfTrial::~BpfTrial()
{
    ::btf__free(m_btf);
}

int BpfTrial::typeId(std::string_view name, unsigned kind) const
{
    return m_btf ? ::btf__find_by_name_kind(m_btf, std::string(name).c_str(), kind) : -ENOENT;
}

Feature BpfTrial::btfOfKernel() const
{
    Feature feature { "BTF", m_btf != nullptr, true, {}, {} };
    if (m_btf) {
        feature.reason = std::to_string(::btf__type_cnt(m_btf)) + " kernel types are described";
    } else {
        feature.reason = "/sys/kernel/btf/vmlinux is missing or cannot be read";
        feature.remedy
            = "Use a kernel built with CONFIG_DEBUG_INFO_BTF: those of Debian 12 and Ubuntu 22.04 are";
    }
    return feature;
}

Feature BpfTrial::ringBuffer() const
{
    Feature feature { "ring buffer", false, true, {}, {} };
    errno = 0;
    const auto page = static_cast<__u32>(::sysconf(_SC_PAGESIZE));
    const int map = number(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "prism_trial", 0, 0, page, nullptr));
    if (map < 0) {
        return refused(std::move(feature), "The map cannot be made", -map);
    }
    ::close(map);
    feature.works = true;
    feature.reason = "Can be made";
    return feature;
}

Feature BpfTrial::rawTracepoint() const
{
    Feature feature { "raw tracepoint", false, false, {}, {} };
    int error = 0;
    const Descriptor program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, error);
    if (!program) {
        return refused(std::move(feature), "The program does not load", error);
    }
    const Descriptor link(::bpf_raw_tracepoint_open("sched_process_exit", program.number()));
    if (!link) {
        return refused(std::move(feature), "The program does not attach", errno);
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

Feature BpfTrial::typedTracepoint(std::string_view name, bool needed) const
{
    Feature feature { "tp_btf " + std::string(name), false, needed, {}, {} };
    const int type = typeId("btf_trace_" + std::string(name), BTF_KIND_TYPEDEF);
    if (type <= 0) {
        feature.reason = m_btf ? "This kernel has no such tracepoint" : "The kernel's types are not known";
        return feature;
    }
    int error = 0;
    const Descriptor program = load(BPF_PROG_TYPE_TRACING, error, BPF_TRACE_RAW_TP, type);
    if (!program) {
        return refused(std::move(feature), "The program does not load", error);
    }
    const Descriptor link(::bpf_raw_tracepoint_open(nullptr, program.number()));
    if (!link) {
        return refused(std::move(feature), "The program does not attach", errno);
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

Feature BpfTrial::fileIterator() const
{
    Feature feature { "iterator over open files", false, true, {}, {} };
    const int type = typeId("bpf_iter_task_file", BTF_KIND_FUNC);
    int error = type > 0 ? 0 : ENOENT;
    const Descriptor program
        = type > 0 ? load(BPF_PROG_TYPE_TRACING, error, BPF_TRACE_ITER, type) : Descriptor();
    if (!program) {
        return refused(std::move(feature), "The program does not load", error);
    }
    const Descriptor link(::bpf_link_create(program.number(), 0, BPF_TRACE_ITER, nullptr));
    if (!link) {
        return refused(std::move(feature), "The program does not attach", errno);
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

Feature BpfTrial::fentry() const
{
    Feature feature { "fentry", false, false, {}, {} };
    const int type = typeId("tcp_sendmsg", BTF_KIND_FUNC);
    int error = type > 0 ? 0 : ENOENT;
    const Descriptor program
        = type > 0 ? load(BPF_PROG_TYPE_TRACING, error, BPF_TRACE_FENTRY, type) : Descriptor();
    if (!program) {
        return refused(std::move(feature), "The program does not load", error);
    }
    const Descriptor link(::bpf_raw_tracepoint_open(nullptr, program.number()));
    if (!link) {
        return refused(std::move(feature), "The program does not attach", errno);
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

Feature BpfTrial::tracepoint() const
{
    Feature feature { "tracepoint through tracefs", false, false, {}, {} };
    std::optional<unsigned> id;
    for (const char* root : { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" }) {
        const auto text = readFile(std::string(root) + "/events/sched/sched_process_exit/id", 16);
        if (text && !id) {
            id = numberIn<unsigned>(std::string_view(*text).substr(0, text->find('\n')));
        }
    }
    if (!id) {
        feature.reason = "The event's number cannot be read: tracefs is not mounted or closed to us";
        feature.remedy = "mount -t tracefs tracefs /sys/kernel/tracing";
        return feature;
    }
    perf_event_attr attributes {};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = *id;
    attributes.sample_period = 1;
    return attachToPerf(std::move(feature), BPF_PROG_TYPE_TRACEPOINT, attributes, -1, 0);
}

Feature BpfTrial::kprobe() const
{
    Feature feature { "kprobe", false, false, {}, {} };
    const auto source = eventSource("kprobe");
    if (!source) {
        feature.reason = "This kernel is built without CONFIG_KPROBES";
        return feature;
    }
    static constexpr char function[] = "tcp_sendmsg";
    perf_event_attr attributes {};
    attributes.type = *source;
    attributes.kprobe_func = reinterpret_cast<std::uintptr_t>(function);
    return attachToPerf(std::move(feature), BPF_PROG_TYPE_KPROBE, attributes, -1, 0);
}

Feature BpfTrial::uprobe() const
{
    Feature feature { "uprobe", false, false, {}, {} };
    const auto source = eventSource("uprobe");
    const auto place = placeOfTrialSite();
    if (!source || !place) {
        feature.reason = source ? "The place for the trial was not found"
                                : "This kernel is built without CONFIG_UPROBES";
        return feature;
    }
    perf_event_attr attributes {};
    attributes.type = *source;
    attributes.uprobe_path = reinterpret_cast<std::uintptr_t>(place->path.c_str());
    attributes.probe_offset = place->offset;
    return attachToPerf(std::move(feature), BPF_PROG_TYPE_KPROBE, attributes, ::getpid(), -1);
}

Feature BpfTrial::uprobeMulti() const
{
    Feature feature { "uprobe_multi", false, false, {}, {} };
    const auto place = placeOfTrialSite();
    int error = 0;
    const Descriptor program = load(BPF_PROG_TYPE_KPROBE, error, uprobeMultiAttach);
    if (!program || !place) {
        return refused(std::move(feature), "The program does not load", error);
    }
    UprobeMultiLink link {};
    link.program = static_cast<__u32>(program.number());
    link.attachType = uprobeMultiAttach;
    link.path = reinterpret_cast<std::uintptr_t>(place->path.c_str());
    link.offsets = reinterpret_cast<std::uintptr_t>(&place->offset);
    link.count = 1;
    link.pid = static_cast<__u32>(::getpid());
    const Descriptor attached(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof link)));
    if (!attached) {
        feature = refused(std::move(feature), "The program does not attach", errno);
        if (feature.remedy.empty()) {
            feature.remedy = "Use Linux 6.6 or later";
        }
        return feature;
    }
    feature.works = true;
    feature.reason = "Loads and attaches";
    return feature;
}

Feature BpfTrial::runTimeStatistics() const
{
    Feature feature { "bpf_stats", false, false, {}, {} };
    feature.works = Programs::measuredByKernel();
    feature.reason = feature.works
        ? "The kernel measures every program of the machine: what probing costs is told in full"
        : "What probing costs is told by samples, and what it costs other processes is not in them. The "
          "kernel could measure both, at 0.07 µs for each run of every kernel program of the machine";
    feature.remedy = feature.works ? "" : "sysctl kernel.bpf_stats_enabled=1";
    return feature;
}

} // namespace prism::probes
