// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/tokens.h"

#include <QFont>
#include <QGraphicsItem>
#include <QLineF>
#include <QString>

#include <vector>

namespace prism::app {

/// What stands on or outside the plot's edge: value boxes of the crosshair on both axes, labels of vertical
/// limits, the brush's count, leader lines of pinned cards. In pixels of the view.
class ChartOverlay : public QGraphicsItem {
public:
    struct Content {
        QRectF plot;
        std::optional<QPointF> crosshair;
        QString valueX;
        QString valueY;
        std::vector<std::pair<QPointF, QString>> limits; ///< centre of the lower edge, label
        QRectF brush;
        QString brushText;
        std::vector<QLineF> leaders;
        bool focus = false; ///< keys go to the plot, and not because it was clicked
    };
    void setContent(Content content, const QRectF& bounds);
    void applyTheme(const Tokens& tokens, const QFont& body);

    QRectF boundingRect() const override { return m_bounds; }
    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override;

private:
    void paintValueBoxes(QPainter* painter) const;
    void paintBrushText(QPainter* painter) const;

    Content m_content;
    QRectF m_bounds;
    const Tokens* m_tokens = nullptr;
    QFont m_font;
};

} // namespace prism::app
