// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStatusBar>

namespace prism::app {

/// A status bar whose message ends at a word where it has no room; whole it stands in its tooltip.
class MessageBar : public QStatusBar {
    Q_OBJECT
public:
    using QStatusBar::QStatusBar;

    QString shownMessage() const; ///< as it is painted

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QRect messageRect() const;
};

} // namespace prism::app
