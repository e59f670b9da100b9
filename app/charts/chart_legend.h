// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"

#include <QAbstractButton>
#include <QSet>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

class FlowLayout;

/// One entry of a legend: marker, star of the baseline, label.
class LegendEntry : public QAbstractButton {
    Q_OBJECT
public:
    LegendEntry(std::uint32_t group, const ChartGroup& what, QWidget* parent);
    std::uint32_t group() const { return m_group; }
    void setLifted(bool lifted);
    QSize sizeHint() const override;

Q_SIGNALS:
    void entered(std::uint32_t group);
    void left();

protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QFont entryFont() const;

    std::uint32_t m_group;
    int m_slot;
    bool m_shown;
    QString m_text; ///< painted by us: the button's own would take a name's "&" for a key
    bool m_lifted = false;
};

/// Rows of entries above a plot, or a column beside a wide one. A click shows a group alone (or all again),
/// Ctrl+click shows or hides one, the mouse over an entry lifts its lines.
class ChartLegend : public QWidget {
    Q_OBJECT
public:
    static constexpr int mostEntries = 12;

    explicit ChartLegend(QWidget* parent = nullptr);
    void setData(const ChartData& chart);
    /// Sets the label of a group in bold, because its point is under the mouse in the plot.
    void setLifted(std::optional<std::uint32_t> group);
    /// Stands beside the plot, so wide, with a row for each entry; 0 is above it.
    void setColumn(int width);
    /// Entries beyond so many rows wait behind "+ 7 more".
    void setMostRows(int rows);
    QSize sizeHint() const override;
    int heightForWidth(int width) const override;
    bool hasHeightForWidth() const override { return true; }

protected:
    void resizeEvent(QResizeEvent* event) override;

Q_SIGNALS:
    /// Runs to show alone; empty shows all.
    void soloRequested(const QSet<prism::RunId>& runs);
    void lifted(std::optional<std::uint32_t> group);
    void menuRequested(std::uint32_t group, const QPoint& globalPosition);

private:
    void rebuild();
    int fittingEntries() const;
    QStringList keyTexts() const;
    QToolButton* addButton(const QString& text);
    void clickedEntry(std::uint32_t group, bool toggle);

    std::vector<ChartGroup> m_groups;
    QString m_percentiles[2]; ///< what solid and dashed lines are, empty without a pair
    bool m_frontier = false;
    bool m_all = false;
    int m_mostRows = 4;
    int m_column = 0;
    int m_shownEntries = 0;
    FlowLayout* m_flow;
};

} // namespace prism::app
