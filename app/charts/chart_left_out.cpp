// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_panel.h"

#include "app/selection/workspace.h"
#include "app/theme/theme.h"

#include <QLabel>
#include <QMenu>

// The link beside the x axis that tells how many points the chart cannot show, and leads to them.

namespace prism::app {

void ChartPanel::showLeftOut()
{
    m_leftOut->setVisible(m_chart && !m_chart->leftOut.empty());
    if (!m_chart || m_chart->leftOut.empty()) {
        return;
    }
    const auto& out = m_chart->leftOut;
    std::size_t points = 0;
    for (const LeftOut& reason : out) {
        points += reason.rows.size();
    }
    const QString full = out.size() == 1
        ? out.front().text()
        : tr("%1 · %n more reason(s)", nullptr, int(out.size()) - 1).arg(out.front().text());
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
    if (m_chart->leftOut.size() == 1 && !otherwise(m_chart->leftOut.front())) {
        return selectLeftOut(0);
    }
    QMenu menu(this);
    for (std::size_t i = 0; i < m_chart->leftOut.size(); ++i) {
        menu.addAction(m_chart->leftOut[i].text(), this, [this, i] { selectLeftOut(i); });
    }
    menu.addSeparator();
    for (const LeftOut& out : m_chart->leftOut) {
        if (otherwise(out)) {
            const QString meaning = out.what.isEmpty() ? tr("usual meaning") : out.what;
            menu.addAction(
                tr("Draw the %1 points of the other meaning instead (%2)").arg(out.rows.size()).arg(meaning),
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
