// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

class QAction;

namespace prism::app {

/// Looks like an empty line edit and opens the command palette: what it is called and its keys stand in it.
class CommandField : public QAbstractButton {
    Q_OBJECT
public:
    CommandField(QAction& action, QWidget* parent);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QAction& m_action;
};

} // namespace prism::app
