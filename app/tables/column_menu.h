// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tables/table_column.h"
#include "core/store/column_table.h"

#include <QMenu>

#include <functional>
#include <memory>

namespace prism::app {

/// A menu that stays open while entries are ticked, so that several can be: by mouse, Space or Return.
/// Escape, a click elsewhere and an entry that cannot be ticked close it.
class TickMenu : public QMenu {
    Q_OBJECT
public:
    using QMenu::QMenu;

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    bool tick(QAction* action);
};

/// Chooses the columns of the table: what its runs have measured, differences and curves of the columns that
/// are shown, properties. Filled when it opens.
class ColumnMenu : public TickMenu {
    Q_OBJECT
public:
    ColumnMenu(std::function<QList<TableColumn>()> shown,
        std::function<std::shared_ptr<const ColumnTable>()> table, QWidget* parent);

Q_SIGNALS:
    void toggled(const prism::app::TableColumn& column, bool on);
    void defaultsAsked();

private:
    void fill();
    void fillOfShown(QMenu& menu, TableColumn::Kind kind);
    void add(QMenu& to, const TableColumn& column, const QString& text);

    std::function<QList<TableColumn>()> m_shown;
    std::function<std::shared_ptr<const ColumnTable>()> m_table;
};

} // namespace prism::app
