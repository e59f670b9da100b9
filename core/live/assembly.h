// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/clocks.h"
#include "core/live/engine_readings.h"
#include "core/live/engine_steps.h"
#include "core/live/http_assembly.h"
#include "core/live/recent_texts.h"
#include "core/live/sequences.h"
#include "probes/protocol/frame.h"

#include <map>
#include <set>
#include <string>

namespace prism::live {

/// What comes out of the records of a stream, as it is understood. Called on the thread that feeds the
/// assembly.
class AssemblySink : public RequestSink {
public:
    virtual void loss(const LossGap&) { }
    virtual void probe(const ProbeFact&) { }
    virtual void process(const ProcessFact&) { }
    virtual void sample(const SampleFact&) { }
    virtual void reading(const EngineReading&) { }
    virtual void sched(const SchedSpan&) { }
    virtual void step(const Step&) { }
    virtual void jump(const ClockJump&) { }
    virtual void targetGone(TargetNumber, Nanoseconds, const std::string& why) { (void)why; }
};

/// Makes requests and facts of the records of one stream, live or recorded. Everything in it may be hostile:
/// memory is bounded whatever comes, and what had to be forgotten is told as a loss of this program. Records
/// may be out of order by a few milliseconds.
class Assembly {
public:
    explicit Assembly(AssemblySink& sink);

    /// A target that the helper attached. Records of others are understood without pid.
    void attached(const Target& target);
    /// Requests of it that still run end as Detached.
    void detached(TargetNumber target);
    /// The payload of a Records frame. False when it is malformed: what stood before the fault is taken, and
    /// nothing must follow.
    bool records(std::span<const std::byte> payload);
    /// Records that were told earlier and are still needed (texts, connections) where the oldest part of a
    /// recording is missing: their numbers and times say nothing. What is missing ahead of the first records
    /// is then no loss.
    void known(std::span<const std::byte> payload);
    /// Nothing came for a while: what was held back for records that overtake each other is handed on.
    void idle();
    /// The stream is over: hands on what was held back, and what still runs as Detached.
    void finish();

    /// Newest instant that a record told: the helper's if there is one.
    Nanoseconds now() const { return m_now.value > 0 ? m_now : m_ownNow; }
    std::uint64_t recordCount() const { return m_records; }
    /// Those of the helper: what Prism asked for itself is not among them.
    std::uint64_t receivedCount() const { return m_received; }
    /// Those in flight, by id.
    std::vector<RequestPtr> running() const { return m_http.running(); }
    std::shared_ptr<const RequestEvents> eventsOf(RequestId id) const { return m_http.eventsOf(id); }
    std::size_t inFlight() const { return m_http.inFlight(); }
    std::vector<LossTotal> lossTotals() const;
    std::vector<ProgramCost> costs() const;
    const Clocks& clocks() const { return m_clocks; }
    Clocks& clocks() { return m_clocks; }

private:
    void record(const wire::RecordView& view);
    void http(const wire::RecordView& view, Nanoseconds at, bool afterHole);
    void loss(const wire::RecordHeader& header, const wire::Loss& body);
    void state(const wire::RecordHeader& header, const wire::State& body, Nanoseconds at);
    void process(const wire::RecordHeader& header, const wire::Process& body, Nanoseconds at);
    void sched(const wire::RecordHeader& header, const wire::Sched& body, Nanoseconds at);
    void step(const wire::RecordHeader& header, const wire::EngineStep& body, Nanoseconds at);
    void opaque(const wire::RecordHeader& header, const wire::OpaqueBytes& body, Nanoseconds at);
    void sample(const SampleFact& fact);
    void settle(Nanoseconds now);
    void keepText(const wire::RecordView& view);
    void forgotten(std::uint64_t count, Nanoseconds at);

    struct TotalKey {
        std::string program;
        std::uint32_t cpu;
        std::uint16_t reason;
        auto operator<=>(const TotalKey&) const = default;
    };

    AssemblySink& m_sink;
    HttpAssembly m_http;
    EngineReadings m_readings;
    EngineSteps m_steps;
    Sequences m_sequences;
    Clocks m_clocks;
    Nanoseconds m_now {}; ///< of the helper's stream; 0 without one
    Nanoseconds m_ownNow {}; ///< of what Prism asked for itself
    std::uint64_t m_records = 0, m_received = 0;
    RecentTexts m_texts;
    std::map<TotalKey, LossTotal> m_totals; ///< of intervals
    std::map<TotalKey, LossTotal> m_finals; ///< as told at detach
    std::map<std::string, ProgramCost> m_costs;
    std::set<std::pair<TargetNumber, std::string>> m_opaque; ///< what was said of bytes that are not read
    std::uint64_t m_forgotten = 0;
};

/// A time of the wire as an instant: what cannot be one (more than 146 years) becomes the greatest.
Nanoseconds instant(std::uint64_t wireNs);

} // namespace prism::live
