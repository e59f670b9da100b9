// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What a process takes, as /proc tells it.
namespace prism::test {

std::vector<std::int64_t> childrenOf(std::int64_t pid);
std::uint64_t residentBytes(std::int64_t pid);
/// Of a process and its children.
std::uint64_t familyBytes(std::int64_t pid);
/// CPU time of all threads, and time runnable but waiting.
struct ProcessTime {
    std::int64_t onCpuNs = 0;
    std::int64_t waitedNs = 0;
};
ProcessTime processTime(std::int64_t pid);
/// Of a process and its children.
ProcessTime familyTime(std::int64_t pid);

/// Run time of the kernel programs that a process holds; counted while a KernelStatistics lives.
struct ProgramTime {
    std::int64_t runs = 0;
    std::int64_t runNs = 0;
};
ProgramTime programTime(std::int64_t pid);
/// The same by the program's name; root only, for others by its number.
std::map<std::string, ProgramTime> programTimes(std::int64_t pid);

/// Programs that do nothing, on the tracepoints that ours are on. Once the kernel measures programs, what a
/// run of these takes is the measuring itself (two looks at a clock), which is in the time of every other
/// program too. Root only.
class EmptyPrograms {
public:
    EmptyPrograms();
    ~EmptyPrograms();
    EmptyPrograms(const EmptyPrograms&) = delete;
    EmptyPrograms& operator=(const EmptyPrograms&) = delete;
    bool attached() const { return m_attached; }
    /// All together so far.
    ProgramTime time() const;

private:
    std::vector<int> m_programs;
    std::vector<int> m_links;
    bool m_attached = true;
};

/// Makes the kernel measure its BPF programs (costs each of them some 20 ns). Root only.
class KernelStatistics {
public:
    KernelStatistics();
    ~KernelStatistics();
    KernelStatistics(const KernelStatistics&) = delete;
    KernelStatistics& operator=(const KernelStatistics&) = delete;
    bool measure() const { return m_fd >= 0; }

private:
    int m_fd;
};

} // namespace prism::test
