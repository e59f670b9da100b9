// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_heading.h"

#include "app/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>

namespace prism::app {

namespace {

void paint(QLabel* label, const QColor& colour)
{
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, colour);
    palette.setColor(QPalette::Text, colour); // on a background of the role Base, labels write with Text
    label->setPalette(palette);
}

} // namespace

ChartHeading::ChartHeading(QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_common(new QLabel(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 7, 12, 0);
    row->setSpacing(10);
    row->addWidget(m_title);
    row->addWidget(m_common, 1);
    m_common->setTextFormat(Qt::PlainText);
    m_common->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    connect(&Theme::current(), &Theme::changed, this, &ChartHeading::applyTheme);
    applyTheme();
}

void ChartHeading::setChart(const ChartData& chart)
{
    m_title->setText(chartTitle(chart.spec));
    m_common->setToolTip(chart.common);
    elide();
}

void ChartHeading::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    elide();
}

void ChartHeading::elide()
{
    const int room = width() - m_title->sizeHint().width() - 34;
    m_common->setText(m_common->fontMetrics().elidedText(m_common->toolTip(), Qt::ElideRight, room));
}

void ChartHeading::applyTheme()
{
    m_title->setFont(Theme::title(font()));
    m_common->setFont(Theme::secondary(font()));
    paint(m_common, Theme::current().tokens().muted);
}

ChartNote::ChartNote(QWidget* parent)
    : QWidget(parent)
    , m_label(new QLabel(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 2, 12, 0);
    row->addWidget(m_label);
    m_label->setTextFormat(Qt::PlainText);
    connect(&Theme::current(), &Theme::changed, this, &ChartNote::applyTheme);
    applyTheme();
}

void ChartNote::setChart(const ChartData& chart)
{
    QStringList full;
    QStringList brief;
    if (!chart.differing.isEmpty()) {
        QStringList names;
        for (const QString& condition : chart.differing) {
            names << condition.section(QLatin1Char(':'), 0, 0);
        }
        full << tr("Not alike: %1").arg(chart.differing.join(QStringLiteral("; ")));
        brief << tr("Not alike: %1").arg(names.join(QStringLiteral(", ")));
    }
    const auto add = [&](const QString& text) {
        full << text;
        brief << text;
    };
    for (const auto& [axis, meaning] :
        { std::pair(&chart.spec.y, chart.ySemantics), std::pair(&chart.spec.x, chart.xSemantics) }) {
        if (!meaning.isEmpty()) {
            add(tr("%1 is measured %2").arg(measureName(*axis, axis->stat), meaning));
        }
    }
    if (chart.usersCounts > 0) {
        add(tr("%n point(s) are divided by a number of GPUs that you set", nullptr, int(chart.usersCounts)));
    }
    if (chart.frontierEstimated > 0) {
        add(tr("estimated points that the frontier leaves out: %1").arg(chart.frontierEstimated));
    }
    const QString sign = full.isEmpty() ? QString() : QStringLiteral("⚠ ");
    m_full = sign + full.join(QStringLiteral(" · "));
    m_short = sign + brief.join(QStringLiteral(" · "));
    showText();
}

void ChartNote::setBrief(bool brief)
{
    if (brief != m_brief) {
        m_brief = brief;
        showText();
    }
}

QString ChartNote::text() const
{
    return m_full;
}

void ChartNote::showText()
{
    setVisible(!m_full.isEmpty());
    // First the policy: to wrap words also says in it that the height depends on the width.
    m_label->setSizePolicy(m_brief ? QSizePolicy::Ignored : QSizePolicy::Preferred, QSizePolicy::Preferred);
    m_label->setWordWrap(!m_brief);
    m_label->setText(m_brief ? m_short : m_full);
    m_label->setToolTip(m_full);
    m_label->setAccessibleName(m_full);
}

void ChartNote::applyTheme()
{
    m_label->setFont(Theme::secondary(font()));
    paint(m_label, Theme::current().tokens().warn);
}

} // namespace prism::app
