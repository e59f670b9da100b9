// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/assembly.h"
#include "core/live/cross_checks.h"
#include "core/live/metrics_records.h"
#include "core/live/recording.h"
#include "core/live/recording_reader.h"
#include "core/live/session.h"
#include "core/live/stream_client.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

namespace prism::live {

/// Facts in the order in which they came; the oldest go when there are too many.
template <class T>
class Log {
public:
    explicit Log(std::size_t most)
        : m_most(most)
    {
    }
    void add(T value)
    {
        m_items.push_back(std::move(value));
        if (m_items.size() > m_most) {
            m_items.pop_front();
            ++m_first;
        }
    }
    std::uint64_t end() const { return m_first + m_items.size(); }
    std::uint64_t begin() const { return m_first; }
    std::deque<T>& items() { return m_items; }
    const std::deque<T>& items() const { return m_items; }
    bool droppedAny() const { return m_first > 0; }
    /// Everything from number `from` on; moves `from` behind it. True when something before was dropped
    /// unseen.
    bool since(std::uint64_t& from, std::vector<T>& out) const
    {
        const bool skipped = from < m_first;
        const std::uint64_t begin = std::min(std::max(from, m_first), end());
        out.assign(m_items.begin() + static_cast<std::ptrdiff_t>(begin - m_first), m_items.end());
        from = end();
        return skipped;
    }

private:
    std::size_t m_most;
    std::deque<T> m_items;
    std::uint64_t m_first = 0;
};

/// Everything of a session that its thread and its readers share. `m_mutex` guards what readers see; the
/// client and the replay belong to the thread alone.
class Session::State final : public AssemblySink, public StreamClient::Handler, public RecordingHandler {
public:
    State(const Budgets& budgets, std::string where);
    ~State() override;

    /// `here`: the helper observes this machine.
    void startLive(std::unique_ptr<StreamClient> client, bool here);
    void startReplay(std::unique_ptr<RecordingReader> reader, double speed);
    /// Without a helper: only pollers of /metrics feed it.
    void startAlone();
    bool alone() const { return !m_client && !m_reader; }
    bool here() const { return m_here; }
    /// Runs `command` on the session's thread and waits for it; false when the session is over.
    bool onThread(const std::function<void()>& command);

    /// Puts a question to the helper and waits for the answers. `each` runs on the session's thread, in the
    /// order of the stream: what it does comes before the records that follow.
    using EachReply = std::function<void(wire::Status, std::span<const std::byte> fields)>;
    Result<void> ask(wire::Verb verb, wire::FieldWriter fields, EachReply each, std::stop_token stop);

    /// `metrics`: what AttachRequest says; `passive`: tier 0 was asked for.
    void began(Target target, bool metrics, bool passive);
    void over(TargetNumber target, const std::string& why);
    Status status() const;
    Increment since(const Cursor& cursor) const;
    void taken(const Cursor& cursor);
    std::shared_ptr<const RequestEvents> events(RequestId id) const;
    void setLimits(std::vector<SloLimit> given);
    std::uint64_t addMark(Mark mark);
    void changeMark(std::uint64_t id, std::string text);
    void setSpeed(double speed);
    void setTiers(TargetNumber target, const std::vector<int>& tiers);
    /// Begins to ask the target's server for its /metrics, where that can be.
    void watchMetrics(TargetNumber target);
    void dropMetrics(TargetNumber target);
    void onChange(std::function<void()> changed, std::chrono::milliseconds atMost);

    mutable std::mutex m_mutex;
    Assembly m_assembly { *this };
    SeriesStore m_series;
    ArrivalCheck m_arrivalCheck;
    TokenCheck m_tokenCheck;
    std::vector<SloLimit> m_limits;
    std::vector<FoundServer> m_found; ///< what the last list told
    std::size_t m_unasked = 0; ///< what it left out

    std::mutex m_recordingMutex; ///< never taken while m_mutex is held
    Recording m_recording;

private:
    using Clock = std::chrono::steady_clock;
    struct Question {
        EachReply each;
        std::promise<Result<void>> done;
    };

    // The sink of the assembly; called with m_mutex held.
    void arrived(const Request& request, bool counts) override;
    void wrote(const Request& request, const EventWrite& write, bool counts) override;
    void firstToken(const Request& request, bool counts) override;
    void gap(Nanoseconds at, Milliseconds gap, std::uint32_t times, bool counts) override;
    void ended(Request request, RequestEvents events, bool counts) override;
    void loss(const LossGap& gap) override;
    void probe(const ProbeFact& fact) override;
    void process(const ProcessFact& fact) override;
    void sample(const SampleFact& fact) override;
    void reading(const EngineReading& reading) override;
    void sched(const SchedSpan& span) override;
    void step(const Step& step) override;
    void jump(const ClockJump& jump) override;
    void targetGone(TargetNumber target, Nanoseconds at, const std::string& why) override;

    // The stream.
    Result<void> records(std::span<const std::byte> payload) override;
    Result<void> reply(const wire::MessageHeader& header, std::span<const std::byte> fields) override;

    // The recording that is replayed.
    void session(const std::string& helper, const std::string& where) override;
    void target(const Target& target) override;
    void detached(TargetNumber target) override;
    void mark(const Mark& mark) override;
    void limits(const std::vector<SloLimit>& limits) override;
    void known(std::span<const std::byte> payload) override;
    bool records(std::span<const std::byte> payload, Nanoseconds last) override;

    void metricsFact(const ProbeFact& fact);

    void runLive();
    void runReplay();
    void runAlone();
    void runEnded();
    void housekeeping(bool idle);
    /// Something waits to be told or done soon.
    bool busy() const;
    /// Some target is attached; with kernel programs. With the lock held, or on the session's thread.
    bool isAttached() const;
    bool isObserving() const;
    /// The newest instant; while live it runs on between two news, and behind the last target's end it stands
    /// still. With the lock held.
    Nanoseconds currentTime() const;
    void finish(const std::string& reason);
    void keep(Target target); ///< with the lock held
    void tellSeries();
    void judgeFromBegin();
    void judgeAgain();
    void thin();
    /// A reader that a replay waits for has not told yet that it has everything. With the lock held.
    bool untaken() const;
    void waitForReader();
    void pace(Nanoseconds at);
    void notify();
    bool stopping() const { return m_stop.load(std::memory_order_relaxed); }
    void wake();
    void runCommands();

    struct Ended {
        RequestPtr request;
        bool counts;
    };
    Budgets m_budgets;
    Phase m_phase = Phase::Live;
    std::string m_endReason, m_helper, m_where;
    std::map<TargetNumber, Target> m_targets;
    Log<Ended> m_ended;
    std::unordered_map<RequestId, std::shared_ptr<const RequestEvents>> m_events;
    std::deque<RequestId> m_eventOrder; ///< oldest first
    std::size_t m_keptWrites = 0;
    std::optional<Nanoseconds> m_requestsFrom, m_eventsFrom, m_spansFrom, m_stepsFrom, m_samplesFrom,
        m_factsFrom;
    std::set<std::pair<TargetNumber, std::string>> m_unobserved; ///< what a target is not observed for
    Log<LossGap> m_losses;
    Log<ProbeFact> m_probes;
    Log<ProcessFact> m_processes;
    Log<SampleFact> m_samples;
    Log<EngineReading> m_readings;
    Log<SchedSpan> m_spans;
    Log<Step> m_steps;
    std::size_t m_stepRequests = 0; ///< named by the steps that are kept
    std::uint64_t m_namelessUntil = 0; ///< steps before this number name none
    Log<ClockJump> m_jumps;
    Cursor m_taken; ///< what the reader that a replay waits for is through with
    std::vector<Mark> m_marks;
    std::uint64_t m_marksRevision = 0;
    std::uint64_t m_nextMark = 1;
    std::uint64_t m_limitsRevision = 0;
    bool m_limitsGiven = false; ///< by the user: what a recording holds does not count then
    std::optional<std::uint64_t> m_judgeFrom; ///< ended requests from here on carry the old verdict
    std::uint64_t m_seen = 0;
    double m_probeCores = 0, m_helperCores = 0;
    Clock::time_point m_toldAt = Clock::now(); ///< when the newest records came
    Clock::time_point m_rateFrom = Clock::now();
    std::uint64_t m_rateRecords = 0, m_rate = 0;

    std::unique_ptr<StreamClient> m_client;
    std::unique_ptr<RecordingReader> m_reader;
    std::map<std::uint32_t, std::shared_ptr<Question>> m_questions; ///< of the thread alone
    bool m_here = false;
    MetricsRecords m_metricsRecords; ///< of the thread alone
    std::map<TargetNumber, std::unique_ptr<MetricsPoller>> m_pollers; ///< of the thread alone
    std::set<TargetNumber> m_noMetrics; ///< the user wants none; of the thread alone
    std::mutex m_commandMutex;
    std::condition_variable m_commanded;
    std::vector<std::function<void()>> m_commands;
    bool m_closedForCommands = false;
    std::atomic<bool> m_stop = false;
    std::atomic<double> m_speed = 0;
    std::optional<Nanoseconds> m_paceFrom;
    Clock::time_point m_paceStart;
    double m_pacedSpeed = 0;
    std::atomic<bool> m_dirty = false;
    Clock::time_point m_notified;
    std::mutex m_changedMutex;
    std::function<void()> m_changed;
    std::chrono::milliseconds m_changedAtMost { 33 };
    std::thread m_thread;
};

} // namespace prism::live
