// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/programs.h"

#include "programs.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
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

bool Programs::isOfAnother(std::uint32_t tgid, std::uint32_t target) const
{
    prism_target value {};
    return bpf_map_lookup_elem(bpf_map__fd(m_skeleton->maps.targets), &tgid, &value) == 0
        && value.target != target && value.off == 0;
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

const char* programName(std::uint32_t program)
{
    static constexpr std::array<const char*, PRISM_PROGRAMS> names { "calls", "packets in", "packets out",
        "bytes out", "bytes in", "connections", "processes", "scheduler", "engine messages" };
    return program < names.size() ? names[program] : "";
}

} // namespace prism::probes
