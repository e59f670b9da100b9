// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/text_combo_box.h"

#include <QAbstractItemView>
#include <QStyleOptionComboBox>
#include <QStylePainter>

namespace prism::app {

TextComboBox::TextComboBox(const QString& accessibleName, QWidget* parent)
    : QComboBox(parent)
{
    setAccessibleName(accessibleName);
    setFixedHeight(qMax(24, fontMetrics().height() + 4));
    setMaxVisibleItems(30);
    connect(this, &QComboBox::currentTextChanged, this, [this] { updateGeometry(); });
}

QSize TextComboBox::sizeHint() const
{
    QStyleOptionComboBox option;
    initStyleOption(&option);
    const QSize text(fontMetrics().horizontalAdvance(currentText()) + 8, fontMetrics().height());
    const int width = style()->sizeFromContents(QStyle::CT_ComboBox, &option, text, this).width();
    return { std::min(width, maximumWidth()), height() };
}

void TextComboBox::paintEvent(QPaintEvent*)
{
    QStylePainter painter(this);
    QStyleOptionComboBox option;
    initStyleOption(&option);
    painter.drawComplexControl(QStyle::CC_ComboBox, option);
    const QRect room
        = style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this);
    option.currentText = fontMetrics().elidedText(option.currentText, Qt::ElideMiddle, room.width() - 4);
    painter.drawControl(QStyle::CE_ComboBoxLabel, option);
}

void TextComboBox::showPopup()
{
    view()->setMinimumWidth(view()->sizeHintForColumn(0) + 24);
    QComboBox::showPopup();
}

} // namespace prism::app
