// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/programs.h"

#include "programs.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <linux/bpf.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
struct Known {
    const char* name;
    const char* feature;
};

/// In the order of the sources; what is missing without each.
constexpr Known knownPrograms[] = {
    { "on_call_begin", "when a write began" },
    { "on_call_end", "requests, answers and their events" },
    { "on_packet_in", "when a request arrived" },
    { "on_packet_out", "when an answer left" },
    { "on_bytes_out", "bytes sent by io_uring or sendfile" },
    { "on_bytes_in", "bytes received by io_uring or splice" },
    { "on_state", "connections that open and close" },
    { "walk_files", "connections that were there before" },
    { "on_fork", "new processes of the server" },
    { "on_exec", "programs started in its processes" },
    { "on_exit", "the end of its processes" },
    { "on_switch", "when its threads run" },
    { "on_wakeup", "when its threads could run" },
    { "on_wakeup_new", "when its new threads could run" },
    { "on_thread_exit", "the end of its threads" },
};

const char* featureOf(const char* name)
{
    for (const Known& known : knownPrograms) {
        if (std::strcmp(known.name, name) == 0) {
            return known.feature;
        }
    }
    return "";
}

int silent(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/)
{
    return 0;
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
    bpf_map__set_max_entries(m_skeleton->maps.cycles, m_settings.cycleRingBytes);
    bpf_map__set_max_entries(m_skeleton->maps.processes, m_settings.processRingBytes);
    bpf_map__set_max_entries(m_skeleton->maps.sockets, m_settings.mostSockets);
    m_skeleton->rodata->payloads_wakeup = m_settings.payloadRingBytes / 4;
    m_skeleton->rodata->cycles_wakeup = m_settings.cycleRingBytes / 4;
}

bool Programs::loadAll(const std::vector<bool>& wanted)
{
    if (open() != 0) {
        return false;
    }
    std::size_t index = 0;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, m_skeleton->obj)
    {
        bpf_program__set_autoload(program, wanted[index++]);
    }
    const int failed = prism_programs::load(m_skeleton);
    errno = -failed;
    return failed == 0;
}

std::unique_ptr<Programs> Programs::load(const ProgramSettings& settings, std::string& reason)
{
    libbpf_set_print(silent);
    std::unique_ptr<Programs> made(new Programs(settings));
    if (made->open() != 0) {
        reason = "The kernel programs cannot be opened: " + std::string(std::strerror(errno))
            + ". A kernel with type information in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF) is needed";
        return nullptr;
    }
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, made->m_skeleton->obj)
    {
        const char* name = bpf_program__name(program);
        made->m_programs.push_back({ name, featureOf(name), 0, false });
    }
    std::vector<bool> wanted(made->m_programs.size(), true);
    if (made->loadAll(wanted)) {
        return made;
    }
    // Something is refused. Each is tried alone, so that one never costs the others.
    std::size_t good = 0;
    int error = errno;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        std::vector<bool> alone(wanted.size(), false);
        alone[i] = true;
        const bool works = made->loadAll(alone);
        made->m_programs[i].error = works ? 0 : errno;
        good += works ? 1 : 0;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        wanted[i] = made->m_programs[i].error == 0;
    }
    if (good == 0 || !made->loadAll(wanted)) {
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
    std::size_t index = 0;
    std::size_t attached = 0;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, m_skeleton->obj)
    {
        Program& told = m_programs[index++];
        const bool iterator = bpf_program__expected_attach_type(program) == BPF_TRACE_ITER;
        if (bpf_program__fd(program) < 0 || iterator) {
            continue;
        }
        if (bpf_link* link = bpf_program__attach(program)) {
            m_links.push_back(link);
            told.attached = true;
            ++attached;
        } else {
            told.error = errno;
        }
    }
    return attached;
}

Links Programs::takeLinks()
{
    for (Program& program : m_programs) {
        program.attached = false;
    }
    return Links(std::exchange(m_links, {}));
}

int Programs::payloadRing() const
{
    return bpf_map__fd(m_skeleton->maps.payloads);
}

int Programs::processRing() const
{
    return bpf_map__fd(m_skeleton->maps.processes);
}

int Programs::cycleRing() const
{
    return bpf_map__fd(m_skeleton->maps.cycles);
}

int Programs::observe(std::uint32_t tgid, const prism_target& target)
{
    const int failed = bpf_map_update_elem(bpf_map__fd(m_skeleton->maps.targets), &tgid, &target, BPF_ANY);
    return -failed;
}

void Programs::unobserve(std::uint32_t tgid)
{
    bpf_map_delete_elem(bpf_map__fd(m_skeleton->maps.targets), &tgid);
}

void Programs::switchOff(std::uint32_t target)
{
    const int map = bpf_map__fd(m_skeleton->maps.targets);
    eachEntry<std::uint32_t, prism_target>(map, [&](std::uint32_t tgid, prism_target value) {
        if (value.target == target) {
            value.off = 1;
            bpf_map_update_elem(map, &tgid, &value, BPF_EXIST);
        }
    });
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
    const auto mine = [target](const auto& value) { return value.target == target; };
    const auto& maps = m_skeleton->maps;
    deleteEntries<std::uint32_t, prism_target>(bpf_map__fd(maps.targets), mine);
    deleteEntries<prism_port, prism_owner>(bpf_map__fd(maps.ports), mine);
    deleteEntries<std::uint64_t, prism_socket>(bpf_map__fd(maps.sockets), mine);
    deleteEntries<std::uint32_t, prism_turn>(bpf_map__fd(maps.turns), mine);
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
            found.push_back({ bpf_program__name(program), info.run_cnt, info.run_time_ns });
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
        "bytes out", "bytes in", "connections", "processes", "scheduler" };
    return program < names.size() ? names[program] : "";
}

} // namespace prism::probes
