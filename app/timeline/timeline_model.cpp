// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/timeline_model.h"

namespace prism::app {

void TimelineModel::clear()
{
    m_lanes.clear();
    m_ranks.clear();
    m_gaps.clear();
    m_notes.clear();
    m_bands.clear();
    m_overview = {};
    Q_EMIT lanesChanged();
}

Lane* TimelineModel::lane(const QString& id) const
{
    for (const auto& lane : m_lanes) {
        if (lane->id() == id) {
            return lane.get();
        }
    }
    return nullptr;
}

std::vector<Lane*> TimelineModel::visibleLanes() const
{
    std::vector<Lane*> visible;
    for (const auto& lane : m_lanes) {
        if (!lane->isHidden() && lane->name().contains(m_filter, Qt::CaseInsensitive)) {
            visible.push_back(lane.get());
        }
    }
    return visible;
}

void TimelineModel::setFilter(const QString& text)
{
    if (m_filter != text) {
        m_filter = text;
        Q_EMIT lanesChanged();
    }
}

void TimelineModel::setHidden(const QString& id, bool hidden)
{
    Lane* found = lane(id);
    if (found && found->isHidden() != hidden) {
        found->setHidden(hidden);
        m_arrangements[id].hidden = hidden;
        m_arrangements[id].size = found->size();
        Q_EMIT lanesChanged();
        Q_EMIT arranged();
    }
}

void TimelineModel::setSize(const QString& id, LaneSize size)
{
    Lane* found = lane(id);
    if (found && found->size() != size) {
        found->setSize(size);
        m_arrangements[id].size = size;
        Q_EMIT lanesChanged();
        Q_EMIT arranged();
    }
}

void TimelineModel::setAllSizes(LaneSize size)
{
    for (const auto& lane : m_lanes) {
        lane->setSize(size);
        m_arrangements[lane->id()].size = size;
    }
    Q_EMIT lanesChanged();
    Q_EMIT arranged();
}

void TimelineModel::arrange(Lane& lane) const
{
    const auto arrangement = m_arrangements.find(lane.id());
    if (arrangement != m_arrangements.end()) {
        lane.setSize(arrangement->second.size);
        lane.setHidden(arrangement->second.hidden.value_or(lane.isHidden()));
    }
}

void TimelineModel::setArrangements(std::map<QString, Arrangement> arrangements)
{
    m_arrangements = std::move(arrangements);
    for (const auto& lane : m_lanes) {
        arrange(*lane);
    }
    Q_EMIT lanesChanged();
}

TimeRange TimelineModel::extent() const
{
    TimeRange all = m_overview.range;
    for (const auto& lane : m_lanes) {
        all = all.united(lane->extent());
    }
    return all;
}

} // namespace prism::app
