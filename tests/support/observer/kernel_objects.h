// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

/// What a process holds, as /proc and the kernel tell it.
namespace prism::test {

/// BPF objects by the numbers that the kernel gives them. Other programs on the machine have theirs, so only
/// those that a process was seen to hold are asked for.
struct KernelObjects {
    std::set<std::uint32_t> links;
    std::set<std::uint32_t> programs;
    std::set<std::uint32_t> maps;

    static KernelObjects of(std::int64_t pid);
    /// Those that the kernel still has.
    KernelObjects remaining() const;
    std::size_t count() const { return links.size() + programs.size() + maps.size(); }
};

/// Descriptors that a process has open.
std::size_t openDescriptors(std::int64_t pid);
std::vector<std::int64_t> childrenOf(std::int64_t pid);
std::uint64_t residentBytes(std::int64_t pid);
/// CPU time of all threads, and time runnable but waiting.
struct ProcessTime {
    std::int64_t onCpuNs = 0;
    std::int64_t waitedNs = 0;
};
ProcessTime processTime(std::int64_t pid);
std::uint64_t startTicks(std::int64_t pid);

} // namespace prism::test
