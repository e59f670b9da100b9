// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace prism::app {

/// Edits a cell by a list to choose from where the model has one for it, else by a line of text. A choice is
/// taken at once.
class ChoiceDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    /// Of an index: Choices; none where text is typed.
    static constexpr int choicesRole = Qt::UserRole + 100;
    /// Of an index: true where another text than those of the list can be typed ("p97.5").
    static constexpr int openRole = Qt::UserRole + 101;
    /// Of an index: true where there are choices; asked for each time that a cell is painted.
    static constexpr int choosesRole = Qt::UserRole + 102;

    using QStyledItemDelegate::QStyledItemDelegate;

    QWidget* createEditor(
        QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace prism::app
