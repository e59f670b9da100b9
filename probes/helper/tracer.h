// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/background.h"
#include "probes/helper/loss.h"
#include "probes/helper/parser/running_requests.h"
#include "probes/helper/parser_link.h"
#include "probes/helper/poller.h"
#include "probes/helper/programs.h"
#include "probes/helper/turn_queues.h"
#include "probes/helper/turns.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prism::probes {

/// Tier 1: kernel programs, their rings and the child that reads payload. Programs are loaded with the first
/// target, attached while there is one, and shared by all. Main thread only.
class Tracer {
public:
    struct Handlers {
        std::function<void(const wire::RecordView&)> onRecord; ///< of the child
        std::function<void(const prism_process&)> onProcess;
        std::function<void(const ThreadTurn&)> onTurn;
        /// Everything of the target is told: counts are final until release().
        std::function<void(std::uint32_t target)> onFinished;
        /// The child ended or broke the rules, and what was under way is lost. A new one has begun, or, after
        /// too many short lives, none: then every target is finished.
        std::function<void(bool restarted)> onParserLost;
    };

    Tracer(const ProgramSettings& settings, ParserLink::Entry parser, Poller& poller, Background& background,
        Handlers handlers);
    ~Tracer();
    Tracer(const Tracer&) = delete;
    Tracer& operator=(const Tracer&) = delete;

    /// Loads if it is not done. False: `reason` is a sentence with a remedy.
    bool ready(std::string& reason);
    /// Null before ready().
    const Programs* programs() const { return m_programs.get(); }
    pid_t parserPid() const { return m_parser ? m_parser->pid() : 0; }

    struct Observed {
        std::uint32_t number = 0;
        std::uint32_t pid = 0;
        std::uint32_t uid = 0;
        bool family = true;
    };
    /// Begins: from the return on the target is observed. False when there are too many targets. Waits for
    /// what release() left to the background, some 10 ms, when that is not over.
    bool begin(const Observed& target, std::uint64_t startNs, std::string& reason);
    /// Goes on with a process that was switched off because its user changed, or that was not followed.
    void resume(std::uint32_t target, std::uint32_t pid, std::uint32_t uid);
    /// A process of the target is an engine core of vLLM: its messages are read from now on.
    bool followEngine(std::uint32_t target, std::uint32_t pid, std::uint32_t uid);
    /// Ends: nothing new is seen from the return on. onFinished follows.
    void finish(std::uint32_t target);
    /// After onFinished, when counts() is no longer wanted.
    void release(std::uint32_t target);

    ProgramCounts counts(std::uint32_t target) const;
    /// What the programs have cost so far; `sampled`: by their own samples, as the kernel does not measure.
    std::vector<ProgramCost> costs(bool& sampled);
    /// Takes the scheduler's programs off until takeSchedulerBack() or the next first target. False: they are
    /// not on.
    bool leaveSchedulerOut();
    /// Puts them on again. False: they are on, or this kernel does not take them.
    bool takeSchedulerBack();
    /// Reads the process ring and the queues of turns, and looks after packets that leave late; to be called
    /// every 20 ms or so while there is a target, and after each wait.
    void readRings();
    bool observesAny() const { return !m_targets.empty(); }

private:
    struct Slot {
        std::uint32_t slot = 0;
        Observed observed {};
        bool finishing = false;
        std::uint32_t question = 0; ///< to the child; 0: not asked
        std::uint64_t startNs = 0;
    };
    bool startParser();
    void readParser();
    void tellFinished(std::uint32_t question); ///< of an answered Detach
    void flushParser();
    void parserLost();
    void askToFinish(std::uint32_t target);
    void takeAway(std::function<void()> work);
    void awaitTakenAway();
    void readTurns(std::uint64_t untilNs);
    void readProcesses();
    prism_target entry(const Slot& slot, std::uint32_t uid) const;

    ProgramSettings m_settings;
    ParserLink::Entry m_entry;
    Poller& m_poller;
    Background& m_background;
    Handlers m_handlers;
    std::shared_ptr<Programs> m_programs; ///< shared with work in the background
    std::unique_ptr<RingReader> m_payloads; ///< mapped for the child; never read here
    std::unique_ptr<RingReader> m_processes;
    std::unique_ptr<TurnQueues> m_turns;
    ThreadTurns m_threads;
    std::unique_ptr<ParserLink> m_parser;
    RunningRequests m_running;
    std::uint32_t m_generation = 0; ///< of the parser
    std::uint64_t m_parserStartedNs = 0;
    unsigned m_shortLives = 0; ///< of parsers, one after another
    std::map<std::uint32_t, Slot> m_targets;
    std::vector<std::weak_ptr<Once>> m_goingAway; ///< links and entries of targets that are released
    std::string m_failure; ///< of loading: it is not tried again
};

} // namespace prism::probes
