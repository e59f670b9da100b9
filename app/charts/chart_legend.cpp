// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_legend.h"

#include "app/charts/flow_layout.h"
#include "app/theme/button_text.h"
#include "app/theme/run_style.h"
#include "app/theme/theme.h"

#include <QApplication>
#include <QEnterEvent>
#include <QLabel>
#include <QPainter>
#include <QSet>
#include <QToolButton>

namespace prism::app {

namespace {

constexpr int markerSide = 14;
constexpr int entryGap = 10;

QString entryText(const ChartGroup& group)
{
    const QString label = group.label.isEmpty() ? LegendEntry::tr("unnamed") : shortened(group.label);
    return group.baseline ? QStringLiteral("★ ") + label : label;
}

int entryHeight(const QFont& font)
{
    return std::max(16, QFontMetrics(Theme::title(font)).height());
}

/// With room for the bold text of a lifted entry, so that its neighbours stay where they are.
int entryWidth(const ChartGroup& group, const QFontMetrics& bold)
{
    return markerSide + 4 + bold.horizontalAdvance(entryText(group)) + 4;
}

/// A glyph and a word that only explain.
class LegendKey : public QWidget {
public:
    enum class Glyph { Frontier, Solid, Dashed };
    LegendKey(Glyph glyph, const QString& text, QWidget* parent)
        : QWidget(parent)
        , m_glyph(glyph)
        , m_text(text)
    {
        setAccessibleName(text);
    }
    QSize sizeHint() const override
    {
        const QFontMetrics metrics(Theme::secondary(font()));
        return { 26 + 5 + metrics.horizontalAdvance(m_text) + 2, std::max(16, metrics.height()) };
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        const Tokens& t = Theme::current().tokens();
        painter.setRenderHint(QPainter::Antialiasing);
        const qreal y = height() / 2.0;
        if (m_glyph == Glyph::Frontier) {
            painter.setPen(QPen(t.text, 1.25));
            painter.drawPolyline(QPolygonF { { 2, y + 5 }, { 12, y + 5 }, { 12, y - 2 }, { 24, y - 2 } });
            painter.drawEllipse(QPointF(12, y - 2), 4, 4);
        } else {
            QPen pen(t.muted, 1.5);
            if (m_glyph == Glyph::Dashed) {
                pen.setDashPattern({ 5 / 1.5, 3 / 1.5 });
            }
            painter.setPen(pen);
            painter.drawLine(QPointF(0, y), QPointF(26, y));
        }
        painter.setPen(t.muted);
        painter.setFont(Theme::secondary(font()));
        painter.drawText(rect().adjusted(31, 0, 0, 0), Qt::AlignVCenter, m_text);
    }

private:
    Glyph m_glyph;
    QString m_text;
};

} // namespace

LegendEntry::LegendEntry(std::uint32_t group, const ChartGroup& what, QWidget* parent)
    : QAbstractButton(parent)
    , m_group(group)
    , m_slot(what.slot)
    , m_shown(what.shown && what.drawn)
    , m_text(entryText(what))
{
    setAccessibleName(what.baseline ? tr("%1, baseline").arg(shortened(what.label)) : m_text);
    setAccessibleDescription(
        what.shown ? tr("Shown. Press to show it alone.") : tr("Hidden. Press to show it alone."));
    const QString keys
        = tr("Click shows it alone, Ctrl+click shows or hides it, a right click changes its colour");
    setToolTip(what.shown && !what.drawn
            ? tr("None of its points has a place on this chart.") + QLatin1Char('\n') + keys
            : keys);
    setFocusPolicy(Qt::TabFocus);
}

QFont LegendEntry::entryFont() const
{
    return Theme::secondary(font());
}

QSize LegendEntry::sizeHint() const
{
    // Room for the bold text of a lifted entry, so that its neighbours stay where they are.
    const QFontMetrics metrics(Theme::title(entryFont()));
    return { markerSide + 4 + metrics.horizontalAdvance(m_text) + 4, entryHeight(entryFont()) };
}

void LegendEntry::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Tokens& t = Theme::current().tokens();
    const RunStyle style = runStyle(m_slot);
    painter.setOpacity(m_shown ? 1 : 0.4);
    paintMarker(&painter, style.marker, { markerSide / 2.0, height() / 2.0 }, 4, style.colour);
    painter.setOpacity(1);
    painter.setFont(m_lifted ? Theme::title(entryFont()) : entryFont());
    painter.setPen(m_shown ? t.text : t.muted);
    const QRect room = rect().adjusted(markerSide + 4, 0, 0, 0);
    painter.drawText(
        room, Qt::AlignVCenter, painter.fontMetrics().elidedText(m_text, Qt::ElideMiddle, room.width()));
    if (hasFocus()) {
        painter.setPen(t.accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void LegendEntry::setLifted(bool lifted)
{
    if (lifted != m_lifted) {
        m_lifted = lifted;
        update();
    }
}

void LegendEntry::enterEvent(QEnterEvent*)
{
    setLifted(true);
    Q_EMIT entered(m_group);
}

void LegendEntry::leaveEvent(QEvent*)
{
    setLifted(false);
    Q_EMIT left();
}

void LegendEntry::focusInEvent(QFocusEvent* event)
{
    QAbstractButton::focusInEvent(event);
    setLifted(true);
    Q_EMIT entered(m_group);
}

void LegendEntry::focusOutEvent(QFocusEvent* event)
{
    QAbstractButton::focusOutEvent(event);
    setLifted(false);
    Q_EMIT left();
}

ChartLegend::ChartLegend(QWidget* parent)
    : QWidget(parent)
    , m_flow(new FlowLayout(this, entryGap, 2))
{
    m_flow->setContentsMargins(10, 3, 12, 0);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Legend"));
    connect(&Theme::current(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize ChartLegend::sizeHint() const
{
    return { 200, heightForWidth(width() > 50 ? width() : 600) };
}

int ChartLegend::heightForWidth(int width) const
{
    return m_flow->heightForWidth(width);
}

void ChartLegend::setData(const ChartData& chart)
{
    m_groups = chart.groups;
    m_frontier = !chart.frontiers.empty();
    m_percentiles[0] = chart.spec.y.partner ? QString::fromStdString(chart.spec.y.stat.name()) : QString();
    m_percentiles[1]
        = chart.spec.y.partner ? QString::fromStdString(chart.spec.y.partner->name()) : QString();
    rebuild();
}

void ChartLegend::setLifted(std::optional<std::uint32_t> group)
{
    for (int i = 0; i < m_flow->count(); ++i) {
        if (auto* entry = qobject_cast<LegendEntry*>(m_flow->itemAt(i)->widget())) {
            entry->setLifted(entry->group() == group);
        }
    }
}

void ChartLegend::setColumn(int width)
{
    if (width != m_column) {
        m_column = width;
        rebuild();
    }
}

void ChartLegend::setMostRows(int rows)
{
    if (rows != m_mostRows) {
        m_mostRows = rows;
        rebuild();
    }
}

void ChartLegend::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (!m_all && fittingEntries() != m_shownEntries) {
        rebuild();
    }
}

QStringList ChartLegend::keyTexts() const
{
    QStringList texts;
    if (!m_percentiles[0].isEmpty()) {
        texts << m_percentiles[0] << m_percentiles[1];
    }
    return m_frontier ? texts << tr("frontier") : texts;
}

/// How many entries stand in the rows that are allowed; at least one.
int ChartLegend::fittingEntries() const
{
    const auto all = std::min(static_cast<int>(m_groups.size()), mostEntries);
    const QMargins margins = m_flow->contentsMargins();
    const int width = this->width() - margins.left() - margins.right();
    const QFontMetrics metrics(Theme::title(Theme::secondary(font())));
    // What explains the lines stands in the last row too.
    int more = metrics.horizontalAdvance(tr("+ %1 more").arg(m_groups.size())) + 24;
    for (const QString& key : keyTexts()) {
        more += 31 + metrics.horizontalAdvance(key) + entryGap;
    }
    int row = 1;
    int used = 0;
    for (int i = 0; i < all; ++i) {
        const int entry = entryWidth(m_groups[static_cast<std::size_t>(i)], metrics) + entryGap;
        const bool last = i + 1 == static_cast<int>(m_groups.size());
        const bool wraps = used > 0 && used + entry > width + entryGap;
        if (row + wraps > m_mostRows
            || (row + wraps == m_mostRows && !last && (wraps ? 0 : used) + entry + more > width)) {
            return std::max(1, i);
        }
        row += wraps;
        used = (wraps ? 0 : used) + entry;
    }
    return all;
}

QToolButton* ChartLegend::addButton(const QString& text)
{
    auto* button = new QToolButton(this);
    button->setAutoRaise(true);
    button->setFont(Theme::secondary(font()));
    button->setText(text);
    // As high as an entry, or the row would move when the button comes.
    button->setFixedHeight(entryHeight(button->font()));
    m_flow->addWidget(button);
    button->show();
    return button;
}

void ChartLegend::rebuild()
{
    while (QLayoutItem* item = m_flow->takeAt(0)) {
        // Not at once: a click on an entry leads here.
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    const auto all = static_cast<int>(m_groups.size());
    m_shownEntries = m_all ? all : fittingEntries();
    for (int i = 0; i < m_shownEntries; ++i) {
        const auto group = static_cast<std::uint32_t>(i);
        auto* entry = new LegendEntry(group, m_groups[group], this);
        connect(entry, &QAbstractButton::clicked, this,
            [this, group] { clickedEntry(group, QApplication::keyboardModifiers() & Qt::ControlModifier); });
        connect(entry, &LegendEntry::entered, this, [this](std::uint32_t g) { Q_EMIT lifted(g); });
        if (m_column > 0) {
            const QMargins margins = m_flow->contentsMargins();
            entry->setFixedWidth(m_column - margins.left() - margins.right()); // one a row
        }
        entry->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(entry, &QWidget::customContextMenuRequested, this,
            [this, entry, group](const QPoint& at) { Q_EMIT menuRequested(group, entry->mapToGlobal(at)); });
        connect(entry, &LegendEntry::left, this, [this] { Q_EMIT lifted(std::nullopt); });
        m_flow->addWidget(entry);
        entry->show();
    }
    if (m_all || m_shownEntries < all) {
        connect(addButton(m_all ? tr("fewer") : tr("+ %1 more").arg(all - m_shownEntries)),
            &QToolButton::clicked, this, [this] {
                m_all = !m_all;
                rebuild();
            });
    }
    if (std::ranges::any_of(m_groups, [](const ChartGroup& g) { return !g.shown; })) {
        // An entry that is shown alone may be among those that wait: the way back is always in sight.
        connect(addButton(tr("Show all")), &QToolButton::clicked, this, [this] { Q_EMIT soloRequested({}); });
    }
    const auto addKey = [this](LegendKey::Glyph glyph, const QString& text) {
        auto* key = new LegendKey(glyph, text, this);
        m_flow->addWidget(key);
        key->show();
    };
    if (!m_percentiles[0].isEmpty()) {
        addKey(LegendKey::Glyph::Solid, m_percentiles[0]);
        addKey(LegendKey::Glyph::Dashed, m_percentiles[1]);
    }
    if (m_frontier) {
        addKey(LegendKey::Glyph::Frontier, tr("frontier"));
    }
    m_flow->invalidate();
    updateGeometry();
}

void ChartLegend::clickedEntry(std::uint32_t group, bool toggle)
{
    QSet<RunId> runs;
    const auto add = [&runs](const ChartGroup& g) {
        for (const RunId run : g.runs) {
            runs.insert(run);
        }
    };
    const bool anyHidden = std::ranges::any_of(m_groups, [](const ChartGroup& g) { return !g.shown; });
    if (toggle) {
        bool hidden = false;
        for (std::uint32_t i = 0; i < m_groups.size(); ++i) {
            const bool show = m_groups[i].shown != (i == group);
            hidden = hidden || !show;
            if (show) {
                add(m_groups[i]);
            }
        }
        // Hiding the last one would leave an empty chart: everything comes back instead.
        Q_EMIT soloRequested(hidden ? runs : QSet<RunId>());
        return;
    }
    const auto others = std::ranges::count_if(m_groups, [](const ChartGroup& g) { return g.shown; });
    if (anyHidden && others == 1 && m_groups[group].shown) {
        Q_EMIT soloRequested({});
        return;
    }
    add(m_groups[group]);
    Q_EMIT soloRequested(m_groups.size() > 1 ? runs : QSet<RunId>());
}

} // namespace prism::app
