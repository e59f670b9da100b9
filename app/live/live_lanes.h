// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/engine_lanes.h"
#include "app/live/request_rows.h"
#include "app/live/thread_rows.h"
#include "app/timeline/heat_lane.h"
#include "app/timeline/timeline_model.h"
#include "core/live/session.h"

namespace prism::app {

/// The lanes of a session, and how what a session tells comes onto them. Numbers over time are asked for by
/// columns and taken over as they are; nothing is averaged here. GUI thread.
class LiveLanes : public QObject {
    Q_OBJECT
public:
    /// Columns of one question: with the heatmap cells of the same range and step.
    struct Answer {
        live::SeriesColumns columns;
        std::vector<live::HeatColumn> gaps;
    };
    /// What to ask for: from, to, step and window.
    struct Question {
        Nanoseconds from, to, step, window;
        bool everything = false; ///< the answer replaces what the lanes hold
    };

    LiveLanes(TimelineModel& model, RequestRows::AllGaps allGaps, QObject* parent = nullptr);

    void clear();
    /// Requests, losses, samples, marks and turns of the threads of `target` that came since the last call.
    /// `now`: the newest instant at which it was attached.
    void take(const live::Increment& increment, Nanoseconds now, live::TargetNumber target);
    /// What is missing on the lanes for a view; empty when nothing is.
    std::optional<Question> question(const TimeRange& view, Nanoseconds now) const;
    void take(const Question& question, const Answer& answer, Nanoseconds now);
    /// Nothing is observed any more: what is in flight is told to the very end, where it is none.
    void setOver(bool over);
    /// The strip on top, and instants at which a limit began to be broken.
    void takeOverview(const live::SeriesColumns& columns, const TimeRange& all);
    void setMarks(const std::vector<live::Mark>& marks);
    /// Id of notes that nobody wrote and nobody can change: that a clock jumped.
    static constexpr std::uint64_t ownNote = 0;
    /// Those about TTFT and gaps are drawn; the gap limit colours the requests' gaps.
    void setLimits(const std::vector<SloLimit>& limits);
    Milliseconds gapLimit() const { return m_gapLimit; }
    bool gapLimitIsSlo() const { return m_gapLimitIsSlo; }
    void setStacked(bool stacked);
    /// What the legend names.
    std::vector<StageStyle> legend() const { return legendStages(m_gapLimit, m_queueKnown); }

    SpanLane& requests() { return *m_requests; }
    RequestRows& rows() { return m_rows; }
    ThreadRows* threads() { return m_threadRows.get(); } ///< null before the first turn of a thread
    SpanLane* threadLane() { return m_threadLane; }
    const EngineLanes& engine() const { return m_engine; }
    /// In flight at an instant, or at the newest.
    std::optional<double> inFlightAt(std::optional<std::int64_t> ns) const;
    /// Records lost in the gaps that touch a range.
    std::uint64_t lostIn(const TimeRange& range) const;

    static constexpr std::int64_t leastStepNs = 100'000'000; ///< the finest buckets that a session keeps

Q_SIGNALS:
    void stagesChanged(); ///< the legend reads otherwise now

private:
    void makeLanes();
    void makeLatencyLanes();
    SeriesLane& series(const char* id, const QString& name, Lane::Heights heights, ValueScale scale,
        SeriesLane::Text text, SeriesLane::Text scaleText);
    SeriesLane& deviceLane(int device);
    void askAnewForLate(const live::Increment& increment);
    void takeSamples(const std::vector<live::SampleFact>& samples);
    void takeThreads(const live::Increment& increment, live::TargetNumber target);
    void takeLosses(const std::vector<live::LossGap>& losses);
    void takeObserved(const live::ProbeFact& fact);
    void takeStops(const std::vector<live::ProcessFact>& processes);
    void showGaps(Nanoseconds now);
    /// Of that instant, or of the newest, nothing is known of threads.
    bool isUnobserved(std::optional<std::int64_t> ns) const;
    void findBands();
    void showNotes();

    TimelineModel& m_model;
    Milliseconds m_gapLimit { 100 }; ///< stands in the names of the requests' stages
    SpanLane* m_requests = nullptr;
    SeriesLane* m_inFlight = nullptr;
    SeriesLane* m_tokens = nullptr;
    SeriesLane* m_goodput = nullptr;
    SeriesLane* m_attainment = nullptr;
    SeriesLane* m_ttft = nullptr;
    SeriesLane* m_gap = nullptr;
    HeatLane* m_heat = nullptr;
    SeriesLane* m_lag = nullptr;
    SeriesLane* m_cpu = nullptr;
    EngineLanes m_engine;
    RequestRows m_rows;
    SpanLane* m_threadLane = nullptr; ///< once turns of threads came
    std::unique_ptr<ThreadRows> m_threadRows;
    bool m_gapLimitIsSlo = false;
    bool m_over = false;
    bool m_queueKnown = false; ///< the engine told when it began with a request
    std::optional<double> m_ttftLimit;
    bool m_threadsLeftOut = false; ///< by the helper, since probing cost too much: samples tell the rest
    std::uint64_t m_turnsMissed
        = 0; ///< so many came at once that the session forgot them before they were drawn
    bool m_threads = false; ///< scheduler spans came: finer than the samples
    std::optional<Question> m_loaded;
    live::RequestId m_newestRequest = 0; ///< numbers up to this one are known
    std::vector<live::Mark> m_marks;
    std::vector<live::ClockJump> m_jumps;
    std::vector<TimelineNote> m_stops; ///< stretches in which a process was stopped
    /// Those that are, as positions in the list.
    std::map<std::pair<live::TargetNumber, std::uint32_t>, std::size_t> m_stopped;
    std::vector<TimelineGap> m_gaps;
    std::vector<std::uint64_t> m_lost; ///< by gap
    std::vector<TimelineGap> m_notObserved; ///< stretches in which a target was not
    /// Those that go on, by what said so, as positions in the list.
    std::map<std::pair<live::TargetNumber, std::string>, std::size_t> m_unobserved;
};

} // namespace prism::app
