// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/access/limits.h"
#include "probes/helper/access/permission.h"
#include "probes/helper/background.h"
#include "probes/helper/client.h"
#include "probes/helper/cost_meter.h"
#include "probes/helper/gpu.h"
#include "probes/helper/poller.h"
#include "probes/helper/probe_budget.h"
#include "probes/helper/process_state.h"
#include "probes/helper/sampler.h"
#include "probes/helper/silence.h"
#include "probes/helper/texts.h"
#include "probes/helper/tracer.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace prism::probes {

/// What other parts answer. A missing one makes its question Impossible.
struct Answers {
    /// Each element is one answer's fields. On another thread.
    std::function<std::vector<wire::FieldWriter>(const Peer&)> list;
    std::function<std::vector<wire::FieldWriter>()> doctor;
    /// Chosen facts of a target and its machine: names and texts.
    std::function<std::vector<std::pair<std::string, std::string>>(const ProcessState&)> snapshot;
};

struct SupervisorSettings {
    ProgramSettings programs;
    std::size_t clientQueueBytes = Outbox::shippedLimit;
    std::size_t mostClients = 32;
    /// Cores that the kernel programs may take where a client names no budget of its own.
    double probeBudget = ProbeBudget::shipped;
    std::size_t mostTargets = PRISM_SLOTS;
    /// Ends after so long without a client; 0: when the last client leaves; negative: never.
    int idleSeconds = 0;
    ParserLink::Entry parser = nullptr;
    Answers answers;
};

/// The helper: clients, what they watch, and what they are told. One thread, one loop.
class Supervisor {
public:
    explicit Supervisor(SupervisorSettings settings);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    void serve(int in, int out, Peer peer);
    /// Takes clients from a listening AF_UNIX socket.
    void listen(int fd);
    /// Runs until stop(), or until there is nothing more to do.
    void run();
    /// From a signal or another thread.
    void stop();

private:
    struct Watcher {
        std::uint32_t tiers = 0;
        double budget = 0;
    };
    struct Asked {
        std::uint64_t client = 0;
        wire::MessageHeader header {};
    };
    struct Target {
        std::uint32_t number = 0;
        std::uint32_t pid = 0;
        std::uint64_t startTicks = 0;
        std::uint32_t uid = 0;
        bool family = true;
        bool traced = false; ///< tier 1 is on
        bool finishing = false;
        bool switchedOff = false; ///< by its watchers; told when its last records are
        bool gone = false; ///< told when its last records are, where it is traced
        std::uint64_t goneNs = 0;
        std::string untraced; ///< why tier 1 is not on though it was asked for
        std::uint64_t startNs = 0;
        std::int64_t startUnixNs = 0;
        std::uint64_t attachNs = 0;
        std::optional<std::uint64_t> cpuWaitNs; ///< as AttachKey::CpuWaitNs
        std::map<std::uint64_t, Watcher> watchers;
        std::map<std::uint32_t, ProcessState> processes;
        std::set<std::uint32_t> apart; ///< of its family at the attach: another target's
        std::set<std::uint32_t> missing; ///< of them: not there any more, and no kernel program said so yet
        std::map<std::uint32_t, std::string> texts; ///< the parser's, newest kept
        std::uint64_t parserToldNs = 0; ///< newest instant that it told
        std::vector<Asked> detaching;
        std::vector<Asked> switchingOn; ///< tier 1, while it is still being switched off
        LossBook losses;
        SilenceWatch silence;
        std::set<std::uint32_t> engines; ///< processes whose engine messages are read
        bool costsTold = false; ///< how they are measured
        FamilySampler sampler;
    };
    struct Seat {
        std::unique_ptr<Client> client;
        Peer peer;
        ClientLimits limits;
    };
    struct AttachWish {
        std::uint32_t pid = 0;
        std::uint64_t startTicks = 0; ///< 0: not said
        std::uint32_t tiers = 0;
        bool family = true;
        double budget = 0;
    };
    /// An attach that is not decided yet: an administrator may be typing a password.
    struct Asking {
        std::uint64_t client = 0;
        wire::MessageHeader header {};
        AttachWish wish;
        TargetProcess process; ///< held until the attach is done, so that its number means this one
        std::unique_ptr<AttachPermission> permission;
    };

    // supervisor.cpp: the loop and the clients
    void accept(int listening);
    void readClient(std::uint64_t id);
    void drop(std::uint64_t id);
    void flushAll();
    void answer(std::uint64_t id, const Client::Question& question);
    bool finished(std::uint64_t now) const;
    int untilNext(std::uint64_t now) const;

    // supervisor_attach.cpp: what is watched
    void attach(std::uint64_t id, const Client::Question& question);
    void askOn(int descriptor);
    void decided(const Asking& asking, const Decision& decision);
    void stopAsking(std::uint64_t client);
    void detach(std::uint64_t id, const Client::Question& question);
    void setTiers(std::uint64_t id, const Client::Question& question);
    Target* begin(const AttachWish& wish, const ProcessState& process, std::string& reason);
    void welcome(Client& client, Target& target, wire::MessageHeader header);
    bool trace(Target& target);
    bool traceTimed(Target& target);
    bool traceAnew(Target& target);
    static bool tier1Wanted(const Target& target);
    void leave(Target& target, std::uint64_t client, const Asked* asked);
    void end(Target& target);
    Target* targetOf(std::uint32_t number);
    /// The target to which a process belongs now. Of two that could be, the one that was there first: kernel
    /// programs know one for each process.
    const Target* observerOf(std::uint32_t pid) const;

    // supervisor_costs.cpp: what probing costs, and what is left out for it
    void tellCosts(std::uint64_t now);
    void keepToBudget(const CostReading& reading);

    // supervisor_records.cpp: what is told
    void onRecord(const wire::RecordView& view);
    void onProcess(const prism_process& event);
    void onTurn(const ThreadTurn& event);
    void onParserLost(bool restarted);
    void tick(std::uint64_t now);
    void checkProcesses(Target& target, std::uint64_t now);
    void findEngines(Target& target);
    void tellClock();
    void tellLosses(Target& target, const std::vector<LossOf>& losses, std::uint64_t now);
    void tellState(Target& target, std::string_view name, wire::ProbeState state, int tier, int error,
        std::string_view hint);
    void tellState(Client& client, std::uint32_t target, std::string_view name, wire::ProbeState state,
        int tier, int error, std::string_view hint);
    void tellSilence(Target& target, SilenceWatch::Silent silent);
    void tellGone(Target& target);
    void noteGone(Target& target, std::uint64_t timeNs);
    void tellPrograms(Target& target);
    void tellPrograms(Client& client, std::uint32_t target);
    void tellProcess(Target& target, const ProcessState& process, wire::ProcessChange change,
        std::uint32_t exitCode, std::uint64_t timeNs);
    void tellQueue(Client& client, std::uint64_t now);
    std::uint32_t text(Client& client, std::string_view text, std::uint64_t now);
    template <class Use>
    void eachWatcher(Target& target, Use use);

    SupervisorSettings m_settings;
    Poller m_poller;
    Background m_background;
    Tracer m_tracer;
    Texts m_texts;
    MachineSampler m_machine;
    std::unique_ptr<GpuSampler> m_gpus; ///< looked for with the first target
    bool m_gpusSought = false;
    std::map<std::uint64_t, Seat> m_clients;
    std::map<std::uint32_t, Target> m_targets;
    std::map<int, std::unique_ptr<Asking>> m_asking; ///< by the descriptor that is waited for
    std::set<std::uint64_t> m_leaving; ///< clients to drop after this round
    std::vector<int> m_listening;
    std::uint64_t m_nextClient = 1;
    std::uint32_t m_nextTarget = 1;
    std::uint64_t m_nextTickNs = 0;
    std::uint64_t m_idleSinceNs = 0;
    int m_stop;
    bool m_stopping = false;
    ProbeBudget m_budget;
    CostMeter m_costs;
};

wire::RecordHeader recordHeader(std::uint64_t timeNs, wire::Source source, std::uint32_t target);
wire::Process processRecord(const ProcessState& process, wire::ProcessChange change, std::uint32_t exitCode);

} // namespace prism::probes
