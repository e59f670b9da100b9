// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/timeline/timeline_model.h"
#include "core/live/session.h"

#include <QCoreApplication>

#include <vector>

namespace prism::app {

/// The lanes of the engine behind a server: its steps as they were observed, and what it reports itself at
/// /metrics. They are there once something was told. GUI thread.
class EngineLanes {
    Q_DECLARE_TR_FUNCTIONS(EngineLanes)
public:
    explicit EngineLanes(TimelineModel& model);

    void take(const live::Increment& increment);
    /// Hides the lanes until something is told again; their tracks are cleared by whoever owns the model.
    void clear();
    /// What a span of the steps' lane is; empty for other lanes.
    QString stepText(const Lane& lane, const LaneSpan& span) const;

    /// Ranks of the lanes that come with their first data, behind those that are there from the start.
    enum Rank { Threads = 1, Devices, Steps, Batch, Requests, Tokens, Cache };

    static constexpr std::size_t mostSteps = 200'000; ///< that are drawn; the older half goes

private:
    SeriesLane& lane(SeriesLane*& lane, Rank rank, const char* id, const QString& name, Lane::Heights heights,
        const QStringList& series, SeriesLane::Text text, SeriesLane::Text scaleText);
    void take(const live::EngineReading& reading);
    void take(const live::Step& step);
    /// Nothing is known from here on, until the next reading.
    void breakOff(std::int64_t ns);

    TimelineModel& m_model;
    SeriesLane* m_requests = nullptr;
    SeriesLane* m_tokens = nullptr;
    SeriesLane* m_cache = nullptr;
    SpanLane* m_steps = nullptr;
    SeriesLane* m_batch = nullptr;
    std::vector<std::vector<live::Step>> m_known; ///< by row, as the lane has them
};

} // namespace prism::app
