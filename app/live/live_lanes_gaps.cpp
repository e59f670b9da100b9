// SPDX-License-Identifier: GPL-3.0-or-later
// Stretches of a session in which something is missing.
#include "app/live/live_lanes.h"

#include "app/timeline/lane_texts.h"
#include "app/timeline/ruler_ticks.h"

#include <algorithm>

namespace prism::app {

namespace {

constexpr std::size_t mostStretches = 1000; // a stream may say anything; then the last one stays open
/// So often the helper looks whether a process is stopped.
constexpr std::int64_t stateStepNs = 1'000'000'000;

} // namespace

/// Losses of several programs and CPUs that touch are one gap with one number.
void LiveLanes::takeLosses(const std::vector<live::LossGap>& losses)
{
    constexpr std::int64_t nearNs = 50'000'000;
    for (const live::LossGap& loss : losses) {
        if (!loss.missing()) {
            continue;
        }
        const TimeRange range { loss.from.value, std::max(loss.to.value, loss.from.value + 1) };
        std::size_t at = m_gaps.size();
        for (std::size_t i = m_gaps.size(); i-- > 0;) {
            const TimeRange& g = m_gaps[i].range;
            if (range.overlaps({ g.fromNs - nearNs, g.toNs + nearNs })) {
                at = i;
                break;
            }
        }
        if (at == m_gaps.size()) {
            m_gaps.push_back({ range, {} });
            m_lost.push_back(0);
        }
        m_gaps[at].range = m_gaps[at].range.united(range);
        m_lost[at] += loss.dropped;
        m_gaps[at].text = m_lost[at] > 0
            ? tr("%1 event(s) lost", nullptr, pluralOf(m_lost[at])).arg(countText(double(m_lost[at])))
            : tr("not known how many events were lost");
    }
}

/// A stretch in which a target is not observed: what happened then is not known. Told again, it goes on.
void LiveLanes::takeObserved(const live::ProbeFact& fact)
{
    const auto seen = live::saysObserved(fact);
    const auto key = std::pair(fact.target, fact.name);
    if (seen && !*seen && !m_unobserved.contains(key) && m_notObserved.size() < mostStretches) {
        m_unobserved.emplace(key, m_notObserved.size());
        m_notObserved.push_back({ { fact.at.value, fact.at.value + 1 }, tr("not observed"), false });
    } else if (const auto open = m_unobserved.find(key);
               seen && *seen && open != m_unobserved.end() && m_notObserved.size() < mostStretches) {
        TimeRange& range = m_notObserved[open->second].range;
        range.toNs = std::max(range.fromNs + 1, fact.at.value);
        m_unobserved.erase(open);
    }
}

/// A process that is stopped runs no code: a note over the stretch says why nothing goes on.
void LiveLanes::takeStops(const std::vector<live::ProcessFact>& processes)
{
    using Change = wire::ProcessChange;
    for (const live::ProcessFact& process : processes) {
        const auto key = std::pair(process.target, process.pid);
        const auto open = m_stopped.find(key);
        if (process.change == Change::Stopped && open == m_stopped.end() && m_stops.size() < mostStretches) {
            m_stopped.emplace(key, m_stops.size());
            m_stops.push_back({ ownNote, { process.at.value, process.at.value },
                tr("Process %1 was stopped here").arg(process.pid) });
            showNotes();
        } else if ((process.change == Change::Continued || process.change == Change::Exited)
            && open != m_stopped.end()) {
            TimelineNote& stop = m_stops[open->second];
            const std::int64_t length = std::max<std::int64_t>(0, process.at.value - stop.range.fromNs);
            stop.range.toNs = stop.range.fromNs + length;
            stop.text = process.change == Change::Exited
                ? tr("Process %1 was stopped here, and ended").arg(process.pid)
                : tr("Process %1 was stopped for about %2")
                      .arg(process.pid)
                      .arg(QString::fromStdString(durationText(length, stateStepNs)));
            m_stopped.erase(open);
            showNotes();
        }
    }
}

void LiveLanes::showGaps(Nanoseconds now)
{
    for (const auto& [key, place] : m_unobserved) {
        TimeRange& range = m_notObserved[place].range;
        range.toNs = std::max(range.toNs, now.value);
    }
    std::vector<TimelineGap> gaps = m_gaps;
    gaps.insert(gaps.end(), m_notObserved.begin(), m_notObserved.end());
    m_model.setGaps(std::move(gaps));
}

bool LiveLanes::isUnobserved(std::optional<std::int64_t> ns) const
{
    if (!ns) {
        return !m_unobserved.empty();
    }
    return std::any_of(m_notObserved.begin(), m_notObserved.end(),
        [at = *ns](const TimelineGap& gap) { return gap.range.fromNs <= at && at < gap.range.toNs; });
}

std::uint64_t LiveLanes::lostIn(const TimeRange& range) const
{
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < m_gaps.size(); ++i) {
        lost += m_gaps[i].range.overlaps(range) ? m_lost[i] : 0;
    }
    return lost;
}

} // namespace prism::app
