// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/span_lane.h"

#include <QCoreApplication>

namespace prism::app {

namespace {

constexpr int leastPitch = 3;
constexpr int margin = 4; ///< above the first and below the last row

} // namespace

SpanLane::SpanLane(QString id, QString name, Heights heights, std::vector<StageStyle> stages)
    : Lane(std::move(id), std::move(name), heights)
{
    setStages(std::move(stages));
}

void SpanLane::setStages(std::vector<StageStyle> stages)
{
    m_stages = std::move(stages);
    m_kept = m_seamed = 0;
    for (std::size_t i = 0; i < m_stages.size(); ++i) {
        m_kept |= m_stages[i].kept ? stageBit(Stage(i)) : 0;
        m_seamed |= m_stages[i].seamed ? stageBit(Stage(i)) : 0;
    }
}

int SpanLane::leastHeight() const
{
    const int rows = m_form == Form::Rows ? int(m_rows.size()) * leastPitch + 2 * margin : 0;
    return std::max(Lane::leastHeight(), rows);
}

double SpanLane::pitch(int height) const
{
    const double room = double(height - 2 * margin) / double(std::max<std::size_t>(1, m_rows.size()));
    return std::clamp(std::floor(room), double(leastPitch), double(m_mostPitch));
}

double SpanLane::rowTop(int row, int height) const
{
    return margin + row * pitch(height);
}

void SpanLane::paint(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const
{
    if (m_form == Form::Rows) {
        paintRows(raster, axis, paint);
    } else {
        paintCounts(raster, axis, paint);
    }
}

void SpanLane::paintRows(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const
{
    const double step = pitch(int(raster.clipSize().height() / paint.ratio)) * paint.ratio;
    const int gap = step >= 4 * paint.ratio ? paint.pixels(1) : 0;
    std::vector<QRgb> colours;
    for (const StageStyle& stage : m_stages) {
        colours.push_back(stage.colour(paint.tokens).rgb());
    }
    std::vector<SpanRun> runs;
    const auto paintRow = [&](const SpanTrack& track, int y, int height) {
        spanRuns(track, axis, m_kept, m_seamed, runs);
        for (const SpanRun& run : runs) {
            if (run.stage >= m_stages.size()) {
                continue;
            }
            const bool thin = m_stages[run.stage].thin && height > 2;
            const int thick = thin ? std::max(1, height / 2) : height;
            const int top = y + (height - thick) / 2;
            if (m_stages[run.stage].hatched) {
                raster.hatch(
                    run.from, top, run.to - run.from, thick, colours[run.stage], paint.tokens.base.rgb());
            } else {
                raster.fill(run.from, top, run.to - run.from, thick, colours[run.stage]);
            }
        }
    };
    const auto top = [&](int row) { return int(margin * paint.ratio + row * step); };
    for (std::size_t row = 0; row < m_rows.size(); ++row) {
        const int y = top(int(row));
        if (y > raster.clipSize().height()) {
            break;
        }
        paintRow(m_rows[row], y, std::max(1, top(int(row) + 1) - y - gap));
    }
    for (const LaneMark& mark : paint.marked) {
        if (mark.row < 0 || std::size_t(mark.row) >= m_rows.size()) {
            continue;
        }
        // Lifted over its neighbours, so that it can be found among hundreds.
        const int grow = paint.pixels(step < 6 * paint.ratio ? 2 : 1);
        const int y = top(mark.row) - grow;
        const int height = int(step) - gap + 2 * grow;
        const int left = std::max(-8, axis.columnOf(mark.range.fromNs));
        const int right = std::min(axis.pixels() + 8, axis.columnOf(mark.range.toNs) + 1);
        const int line = paint.pixels(paint.contrast ? 2.5 : 1.5);
        raster.fill(
            left - line, y - line, right - left + 2 * line, height + 2 * line, paint.tokens.base.rgb());
        SpanTrack only;
        const SpanTrack& track = m_rows[std::size_t(mark.row)];
        const std::size_t last = track.lastIndex(mark.range.toNs);
        for (std::size_t i = track.firstIndex(mark.range.fromNs); i < last; ++i) {
            only.append(track.at(i));
        }
        paintRow(only, y, height);
        raster.frame(
            left - line, y - line, right - left + 2 * line, height + 2 * line, paint.tokens.text.rgb(), line);
    }
}

void SpanLane::paintCounts(Raster& raster, const TimeAxis& axis, const LanePaint& paint) const
{
    const std::size_t columns = std::size_t(axis.pixels());
    std::vector<std::vector<int>> changes(m_stages.size(), std::vector<int>(columns + 1));
    std::vector<SpanRun> runs;
    for (const SpanTrack& track : m_rows) {
        spanRuns(track, axis, m_kept, 0, runs);
        for (const SpanRun& run : runs) {
            if (run.stage < m_stages.size()) {
                ++changes[run.stage][std::size_t(std::max(0, run.from))];
                --changes[run.stage][std::min(columns, std::size_t(std::max(0, run.to)))];
            }
        }
    }
    std::vector<int> now(m_stages.size());
    int highest = 1;
    std::vector<int> totals(columns);
    for (std::size_t column = 0; column < columns; ++column) {
        for (std::size_t stage = 0; stage < m_stages.size(); ++stage) {
            now[stage] += changes[stage][column];
            totals[column] += now[stage];
        }
        highest = std::max(highest, totals[column]);
    }
    m_highestCount = highest;
    const int height = raster.clipSize().height();
    const double scale = double(height - paint.pixels(2)) / highest;
    std::fill(now.begin(), now.end(), 0);
    for (std::size_t column = 0; column < columns; ++column) {
        int below = 0;
        for (std::size_t stage = 0; stage < m_stages.size(); ++stage) {
            now[stage] += changes[stage][column];
            const int from = height - int(below * scale);
            below += now[stage];
            const int to = height - int(below * scale);
            raster.fill(int(column), to, 1, from - to, m_stages[stage].colour(paint.tokens).rgb());
        }
    }
}

QList<ScaleMark> SpanLane::scale(int) const
{
    return m_form == Form::Counts && m_highestCount > 0
        ? QList<ScaleMark> { { 8, QString::number(m_highestCount), false } }
        : QList<ScaleMark>();
}

std::optional<LaneSpan> SpanLane::spanAt(std::int64_t ns, std::int64_t reachNs, double y, int height) const
{
    if (m_form != Form::Rows) {
        return std::nullopt;
    }
    const int row = int(std::floor((y - margin) / pitch(height)));
    // Rows of three pixels are hard to meet: the ones beside count too, the met one first.
    for (const int r : { row, row - 1, row + 1 }) {
        if (r < 0 || std::size_t(r) >= m_rows.size()) {
            continue;
        }
        const SpanTrack& track = m_rows[std::size_t(r)];
        if (const auto at = track.nearest(ns, r == row ? reachNs : 0)) {
            return LaneSpan { r, track.at(*at) };
        }
    }
    return std::nullopt;
}

std::optional<LaneSpan> SpanLane::spanBeside(std::int64_t ns, bool forwards) const
{
    std::optional<LaneSpan> best;
    for (std::size_t row = 0; row < m_rows.size(); ++row) {
        const SpanTrack& track = m_rows[row];
        const std::size_t at = forwards ? track.lastIndex(ns + 1) : track.lastIndex(ns);
        if (forwards ? at >= track.size() : at == 0) {
            continue;
        }
        const Span span = track.at(forwards ? at : at - 1);
        if (!best || (forwards ? span.startNs < best->span.startNs : span.startNs > best->span.startNs)) {
            best = LaneSpan { int(row), span };
        }
    }
    return best;
}

void SpanLane::edges(const TimeRange& range, std::vector<std::int64_t>& out) const
{
    for (const SpanTrack& track : m_rows) {
        const std::size_t last = track.lastIndex(range.toNs);
        for (std::size_t i = track.firstIndex(range.fromNs); i < last; ++i) {
            for (const std::int64_t edge : { track.starts()[i], track.ends()[i] }) {
                if (range.contains(edge)) {
                    out.push_back(edge);
                }
            }
        }
    }
}

QString SpanLane::describe(const TimeRange& visible) const
{
    std::size_t spans = 0;
    for (const SpanTrack& track : m_rows) {
        spans += track.lastIndex(visible.toNs)
            - std::min(track.lastIndex(visible.toNs), track.firstIndex(visible.fromNs));
    }
    return QCoreApplication::translate("SpanLane", "%1: %n span(s) in view, in %2 rows.", nullptr, int(spans))
        .arg(name())
        .arg(m_rows.size());
}

TimeRange SpanLane::extent() const
{
    TimeRange all;
    for (const SpanTrack& track : m_rows) {
        all = all.united(track.extent());
    }
    return all;
}

} // namespace prism::app
