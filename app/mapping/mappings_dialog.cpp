// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mappings_dialog.h"

#include "app/shell/text_prompt.h"
#include "app/theme/theme.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace prism::app {

namespace {
constexpr int rowHeight = 26;
}

MappingsDialog::MappingsDialog(QWidget* parent)
    : QDialog(parent)
    , m_table(new QTableView(this))
    , m_empty(new QLabel(this))
    , m_message(new QLabel(this))
    , m_open(new QPushButton(tr("Open…"), this))
    , m_rename(new QPushButton(tr("Rename…"), this))
    , m_delete(new QPushButton(tr("Delete"), this))
    , m_export(new QPushButton(tr("Export…"), this))
{
    setWindowTitle(tr("Mappings"));
    setObjectName(QStringLiteral("mappingsDialog"));
    resize(720, 420);
    m_table->setModel(&m_list);
    m_table->setAccessibleName(tr("Saved mappings"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->verticalHeader()->setMinimumSectionSize(std::max(rowHeight, fontMetrics().height() + 6));
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->setColumnWidth(MappingList::Name, 200);
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setWordWrap(true);
    m_empty->setText(
        tr("No mapping is saved. File, Import with a mapping… makes one from a table or from JSON of "
           "unknown make; Import… takes in one that somebody shared."));
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);

    auto* import = new QPushButton(tr("Import…"), this);
    import->setToolTip(tr("Take in the file of a mapping that somebody shared."));
    m_open->setToolTip(tr("See what it says, and change it."));
    m_delete->setToolTip(
        tr("Files of its shape are not read by it any more; what was imported stays. Ctrl+Z brings "
           "it back."));
    m_export->setToolTip(tr("Write it into a small JSON file, for others."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    auto* side = new QVBoxLayout;
    side->setSpacing(8);
    for (QPushButton* button : { m_open, m_rename, m_delete, import, m_export }) {
        button->setAutoDefault(false);
        side->addWidget(button);
    }
    side->addStretch();
    row->addWidget(m_table, 1);
    row->addLayout(side);
    column->addWidget(m_empty);
    column->addLayout(row, 1);
    column->addWidget(m_message);
    column->addWidget(buttons);

    QAction* undo = m_list.undoStack().createUndoAction(this, tr("Undo:"));
    QAction* redo = m_list.undoStack().createRedoAction(this, tr("Redo:"));
    undo->setShortcut(QKeySequence::Undo);
    redo->setShortcut(QKeySequence::Redo);
    for (QAction* action : { undo, redo }) {
        addAction(action);
        auto* button = buttons->addButton(QString(), QDialogButtonBox::ActionRole);
        button->setAutoDefault(false);
        const auto show = [button, action] {
            button->setText(action->text());
            button->setEnabled(action->isEnabled());
        };
        connect(action, &QAction::changed, button, show);
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        show();
    }
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_open, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(current()); });
    connect(m_table, &QTableView::activated, m_open, &QPushButton::click);
    connect(m_rename, &QPushButton::clicked, this, &MappingsDialog::rename);
    connect(m_delete, &QPushButton::clicked, this, [this] {
        const QString name = current();
        say(m_list.remove(name), tr("Deleted %1. Undo brings it back.").arg(name));
    });
    connect(import, &QPushButton::clicked, this, &MappingsDialog::takeIn);
    connect(m_export, &QPushButton::clicked, this, &MappingsDialog::writeOut);
    connect(&m_list, &MappingList::failed, this, [this](const QString& why) { say(why); });
    connect(&m_list, &QAbstractItemModel::modelReset, this, &MappingsDialog::follow);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &MappingsDialog::follow);
    if (m_list.rowCount() > 0) {
        m_table->selectRow(0);
    }
    follow();
}

QString MappingsDialog::current() const
{
    const QModelIndex index = m_table->currentIndex();
    return index.isValid() ? m_list.nameAt(index.row()) : QString();
}

void MappingsDialog::refresh()
{
    const QString name = current();
    m_list.refresh();
    m_table->selectRow(std::max(0, m_list.rowOf(name)));
}

void MappingsDialog::follow()
{
    const QModelIndex index = m_table->currentIndex();
    const bool any = index.isValid();
    const bool readable = any && !m_list.at(index.row()).mapping.name.empty();
    m_empty->setVisible(m_list.rowCount() == 0);
    m_open->setEnabled(readable);
    m_rename->setEnabled(readable);
    m_delete->setEnabled(any);
    m_export->setEnabled(any);
}

void MappingsDialog::say(const QString& problem, const QString& done)
{
    QPalette own = palette();
    if (!problem.isEmpty()) {
        own.setColor(QPalette::WindowText, Theme::current().tokens().warn);
    }
    m_message->setPalette(own);
    m_message->setText(problem.isEmpty() ? done : QStringLiteral("⚠ ") + problem);
}

QString MappingsDialog::message() const
{
    return m_message->text();
}

void MappingsDialog::rename()
{
    const QString name = current();
    askText(this, tr("Rename the mapping"),
        tr("Name, of small letters, digits, - and _. What was imported keeps the old one."), name,
        [this, name](const QString& text) {
            const QString now = text.trimmed();
            const QString problem = m_list.rename(name, now);
            say(problem, tr("%1 is now %2.").arg(name, now));
            m_table->selectRow(std::max(0, m_list.rowOf(problem.isEmpty() ? now : name)));
        });
}

void MappingsDialog::takeIn()
{
    auto* dialog = new QFileDialog(this, tr("Take in a mapping"), QString(), tr("Mappings (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        QString name;
        const QString problem = m_list.take(file, name);
        say(problem, tr("Took in %1.").arg(name));
        if (problem.isEmpty()) {
            m_table->selectRow(std::max(0, m_list.rowOf(name)));
        }
    });
    dialog->open();
}

void MappingsDialog::writeOut()
{
    const QString name = current();
    auto* dialog = new QFileDialog(this, tr("Export the mapping"), QString(), tr("Mappings (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    dialog->selectFile(name + QStringLiteral(".json"));
    connect(dialog, &QFileDialog::fileSelected, this,
        [this, name](const QString& file) { say(m_list.write(name, file), tr("Wrote %1.").arg(file)); });
    dialog->open();
}

} // namespace prism::app
