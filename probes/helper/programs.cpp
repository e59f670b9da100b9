// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/programs.h"

#include "programs.skel.h"

#include <algorithm>
#include <bit>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <linux/bpf.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
struct Known {
    const char* name;
    const char* feature;
    ProgramWay way = ProgramWay::Best; ///< Best: belongs to both
    bool scheduler = false;
};

constexpr const char* engineProgram = "on_engine_sent";
constexpr const char* leavingProgram = "on_packet_out";

/// What is missing without each.
constexpr Known knownPrograms[] = {
    { "on_sent", "answers and their events", ProgramWay::Sockets },
    { "on_received", "requests", ProgramWay::Sockets },
    { "on_arrival", "when a request arrived", ProgramWay::Sockets },
    { "on_call_begin", "when a write began", ProgramWay::Calls },
    { "on_call_end", "requests, answers and their events", ProgramWay::Calls },
    { "on_packet_in", "when a request arrived", ProgramWay::Calls },
    { leavingProgram, "when an answer left that did not leave at once" },
    { "on_state", "connections that open and close" },
    { "walk_files", "connections that were there before" },
    { "on_fork", "new processes of the server" },
    { "on_exec", "programs started in its processes" },
    { "on_exit", "the end of its processes" },
    { "on_switch", "when its threads run", ProgramWay::Best, true },
    { engineProgram, "the steps of vLLM's engine", ProgramWay::Sockets },
};

bool onSocketsWorks()
{
    for (const char* tracepoint : { "sock_send_length", "sock_recv_length", "sk_data_ready" }) {
        if (libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP) <= 0) {
            return false;
        }
    }
    return true;
}

int silent(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/)
{
    return 0;
}

/// Behind the last number of a CPU that there can be; they may have gaps.
std::uint32_t cpuNumberEnd()
{
    std::ifstream file("/sys/devices/system/cpu/possible");
    std::string ranges;
    file >> ranges;
    const std::size_t last = ranges.find_last_of(",-");
    const std::string number = last == std::string::npos ? ranges : ranges.substr(last + 1);
    return static_cast<std::uint32_t>(std::strtoul(number.c_str(), nullptr, 10)) + 1;
}

/// Two megabytes of departures in all: with eight CPUs 4096 each, enough for 80 000 a second of each while
/// the helper waits for 50 ms. Where there are many CPUs one server does not keep all of them so busy.
std::uint32_t turnSlotsFor(std::uint32_t cpus)
{
    constexpr std::uint32_t all = (2U << 20) / sizeof(prism_departure);
    return std::clamp(std::bit_floor(std::max(all / cpus, 1U)), 256U, 8192U);
}
} // namespace

void Links::close()
{
    std::vector<std::thread> threads;
    threads.reserve(m_links.size());
    for (bpf_link* link : m_links) {
        threads.emplace_back([link] { bpf_link__destroy(link); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    m_links.clear();
}

Programs::Programs(const ProgramSettings& settings)
    : m_settings(settings)
    , m_cpus(libbpf_num_possible_cpus())
    , m_cpuNumbers(cpuNumberEnd())
    , m_turnSlots(settings.turnSlots != 0 ? settings.turnSlots : turnSlotsFor(m_cpuNumbers))
{
}

Programs::~Programs()
{
    takeLinks().close();
    prism_programs::destroy(m_skeleton);
}

int Programs::open()
{
    prism_programs::destroy(m_skeleton);
    m_skeleton = prism_programs::open();
    if (m_skeleton == nullptr) {
        return errno;
    }
    setSizes();
    return 0;
}

void Programs::setSizes()
{
    bpf_map__set_max_entries(m_skeleton->maps.payloads, m_settings.payloadRingBytes);
    bpf_map__set_max_entries(m_skeleton->maps.processes, m_settings.processRingBytes);
    bpf_map__set_max_entries(m_skeleton->maps.sockets_by_address, m_byCall ? m_settings.mostSockets : 1);
    bpf_map__set_max_entries(m_skeleton->maps.turn_queues, m_cpuNumbers);
    bpf_map__set_max_entries(m_skeleton->maps.turn_places, m_cpuNumbers * m_turnSlots);
    m_skeleton->rodata->turn_slots = m_turnSlots;
    m_skeleton->rodata->by_call = m_byCall;
    m_skeleton->rodata->most_sockets = m_settings.mostSockets;
}

bool Programs::loadOnly(const std::vector<std::string>& names)
{
    if (open() != 0) {
        return false;
    }
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, m_skeleton->obj)
    {
        bpf_program__set_autoload(
            program, std::find(names.begin(), names.end(), bpf_program__name(program)) != names.end());
    }
    const int failed = prism_programs::load(m_skeleton);
    errno = -failed;
    return failed == 0;
}

std::unique_ptr<Programs> Programs::load(const ProgramSettings& settings, std::string& reason)
{
    libbpf_set_print(silent);
    std::unique_ptr<Programs> made(new Programs(settings));
    made->m_byCall = settings.way == ProgramWay::Best ? !onSocketsWorks() : settings.way == ProgramWay::Calls;
    if (made->open() != 0) {
        reason = "The kernel programs cannot be opened: " + std::string(std::strerror(errno))
            + ". A kernel with type information in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF) is needed";
        return nullptr;
    }
    const ProgramWay other = made->m_byCall ? ProgramWay::Sockets : ProgramWay::Calls;
    std::vector<std::string> wanted;
    for (const Known& known : knownPrograms) {
        if (known.way != other) {
            made->m_programs.push_back({ known.name, known.feature, 0, false, known.scheduler });
            wanted.emplace_back(known.name);
        }
    }
    if (made->loadOnly(wanted)) {
        return made;
    }
    // Something is refused. Each is tried alone, so that one never costs the others.
    const int error = errno;
    wanted.clear();
    for (Program& program : made->m_programs) {
        program.error = made->loadOnly({ program.name }) ? 0 : errno;
        if (program.error == 0) {
            wanted.push_back(program.name);
        }
    }
    if (wanted.empty() || !made->loadOnly(wanted)) {
        reason = error == EPERM || error == EACCES
            ? "Loading kernel programs is not permitted: the capabilities CAP_BPF and CAP_PERFMON are needed"
            : "This kernel takes none of the programs: " + std::string(std::strerror(error))
                + ". Linux 5.17 or newer with CONFIG_DEBUG_INFO_BTF is needed";
        return nullptr;
    }
    return made;
}

std::size_t Programs::attach()
{
    m_skeleton->bss->sockets_kept = 0;
    m_skeleton->bss->late_sockets = 0; // connections that closed since have counted it below
    m_skeleton->bss->packets_wanted = 0;
    ++m_skeleton->bss->session;
    std::size_t attached = 0;
    for (Program& told : m_programs) {
        const bpf_program* program = bpf_object__find_program_by_name(m_skeleton->obj, told.name.c_str());
        const bool iterator = bpf_program__expected_attach_type(program) == BPF_TRACE_ITER;
        // Their tracepoints fire for every process and every packet of the machine: they are attached when
        // there is an engine, and when something leaves late.
        const bool later = told.name == engineProgram || (told.name == leavingProgram && !m_byCall);
        if (bpf_program__fd(program) >= 0 && !iterator && !later) {
            attached += attachOne(told) ? 1 : 0;
        }
    }
    return attached;
}

bool Programs::attachOne(Program& told)
{
    const bpf_program* program = bpf_object__find_program_by_name(m_skeleton->obj, told.name.c_str());
    if (bpf_link* link = bpf_program__attach(program)) {
        (told.scheduler ? m_schedulerLinks : m_links).push_back(link);
        told.attached = true;
    } else {
        told.error = errno;
    }
    return told.attached;
}

bool Programs::attachLater(const char* name)
{
    const auto told = std::find_if(m_programs.begin(), m_programs.end(),
        [name](const Program& program) { return program.name == name; });
    if (told == m_programs.end() || told->attached) {
        return told != m_programs.end();
    }
    const bpf_program* program = bpf_object__find_program_by_name(m_skeleton->obj, name);
    return told->error == 0 && bpf_program__fd(program) >= 0 && attachOne(*told);
}

bool Programs::attachEngine()
{
    return attachLater(engineProgram);
}

void Programs::followLatePackets()
{
    if (attached() && __atomic_load_n(&m_skeleton->bss->late_sockets, __ATOMIC_RELAXED) > 0) {
        m_skeleton->bss->packets_followed = attachLater(leavingProgram) ? 1 : 0;
    }
}

Links Programs::takeLinks()
{
    for (Program& program : m_programs) {
        program.attached = false;
    }
    // What is hinted at now is not there any more: others' packets and calls need not be looked at.
    if (!m_links.empty()) {
        std::memset(m_skeleton->bss->process_hints, 0, sizeof m_skeleton->bss->process_hints);
        std::memset(m_skeleton->bss->used_ports, 0, sizeof m_skeleton->bss->used_ports);
        std::memset(m_skeleton->bss->late_ports, 0, sizeof m_skeleton->bss->late_ports);
        m_skeleton->bss->late_sockets = 0;
    }
    m_skeleton->bss->packets_followed = 0;
    m_links.insert(m_links.end(), m_schedulerLinks.begin(), m_schedulerLinks.end());
    m_schedulerLinks.clear();
    return Links(std::exchange(m_links, {}));
}

Links Programs::takeSchedulerLinks()
{
    for (Program& program : m_programs) {
        program.attached = program.attached && !program.scheduler;
    }
    return Links(std::exchange(m_schedulerLinks, {}));
}

bool Programs::attachScheduler()
{
    bool done = false;
    for (Program& program : m_programs) {
        done = (program.scheduler && !program.attached && program.error == 0 && attachOne(program)) || done;
    }
    return done;
}

int Programs::payloadRing() const
{
    return bpf_map__fd(m_skeleton->maps.payloads);
}

int Programs::processRing() const
{
    return bpf_map__fd(m_skeleton->maps.processes);
}

int Programs::turnQueues() const
{
    return bpf_map__fd(m_skeleton->maps.turn_queues);
}

int Programs::turnPlaces() const
{
    return bpf_map__fd(m_skeleton->maps.turn_places);
}

} // namespace prism::probes
