// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/helper.h"
#include "core/live/series.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace prism::live {

struct AttachRequest {
    std::uint32_t pid = 0;
    std::uint64_t startTicks = 0; ///< 0: whatever has the pid now
    std::vector<int> tiers { 0, 1 };
    bool family = true; ///< children and workers too
    /// With tier 0: read the server's own /metrics once a second. The one thing that talks to the server, and
    /// its log may show it.
    bool metrics = true;
    /// What the kernel programs may cost, in cores (probe_budget.h); infinite: scheduler events are never
    /// left out. Of several clients the strictest counts. 0: the helper's own, 0.005.
    double probeBudget = 0;
};

/// What is kept in memory; older detail is thinned in this order, and Status says from when on.
struct Budgets {
    std::size_t requests = 200'000; ///< ended requests; older ones are forgotten (the recording has them)
    std::size_t writes = 4'000'000; ///< event times over all requests; older requests keep their slowest gaps
    std::size_t stepRequests = 4'000'000; ///< requests named by engine steps; older steps keep their counts
    std::size_t spans = 400'000; ///< scheduler spans; older ones stay as sums in the series
    std::size_t recordingBytes = 256u << 20; ///< compressed stream in memory; the oldest blocks go first
    /// Losses, probes, processes, samples, readings, engine steps, clock jumps: bounded each (to a quarter of
    /// a million, or less where they are rare). False: all of them, for readers of a whole file.
    bool boundedFacts = true;
    /// Of a replay: it reads on only when its reader has told by Session::taken() that it is through with
    /// what came, so that nothing is forgotten unread however slow the reader is.
    bool waitForReader = false;

    /// Nothing of a recording is forgotten: its file bounds the memory.
    static Budgets everything();
};

enum class Phase : std::uint8_t {
    Live,
    Replaying,
    Ended, ///< the stream is over; everything known stays readable
};

/// One line about the session as a whole; cheap to copy.
struct Status {
    Phase phase = Phase::Live;
    bool replay = false; ///< a recording plays or played: there is nothing to record, `where` is its file
    std::string endReason; ///< why the stream ended: a sentence, empty when detached or replayed to the end
    std::string helper; ///< name and version of the other side
    std::string where; ///< "the prism-probed service", "ssh gpu7", a file
    Nanoseconds now; ///< newest instant that was told; advances with the clock while live
    /// The newest instant that was told, or `now`: a stream that is late says nothing of what goes on, and a
    /// gap that no token has ended yet has lasted so far and no longer.
    Nanoseconds told;
    Nanoseconds start; ///< first instant observed; 0 before
    std::vector<Target> targets;
    std::uint64_t requests = 0; ///< seen in the session
    std::uint64_t inFlight = 0;
    std::uint64_t recordsPerSecond = 0;
    std::uint64_t records = 0;
    LossSum loss; ///< over all programs and the way
    double probeCores = 0; ///< run time of our kernel programs over wall time, newest sample
    double helperCores = 0;
    /// Set once older detail was thinned: from when on everything is kept of ended requests, of their event
    /// times, of the scheduler's turns, of engine steps, of samples and the server's own readings, and of
    /// what became of losses, probes, processes and clocks. Sums of all but the last stay in the series.
    std::optional<Nanoseconds> requestsFrom, eventsFrom, spansFrom, stepsFrom, samplesFrom, factsFrom;
    std::uint64_t recordingBytes = 0; ///< of the stream kept in memory, compressed
    std::uint64_t recordingBudget = 0;
    std::optional<Nanoseconds> recordingFrom; ///< set once the oldest blocks went
    std::string recordingFile; ///< where the stream is also written; empty when nowhere
    std::string recordingProblem; ///< why writing it stopped; the session goes on
    bool judging = false; ///< limits changed and not every request that ended is judged by them yet
};

/// Whether requests are seen at all: some target has, or had, kernel programs. Else none is no answer.
bool seesRequests(const Status& status);

/// Where a reader of the session stands; begin with an empty one.
struct Cursor {
    std::uint64_t ended = 0, losses = 0, probes = 0, processes = 0, samples = 0, spans = 0, steps = 0,
                  jumps = 0, readings = 0;
    std::uint64_t marks = 0; ///< revision of the marks
    std::uint64_t limits = 0; ///< revision of the limits
};

/// What came since a cursor. Ended requests are shared and immutable; those in flight are snapshots.
struct Increment {
    Cursor next;
    std::vector<RequestPtr> ended; ///< in the order in which they ended
    std::vector<RequestPtr> running; ///< all that are in flight now, by RequestId
    std::vector<LossGap> losses;
    std::vector<ProbeFact> probes;
    std::vector<ProcessFact> processes;
    std::vector<SampleFact> samples;
    std::vector<EngineReading> readings;
    std::vector<SchedSpan> spans;
    std::vector<Step> steps;
    std::vector<ClockJump> jumps;
    std::optional<std::vector<Mark>> marks; ///< all of them, when they changed
    bool skipped = false; ///< the reader was so late that something was forgotten before it came
    bool endedSkipped = false; ///< … that requests were which ended meanwhile
    std::uint64_t spansSkipped = 0; ///< … so many spans of the scheduler; the series have them as sums
    /// The limits changed: `ended` holds every ended request again, judged anew; drop those held.
    bool restarted = false;
};

struct SavedRecording {
    std::uint64_t bytes = 0;
    bool complete = true; ///< false: the oldest blocks were dropped before saving began
};

/// A live or replayed session: what the window and prismctl read. A thread of its own reads the stream; all
/// methods may be called from any thread. Methods that ask the helper block until it answers (call them from
/// a job); readers take a lock for a fraction of a millisecond.
class Session {
public:
    /// Starts or connects to the helper and shakes hands. An error says why and what would help.
    static Result<std::unique_ptr<Session>> connect(
        const HelperAddress& helper, const Budgets& budgets = {}, std::stop_token stop = {});
    /// Plays a recording; `speed` 0 plays as fast as it can be read, 1 as it was. A damaged file plays up to
    /// the damage and ends with a reason. `limits` as for setLimits(), from the first request on; `otherwise`
    /// judge where none are given and the recording holds none.
    static Result<std::unique_ptr<Session>> replay(const std::string& file, double speed = 0,
        const Budgets& budgets = {}, std::vector<SloLimit> limits = {}, std::vector<SloLimit> otherwise = {});
    ~Session(); ///< detaches everything and does not wait for the kernel

    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Called on the session's thread after something changed, at most every `atMost`; it must not call back
    /// into onChange(). An empty function takes it off: when that returns, no call is running.
    void onChange(std::function<void()> changed, std::chrono::milliseconds atMost);

    // Asking the helper.
    Result<std::vector<FoundServer>> servers(std::stop_token stop = {});
    /// Processes that servers() left out the last time: they listen and may be servers, and could not be
    /// asked, as they want a key first, are on another machine or in a network that is closed to this user.
    std::size_t unasked() const;
    /// What the helper's machine allows with the rights in force; it tries everything, which takes a second.
    Result<std::vector<MachineFeature>> machine(std::stop_token stop = {});
    Result<Target> attach(const AttachRequest& request, std::stop_token stop = {});
    /// Without a helper (HelperAddress::None): watches what the server at this port of this machine reports
    /// at its /metrics, after it answered once. Requests, processes and threads are not seen.
    Result<Target> watchMetrics(std::uint16_t port, std::stop_token stop = {});
    Result<void> setTiers(TargetNumber target, const std::vector<int>& tiers, std::stop_token stop = {});
    /// Returns once the helper has sent the target's last record.
    Result<void> detach(TargetNumber target, std::stop_token stop = {});

    // Reading.
    Status status() const;
    Increment since(const Cursor& cursor) const;
    /// With Budgets::waitForReader: the reader is through with everything before `cursor`.
    void taken(const Cursor& cursor);
    /// Of the newest Budgets::writes; null when thinned or unknown.
    std::shared_ptr<const RequestEvents> events(RequestId id) const;
    SeriesColumns columns(TimeRange range, Nanoseconds step, Nanoseconds window) const;
    std::vector<HeatColumn> heat(HeatOf of, TimeRange range, Nanoseconds step) const;
    Bucket total(TimeRange range) const;
    std::vector<LossTotal> lossTotals() const;
    std::vector<ProgramCost> costs() const;
    /// Wall time, nanoseconds since 1970, by the clock readings nearest to `time`; empty before the first.
    std::optional<std::int64_t> unixTime(Nanoseconds time) const;

    // Changing what is shown; never what is observed.
    /// Judges requests from now on and those already ended anew. Kept in the recording. A replay is judged by
    /// the limits that its recording holds until others are given.
    void setLimits(std::vector<SloLimit> limits);
    std::vector<SloLimit> limits() const;
    std::uint64_t addMark(Nanoseconds at, std::optional<Nanoseconds> until, std::string text);
    void changeMark(std::uint64_t id, std::string text); ///< an empty text removes it
    void setSpeed(double speed); ///< of a replay; 0: as fast as possible

    // Recording. The stream is always kept in memory within its budget.
    /// Writes what memory holds and everything that follows, until stopRecording() or the end.
    Result<void> record(const std::string& file);
    Result<SavedRecording> stopRecording();

    class State;

private:
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace prism::live
