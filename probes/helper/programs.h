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
    bool scheduler = false; ///< one of those that may be left out when all together cost too much
};

/// How reads and writes are seen: at the socket (Linux 6.3 and newer), or at the system call, which costs
/// every process of the machine something.
enum class ProgramWay { Best, Sockets, Calls };

/// Sizes, other than the shipped ones only in tests.
struct ProgramSettings {
    ProgramWay way = ProgramWay::Best;
    std::uint32_t payloadRingBytes = 4U << 20;
    std::uint32_t turnSlots = 0; ///< places for turns of threads, a CPU; a power of two. 0: by their number
    std::uint32_t processRingBytes = 256U << 10;
    std::uint32_t mostSockets = 65536;
};

/// Time that a kernel program has cost: as the kernel itself measures where it does, else as the program has
/// measured some of its runs; then it is of the targets' events, and without what others' events cost.
struct ProgramCost {
    std::string name;
    std::uint64_t runs = 0;
    std::uint64_t runNs = 0;
    bool scheduler = false;
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
    /// How many are attached now. The one that reads an engine's messages is attached by attachEngine(), the
    /// one on packets by followLatePackets().
    std::size_t attach();
    /// Where it is not done. False when this kernel does not allow it.
    bool attachEngine();
    /// Where bytes have not left when the call that wrote them returned, packets are met from now on. Costs
    /// one look into memory while there are none; to be called every 20 ms or so, and when the process ring
    /// has PRISM_PACKETS_WANTED.
    void followLatePackets();
    /// The links, to be closed elsewhere; the programs fire until then.
    Links takeLinks();
    bool attached() const { return !m_links.empty(); }
    /// Those of the scheduler alone; empty when they are off. attachScheduler() or the next attach() attaches
    /// them anew.
    Links takeSchedulerLinks();
    /// After those are closed. False: they are on, or this kernel does not take them.
    bool attachScheduler();

    int payloadRing() const;
    int processRing() const;
    int turnQueues() const;
    int turnPlaces() const;
    /// Places of each queue of turns.
    std::uint32_t turnSlots() const { return m_turnSlots; }
    /// One more than the highest number that a CPU can have here.
    std::uint32_t cpuNumbers() const { return m_cpuNumbers; }
    const ProgramSettings& settings() const { return m_settings; }

    /// True where reads and writes are seen at the system call.
    bool byCall() const { return m_byCall; }

    /// Sets or replaces the entry of one process. 0 or errno.
    int observe(std::uint32_t tgid, const prism_target& target);
    void unobserve(std::uint32_t tgid);
    /// Switches a target off, with its processes, ports and connections: from the return on nothing of it is
    /// put into a ring, except by programs that run at this moment.
    void switchOff(std::uint32_t target, std::uint32_t slot);
    /// Another target than this one observes the process now.
    bool isOfAnother(std::uint32_t tgid, std::uint32_t target) const;
    /// Process ids of a target that are in the table now.
    std::vector<std::uint32_t> observed(std::uint32_t target) const;
    /// Tells of the connections that the processes have already, and notes their listening ports.
    void walkFiles(const std::vector<std::uint32_t>& tgids);
    /// Forgets processes and connections of a target. May run on another thread.
    void forget(std::uint32_t target);

    int possibleCpus() const { return m_cpus; }
    /// Counts of a slot: [program][cpu].
    std::array<std::vector<prism_count>, PRISM_PROGRAMS> counts(std::uint32_t slot) const;
    void clearCounts(std::uint32_t slot);
    /// True while the kernel measures every program of the machine, as an administrator may set it
    /// (kernel.bpf_stats_enabled). It is never switched on here: each run of each program costs 0.07 µs more
    /// then, a quarter of what ours cost.
    static bool measuredByKernel();
    /// By the kernel's measurements.
    std::vector<ProgramCost> costs() const;
    /// By the programs' own samples, one a counted program; to be called every second or so.
    std::vector<ProgramCost> sampledCosts();

private:
    // programs.cpp: loading and attaching
    explicit Programs(const ProgramSettings& settings);
    int open();
    void setSizes();
    bool loadOnly(const std::vector<std::string>& names);
    bool attachOne(Program& told);
    bool attachLater(const char* name);
    // program_tables.cpp: what is observed, and what was counted
    /// Programs keep with a connection that its process is a target's; they look again.
    void forgetFindings();
    // program_costs.cpp: what it costs
    /// Events that a program was to tell of, over all slots that there are and were.
    std::array<std::uint64_t, PRISM_PROGRAMS> events() const;

    ProgramSettings m_settings;
    prism_programs* m_skeleton = nullptr;
    std::vector<Program> m_programs;
    /// What was sampled up to the last call, and what that makes of all runs.
    struct Sampled {
        std::uint64_t cleared = 0; ///< events of slots that were given to other targets
        std::uint64_t events = 0;
        prism_cost taken {};
        double runNs = 0;
    };
    std::vector<bpf_link*> m_links;
    std::vector<bpf_link*> m_schedulerLinks;
    std::array<Sampled, PRISM_PROGRAMS> m_sampled {};
    std::uint64_t m_usedSlots = 0;
    int m_cpus = 0;
    std::uint32_t m_cpuNumbers = 0;
    std::uint32_t m_turnSlots = 0;
    bool m_byCall = false;
};

/// What one run takes by these samples, in nanoseconds. Those in which the machine stood still are left out,
/// unless they are more than a quarter: then it is the program that takes so long.
double meanRunNs(const prism_cost& taken);

/// Name of a counted program (prism_program), as in Loss records.
const char* programName(std::uint32_t program);

} // namespace prism::probes
