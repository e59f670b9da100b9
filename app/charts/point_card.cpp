// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/point_card.h"

#include "app/selection/workspace.h"
#include "app/theme/run_style.h"
#include "app/theme/theme.h"

#include <QBoxLayout>
#include <QEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace prism::app {

namespace {

struct Shown {
    ChartAxis axis;
    Stat stat;
};

/// Y and its partner, X, every limit that is on no axis, cost: each once.
std::vector<Shown> measuresOf(const ChartData& data)
{
    std::vector<Shown> out;
    const auto add = [&out](ChartAxis axis, Stat stat) {
        axis.stat = stat;
        axis.partner.reset();
        const bool known = std::ranges::any_of(out,
            [&](const Shown& s) { return s.axis.quantity == axis.quantity && s.axis.stat == axis.stat; });
        if (axis.metric() && !known) {
            out.push_back({ axis, stat });
        }
    };
    add(data.spec.y, data.spec.y.stat);
    if (data.spec.y.partner) {
        add(data.spec.y, *data.spec.y.partner);
    }
    add(data.spec.x, data.spec.x.stat);
    ChartAxis other;
    for (const SloLimit& limit : data.limits) {
        other.quantity = limit.metric->id;
        add(other, limit.stat);
    }
    if (data.spec.y.quantity != "output_throughput") {
        other.quantity = "output_throughput";
        add(other, Stat::value());
    }
    other.quantity = "cost_per_mtok_output";
    add(other, Stat::value());
    return out;
}

double valueIn(const ColumnTable& table, const ChartAxis& axis, Row row)
{
    const double value = table.measures(*axis.metric(), axis.stat)->values[row];
    if (!axis.perAccelerator) {
        return value;
    }
    const CategoryColumn* count = table.category("accelerator_count");
    return count && !count->numbers.empty() ? value / count->numbers[count->codes[row]] : std::nan("");
}

/// A difference is only one between equal meanings.
bool sameMeaning(const ColumnTable& table, const ChartAxis& axis, Row a, Row b)
{
    const auto column = table.measures(*axis.metric(), axis.stat);
    return column->semantics[a] == column->semantics[b];
}

/// Empty for the contract's meaning.
QString otherMeaning(const ColumnTable& table, const ChartAxis& axis, Row row)
{
    return QString::fromStdString(
        prism::otherMeaning(table, *table.measures(*axis.metric(), axis.stat), row));
}

constexpr int widestText = 330; ///< a card of a whole sentence would cover the plot

/// Lines of parts between dots, each at most as wide as a card where its parts allow it.
QStringList folded(const QString& text, const QFontMetrics& metrics)
{
    const QString dot = QStringLiteral(" · ");
    QStringList lines;
    const QStringList parts = text.split(dot);
    for (const QString& part : parts) {
        const QString longer = lines.isEmpty() ? part : lines.last() + dot + part;
        if (lines.isEmpty() || metrics.horizontalAdvance(longer) > widestText) {
            lines << part;
        } else {
            lines.last() = longer;
        }
    }
    return lines;
}

QColor colourOf(Standing standing, const Tokens& t)
{
    return standing == Standing::Better ? t.good : standing == Standing::Worse ? t.bad : t.muted;
}

} // namespace

CardText cardText(const ChartData& data, std::uint32_t point, int slot)
{
    const ColumnTable& table = *data.table;
    const Row row = data.rows[point];
    CardText text;
    text.slot = slot;
    text.title = data.pointLabel(point);
    std::optional<Row> base;
    if (data.baseline && *data.baseline != table.run(row)) {
        base = atSameLoad(table, *data.baseline, row);
    }
    for (const Shown& shown : measuresOf(data)) {
        const double value = valueIn(table, shown.axis, row);
        if (!std::isfinite(value)) {
            continue;
        }
        const Metric& metric = *shown.axis.metric();
        CardText::Line line { metric.group == "Cost" ? PointCard::tr("Cost")
                                                     : QString::fromStdString(title(metric, shown.stat)),
            valueText(shown.axis, value), {}, Standing::Same };
        if (const QString other = otherMeaning(table, shown.axis, row); !other.isEmpty()) {
            line.name += QStringLiteral(" (") + other + QLatin1Char(')');
        }
        if (base && sameMeaning(table, shown.axis, row, *base)) {
            const auto d = difference(value, valueIn(table, shown.axis, *base), metric.direction);
            if (d) {
                line.difference = QString::fromStdString(prism::text(*d));
                line.standing = d->standing;
            }
        }
        text.lines.push_back(line);
    }
    QStringList footer;
    if (!data.limits.empty()) {
        const std::uint8_t flags = data.flags[point];
        if (flags & ChartData::Unknown) {
            footer << PointCard::tr("a number for the SLO is missing");
        } else {
            text.holds = !(flags & ChartData::Breaks);
            const bool highest = std::ranges::find(data.highestHolding, point) != data.highestHolding.end();
            footer << (highest    ? PointCard::tr("highest load of the run that holds the SLO")
                    : *text.holds ? PointCard::tr("holds the SLO")
                                  : PointCard::tr("breaks the SLO"));
        }
    }
    if (data.flags[point] & ChartData::UsersCount) {
        footer << PointCard::tr("✎ per GPU by the number that you set");
    }
    if (data.flags[point] & ChartData::Estimated) {
        footer << PointCard::tr("estimated");
    }
    if (data.baseline && *data.baseline != table.run(row)) {
        const QString name = QStringLiteral("★ ") + data.labels.of(*data.baseline);
        footer << (base ? PointCard::tr("%1 at %2").arg(name, loadLabel(table, *base))
                        : PointCard::tr("%1 has no single point at this load").arg(name));
    } else if (data.baseline) {
        footer << PointCard::tr("★ baseline");
    }
    text.footer = footer.join(QStringLiteral(" · "));
    return text;
}

QString CardText::plain() const
{
    QStringList out { title };
    for (const Line& line : lines) {
        out << QStringLiteral("%1 %2 %3").arg(line.name, line.value, line.difference).trimmed();
    }
    if (!footer.isEmpty()) {
        out << footer;
    }
    return out.join(QLatin1Char('\n'));
}

PointCard::PointCard(bool pinned, QWidget* parent)
    : QFrame(parent)
    , m_marker(new QLabel(this))
    , m_title(new QLabel(this))
    , m_body(new QLabel(this))
{
    setFrameShape(QFrame::Box);
    setAutoFillBackground(true);
    setAttribute(Qt::WA_TransparentForMouseEvents, !pinned);
    auto* head = new QHBoxLayout;
    head->setSpacing(4);
    head->addWidget(m_marker, 0, Qt::AlignTop);
    head->addWidget(m_title);
    head->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 5, 8, 6);
    column->setSpacing(2);
    column->addLayout(head);
    column->addWidget(m_body);
    column->setSizeConstraint(QLayout::SetFixedSize);
    m_title->setTextFormat(Qt::PlainText);
    m_body->setTextFormat(Qt::RichText);
    if (pinned) {
        m_body->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        m_close = new QToolButton(this);
        m_close->setAutoRaise(true);
        m_close->setFixedSize(18, 18);
        m_close->setText(QStringLiteral("✕"));
        m_close->setAccessibleName(tr("Close this card"));
        m_close->setToolTip(tr("Close this card"));
        head->addSpacing(8);
        head->addWidget(m_close, 0, Qt::AlignTop);
        connect(m_close, &QToolButton::clicked, this, &PointCard::closed);
        setCursor(Qt::SizeAllCursor);
        m_body->setCursor(Qt::IBeamCursor);
        m_close->setCursor(Qt::ArrowCursor);
        setFocusPolicy(Qt::TabFocus);
    }
    connect(&Theme::current(), &Theme::changed, this, &PointCard::rebuild);
}

void PointCard::setText(const CardText& text)
{
    m_text = text;
    setAccessibleName(text.plain());
    rebuild();
}

void PointCard::rebuild()
{
    const Tokens& t = Theme::current().tokens();
    QPalette colours = palette();
    colours.setColor(QPalette::Window, t.tooltip);
    colours.setColor(QPalette::WindowText, t.control); // the frame; labels have their own
    setPalette(colours);
    QPalette ink = colours;
    ink.setColor(QPalette::WindowText, t.text);
    const QFont small = Theme::secondary(font());
    m_marker->setPixmap(markerPixmap(m_text.slot, 14, devicePixelRatioF()));
    m_title->setFont(Theme::title(small));
    m_body->setFont(small);
    m_title->setPalette(ink);
    m_body->setPalette(ink);
    m_title->setText(folded(m_text.title, QFontMetrics(m_title->font())).join(QLatin1Char('\n')));
    QString html = QStringLiteral("<table cellspacing='0' cellpadding='0'>");
    for (const CardText::Line& line : m_text.lines) {
        html += QStringLiteral(
            "<tr><td style='color:%1'>%2</td><td align='right' style='padding-left:14px'>%3</td>"
            "<td align='right' style='padding-left:14px;color:%4'>%5</td></tr>")
                    .arg(t.muted.name(), line.name.toHtmlEscaped(), line.value.toHtmlEscaped(),
                        colourOf(line.standing, t).name(), line.difference.toHtmlEscaped());
    }
    html += QStringLiteral("</table>");
    if (!m_text.footer.isEmpty()) {
        const QString mark = !m_text.holds ? QString()
            : *m_text.holds ? QStringLiteral("<span style='color:%1'>✓</span> ").arg(t.good.name())
                            : QStringLiteral("<span style='color:%1'>✗</span> ").arg(t.bad.name());
        html += QStringLiteral("<div style='color:%1'>%2%3</div>")
                    .arg(t.muted.name(), mark,
                        folded(m_text.footer.toHtmlEscaped(), QFontMetrics(small))
                            .join(QStringLiteral("<br>")));
    }
    m_body->setText(html);
    adjustSize();
}

void PointCard::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        rebuild();
    }
}

void PointCard::mousePressEvent(QMouseEvent* event)
{
    m_grip = event->position().toPoint();
    raise();
    event->accept();
}

void PointCard::mouseMoveEvent(QMouseEvent* event)
{
    if (!(event->buttons() & Qt::LeftButton) || !parentWidget()) {
        return;
    }
    const QPoint wanted = mapToParent(event->position().toPoint()) - m_grip;
    const QRect room = parentWidget()->rect();
    move(std::clamp(wanted.x(), 0, std::max(0, room.width() - width())),
        std::clamp(wanted.y(), 0, std::max(0, room.height() - height())));
    m_moved = true;
    event->accept();
    Q_EMIT dragged();
}

void PointCard::keyPressEvent(QKeyEvent* event)
{
    if (m_close && (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Escape)) {
        Q_EMIT closed();
        return;
    }
    QFrame::keyPressEvent(event);
}

} // namespace prism::app
