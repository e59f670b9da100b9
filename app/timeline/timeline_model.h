// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/lane.h"
#include "app/timeline/series_track.h"

#include <QObject>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace prism::app {

/// A stretch in which something is missing; hatched over every lane that misses it, never silent.
struct TimelineGap {
    TimeRange range;
    QString text; ///< "312 lost"
    bool ofSampled = true; ///< sampled lanes miss it too
};

/// What the user wrote on the timeline: on an instant (then the range is empty) or on a stretch.
struct TimelineNote {
    std::uint64_t id = 0;
    TimeRange range;
    QString text;
};

/// A stretch under the ruler in which a limit was broken.
struct TimelineBand {
    TimeRange range;
    QString text;
};

/// The strip on top: everything there is, with the part that is in view.
struct TimelineOverview {
    QString name;
    QString note;
    TimeRange range;
    SeriesTrack track;
    std::vector<std::int64_t> flags; ///< instants worth a look
};

/// Lanes in their order, and what lies over all of them. Whoever changes a lane's data calls touch() once
/// when it is done. GUI thread.
class TimelineModel : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Lanes stand by rank, those of one rank as they came: one whose first data come late has its place.
    template <class L>
    L& add(std::unique_ptr<L> lane, int rank = 0)
    {
        L& added = *lane;
        const auto place = std::upper_bound(m_ranks.begin(), m_ranks.end(), rank);
        m_lanes.insert(m_lanes.begin() + (place - m_ranks.begin()), std::move(lane));
        m_ranks.insert(place, rank);
        arrange(added);
        Q_EMIT lanesChanged();
        return added;
    }
    void clear();
    const std::vector<std::unique_ptr<Lane>>& lanes() const { return m_lanes; }
    Lane* lane(const QString& id) const; ///< null when there is none
    /// Those that are not hidden and whose name holds the filter's text.
    std::vector<Lane*> visibleLanes() const;
    void setFilter(const QString& text);
    const QString& filter() const { return m_filter; }
    void setHidden(const QString& id, bool hidden);
    void setSize(const QString& id, LaneSize size);
    void setAllSizes(LaneSize size);
    /// What the user did to lanes, by their ids; also of lanes that come later.
    struct Arrangement {
        std::optional<bool> hidden; ///< empty: as the lane was made
        LaneSize size = LaneSize::Medium;
    };
    const std::map<QString, Arrangement>& arrangements() const { return m_arrangements; }
    void setArrangements(std::map<QString, Arrangement> arrangements);

    const std::vector<TimelineGap>& gaps() const { return m_gaps; }
    void setGaps(std::vector<TimelineGap> gaps) { m_gaps = std::move(gaps); }
    /// Before it older detail was thinned; drawn as a line with its text.
    const std::optional<std::int64_t>& detailFrom() const { return m_detailFrom; }
    const QString& detailText() const { return m_detailText; }
    void setDetailFrom(std::optional<std::int64_t> ns, const QString& text)
    {
        m_detailFrom = ns;
        m_detailText = text;
    }
    const std::vector<TimelineNote>& notes() const { return m_notes; }
    void setNotes(std::vector<TimelineNote> notes) { m_notes = std::move(notes); }
    const std::vector<TimelineBand>& bands() const { return m_bands; }
    void setBands(std::vector<TimelineBand> bands) { m_bands = std::move(bands); }
    TimelineOverview& overview() { return m_overview; }
    const TimelineOverview& overview() const { return m_overview; }

    /// All that lanes and overview hold.
    TimeRange extent() const;
    void touch() { Q_EMIT changed(); }

Q_SIGNALS:
    void changed(); ///< data: paint again
    void lanesChanged(); ///< which lanes there are and how high: lay out again
    void arranged(); ///< the user hid, showed or sized a lane

private:
    std::vector<std::unique_ptr<Lane>> m_lanes;
    std::vector<int> m_ranks; ///< of the lanes; ascending
    std::vector<TimelineGap> m_gaps;
    std::vector<TimelineNote> m_notes;
    std::vector<TimelineBand> m_bands;
    TimelineOverview m_overview;
    std::optional<std::int64_t> m_detailFrom;
    QString m_detailText;
    void arrange(Lane& lane) const;

    QString m_filter;
    std::map<QString, Arrangement> m_arrangements;
};

} // namespace prism::app
