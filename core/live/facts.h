// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/request.h"
#include "probes/protocol/record.h"

#include <string>
#include <string_view>
#include <vector>

/// What a session knows beside requests. Instants as in request.h.
namespace prism::live {

struct TierChoice {
    int tier = 0; ///< 0 … 3
    bool possible = false;
    std::string reason; ///< why not
    std::string remedy; ///< what would change it
    bool needsRights = false; ///< not possible to this helper, but to one with its rights
};

/// Something that observing needs or profits from, as the helper found it on its machine.
struct MachineFeature {
    std::string name;
    bool works = false;
    bool needed = true; ///< false: without it the view loses little
    std::string reason; ///< what was found
    std::string remedy; ///< what would change it
};

/// An inference server that runs on the observed machine.
struct FoundServer {
    std::uint32_t pid = 0;
    std::uint32_t innerPid = 0; ///< in its container; 0 without
    std::uint64_t startTicks = 0; ///< with the pid it is the identity
    std::string user;
    std::string engine; ///< "vllm", "llama.cpp" … as in wire::ServerKey::Engine
    std::string engineVersion;
    std::string model;
    std::vector<std::uint16_t> ports;
    std::vector<std::string> addresses; ///< listening addresses, one a port; may be empty
    std::vector<std::string> accelerators;
    std::string container; ///< container or pod
    std::string role; ///< "server", "router", "supervisor", "worker"
    std::string command; ///< without secrets
    std::vector<std::uint32_t> processes; ///< further processes of the same server
    std::vector<std::uint32_t> upstreams; ///< of a router: pids of servers that it forwards to
    std::vector<std::string> notes; ///< what could not be found out, a sentence each
    std::vector<TierChoice> tiers;
    bool unasked = false; ///< it listens and may be a server; the helper could not ask it
    bool modelUnasked = false; ///< it is a server whose model is not known; the helper could not ask it
};

/// A fact of the target and its machine, taken at attach from an allow-list.
struct SnapshotFact {
    std::string name;
    std::string text;
};

/// An attached target.
struct Target {
    TargetNumber number = 0;
    FoundServer server;
    std::vector<int> tiers; ///< in force
    Nanoseconds start; ///< first instant that is observed
    std::int64_t startUnixNs = 0;
    std::uint64_t programs = 0; ///< kernel programs attached
    std::optional<Nanoseconds> attachTook;
    /// Of the thread that waited most for CPUs while attaching, all its waits together; where it was
    /// measured.
    std::optional<Nanoseconds> cpuWait;
    std::vector<SnapshotFact> snapshot;
    std::string metricsUrl; ///< where the server's own /metrics are asked for; empty: they are not
    std::string metricsProblem; ///< a sentence: why nothing of them is known now
    bool attached = true;
    std::optional<Nanoseconds> end; ///< detached, exited or lost
    std::string endReason; ///< a sentence; empty while attached
};

/// The helper's program that tells when threads run. It is left out when probing costs too much.
inline constexpr std::string_view schedulerProgram = "on_switch";
/// Name of the ProbeFact that says why a target's bytes are not read as requests.
inline constexpr std::string_view unreadBytes = "unread bytes";

/// What became of a probe, a tier or a target.
struct ProbeFact {
    Nanoseconds at;
    TargetNumber target = 0;
    std::string name;
    wire::ProbeState state = wire::ProbeState::Ready;
    int tier = 0;
    int error = 0;
    std::string hint; ///< a sentence for the user
};

/// Whether the fact says that a target is observed by kernel programs from now on, or no longer; nothing
/// where it says neither. What is not observed is unknown: no request seen then is no rest.
std::optional<bool> saysObserved(const ProbeFact& fact);

struct ProcessFact {
    Nanoseconds at;
    TargetNumber target = 0;
    std::uint32_t pid = 0;
    std::uint32_t parent = 0;
    std::uint32_t innerPid = 0;
    std::uint32_t uid = 0;
    std::uint64_t startTicks = 0;
    wire::ProcessChange change = wire::ProcessChange::Present;
    std::uint32_t exitCode = 0; ///< wait status of Exited
    std::string name;
};

/// Name of the ProbeFact that says of one process of a target that it is no longer observed ("Process PID
/// …").
inline constexpr std::string_view leftProcess = "process";
/// What the fact says is of this process, and no later.
bool isAbout(const ProbeFact& fact, const ProcessFact& process);

enum class LossStage : std::uint8_t {
    Probe, ///< told by the helper in a Loss record
    Way, ///< a hole in the sequence numbers: lost between helper and us
    Here, ///< forgotten by this program to bound its memory
};

/// An interval in which something is missing; what the window hatches.
struct LossGap {
    Nanoseconds from;
    Nanoseconds to;
    std::string program;
    std::optional<std::uint32_t> cpu;
    LossStage stage = LossStage::Probe;
    wire::LossReason reason = wire::LossReason::RingFull;
    std::uint64_t dropped = 0;
    std::uint64_t bytes = 0; ///< payload bytes that are missing, where known
    /// Records are missing (not only bytes cut short on purpose, or what began before the attach): every
    /// statistic over this interval is incomplete.
    bool missing() const;
};

/// Totals of one program on one CPU since the attach: attempted = emitted + dropped.
struct LossTotal {
    std::string program;
    std::optional<std::uint32_t> cpu;
    wire::LossReason reason = wire::LossReason::RingFull;
    std::uint64_t attempted = 0;
    std::uint64_t emitted = 0;
    std::uint64_t dropped = 0;
    std::uint64_t bytes = 0; ///< that are missing or could not be read, where known
};

/// Something of it is missing: records, or bytes that could not be read as requests.
bool saysLoss(const LossTotal& total);

/// What came of a session and what is known to be missing of it; the same thing while it runs, at its end,
/// after a server's end and in a replay, whether or not the helper told its totals.
struct LossSum {
    std::uint64_t attempted = 0; ///< emitted + dropped
    std::uint64_t emitted = 0; ///< records that the helper sent and that arrived
    std::uint64_t dropped
        = 0; ///< of all LossTotals: lost at whatever stage, cut short, begun before the attach
    std::uint64_t truncated = 0; ///< of dropped: writes of which only a part was looked at
    std::uint64_t beforeAttach = 0; ///< of dropped: requests whose beginning was not seen
    /// Of dropped: what nothing at all is known of.
    std::uint64_t missing() const { return dropped - truncated - beforeAttach; }
};
LossSum sumOf(const std::vector<LossTotal>& totals, std::uint64_t records);

struct ClockJump {
    enum Kind { Suspend, WallClock } kind = Suspend;
    Nanoseconds at;
    Nanoseconds by; ///< time slept, or how far the wall clock was set
};

/// Time of one thread of a target.
struct SchedSpan {
    Nanoseconds begin;
    Nanoseconds end;
    std::uint32_t thread = 0;
    TargetNumber target = 0;
    std::uint32_t cpu = 0; ///< of Running and Runnable
    wire::ThreadState state = wire::ThreadState::Running;
    bool uninterruptible = false; ///< of Blocked
};

/// An iteration of the engine.
struct Step {
    Nanoseconds begin;
    Nanoseconds end;
    TargetNumber target = 0;
    std::uint16_t engine = 0;
    wire::StepPhase phase = wire::StepPhase::Unknown;
    std::uint32_t tokens = 0;
    std::uint16_t sequences = 0;
    std::uint16_t running = 0;
    std::uint16_t waiting = 0;
    std::optional<double> kvUsage; ///< ratio
    /// Those of its requests that are known by HTTP too. Not kept of old steps (Budgets::stepRequests).
    std::vector<RequestId> requests;
};

/// A sample of tier 0 or of the helper's own cost.
struct SampleFact {
    Nanoseconds at;
    TargetNumber target = 0;
    wire::SampleMetric metric = wire::SampleMetric::CpuCores;
    std::uint16_t device = 0;
    double value = 0;
};

/// What the server itself said of its engine at one instant: reported at its /metrics, not observed. Absent
/// is what it does not tell. Rates are of its counters, over the time since the reading before.
struct EngineReading {
    Nanoseconds at;
    Nanoseconds since; ///< what rates and growths are taken over begins here; `at` where there are none
    TargetNumber target = 0;
    std::optional<double> running, waiting; ///< requests
    std::optional<double> kvUsage; ///< ratio
    std::optional<double> promptTokensPerSecond, generationTokensPerSecond, requestsPerSecond;
    std::optional<double> preemptions; ///< since the reading before
    /// Tokens found in the prefix cache of those looked up since the reading before, or the server's own
    /// ratio where it tells no counters. Absent where nothing was looked up.
    std::optional<double> prefixHitRate;
};

/// Set by the user; kept in the recording.
struct Mark {
    std::uint64_t id = 0;
    Nanoseconds at;
    std::optional<Nanoseconds> until; ///< a note on an interval
    std::string text;
};

/// What a kernel program has cost since the attach.
struct ProgramCost {
    std::string program;
    std::uint64_t runs = 0;
    Nanoseconds time;
};

} // namespace prism::live
