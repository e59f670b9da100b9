// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/process_cost.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
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

long bpfCall(int command, bpf_attr& attr)
{
    return ::syscall(SYS_bpf, command, &attr, sizeof attr);
}

bool programInfo(int fd, bpf_prog_info& info)
{
    bpf_attr attr;
    std::memset(&info, 0, sizeof info);
    std::memset(&attr, 0, sizeof attr);
    attr.info.bpf_fd = static_cast<__u32>(fd);
    attr.info.info_len = sizeof info;
    attr.info.info = reinterpret_cast<__u64>(&info);
    return bpfCall(BPF_OBJ_GET_INFO_BY_FD, attr) == 0;
}

std::string programName(std::int64_t id)
{
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.prog_id = static_cast<__u32>(id);
    const int fd = static_cast<int>(bpfCall(BPF_PROG_GET_FD_BY_ID, attr));
    bpf_prog_info info;
    const bool told = fd >= 0 && programInfo(fd, info);
    if (fd >= 0) {
        ::close(fd);
    }
    return told ? std::string(info.name, strnlen(info.name, sizeof info.name)) : std::to_string(id);
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

std::map<std::string, ProgramTime> programTimes(std::int64_t pid)
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
    std::map<std::string, ProgramTime> named;
    for (const auto& [id, time] : programs) {
        ProgramTime& sum = named[programName(id)];
        sum.runs += time.runs;
        sum.runNs += time.runNs;
    }
    return named;
}

ProgramTime programTime(std::int64_t pid)
{
    ProgramTime sum;
    for (const auto& [name, time] : programTimes(pid)) {
        sum.runs += time.runs;
        sum.runNs += time.runNs;
    }
    return sum;
}

EmptyPrograms::EmptyPrograms()
{
    // r0 = 0; exit
    constexpr std::array<bpf_insn, 2> nothing {
        bpf_insn { BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0 },
        bpf_insn { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
    };
    for (const char* tracepoint :
        { "sched_switch", "sock_send_length", "sock_recv_length", "sk_data_ready", "net_dev_queue" }) {
        bpf_attr attr;
        std::memset(&attr, 0, sizeof attr);
        attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
        attr.insns = reinterpret_cast<__u64>(nothing.data());
        attr.insn_cnt = nothing.size();
        attr.license = reinterpret_cast<__u64>("GPL");
        const int program = static_cast<int>(bpfCall(BPF_PROG_LOAD, attr));
        std::memset(&attr, 0, sizeof attr);
        attr.raw_tracepoint.name = reinterpret_cast<__u64>(tracepoint);
        attr.raw_tracepoint.prog_fd = static_cast<__u32>(program);
        const int link = program >= 0 ? static_cast<int>(bpfCall(BPF_RAW_TRACEPOINT_OPEN, attr)) : -1;
        m_programs.push_back(program);
        m_links.push_back(link);
        m_attached = m_attached && link >= 0;
    }
}

EmptyPrograms::~EmptyPrograms()
{
    for (const std::vector<int>* fds : { &m_links, &m_programs }) {
        for (const int fd : *fds) {
            if (fd >= 0) {
                ::close(fd);
            }
        }
    }
}

ProgramTime EmptyPrograms::time() const
{
    ProgramTime sum;
    for (const int program : m_programs) {
        bpf_prog_info info;
        if (programInfo(program, info)) {
            sum.runs += static_cast<std::int64_t>(info.run_cnt);
            sum.runNs += static_cast<std::int64_t>(info.run_time_ns);
        }
    }
    return sum;
}

KernelStatistics::KernelStatistics()
{
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.enable_stats.type = BPF_STATS_RUN_TIME;
    m_fd = static_cast<int>(bpfCall(BPF_ENABLE_STATS, attr));
}

KernelStatistics::~KernelStatistics()
{
    if (m_fd >= 0) {
        ::close(m_fd);
    }
}

} // namespace prism::test
