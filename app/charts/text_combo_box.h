// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

namespace prism::app {

/// A combo box as wide as its current text, not as its longest entry: a row of them fits above a chart. The
/// list opens as wide as it needs.
class TextComboBox : public QComboBox {
    Q_OBJECT
public:
    TextComboBox(const QString& accessibleName, QWidget* parent);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    void showPopup() override;

protected:
    void paintEvent(QPaintEvent* event) override; ///< text that is too long ends in an ellipsis
};

} // namespace prism::app
