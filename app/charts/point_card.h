// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"
#include "core/analysis/compare.h"

#include <QFrame>

QT_BEGIN_NAMESPACE
class QLabel;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

/// What a tooltip or a pinned card says of a point.
struct CardText {
    struct Line {
        QString name;
        QString value;
        QString difference; ///< to the baseline at the same load, empty without one
        Standing standing = Standing::Same;
    };
    int slot = -1;
    QString title; ///< run and load
    std::vector<Line> lines;
    std::optional<bool> holds; ///< empty when nothing is judged or a number is missing
    QString footer; ///< "holds the SLO · ★ vLLM · H100×4 at 64"

    QString plain() const; ///< for the clipboard and screen readers
};

/// Load, Y, X, the other limits and cost of a point, each with the difference to the baseline at the same
/// load.
CardText cardText(const ChartData& data, std::uint32_t point, int slot);

/// A card over the chart. As a tooltip it lets the mouse through; pinned, its text can be selected, it can be
/// dragged by its head and closed.
class PointCard : public QFrame {
    Q_OBJECT
public:
    PointCard(bool pinned, QWidget* parent);

    void setText(const CardText& text);
    const CardText& text() const { return m_text; }
    PointId point = 0; ///< whose card it is
    bool moved() const { return m_moved; } ///< by the user

Q_SIGNALS:
    void closed();
    void dragged();

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void rebuild();

    CardText m_text;
    QLabel* m_marker;
    QLabel* m_title;
    QLabel* m_body;
    QToolButton* m_close = nullptr;
    QPoint m_grip;
    bool m_moved = false;
};

} // namespace prism::app
