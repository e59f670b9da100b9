// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/sampler.h"

#include <charconv>
#include <dirent.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
/// Processor time of all threads that a process has and had; with nanoseconds, and for any process.
std::optional<std::uint64_t> cpuNs(pid_t pid)
{
    clockid_t clock {};
    timespec used {};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000U
        + static_cast<std::uint64_t>(used.tv_nsec);
}

/// The file with the time for which the control group was held back; empty when there is none.
std::string throttleFile(std::uint32_t pid)
{
    std::ifstream groups("/proc/" + std::to_string(pid) + "/cgroup");
    std::string line;
    while (std::getline(groups, line)) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        std::vector<std::string> roots;
        if (controllers == ",,") {
            roots = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
        } else if (controllers.find(",cpu,") != std::string::npos) {
            roots = { "/sys/fs/cgroup/cpu" };
        }
        for (const std::string& root : roots) {
            std::string file = root + path + "/cpu.stat";
            std::ifstream stat(file);
            std::string word;
            while (stat >> word) {
                if (word == "throttled_usec" || word == "throttled_time") {
                    return file;
                }
            }
        }
    }
    return {};
}

std::optional<std::uint64_t> throttledNs(const std::string& path)
{
    std::ifstream file(path);
    std::string word;
    std::uint64_t value = 0;
    while (file >> word >> value) {
        if (word == "throttled_usec") {
            return value * 1000;
        }
        if (word == "throttled_time") {
            return value;
        }
    }
    return std::nullopt;
}

/// Time in which some task waited so far: "some avg10=… total=MICROSECONDS".
std::optional<std::uint64_t> pressureNs(const char* resource)
{
    std::ifstream file(std::string("/proc/pressure/") + resource);
    std::string line;
    constexpr std::string_view key = "total=";
    if (!std::getline(file, line) || !line.starts_with("some") || line.find(key) == std::string::npos) {
        return std::nullopt;
    }
    std::uint64_t micros = 0;
    const char* const begin = line.data() + line.find(key) + key.size();
    std::from_chars(begin, line.data() + line.size(), micros);
    return micros * 1000;
}

double ratio(std::uint64_t now, std::uint64_t before, std::uint64_t wall)
{
    return now > before ? static_cast<double>(now - before) / static_cast<double>(wall) : 0;
}
} // namespace

std::unordered_map<std::uint32_t, std::uint64_t> threadWaits(std::uint32_t pid)
{
    std::unordered_map<std::uint32_t, std::uint64_t> found;
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    DIR* tasks = opendir(folder.c_str());
    while (const dirent* entry = tasks != nullptr ? readdir(tasks) : nullptr) {
        const std::string_view name(entry->d_name);
        std::uint32_t tid = 0;
        std::from_chars(name.data(), name.data() + name.size(), tid);
        std::ifstream file(folder + "/" + entry->d_name + "/schedstat");
        std::uint64_t ran = 0;
        std::uint64_t waited = 0; // the second number of schedstat
        if (tid != 0 && file >> ran >> waited) {
            found[tid] = waited;
        }
    }
    if (tasks != nullptr) {
        closedir(tasks);
    }
    return found;
}

std::vector<Measured> FamilySampler::sample(const std::vector<ProcessState>& processes, std::uint64_t nowNs)
{
    const std::uint64_t wall = nowNs - m_lastNs;
    const bool first = m_lastNs == 0 || wall == 0;
    std::uint64_t cpu = 0;
    std::uint64_t waited = 0;
    std::uint64_t resident = 0;
    std::map<std::uint32_t, Before> now;
    for (const ProcessState& process : processes) {
        resident += process.residentBytes;
        Before& current = now[process.pid];
        current.startTicks = process.startTicks;
        current.cpuNs = cpuNs(static_cast<pid_t>(process.pid)).value_or(0);
        current.waitNs = threadWaits(process.pid);
        const auto known = m_before.find(process.pid);
        const bool same = known != m_before.end() && known->second.startTicks == process.startTicks;
        // A process that is new has spent all its time since the last call.
        const std::uint64_t before = same ? known->second.cpuNs : 0;
        cpu += current.cpuNs > before ? current.cpuNs - before : 0;
        for (const auto& [tid, wait] : current.waitNs) {
            const auto earlier = same ? known->second.waitNs.find(tid) : current.waitNs.end();
            const bool had = same && earlier != known->second.waitNs.end();
            waited += wait - (had ? std::min(wait, earlier->second) : 0);
        }
    }
    std::vector<Measured> samples { { wire::SampleMetric::ResidentBytes, 0, static_cast<double>(resident) } };
    if (!first) {
        samples.push_back({ wire::SampleMetric::CpuCores, 0, ratio(cpu, 0, wall) });
        samples.push_back({ wire::SampleMetric::RunQueueWait, 0, ratio(waited, 0, wall) });
    } else if (!processes.empty()) {
        m_throttleFile = throttleFile(processes.front().pid);
    }
    if (const auto throttled = m_throttleFile.empty() ? std::nullopt : throttledNs(m_throttleFile)) {
        if (!first) {
            samples.push_back(
                { wire::SampleMetric::CgroupThrottled, 0, ratio(*throttled, m_throttledNs, wall) });
        }
        m_throttledNs = *throttled;
    }
    m_before = std::move(now);
    m_lastNs = nowNs;
    return samples;
}

std::vector<Measured> MachineSampler::sample(std::uint64_t nowNs, pid_t parser)
{
    const std::uint64_t wall = nowNs - m_lastNs;
    const bool first = m_lastNs == 0 || wall == 0;
    std::vector<Measured> samples;
    constexpr struct {
        wire::SampleMetric metric;
        const char* resource;
    } pressures[] = { { wire::SampleMetric::PressureCpu, "cpu" },
        { wire::SampleMetric::PressureMemory, "memory" }, { wire::SampleMetric::PressureIo, "io" } };
    for (const auto& pressure : pressures) {
        if (const auto now = pressureNs(pressure.resource)) {
            std::uint64_t& before = m_pressureNs[pressure.metric];
            if (!first) {
                samples.push_back({ pressure.metric, 0, ratio(*now, before, wall) });
            }
            before = *now;
        }
    }
    std::uint64_t helper = cpuNs(getpid()).value_or(0);
    std::uint64_t resident = 0;
    for (const pid_t pid : { getpid(), parser }) {
        if (const auto state = pid != 0 ? readProcess(static_cast<std::uint32_t>(pid)) : std::nullopt) {
            resident += state->residentBytes;
        }
    }
    helper += parser != 0 ? cpuNs(parser).value_or(0) : 0;
    samples.push_back({ wire::SampleMetric::HelperBytes, 0, static_cast<double>(resident) });
    if (!first) {
        samples.push_back({ wire::SampleMetric::HelperCores, 0, ratio(helper, m_helperNs, wall) });
    }
    if (const auto cores = std::exchange(m_probeCores, std::nullopt)) {
        samples.push_back({ wire::SampleMetric::ProbeCores, 0, *cores });
    }
    m_helperNs = helper;
    m_lastNs = nowNs;
    return samples;
}

} // namespace prism::probes
