// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/events.h"
#include "probes/bpf/tables.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct prism_programs;
struct bpf_link;

namespace prism::probes {

/// One kernel program, and whether this kernel takes it.
struct Program {
    std::string name;
    std::string feature; ///< for a person: what is not seen without it
    int error = 0; ///< errno of loading or attaching; 0: it works
    bool attached = false;
};

/// Sizes, other than the shipped ones only in tests.
struct ProgramSettings {
    std::uint32_t payloadRingBytes = 4U << 20;
    std::uint32_t cycleRingBytes = 1U << 20;
    std::uint32_t processRingBytes = 256U << 10;
    std::uint32_t mostSockets = 65536;
};

/// Time that a kernel program has cost, as the kernel itself measures.
struct ProgramCost {
    std::string name;
    std::uint64_t runs = 0;
    std::uint64_t runNs = 0;
};

/// Links that were taken off, on their way out. Closing one waits for the kernel: never on the main thread.
class Links {
public:
    Links() = default;
    explicit Links(std::vector<bpf_link*> links)
        : m_links(std::move(links))
    {
    }
    Links(Links&&) noexcept = default;
    Links& operator=(Links&&) noexcept = default;
    ~Links() { close(); }
    /// Closes all at once, each on a thread of its own: their waits overlap.
    void close();
    std::size_t size() const { return m_links.size(); }

private:
    std::vector<bpf_link*> m_links;
};

/// The kernel programs: loaded once, attached while there is a target. A program that this kernel refuses is
/// left out and the rest works. Nothing is pinned: when this process ends, all is gone. Main thread only,
/// except where said.
class Programs {
public:
    /// Loads. Null when nothing can be loaded; then `reason` is a sentence with a remedy.
    static std::unique_ptr<Programs> load(const ProgramSettings& settings, std::string& reason);
    ~Programs();
    Programs(const Programs&) = delete;
    Programs& operator=(const Programs&) = delete;

    const std::vector<Program>& list() const { return m_programs; }
    /// How many are attached now.
    std::size_t attach();
    /// The links, to be closed elsewhere; the programs fire until then.
    Links takeLinks();
    bool attached() const { return !m_links.empty(); }

    int payloadRing() const;
    int processRing() const;
    int cycleRing() const;
    const ProgramSettings& settings() const { return m_settings; }

    /// Sets or replaces the entry of one process. 0 or errno.
    int observe(std::uint32_t tgid, const prism_target& target);
    void unobserve(std::uint32_t tgid);
    /// Switches every process of the target off: from the return on nothing of it is put into a ring, except
    /// by calls that are in a program at this moment.
    void switchOff(std::uint32_t target);
    /// Process ids of a target that are in the table now.
    std::vector<std::uint32_t> observed(std::uint32_t target) const;
    /// Tells of the connections that the processes have already, and notes their listening ports.
    void walkFiles(const std::vector<std::uint32_t>& tgids);
    /// Forgets processes, ports and connections of a target. May run on another thread.
    void forget(std::uint32_t target);

    int possibleCpus() const { return m_cpus; }
    /// Counts of a slot: [program][cpu].
    std::array<std::vector<prism_count>, PRISM_PROGRAMS> counts(std::uint32_t slot) const;
    void clearCounts(std::uint32_t slot);
    /// Empty while the kernel's statistics are off (they need CAP_SYS_ADMIN or kernel.bpf_stats_enabled).
    std::vector<ProgramCost> costs() const;
    /// Has the kernel measure run times while the descriptor lives; -1 with errno where that is not allowed.
    static int measureCosts();

private:
    explicit Programs(const ProgramSettings& settings);
    int open();
    void setSizes();
    bool loadAll(const std::vector<bool>& wanted);

    ProgramSettings m_settings;
    prism_programs* m_skeleton = nullptr;
    std::vector<Program> m_programs;
    std::vector<bpf_link*> m_links;
    int m_cpus = 0;
};

/// Name of a counted program (prism_program), as in Loss records.
const char* programName(std::uint32_t program);

} // namespace prism::probes
