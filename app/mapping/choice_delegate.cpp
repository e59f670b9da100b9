// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/choice_delegate.h"

#include "app/mapping/mapping_words.h"

#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPainter>
#include <QStandardItemModel>
#include <QTimer>

namespace prism::app {

namespace {

Choices choicesOf(const QModelIndex& index)
{
    return index.data(ChoiceDelegate::choicesRole).value<Choices>();
}

void fill(QComboBox* box, const Choices& choices)
{
    QString group;
    for (const Choice& choice : choices) {
        if (!choice.group.isEmpty() && choice.group != group) {
            box->addItem(choice.group);
            auto* model = qobject_cast<QStandardItemModel*>(box->model());
            model->item(box->count() - 1)->setFlags(Qt::NoItemFlags);
        }
        group = choice.group;
        box->addItem(choice.text, choice.key);
        box->setItemData(box->count() - 1, choice.toolTip, Qt::ToolTipRole);
    }
}

} // namespace

QWidget* ChoiceDelegate::createEditor(
    QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Choices choices = choicesOf(index);
    const QString name = index.model()->headerData(index.column(), Qt::Horizontal).toString();
    if (choices.isEmpty()) {
        QWidget* editor = QStyledItemDelegate::createEditor(parent, option, index);
        editor->setAccessibleName(name);
        return editor;
    }
    auto* box = new QComboBox(parent);
    box->setAccessibleName(name);
    box->setMaxVisibleItems(24);
    box->setEditable(index.data(openRole).toBool());
    box->setInsertPolicy(QComboBox::NoInsert);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    fill(box, choices);
    auto* self = const_cast<ChoiceDelegate*>(this);
    connect(box, &QComboBox::activated, self, [self, box] {
        Q_EMIT self->commitData(box);
        Q_EMIT self->closeEditor(box);
    });
    if (!box->isEditable()) { // what is clicked opens at once
        QTimer::singleShot(0, box, &QComboBox::showPopup);
    }
    return box;
}

void ChoiceDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* box = qobject_cast<QComboBox*>(editor);
    if (!box) {
        QStyledItemDelegate::setEditorData(editor, index);
        return;
    }
    const QString key = index.data(Qt::EditRole).toString();
    const int at = box->findData(key);
    box->setCurrentIndex(at);
    if (at < 0 && box->isEditable()) {
        box->setEditText(key);
    }
}

void ChoiceDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    const auto* box = qobject_cast<QComboBox*>(editor);
    if (!box) {
        QStyledItemDelegate::setModelData(editor, model, index);
        return;
    }
    const int at = box->isEditable() ? box->findText(box->currentText()) : box->currentIndex();
    const QString key = at >= 0 ? box->itemData(at).toString() : box->currentText().trimmed();
    // Leaving a list without choosing decides nothing.
    const bool same = key == index.data(Qt::EditRole).toString();
    if (!same && (at >= 0 || box->isEditable())) {
        model->setData(index, key, Qt::EditRole);
    }
}

void ChoiceDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    if (!(index.flags() & Qt::ItemIsEditable) || !index.data(choosesRole).toBool()) {
        return;
    }
    // A small arrow says that there is something to choose.
    QStyleOption arrow;
    arrow.initFrom(option.widget);
    const int side = 8;
    arrow.rect = QRect(option.rect.right() - side - 4, option.rect.center().y() - side / 2, side, side);
    arrow.palette = option.palette;
    const bool selected = option.state & QStyle::State_Selected;
    const QColor colour
        = option.palette.color(selected ? QPalette::HighlightedText : QPalette::PlaceholderText);
    arrow.palette.setColor(QPalette::ButtonText, colour);
    arrow.palette.setColor(QPalette::Text, colour);
    const QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_IndicatorArrowDown, &arrow, painter, option.widget);
}

} // namespace prism::app
