// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/process_cost.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace prism::test {

namespace {

std::string processFolder(std::int64_t pid)
{
    return "/proc/" + std::to_string(pid);
}

std::string readFile(const std::string& path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> entries(const std::string& folder)
{
    std::vector<std::string> out;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        out.push_back(it->path());
    }
    return out;
}

} // namespace

std::vector<std::int64_t> childrenOf(std::int64_t pid)
{
    std::vector<std::int64_t> out;
    for (const std::string& task : entries(processFolder(pid) + "/task")) {
        std::istringstream words(readFile(task + "/children"));
        for (std::int64_t child = 0; words >> child;) {
            out.push_back(child);
        }
    }
    return out;
}

std::uint64_t residentBytes(std::int64_t pid)
{
    std::istringstream words(readFile(processFolder(pid) + "/statm"));
    std::uint64_t whole = 0;
    std::uint64_t resident = 0;
    words >> whole >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

ProcessTime processTime(std::int64_t pid)
{
    ProcessTime out;
    for (const std::string& task : entries(processFolder(pid) + "/task")) {
        std::istringstream words(readFile(task + "/schedstat"));
        std::int64_t onCpu = 0;
        std::int64_t waited = 0;
        words >> onCpu >> waited;
        out.onCpuNs += onCpu;
        out.waitedNs += waited;
    }
    return out;
}

std::uint64_t familyBytes(std::int64_t pid)
{
    std::uint64_t bytes = residentBytes(pid);
    for (const std::int64_t child : childrenOf(pid)) {
        bytes += residentBytes(child);
    }
    return bytes;
}

ProcessTime familyTime(std::int64_t pid)
{
    ProcessTime sum = processTime(pid);
    for (const std::int64_t child : childrenOf(pid)) {
        const ProcessTime one = processTime(child);
        sum.onCpuNs += one.onCpuNs;
        sum.waitedNs += one.waitedNs;
    }
    return sum;
}

ProgramTime programTime(std::int64_t pid)
{
    // A program may be open more than once.
    std::map<std::int64_t, ProgramTime> programs;
    for (const std::string& path : entries(processFolder(pid) + "/fdinfo")) {
        std::istringstream lines(readFile(path));
        ProgramTime time;
        std::int64_t id = -1;
        for (std::string name, line; lines >> name && std::getline(lines, line);) {
            const std::int64_t value = std::strtoll(line.c_str(), nullptr, 10);
            if (name == "prog_id:") {
                id = value;
            } else if (name == "run_time_ns:") {
                time.runNs = value;
            } else if (name == "run_cnt:") {
                time.runs = value;
            }
        }
        if (id >= 0 && time.runs >= programs[id].runs) {
            programs[id] = time;
        }
    }
    ProgramTime sum;
    for (const auto& [id, time] : programs) {
        sum.runs += time.runs;
        sum.runNs += time.runNs;
    }
    return sum;
}

KernelStatistics::KernelStatistics()
{
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.enable_stats.type = BPF_STATS_RUN_TIME;
    m_fd = static_cast<int>(::syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof attr));
}

KernelStatistics::~KernelStatistics()
{
    if (m_fd >= 0) {
        ::close(m_fd);
    }
}

} // namespace prism::test
