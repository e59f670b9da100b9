// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/tables/run_table_model.h"

#include <QHash>
#include <QSet>
#include <QWidget>

#include <optional>

class QComboBox;
class QLineEdit;
class QStackedWidget;
class QTreeView;

namespace prism::app {

class ColumnMenu;

/// The table of runs under the chart. Its selection is the workspace's, both ways; the current row opens in
/// the inspector. Tools (which point a run shows, find, columns) are a widget of their own, for the tab bar's
/// corner.
class RunTable : public QWidget {
    Q_OBJECT
public:
    explicit RunTable(Workspace* workspace, QWidget* parent = nullptr);

    RunTableModel& model() { return m_model; }
    QTreeView& view() { return *m_view; }
    QWidget* tools() { return m_tools; }
    /// Takes the tools into the widget, over the table, where a tab bar has no room for them; or lets them
    /// go.
    void showToolsAbove(bool above);
    QLineEdit* findField() { return m_find; }

    QStringList columnIds() const;
    void setColumnIds(const QStringList& ids);

    /// The selected rows, or all shown ones when none is selected.
    QString csv() const;

public Q_SLOTS:
    void copyCsv();
    void expandAll();
    void collapseAll();

Q_SIGNALS:
    void columnsChanged();
    void contextMenuRequested(const QPoint& globalPosition); ///< over a selected row

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeTools();
    void makeView();
    ColumnMenu* makeColumnMenu(QWidget* parent);
    void toggleColumn(const TableColumn& column, bool on);
    void remember();
    void restore();
    void showSelection();
    void takeSelection();
    void inspectCurrent();
    void fitColumns();
    void fitNames();
    void setWidth(int column, int width);
    QString widthKey(int column) const;

    Workspace* m_workspace;
    RunTableModel m_model;
    QStackedWidget* m_stack;
    QTreeView* m_view;
    QWidget* m_tools;
    QLineEdit* m_find;
    QComboBox* m_runRow;
    QSet<RunId> m_open;
    QHash<QString, int> m_widths; ///< of columns that the user resized
    int m_namesWidth = 0; ///< that the names want
    bool m_fitting = false;
    std::optional<PointId> m_current;
    bool m_following = false; ///< the selection is being shown, not made
};

} // namespace prism::app
