// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
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
