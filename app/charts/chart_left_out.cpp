// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_panel.h"

#include "app/selection/workspace.h"
#include "app/theme/button_text.h"
#include "app/theme/theme.h"

#include <QLabel>
#include <QMenu>

// The link beside the x axis that tells how many points the chart cannot show, and leads to them.

namespace prism::app {

namespace {

QString hiddenText(std::size_t points)
{
    return ChartPanel::tr("%n point(s) hidden by you", nullptr, int(points));
}

} // namespace

void ChartPanel::showLeftOut()
{
    const std::size_t hidden = m_chart ? m_chart->table->hidden().size() : 0;
    const bool any = m_chart && (!m_chart->leftOut.empty() || hidden > 0);
    m_leftOut->setVisible(any);
    if (!any) {
        return;
    }
    const auto& out = m_chart->leftOut;
    std::size_t points = hidden;
    for (const LeftOut& reason : out) {
        points += reason.rows.size();
    }
    const QString first = out.empty() ? hiddenText(hidden) : out.front().text();
    const std::size_t reasons = out.size() + (hidden > 0 ? 1 : 0);
    const QString full
        = reasons == 1 ? first : tr("%1 · %n more reason(s)", nullptr, int(reasons) - 1).arg(first);
    // Right of the axis title, below the tick labels: there it covers no point.
    const QRectF plot = m_view->plotRect();
    const QFontMetrics metrics(Theme::secondary(font()));
    const int title = metrics.horizontalAdvance(axisTitle(m_chart->spec.x));
    const int room = qRound((plot.width() - title) / 2) - 16;
    const bool fits = metrics.horizontalAdvance(full) <= room;
    m_leftOut->setText(
        Theme::current().link(QStringLiteral("rows"), fits ? full : tr("%1 left out").arg(points)));
    m_leftOut->setToolTip(full);
    m_leftOut->adjustSize();
    m_leftOut->move(
        qRound(plot.right()) - m_leftOut->width(), m_view->viewport()->height() - m_leftOut->height() - 2);
}

void ChartPanel::openLeftOut()
{
    if (!m_chart) {
        return;
    }
    const auto otherwise = [](const LeftOut& out) { return out.because == LeftOutBecause::OtherSemantics; };
    const std::size_t hidden = m_chart->table->hidden().size();
    if (m_chart->leftOut.empty()) {
        Q_EMIT hiddenRequested();
        return;
    }
    if (hidden == 0 && m_chart->leftOut.size() == 1 && !otherwise(m_chart->leftOut.front())) {
        return selectLeftOut(0);
    }
    QMenu menu(this);
    if (hidden > 0) {
        menu.addAction(hiddenText(hidden), this, &ChartPanel::hiddenRequested);
    }
    for (std::size_t i = 0; i < m_chart->leftOut.size(); ++i) {
        menu.addAction(buttonText(m_chart->leftOut[i].text()), this, [this, i] { selectLeftOut(i); });
    }
    menu.addSeparator();
    for (const LeftOut& out : m_chart->leftOut) {
        if (otherwise(out)) {
            const QString meaning = out.what.isEmpty() ? tr("usual meaning") : out.what;
            menu.addAction(tr("Draw the %1 points of the other meaning instead (%2)")
                               .arg(QString::number(out.rows.size()), buttonText(meaning)),
                this, [this, onX = out.onX, meaning = out.what] { drawMeaning(onX, meaning); });
        }
    }
    menu.exec(m_leftOut->mapToGlobal(QPoint(0, 0)));
}

void ChartPanel::drawMeaning(bool onX, const QString& meaning)
{
    ChartSpec spec = m_spec;
    (onX ? spec.x : spec.y).meaning = meaning.toStdString();
    setSpec(spec);
}

void ChartPanel::selectLeftOut(std::size_t index)
{
    const LeftOut& out = m_chart->leftOut[index];
    std::vector<PointId> points;
    for (const Row row : out.rows) {
        points.push_back(m_chart->table->point(row));
    }
    const std::vector<Row> rows = out.rows;
    const QString reason = out.text();
    m_workspace.selectPoints(points);
    Q_EMIT leftOutRequested(rows, reason);
}

} // namespace prism::app
