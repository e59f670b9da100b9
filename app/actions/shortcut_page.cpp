// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/shortcut_page.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prism::app {

ShortcutPage::ShortcutPage(ActionRegistry& actions, QWidget* parent)
    : QDialog(parent)
    , m_actions(actions)
    , m_list(new QTreeWidget(this))
    , m_keys(new QKeySequenceEdit(this))
    , m_problem(new QLabel(this))
{
    setWindowTitle(tr("Shortcuts"));
    resize(560, 520);
    m_list->setHeaderLabels({ tr("Command"), tr("Keys") });
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    auto* reset = new QPushButton(tr("Default"), this);
    auto* line = new QHBoxLayout;
    line->addWidget(new QLabel(tr("Keys:"), this));
    line->addWidget(m_keys, 1);
    line->addWidget(reset);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 14, 14, 14);
    layout->addWidget(m_list, 1);
    layout->addLayout(line);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_keys, &QKeySequenceEdit::editingFinished, this, [this] { take(m_keys->keySequence()); });
    connect(reset, &QPushButton::clicked, this, [this] {
        if (QAction* action = current()) {
            take(m_actions.defaultKeys(action));
        }
    });
    connect(m_list, &QTreeWidget::currentItemChanged, this, [this] {
        const QAction* action = current();
        m_keys->setKeySequence(action ? action->shortcut() : QKeySequence());
        m_problem->clear();
    });
    fill();
}

QAction* ShortcutPage::current() const
{
    const QTreeWidgetItem* item = m_list->currentItem();
    return item ? m_actions.action(item->data(0, Qt::UserRole).toString()) : nullptr;
}

void ShortcutPage::fill()
{
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    m_list->clear();
    for (const QAction* action : m_actions.actions()) {
        auto* item = new QTreeWidgetItem(m_list);
        item->setText(0,
            m_actions.menuOf(action) + QStringLiteral(": ")
                + action->text().replace(QLatin1String("&&"), QLatin1String("&")));
        item->setText(1, action->shortcut().toString(QKeySequence::NativeText));
        item->setToolTip(0, action->toolTip());
        item->setData(0, Qt::UserRole, m_actions.idOf(action));
    }
    m_list->setCurrentItem(m_list->topLevelItem(std::max(0, row)));
}

void ShortcutPage::take(const QKeySequence& keys)
{
    QAction* action = current();
    if (!action || action->shortcut() == keys) {
        return;
    }
    if (m_actions.setKeys(action, keys)) {
        m_problem->clear();
        fill();
    } else {
        const QAction* holder = m_actions.holderOf(keys, action);
        m_problem->setText(tr("%1 belongs to %2. Change that one first.")
                               .arg(keys.toString(QKeySequence::NativeText), holder->text()));
    }
}

} // namespace prism::app
