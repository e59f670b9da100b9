// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers over time: which columns are asked for, and how they come onto the lanes.
#include "app/live/live_lanes.h"

#include "app/timeline/ruler_ticks.h"

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

constexpr int viewColumns = 400; ///< buckets that a view is asked in at least
constexpr std::int64_t lateNs = 2'000'000'000; ///< values may still change so long after

} // namespace

void LiveLanes::setOver(bool over)
{
    if (m_over == over) {
        return;
    }
    m_over = over;
    m_inFlight->setNote(over ? tr("observed no more") : QString());
    if (m_loaded) {
        m_loaded->to = std::max(m_loaded->from, m_loaded->to - m_loaded->step);
    }
}

/// Requests that were read long after what is drawn already change columns that are there: these are asked
/// for anew, from the begin of the earliest.
void LiveLanes::askAnewForLate(const live::Increment& increment)
{
    const auto look = [this](const live::Request& request) {
        if (m_loaded && request.knownUntil({}).value < m_loaded->to.value - lateNs) {
            m_loaded->to = std::min(m_loaded->to, std::max(m_loaded->from, request.seen));
        }
    };
    live::RequestId newest = m_newestRequest;
    for (const live::RequestPtr& request : increment.ended) {
        look(*request);
        newest = std::max(newest, request->id);
    }
    for (const live::RequestPtr& request : increment.running) {
        if (request->id > m_newestRequest) { // of those that are known, the newest buckets tell what goes on
            look(*request);
        }
        newest = std::max(newest, request->id);
    }
    m_newestRequest = newest;
}

std::optional<LiveLanes::Question> LiveLanes::question(const TimeRange& view, Nanoseconds now) const
{
    const std::int64_t length = view.lengthNs();
    const std::int64_t wished = std::max(leastStepNs, length / viewColumns);
    const std::int64_t step = (wished + leastStepNs - 1) / leastStepNs * leastStepNs;
    const std::int64_t window = std::max(step, niceStep(double(length) / 20));
    const std::int64_t known = now.value + (m_over ? 1 : 0); // with the bucket that the end is in
    // Beyond the view on both sides, so that a small pan asks for nothing.
    const bool fits = m_loaded && m_loaded->step.value == step && m_loaded->window.value == window
        && m_loaded->from.value <= view.fromNs;
    if (!fits) {
        return Question { { view.fromNs - length }, { std::min(known, view.toNs + length) }, { step },
            { window }, true };
    }
    const std::int64_t to = std::min(known, view.toNs + length);
    const bool grown = to / step > m_loaded->to.value / step;
    if (!grown) {
        return std::nullopt;
    }
    // Late values change the last buckets, and through the window those behind them.
    const std::int64_t from = std::max(m_loaded->from.value, m_loaded->to.value - lateNs - step);
    return Question { { from }, { to }, { step }, { window }, false };
}

void LiveLanes::take(const Question& question, const Answer& answer, Nanoseconds now)
{
    const live::SeriesColumns& c = answer.columns;
    const std::pair<SeriesLane*, std::vector<const std::vector<double>*>> sources[] = {
        { m_inFlight, { &c.inFlight } },
        { m_tokens, { &c.tokenEventsPerSecond } },
        { m_goodput, { &c.goodputPerSecond } },
        { m_attainment, { &c.attainment } },
        { m_ttft, { &c.ttftP50, &c.ttftP99 } },
        { m_gap, { &c.gapP50, &c.gapP99 } },
        { m_lag, { &c.lagMax } },
        { m_threads ? m_cpu : nullptr, { &c.cpuCores, &c.runnableCores } },
    };
    for (const auto& [lane, columns] : sources) {
        for (std::size_t i = 0; lane && i < columns.size(); ++i) {
            SeriesTrack& track = lane->series()[i].track;
            if (question.everything) {
                track.clear();
            } else {
                track.dropFrom((c.from + c.step).value);
            }
            for (std::size_t row = 0; row < c.size(); ++row) {
                // A bucket that is not over yet would read too low; one that is not told yet is no news.
                const std::int64_t end = c.from.value + std::int64_t(row + 1) * c.step.value;
                if (end <= std::min(now, c.told).value) {
                    lane->append(i, end, (*columns[i])[row]);
                }
            }
        }
    }
    // The bucket that the end is in is never over: what ended with the server did so in there.
    const std::int64_t last = (now.value - c.from.value) / c.step.value;
    if (m_over && now >= c.from && last < std::int64_t(c.size())
        && !std::isnan(c.inFlight[std::size_t(last)])) {
        m_inFlight->append(0, now.value, c.inFlight[std::size_t(last)]);
    }
    if (question.everything && m_heat->track().sliceNs() != c.step.value) {
        m_heat->track() = HeatTrack(c.step.value, m_heat->track().bins());
    }
    if (question.everything) {
        m_heat->track().clear();
    } else {
        m_heat->track().dropFrom(c.from.value);
    }
    for (const live::HeatColumn& column : answer.gaps) {
        for (const live::Sketch::Count& cell : column.cells) {
            m_heat->add(column.from.value, live::Sketch::valueOf(cell.cell), cell.count);
        }
    }
    const QString window
        = tr("over %1").arg(QString::fromStdString(durationText(c.window.value, leastStepNs)));
    m_ttft->setNote(window);
    m_gap->setNote(window);
    m_loaded = question.everything || !m_loaded
        ? question
        : Question { m_loaded->from, question.to, question.step, question.window, true };
    findBands();
}

} // namespace prism::app
