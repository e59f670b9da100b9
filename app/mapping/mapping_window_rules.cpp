// SPDX-License-Identifier: GPL-3.0-or-later
// The rules in the mapping window: what the columns are, what the file does not say, which rows do not count.
#include "app/mapping/mapping_tables.h"
#include "app/mapping/mapping_window.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace prism::app {

namespace {

/// Shows the columns whose name or target holds some words, or those that are used.
class ShownColumns : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setOnlyUsed(bool only)
    {
        m_onlyUsed = only;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override
    {
        const QAbstractItemModel& model = *sourceModel();
        if (m_onlyUsed && !model.index(row, 0, parent).data(ColumnModel::UsedRole).toBool()) {
            return false;
        }
        const QRegularExpression words = filterRegularExpression();
        return words.pattern().isEmpty()
            || model.index(row, ColumnModel::Name, parent).data().toString().contains(words)
            || model.index(row, ColumnModel::Target, parent).data().toString().contains(words);
    }

private:
    bool m_onlyUsed = false;
};

/// Add and remove below a table; removing wants a row.
QWidget* tableWithButtons(QTableView* table, const QString& add, const QString& remove, QWidget* above,
    const std::function<void()>& onAdd, const std::function<void(int)>& onRemove)
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    column->addWidget(above);
    column->addWidget(table, 1);
    auto* buttons = new QHBoxLayout;
    auto* adds = new QPushButton(add, page);
    auto* removes = new QPushButton(remove, page);
    adds->setAutoDefault(false);
    removes->setAutoDefault(false);
    buttons->addWidget(adds);
    buttons->addWidget(removes);
    buttons->addStretch();
    column->addLayout(buttons);
    QObject::connect(adds, &QPushButton::clicked, page, [table, onAdd] {
        onAdd();
        const int last = table->model()->rowCount() - 1;
        if (last >= 0) {
            table->setCurrentIndex(table->model()->index(last, 0));
            table->setFocus(Qt::OtherFocusReason);
        }
    });
    QObject::connect(removes, &QPushButton::clicked, page, [table, onRemove] {
        if (const QModelIndex index = table->currentIndex(); index.isValid()) {
            onRemove(index.row());
        }
    });
    const auto follow = [table, removes] { removes->setEnabled(table->currentIndex().isValid()); };
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentChanged, page, follow);
    QObject::connect(table->model(), &QAbstractItemModel::modelReset, page, follow);
    follow();
    return page;
}

} // namespace

QWidget* MappingWindow::makeRules()
{
    m_rules = new QTabWidget(this);
    m_rules->setDocumentMode(true);
    m_rules->addTab(makeColumns(), tr("Columns"));
    m_rules->addTab(makeConstants(), tr("Constants"));
    m_rules->addTab(makeFilters(), tr("Rows left out"));
    m_rules->setMinimumHeight(180);
    return m_rules;
}

QWidget* MappingWindow::makeColumns()
{
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    auto* tools = new QHBoxLayout;
    m_find = new QLineEdit(page);
    m_find->setPlaceholderText(tr("Find a column"));
    m_find->setAccessibleName(tr("Find a column"));
    m_find->setToolTip(tr("Show the columns whose name or target holds these words (Ctrl+F)."));
    m_find->setClearButtonEnabled(true);
    m_onlyUsed = new QCheckBox(tr("Only used ones"), page);
    m_onlyUsed->setToolTip(tr("Hide the columns that nothing is made of."));
    m_accept = new QPushButton(page);
    m_accept->setAutoDefault(false);
    m_accept->setToolTip(
        tr("Proposals come from the names of the columns. Accept them once you have read them."));
    tools->addWidget(m_find, 1);
    tools->addWidget(m_onlyUsed);
    tools->addWidget(m_accept);
    column->addLayout(tools);
    auto* shown = new ShownColumns(this);
    m_shownColumns = shown;
    shown->setSourceModel(&m_columnModel);
    shown->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_columnTable = makeEditTable(shown, tr("Columns of the file"), page);
    m_columnTable->setSelectionMode(QAbstractItemView::ExtendedSelection);
    const std::pair<ColumnModel::Column, int> widths[]
        = { { ColumnModel::Name, 190 }, { ColumnModel::Values, 190 }, { ColumnModel::Target, 190 },
              { ColumnModel::Statistic, 84 }, { ColumnModel::UnitColumn, 96 } };
    for (const auto& [section, width] : widths) {
        m_columnTable->setColumnWidth(section, width);
    }
    column->addWidget(m_columnTable, 1);
    connect(m_find, &QLineEdit::textChanged, shown, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_onlyUsed, &QCheckBox::toggled, shown, [shown](bool only) { shown->setOnlyUsed(only); });
    connect(m_accept, &QPushButton::clicked, &m_draft, &MappingDraft::acceptAll);
    return page;
}

QWidget* MappingWindow::makeConstants()
{
    QLabel* text = plainLabel(this);
    text->setText(
        tr("What the file does not say: the model, the accelerator, the engine. It is your word and is "
           "shown as such with every point."));
    m_constantTable = makeEditTable(&m_constantModel, tr("Constants"), this);
    const std::pair<ConstantModel::Column, int> widths[] = { { ConstantModel::Target, 230 },
        { ConstantModel::Statistic, 84 }, { ConstantModel::Value, 230 }, { ConstantModel::UnitColumn, 96 } };
    for (const auto& [section, width] : widths) {
        m_constantTable->setColumnWidth(section, width);
    }
    return tableWithButtons(
        m_constantTable, tr("Add a constant"), tr("Remove"), text, [this] { m_constantModel.add(); },
        [this](int row) { m_constantModel.remove(row); });
}

QWidget* MappingWindow::makeFilters()
{
    auto* above = new QWidget(this);
    auto* line = new QHBoxLayout(above);
    line->setContentsMargins(0, 0, 0, 0);
    m_leaveOutFirst = new QSpinBox(above);
    m_leaveOutFirst->setRange(0, 1'000'000'000);
    m_leaveOutFirst->setAccessibleName(tr("Rows at the beginning that do not count"));
    m_leaveOutFirst->setToolTip(tr("So many rows behind the names do not count, those of a warm-up."));
    line->addWidget(buddyLabel(tr("Rows at the beginning that do not count"), m_leaveOutFirst, above));
    line->addWidget(m_leaveOutFirst);
    line->addStretch();
    connect(m_leaveOutFirst, &QSpinBox::valueChanged, this, [this](int rows) {
        m_draft.edit(tr("Leave out the first %1 rows").arg(rows),
            [rows](Mapping& mapping) { mapping.leaveOutFirst = std::uint64_t(rows); });
    });
    m_filterTable = makeEditTable(&m_filterModel, tr("Filters of rows"), this);
    const std::pair<FilterModel::Column, int> widths[]
        = { { FilterModel::FileColumn, 230 }, { FilterModel::Is, 120 }, { FilterModel::Value, 200 } };
    for (const auto& [section, width] : widths) {
        m_filterTable->setColumnWidth(section, width);
    }
    return tableWithButtons(
        m_filterTable, tr("Add a filter"), tr("Remove"), above, [this] { m_filterModel.add(); },
        [this](int row) { m_filterModel.remove(row); });
}

} // namespace prism::app
