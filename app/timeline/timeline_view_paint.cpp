// SPDX-License-Identifier: GPL-3.0-or-later
// How the timeline paints a frame: data into one image, texts on top.
#include "app/timeline/timeline_view.h"

#include "app/theme/theme.h"
#include "app/timeline/ruler_ticks.h"

#include <QPainter>

namespace prism::app {

namespace {

constexpr int labelDistance = 110; ///< pixels between two labels of the ruler
constexpr int lineStep = 15; ///< from one line of readings to the next
constexpr int firstLine = 15; ///< baseline of a lane's name
constexpr int nameLeft = 10;
constexpr int valueRight = TimelineView::namesWidth - 9;
constexpr int rampStep = 13;

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

const Tokens& tokens()
{
    return Theme::current().tokens();
}

QFont scaleFont(const QFont& body)
{
    QFont font = body;
    font.setPointSizeF(body.pointSizeF() > 0 ? body.pointSizeF() * 0.8 : 8);
    return font;
}

void drawRight(QPainter& painter, int right, int baseline, const QString& what)
{
    painter.drawText(right - painter.fontMetrics().horizontalAdvance(what), baseline, what);
}

} // namespace

void TimelineView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    renderFrame(painter);
    painter.end();
    Q_EMIT painted();
}

void TimelineView::renderFrame(QPainter& painter)
{
    const QRect plot = plotRect();
    const double ratio = painter.device()->devicePixelRatioF();
    const QSize size(int(std::ceil(plot.width() * ratio)), int(std::ceil(viewport()->height() * ratio)));
    if (m_image.size() != size) {
        m_image = QImage(size, QImage::Format_RGB32);
    }
    m_image.setDevicePixelRatio(1);
    const auto shown = places();
    Raster raster(m_image);
    raster.fill(0, 0, size.width(), size.height(), tokens().base.rgb());
    paintLanes(raster, shown, { m_range, size.width() }, ratio);
    paintOverview(raster, ratio);
    m_image.setDevicePixelRatio(ratio);

    const QRect all = viewport()->rect();
    const QColor window = tokens().window;
    painter.fillRect(0, 0, namesWidth, all.height(), window);
    painter.fillRect(plot.right() + 1, 0, gutterWidth, all.height(), window);
    painter.drawImage(QPointF(plot.left(), 0), m_image);
    paintNames(painter, shown);
    paintGutter(painter, shown);
    paintOverlays(painter, shown);
    // What scrolls ends below the ruler.
    painter.fillRect(0, 0, namesWidth, plot.top(), window);
    painter.fillRect(plot.right() + 1, 0, gutterWidth, plot.top(), window);
    paintHead(painter);
    paintRuler(painter);
}

void TimelineView::paintLanes(
    Raster& raster, const std::vector<Place>& places, const TimeAxis& axis, double ratio) const
{
    const QRect plot = plotRect();
    const auto device = [ratio](int logical) { return int(std::lround(logical * ratio)); };
    const int labels = device(labelDistance);
    std::vector<int> grid;
    for (const RulerTick& tick : rulerTicks(axis, m_zero, labels)) {
        if (tick.labelled) {
            grid.push_back(axis.columnOf(tick.ns));
        }
    }
    const QRect below(0, device(plot.top()), raster.width(), raster.height() - device(plot.top()));
    for (const Place& place : places) {
        LanePaint paint { tokens(), ratio, Theme::current().variant() == Variant::HighContrast, {} };
        for (const LaneMark& mark : m_marked) {
            if (mark.lane == place.lane->id()) {
                paint.marked.push_back(mark);
            }
        }
        // The clip keeps the lane's corner even where its top is scrolled away.
        raster.setClip(QRect(0, device(place.top), raster.width(), device(place.height)));
        for (const int x : grid) {
            raster.fill(x, 0, 1, device(place.height), tokens().grid.rgb());
        }
        place.lane->paint(raster, axis, paint);
        for (const TimelineGap& gap : m_model->gaps()) {
            if (gap.range.overlaps(m_range) && (gap.ofSampled || !place.lane->isSampled())) {
                const int from = std::max(-8, axis.columnOf(gap.range.fromNs));
                const int to = std::min(raster.width() + 8, axis.columnOf(gap.range.toNs) + 1);
                raster.hatch(from, 0, std::max(to - from, paint.pixels(3)), device(place.height),
                    tokens().loss.rgb(), tokens().base.rgb());
            }
        }
        raster.setClip(below);
        raster.fill(
            0, device(place.top + place.height) - below.top(), raster.width(), 1, tokens().border.rgb());
    }
    raster.setClip(QRect(0, 0, raster.width(), raster.height()));
}

void TimelineView::paintOverview(Raster& raster, double ratio) const
{
    const auto device = [ratio](double logical) { return int(std::lround(logical * ratio)); };
    raster.setClip(QRect(0, 0, raster.width(), device(plotRect().top())));
    raster.fill(0, 0, raster.width(), device(overviewHeight), tokens().base.rgb());
    raster.fill(0, device(overviewHeight), raster.width(), raster.height(), tokens().window.rgb());
    if (!m_model || m_model->overview().range.isEmpty()) {
        return;
    }
    const TimelineOverview& overview = m_model->overview();
    const TimeAxis axis(overview.range, raster.width());
    std::vector<ColumnExtent> extents;
    columnExtents(overview.track, axis, extents);
    double highest = 0;
    for (const ColumnExtent& e : extents) {
        highest = std::max(highest, e.high);
    }
    const int bottom = device(overviewHeight - 2);
    const int room = device(overviewHeight - 6);
    const QRgb fill = tokens().stages.decode.rgb();
    for (std::size_t i = 0; i < extents.size() && highest > 0; ++i) {
        const int next = i + 1 < extents.size() && !extents[i + 1].broken ? extents[i + 1].column
                                                                          : extents[i].column + 1;
        const int height = int(extents[i].high / highest * room);
        raster.blend(
            extents[i].column, bottom - height, std::max(1, next - extents[i].column), height, fill, 115);
    }
    for (const TimelineGap& gap : m_model->gaps()) {
        const int from = axis.columnOf(gap.range.fromNs);
        raster.hatch(from, 0, std::max(3, axis.columnOf(gap.range.toNs) - from), device(overviewHeight),
            tokens().loss.rgb(), tokens().base.rgb());
    }
    for (const std::int64_t ns : overview.flags) {
        for (int row = 0; row < device(5); ++row) { // a triangle that points down
            const int half = (device(5) - row + 1) / 2;
            raster.fill(axis.columnOf(ns) - half, row, 2 * half + 1, 1, tokens().bad.rgb());
        }
    }
    const int from = axis.columnOf(m_range.fromNs);
    const int to = std::max(from + 3, axis.columnOf(m_range.toNs));
    raster.blend(from, 0, to - from, device(overviewHeight), tokens().accent.rgb(), 36);
    raster.frame(from, 0, to - from, device(overviewHeight), tokens().accent.rgb(), device(1));
}

void TimelineView::paintNames(QPainter& painter, const std::vector<Place>& places) const
{
    painter.save();
    painter.setClipRect(0, plotRect().top(), namesWidth, plotRect().height());
    for (const Place& place : places) {
        painter.setPen(tokens().border);
        painter.drawLine(0, place.top + place.height, namesWidth - 1, place.top + place.height);
        if (hasFocus() && place.lane == focusedLane()) {
            painter.setPen(tokens().accent);
            painter.drawRect(1, place.top + 1, namesWidth - 4, place.height - 3);
        }
        paintReadings(painter, place);
    }
    painter.restore();
}

void TimelineView::paintReadings(QPainter& painter, const Place& place) const
{
    const QFont body = Theme::secondary(font());
    QList<LaneReading> readings = place.lane->readings(readingInstant());
    int line = place.top + firstLine;
    const int end = place.top + place.height - 3;
    const bool roomy = line + lineStep <= end;
    painter.setPen(tokens().text);
    painter.setFont(Theme::title(body));
    painter.drawText(nameLeft, line, place.lane->name());
    painter.setFont(body);
    if (!roomy && readings.size() > 1) {
        readings = { readings.last() }; // the one that breaks first
    }
    for (const LaneReading& reading : readings) {
        const bool beside = reading.label.isEmpty() || !roomy;
        if (!beside) {
            line += lineStep;
            if (line > end) {
                break;
            }
            int left = nameLeft;
            if (reading.sign == LaneReading::Sign::Swatch) {
                painter.fillRect(left, line - 8, 11, 8, reading.swatch(tokens()));
                left += 16;
            } else if (reading.sign != LaneReading::Sign::None) {
                QPen pen(tokens().text, 1.25);
                if (reading.sign == LaneReading::Sign::Dashed) {
                    pen.setDashPattern({ 3.2, 2 });
                }
                painter.setPen(pen);
                painter.drawLine(left, line - 4, left + 18, line - 4);
                left += 23;
            }
            painter.setPen(tokens().muted);
            painter.drawText(left, line, reading.label);
        }
        painter.setPen(reading.bad ? tokens().bad : tokens().text);
        drawRight(painter, valueRight, beside ? place.top + firstLine : line, reading.value);
    }
    if (!place.lane->note().isEmpty() && line + lineStep <= end) {
        line += lineStep;
        painter.setPen(tokens().muted);
        painter.drawText(nameLeft, line, place.lane->note());
    }
    const auto ramp = place.lane->ramp();
    if (ramp && line + 2 * lineStep <= end + 4) {
        const auto& colours = tokens().heat;
        for (std::size_t i = 0; i < colours.size(); ++i) {
            painter.fillRect(nameLeft + int(i) * rampStep, line + 6, rampStep, 9, colours[i]);
        }
        painter.setFont(scaleFont(font()));
        painter.setPen(tokens().muted);
        painter.drawText(nameLeft, line + 26, ramp->first);
        drawRight(painter, nameLeft + int(colours.size()) * rampStep, line + 26, ramp->second);
    }
}

void TimelineView::paintGutter(QPainter& painter, const std::vector<Place>& places) const
{
    const QRect plot = plotRect();
    const int left = plot.right() + 1;
    painter.save();
    painter.setClipRect(left, plot.top(), gutterWidth, plot.height());
    painter.setFont(scaleFont(font()));
    const int rise = painter.fontMetrics().ascent() / 2;
    for (const Place& place : places) {
        painter.setPen(tokens().border);
        painter.drawLine(left, place.top + place.height, left + gutterWidth, place.top + place.height);
        QList<ScaleMark> marks = place.lane->scale(place.height);
        // A limit wins over the scale's own numbers where both have no room.
        for (const bool bad : { true, false }) {
            for (const ScaleMark& mark : marks) {
                const bool covered = !mark.bad
                    && std::any_of(marks.cbegin(), marks.cend(),
                        [&](const ScaleMark& m) { return m.bad && std::abs(m.y - mark.y) < 11; });
                if (mark.bad == bad && !covered) {
                    painter.setPen(mark.bad ? tokens().bad : tokens().muted);
                    const double y = std::clamp(mark.y, 7.0, std::max(7.0, place.height - 6.0));
                    painter.drawText(QPointF(left + 5, place.top + y + rise - 1), mark.text);
                }
            }
        }
    }
    painter.restore();
}

void TimelineView::paintOverlays(QPainter& painter, const std::vector<Place>& places) const
{
    const QRect plot = plotRect();
    const TimeAxis map = axis();
    painter.save();
    painter.setClipRect(plot);
    const int bottom
        = places.empty() ? plot.bottom() : std::min(plot.bottom(), places.back().top + places.back().height);
    if (m_selected) {
        const int from = plot.left() + map.columnOf(m_selected->fromNs);
        const int to = plot.left() + map.columnOf(m_selected->toNs);
        QColor tint = tokens().accent;
        tint.setAlphaF(0.10f);
        painter.fillRect(from, plot.top(), to - from, bottom - plot.top(), tint);
        painter.setPen(tokens().accent);
        painter.drawLine(from, plot.top(), from, bottom);
        painter.drawLine(to, plot.top(), to, bottom);
    }
    for (const TimelineNote& note : m_model ? m_model->notes() : std::vector<TimelineNote>()) {
        const int x = plot.left() + map.columnOf(note.range.fromNs);
        painter.setPen(QPen(tokens().accent, 1, Qt::DotLine));
        painter.drawLine(x, plot.top(), x, bottom);
        if (!note.range.isEmpty()) {
            const int to = plot.left() + map.columnOf(note.range.toNs);
            painter.drawLine(to, plot.top(), to, bottom);
        }
    }
    painter.setFont(Theme::secondary(font()));
    paintDetailFrom(painter, bottom);
    for (const TimelineGap& gap : m_model && !places.empty() ? m_model->gaps() : std::vector<TimelineGap>()) {
        if (!gap.range.overlaps(m_range) || gap.text.isEmpty()) {
            continue;
        }
        const int middle = plot.left() + (map.columnOf(gap.range.fromNs) + map.columnOf(gap.range.toNs)) / 2;
        const int width = painter.fontMetrics().horizontalAdvance(gap.text) + 12;
        const int below = std::min(plot.bottom(), places.front().top + places.front().height);
        const int left = std::clamp(middle - width / 2, plot.left(), plot.right() - width);
        const QRect box(left, below - 19, width, 16);
        painter.fillRect(box, tokens().tooltip);
        painter.setPen(tokens().loss);
        painter.drawRect(box);
        painter.setPen(tokens().text);
        painter.drawText(box, Qt::AlignCenter, gap.text);
    }
    if (m_instant && m_range.contains(*m_instant)) {
        QColor line = tokens().text;
        line.setAlphaF(0.75f);
        painter.setPen(line);
        const int x = plot.left() + map.columnOf(*m_instant);
        painter.drawLine(x, plot.top(), x, bottom);
    }
    painter.restore();
}

void TimelineView::paintDetailFrom(QPainter& painter, int bottom) const
{
    if (!m_model || !m_model->detailFrom() || !m_range.contains(*m_model->detailFrom())) {
        return;
    }
    const QRect plot = plotRect();
    const int x = plot.left() + axis().columnOf(*m_model->detailFrom());
    painter.setPen(QPen(tokens().warn, 1, Qt::DashLine));
    painter.drawLine(x, plot.top(), x, bottom);
    const QString text = QStringLiteral("▸ ") + m_model->detailText();
    const int width = painter.fontMetrics().horizontalAdvance(text) + 12;
    const QRect box(std::max(plot.left(), std::min(x, plot.right() - width)), plot.top(), width, 16);
    painter.fillRect(box, tokens().tooltip);
    painter.drawRect(box);
    painter.setPen(tokens().text);
    painter.drawText(box, Qt::AlignCenter, text);
}

void TimelineView::paintHead(QPainter& painter) const
{
    const QFont body = Theme::secondary(font());
    painter.setFont(Theme::title(body));
    painter.setPen(tokens().text);
    if (m_model) {
        painter.drawText(nameLeft, 17, m_model->overview().name);
    }
    painter.drawText(nameLeft, overviewHeight + 1 + 14, tr("Time"));
    painter.setFont(body);
    painter.setPen(tokens().muted);
    if (m_model) {
        drawRight(painter, valueRight, 17, m_model->overview().note);
    }
    painter.setPen(tokens().border);
    painter.drawLine(0, overviewHeight, viewport()->width(), overviewHeight);
    painter.drawLine(0, plotRect().top() - 1, viewport()->width(), plotRect().top() - 1);
}

void TimelineView::paintRuler(QPainter& painter) const
{
    const QRect plot = plotRect();
    const TimeAxis map = axis();
    const int top = overviewHeight + 1;
    const int bottom = top + rulerHeight;
    painter.save();
    painter.setClipRect(plot.left(), top, plot.width(), rulerHeight);
    painter.setFont(Theme::secondary(font()));
    const std::int64_t step = niceStep(map.nsPerPixel() * labelDistance);
    for (const RulerTick& tick : rulerTicks(map, m_zero, labelDistance)) {
        const int x = plot.left() + map.columnOf(tick.ns);
        painter.setPen(tokens().axis);
        painter.drawLine(x, top + (tick.labelled ? 11 : 15), x, bottom - 1);
        if (!tick.labelled) {
            continue;
        }
        const bool isZero = tick.ns == m_zero && !m_zeroText.isEmpty();
        const QString label = isZero ? m_zeroText : text(durationText(tick.ns - m_zero, step));
        const int width = painter.fontMetrics().horizontalAdvance(label);
        const int left = std::min(x - width / 2, plot.right() - width - 2);
        painter.setPen(tokens().muted);
        if (left >= plot.left()) {
            painter.drawText(left, top + 11, label);
        }
    }
    int boxRight = -1;
    if (m_instant && m_range.contains(*m_instant)) {
        const QString label = m_instantText
            ? m_instantText(*m_instant)
            : text(durationText(*m_instant - m_zero, std::max<std::int64_t>(1, step / 100)));
        const int width = painter.fontMetrics().horizontalAdvance(label) + 14;
        const int x = plot.left() + map.columnOf(*m_instant);
        const QRect box(std::clamp(x - width / 2, plot.left(), plot.right() - width), top + 1, width, 17);
        painter.fillRect(box, tokens().text);
        painter.setPen(tokens().base);
        painter.drawText(box, Qt::AlignCenter, label);
        boxRight = box.right();
    }
    for (const TimelineBand& band : m_model ? m_model->bands() : std::vector<TimelineBand>()) {
        if (!band.range.overlaps(m_range)) {
            continue;
        }
        const int from = plot.left() + map.columnOf(band.range.fromNs);
        const int to = plot.left() + map.columnOf(band.range.toNs);
        painter.fillRect(from, bottom - 3, std::max(1, to - from), 3, tokens().bad);
        const bool underCursor = m_instant && band.range.contains(*m_instant);
        if (underCursor && boxRight >= 0) {
            const int width = painter.fontMetrics().horizontalAdvance(band.text);
            painter.fillRect(boxRight + 3, top, width + 6, rulerHeight - 4, tokens().window);
            painter.setPen(tokens().bad);
            painter.drawText(boxRight + 6, top + 12, band.text);
        }
    }
    if (m_model && m_model->detailFrom()) {
        // Up to there older detail is thinned.
        const int to = plot.left() + map.columnOf(*m_model->detailFrom());
        painter.fillRect(QRect(QPoint(plot.left(), bottom - 3), QPoint(to - 1, bottom - 1)), tokens().warn);
    }
    for (const TimelineNote& note : m_model ? m_model->notes() : std::vector<TimelineNote>()) {
        const int x = plot.left() + map.columnOf(note.range.fromNs);
        painter.fillRect(x, top, 2, rulerHeight, tokens().accent);
        const QString label = painter.fontMetrics().elidedText(note.text, Qt::ElideRight, 160);
        const int width = painter.fontMetrics().horizontalAdvance(label);
        painter.fillRect(x + 2, top, width + 8, 14, tokens().selection);
        painter.setPen(tokens().selectionText);
        painter.drawText(x + 6, top + 11, label);
    }
    painter.restore();
}

} // namespace prism::app
