// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

namespace prism::app {

/// What the window shows while something is dragged over it: dimmed, framed, with what a drop would do.
class DropOverlay : public QWidget {
    Q_OBJECT
public:
    explicit DropOverlay(QWidget* window);
    void showText(const QString& text, bool accepted);
    QString text() const { return m_text; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_text;
    bool m_accepted = true;
};

} // namespace prism::app
