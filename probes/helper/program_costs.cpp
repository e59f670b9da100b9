// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/programs.h"

#include "programs.skel.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fstream>
#include <linux/bpf.h>

namespace prism::probes {

namespace {
prism_cost sum(const prism_cost& a, const prism_cost& b)
{
    return { a.samples + b.samples, a.sampled_ns + b.sampled_ns, a.stalled + b.stalled,
        a.stalled_ns + b.stalled_ns };
}

prism_cost difference(const prism_cost& now, const prism_cost& before)
{
    return { now.samples - before.samples, now.sampled_ns - before.sampled_ns, now.stalled - before.stalled,
        now.stalled_ns - before.stalled_ns };
}
} // namespace

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

std::array<std::uint64_t, PRISM_PROGRAMS> Programs::events() const
{
    std::array<std::uint64_t, PRISM_PROGRAMS> sum {};
    for (std::uint32_t slot = 0; slot < PRISM_SLOTS; ++slot) {
        if ((m_usedSlots >> slot & 1U) != 0) {
            const auto read = counts(slot);
            for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
                for (const prism_count& cpu : read[program]) {
                    sum[program] += cpu.attempted;
                }
            }
        }
    }
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        sum[program] += m_sampled[program].cleared;
    }
    return sum;
}

std::vector<ProgramCost> Programs::sampledCosts()
{
    const auto events = this->events();
    std::vector<ProgramCost> found;
    std::vector<prism_cost> cpus(static_cast<std::size_t>(m_cpus));
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        prism_cost taken {};
        bpf_map_lookup_elem(bpf_map__fd(m_skeleton->maps.costs), &program, cpus.data());
        for (const prism_cost& cpu : cpus) {
            taken = sum(taken, cpu);
        }
        Sampled& last = m_sampled[program];
        // The newest runs where there are enough of them: a busy machine makes each run longer.
        const prism_cost newest = difference(taken, last.taken);
        const double runNs = meanRunNs(newest.samples + newest.stalled >= 8 ? newest : taken);
        last.runNs += static_cast<double>(events[program] - last.events) * runNs;
        last.events = events[program];
        last.taken = taken;
        if (runNs > 0) {
            found.push_back({ programName(program), last.events, static_cast<std::uint64_t>(last.runNs),
                program == PRISM_ON_SCHEDULER });
        }
    }
    return found;
}

bool Programs::measuredByKernel()
{
    std::ifstream setting("/proc/sys/kernel/bpf_stats_enabled");
    int value = 0;
    return setting >> value && value == 1;
}

double meanRunNs(const prism_cost& taken)
{
    const std::uint64_t all = taken.samples + taken.stalled;
    const bool slow = taken.samples == 0 || (taken.stalled >= 3 && taken.stalled * 4 > all);
    const std::uint64_t runs = slow ? all : taken.samples;
    const std::uint64_t ns = taken.sampled_ns + (slow ? taken.stalled_ns : 0);
    return runs != 0 ? static_cast<double>(ns) / static_cast<double>(runs) : 0;
}

} // namespace prism::probes
