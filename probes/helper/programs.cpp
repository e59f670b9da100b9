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

template <class Key, class Value, class Use>
void eachEntry(int map, Use use)
{
    Key key {};
    Key next {};
    const void* before = nullptr;
    while (bpf_map_get_next_key(map, before, &next) == 0) {
        key = next;
        before = &key;
        Value value {};
        if (bpf_map_lookup_elem(map, &key, &value) == 0) {
            use(key, value);
        }
    }
}

/// Deletes what `mine` says. Two steps: deleting under the walk would begin it anew.
template <class Key, class Value, class Mine>
void deleteEntries(int map, Mine mine)
{
    std::vector<Key> doomed;
    eachEntry<Key, Value>(map, [&](const Key& key, const Value& value) {
        if (mine(value)) {
            doomed.push_back(key);
        }
    });
    for (const Key& key : doomed) {
        bpf_map_delete_elem(map, &key);
    }
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
        attachLater(leavingProgram);
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

int Programs::observe(std::uint32_t tgid, const prism_target& target)
{
    m_skeleton->bss->active[target.slot] = target.target;
    m_skeleton->bss->process_hints[tgid % PRISM_PROCESS_HINTS] = 1;
    const int failed = bpf_map_update_elem(bpf_map__fd(m_skeleton->maps.targets), &tgid, &target, BPF_ANY);
    return -failed;
}

void Programs::unobserve(std::uint32_t tgid)
{
    bpf_map_delete_elem(bpf_map__fd(m_skeleton->maps.targets), &tgid);
    forgetFindings();
}

void Programs::forgetFindings()
{
    __atomic_fetch_add(&m_skeleton->bss->generation, 1, __ATOMIC_SEQ_CST);
}

void Programs::switchOff(std::uint32_t target, std::uint32_t slot)
{
    m_skeleton->bss->active[slot] = 0;
    const int map = bpf_map__fd(m_skeleton->maps.targets);
    eachEntry<std::uint32_t, prism_target>(map, [&](std::uint32_t tgid, prism_target value) {
        if (value.target == target) {
            value.off = 1;
            bpf_map_update_elem(map, &tgid, &value, BPF_EXIST);
        }
    });
    forgetFindings();
    const int ports = bpf_map__fd(m_skeleton->maps.ports);
    std::vector<std::pair<prism_port, prism_listeners>> mine;
    eachEntry<prism_port, prism_listeners>(ports, [&](const prism_port& port, prism_listeners listeners) {
        if ((listeners.slots >> slot & 1U) != 0) {
            listeners.slots &= ~(std::uint64_t { 1 } << slot);
            mine.emplace_back(port, listeners);
        }
    });
    for (const auto& [port, listeners] : mine) {
        if (listeners.slots != 0) {
            bpf_map_update_elem(ports, &port, &listeners, BPF_EXIST);
        } else {
            bpf_map_delete_elem(ports, &port);
        }
    }
}

std::vector<std::uint32_t> Programs::observed(std::uint32_t target) const
{
    std::vector<std::uint32_t> found;
    eachEntry<std::uint32_t, prism_target>(
        bpf_map__fd(m_skeleton->maps.targets), [&](std::uint32_t tgid, const prism_target& value) {
            if (value.target == target) {
                found.push_back(tgid);
            }
        });
    return found;
}

void Programs::walkFiles(const std::vector<std::uint32_t>& tgids)
{
    if (bpf_program__fd(m_skeleton->progs.walk_files) < 0) {
        return;
    }
    for (const bool portsOnly : { true, false }) {
        m_skeleton->bss->walk_ports_only = portsOnly ? 1 : 0;
        for (const std::uint32_t tgid : tgids) {
            bpf_iter_link_info info {};
            info.task.pid = tgid;
            bpf_iter_attach_opts options {};
            options.sz = sizeof options;
            options.link_info = &info;
            options.link_info_len = sizeof info;
            bpf_link* link = bpf_program__attach_iter(m_skeleton->progs.walk_files, &options);
            const int walk = link != nullptr ? bpf_iter_create(bpf_link__fd(link)) : -1;
            std::array<char, 64> nothing {};
            while (walk >= 0 && read(walk, nothing.data(), nothing.size()) > 0) { }
            if (walk >= 0) {
                ::close(walk);
            }
            bpf_link__destroy(link);
        }
    }
}

void Programs::forget(std::uint32_t target)
{
    const auto& maps = m_skeleton->maps;
    deleteEntries<std::uint32_t, prism_target>(bpf_map__fd(maps.targets),
        [target](const prism_target& process) { return process.target == target; });
    // Where they lie with the sockets they go with these; until then their target is not active.
    if (m_byCall) {
        deleteEntries<std::uint64_t, prism_socket>(bpf_map__fd(maps.sockets_by_address),
            [target](const prism_socket& socket) { return socket.use.target == target; });
    }
}

std::array<std::vector<prism_count>, PRISM_PROGRAMS> Programs::counts(std::uint32_t slot) const
{
    std::array<std::vector<prism_count>, PRISM_PROGRAMS> read;
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        read[program].resize(static_cast<std::size_t>(m_cpus));
        const std::uint32_t index = slot * PRISM_PROGRAMS + program;
        bpf_map_lookup_elem(bpf_map__fd(m_skeleton->maps.counts), &index, read[program].data());
    }
    return read;
}

void Programs::clearCounts(std::uint32_t slot)
{
    const auto before = counts(slot);
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        for (const prism_count& cpu : before[program]) {
            m_sampled[program].cleared += cpu.attempted;
        }
    }
    m_usedSlots |= std::uint64_t { 1 } << slot;
    const std::vector<prism_count> zero(static_cast<std::size_t>(m_cpus));
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        const std::uint32_t index = slot * PRISM_PROGRAMS + program;
        bpf_map_update_elem(bpf_map__fd(m_skeleton->maps.counts), &index, zero.data(), BPF_ANY);
    }
}

std::vector<ProgramCost> Programs::costs() const
{
    std::vector<ProgramCost> found;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, m_skeleton->obj)
    {
        bpf_prog_info info {};
        std::uint32_t bytes = sizeof info;
        const int fd = bpf_program__fd(program);
        if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0 && info.run_cnt != 0) {
            const std::string name = bpf_program__name(program);
            const bool scheduler = std::any_of(m_programs.begin(), m_programs.end(),
                [&name](const Program& told) { return told.scheduler && told.name == name; });
            found.push_back({ name, info.run_cnt, info.run_time_ns, scheduler });
        }
    }
    return found;
}

std::vector<ProgramCost> Programs::sampledCosts()
{
    std::array<std::uint64_t, PRISM_PROGRAMS> events {};
    for (std::uint32_t slot = 0; slot < PRISM_SLOTS; ++slot) {
        if ((m_usedSlots >> slot & 1U) != 0) {
            const auto read = counts(slot);
            for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
                for (const prism_count& cpu : read[program]) {
                    events[program] += cpu.attempted;
                }
            }
        }
    }
    std::vector<ProgramCost> found;
    std::vector<prism_cost> cpus(static_cast<std::size_t>(m_cpus));
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        Sampled now;
        now.events = events[program] + m_sampled[program].cleared;
        bpf_map_lookup_elem(bpf_map__fd(m_skeleton->maps.costs), &program, cpus.data());
        for (const prism_cost& cpu : cpus) {
            now.samples += cpu.samples;
            now.sampledNs += cpu.sampled_ns;
        }
        Sampled& last = m_sampled[program];
        // The mean of the newest runs where there are enough of them: a busy machine makes each run longer.
        const bool newest = now.samples - last.samples >= 8;
        const auto samples = static_cast<double>(newest ? now.samples - last.samples : now.samples);
        const auto took = static_cast<double>(newest ? now.sampledNs - last.sampledNs : now.sampledNs);
        now.runNs
            = last.runNs + (samples > 0 ? static_cast<double>(now.events - last.events) * took / samples : 0);
        now.cleared = last.cleared;
        last = now;
        if (now.samples != 0) {
            found.push_back({ programName(program), now.events, static_cast<std::uint64_t>(now.runNs),
                program == PRISM_ON_SCHEDULER });
        }
    }
    return found;
}

int Programs::measureCosts()
{
    return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

const char* programName(std::uint32_t program)
{
    static constexpr std::array<const char*, PRISM_PROGRAMS> names { "calls", "packets in", "packets out",
        "bytes out", "bytes in", "connections", "processes", "scheduler", "engine messages" };
    return program < names.size() ? names[program] : "";
}

} // namespace prism::probes
