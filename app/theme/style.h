// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProxyStyle>

namespace prism::app {

/// Fusion with outlines that can be seen: plain Fusion outlines controls in a darker window colour, which has
/// a contrast of 2:1 in light, 1.2:1 in dark and none in high contrast. Everything else is Fusion's.
///
/// Labels, message boxes and tool tips show text as it is: names of runs and files, and what files say, are
/// no markup. A label of our own markup asks for Qt::RichText. No tool tip is larger than its screen.
class Style : public QProxyStyle {
    Q_OBJECT
public:
    Style();

    void polish(QWidget* widget) override;
    using QProxyStyle::polish;

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
        const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
        const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
        const QWidget* widget) const override;
};

} // namespace prism::app
