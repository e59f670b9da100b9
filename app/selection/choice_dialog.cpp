// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/selection/choice_dialog.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStringListModel>
#include <QVBoxLayout>

#include <algorithm>

namespace prism::app {

namespace {

constexpr int margin = 14;

/// Every word must be in the name, wherever.
class Words : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setWords(const QString& text)
    {
        m_words = text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override
    {
        const QString name = sourceModel()->index(row, 0, parent).data().toString();
        return std::all_of(m_words.begin(), m_words.end(),
            [&](const QString& word) { return name.contains(word, Qt::CaseInsensitive); });
    }

private:
    QStringList m_words;
};

} // namespace

ChoiceDialog::ChoiceDialog(
    const QString& title, const QString& accept, const QStringList& choices, QWidget* parent)
    : QDialog(parent)
    , m_search(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_shown(new Words(this))
{
    setWindowTitle(title);
    resize(560, 420);
    m_search->setPlaceholderText(tr("Type a part of the name"));
    m_search->setAccessibleName(tr("Search"));
    m_search->setClearButtonEnabled(true);
    m_shown->setSourceModel(new QStringListModel(choices, this));
    m_list->setModel(m_shown);
    m_list->setAccessibleName(title);
    m_list->setUniformItemSizes(true);
    m_list->setAlternatingRowColors(true);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_accept = buttons->addButton(accept, QDialogButtonBox::AcceptRole);
    m_accept->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(m_search);
    layout->addWidget(m_list, 1);
    layout->addWidget(buttons);
    m_search->installEventFilter(this);
    connect(m_search, &QLineEdit::textChanged, this, &ChoiceDialog::filter);
    connect(m_list, &QListView::doubleClicked, this, &ChoiceDialog::choose);
    connect(buttons, &QDialogButtonBox::accepted, this, &ChoiceDialog::choose);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    filter({});
    m_search->setFocus();
}

void ChoiceDialog::filter(const QString& text)
{
    static_cast<Words*>(m_shown)->setWords(text);
    m_list->setCurrentIndex(m_shown->index(0, 0));
    m_accept->setEnabled(m_shown->rowCount() > 0);
}

void ChoiceDialog::choose()
{
    const QModelIndex current = m_shown->mapToSource(m_list->currentIndex());
    if (current.isValid()) {
        Q_EMIT chosen(current.row());
        accept();
    }
}

bool ChoiceDialog::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown) {
            QCoreApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace prism::app
