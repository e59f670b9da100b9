// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/tokens.h"
#include "app/timeline/raster.h"
#include "app/timeline/span_track.h"

#include <QList>
#include <QMetaType>
#include <QString>

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace prism::app {

using LaneColour = std::function<QColor(const Tokens&)>;

/// What a stage of a span looks like: shape doubles colour, so waiting is thin and working full.
struct StageStyle {
    QString name;
    LaneColour colour;
    bool thin = false;
    bool kept = false; ///< keeps a pixel however far one zooms out
    bool seamed = false; ///< neighbours stay apart by a pixel where there is room
    bool hatched = false; ///< as what is missing is
};

/// One line of text in the column at the left: a label with its sign, and a value.
struct LaneReading {
    enum class Sign { None, Solid, Dashed, Swatch };
    QString label; ///< empty: the value stands beside the lane's name
    QString value;
    Sign sign = Sign::None;
    bool bad = false;
    LaneColour swatch = {};
};

/// A number in the gutter at the right, at a height in logical pixels from the lane's top.
struct ScaleMark {
    double y = 0;
    QString text;
    bool bad = false;
};

/// A span of a lane, by where it stands.
struct LaneSpan {
    int row = 0;
    Span span;
};

/// Something that stands out: selected or hovered, as long as all spans of its item.
struct LaneMark {
    QString lane;
    int row = 0;
    TimeRange range;
};

/// What a lane needs for one frame. Lengths are device pixels.
struct LanePaint {
    const Tokens& tokens;
    double ratio = 1; ///< device pixels a logical pixel
    bool contrast = false; ///< high contrast: lines are a pixel wider
    std::vector<LaneMark> marked; ///< of this lane
    int pixels(double logical) const { return std::max(1, int(std::lround(logical * ratio))); }
};

enum class LaneSize { Small, Medium, Large };

/// A strip of the timeline under the common time axis. Lanes hold their data and know how it looks; they know
/// nothing of windows. Lives on the GUI thread.
class Lane {
public:
    /// Height in logical pixels, by size. A lane that grows takes the room that is left and at least this.
    struct Heights {
        std::array<int, 3> bySize { 22, 30, 48 };
        bool grows = false;
    };
    Lane(QString id, QString name, Heights heights)
        : m_id(std::move(id))
        , m_name(std::move(name))
        , m_heights(heights)
    {
    }
    virtual ~Lane() = default;
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    const QString& id() const { return m_id; }
    const QString& name() const { return m_name; }
    void setName(const QString& name) { m_name = name; }
    const QString& note() const { return m_note; } ///< small line under the name, may be empty
    void setNote(const QString& note) { m_note = note; }
    LaneSize size() const { return m_size; }
    void setSize(LaneSize size) { m_size = size; }
    /// It goes on where requests are not observed: other eyes tell what it shows.
    bool isSampled() const { return m_sampled; }
    void setSampled(bool sampled) { m_sampled = sampled; }
    bool isHidden() const { return m_hidden; }
    void setHidden(bool hidden) { m_hidden = hidden; }
    bool grows() const { return m_heights.grows; }
    virtual int leastHeight() const { return m_heights.bySize[std::size_t(m_size)]; }

    /// The lane's readings come from here instead of its own where it is set.
    using Readings = std::function<QList<LaneReading>(std::optional<std::int64_t>)>;
    void setReadings(Readings readings) { m_readings = std::move(readings); }
    /// At an instant, or at the newest.
    QList<LaneReading> readings(std::optional<std::int64_t> ns) const
    {
        return m_readings ? m_readings(ns) : ownReadings(ns);
    }

    /// The raster is clipped to the lane, whose background and grid are painted.
    virtual void paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const = 0;
    virtual QList<ScaleMark> scale(int height) const
    {
        Q_UNUSED(height)
        return {};
    }
    /// Where a row begins, in logical pixels from the lane's top.
    virtual double rowTop(int row, int height) const
    {
        Q_UNUSED(row)
        Q_UNUSED(height)
        return 0;
    }
    /// What stands at a point of the lane; `reachNs` is how far beside a span still counts.
    virtual std::optional<LaneSpan> spanAt(std::int64_t ns, std::int64_t reachNs, double y, int height) const
    {
        Q_UNUSED(ns)
        Q_UNUSED(reachNs)
        Q_UNUSED(y)
        Q_UNUSED(height)
        return std::nullopt;
    }
    /// What a tooltip says of a point that is on no span; `column` is the axis' pixel.
    virtual QString tipAt(const TimeAxis& axis, int column, double y, int height) const
    {
        Q_UNUSED(axis)
        Q_UNUSED(column)
        Q_UNUSED(y)
        Q_UNUSED(height)
        return {};
    }
    /// The next span that starts after an instant, or the last that starts before one.
    virtual std::optional<LaneSpan> spanBeside(std::int64_t ns, bool forwards) const
    {
        Q_UNUSED(ns)
        Q_UNUSED(forwards)
        return std::nullopt;
    }
    /// Instants in a range that a cursor may snap to.
    virtual void edges(const TimeRange& range, std::vector<std::int64_t>& out) const
    {
        Q_UNUSED(range)
        Q_UNUSED(out)
    }
    /// Ends of the colour ramp that explains the lane; empty for lanes without one.
    virtual std::optional<std::pair<QString, QString>> ramp() const { return std::nullopt; }
    /// One sentence for screen readers.
    virtual QString describe(const TimeRange& visible) const = 0;
    virtual TimeRange extent() const = 0;

protected:
    virtual QList<LaneReading> ownReadings(std::optional<std::int64_t> ns) const
    {
        Q_UNUSED(ns)
        return {};
    }

private:
    QString m_id;
    QString m_name;
    QString m_note;
    Heights m_heights;
    LaneSize m_size = LaneSize::Medium;
    bool m_hidden = false;
    bool m_sampled = false;
    Readings m_readings;
};

} // namespace prism::app

Q_DECLARE_METATYPE(prism::app::LaneSpan)
