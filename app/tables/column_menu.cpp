// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/column_menu.h"

#include "app/theme/button_text.h"

#include <QKeyEvent>
#include <QMap>
#include <QMouseEvent>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace prism::app {

bool TickMenu::tick(QAction* action)
{
    if (!action || !action->isCheckable() || !action->isEnabled()) {
        return false;
    }
    action->toggle();
    return true;
}

void TickMenu::mouseReleaseEvent(QMouseEvent* event)
{
    if (!tick(actionAt(event->position().toPoint()))) {
        QMenu::mouseReleaseEvent(event);
    }
}

void TickMenu::keyPressEvent(QKeyEvent* event)
{
    const bool chooses
        = event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (!chooses || !tick(activeAction())) {
        QMenu::keyPressEvent(event);
    }
}

ColumnMenu::ColumnMenu(std::function<QList<TableColumn>()> shown,
    std::function<std::shared_ptr<const ColumnTable>()> table, QWidget* parent)
    : TickMenu(parent)
    , m_shown(std::move(shown))
    , m_table(std::move(table))
{
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &ColumnMenu::fill);
}

void ColumnMenu::add(QMenu& to, const TableColumn& column, const QString& text)
{
    QAction* action = to.addAction(buttonText(text));
    action->setCheckable(true);
    action->setChecked(m_shown().contains(column));
    action->setToolTip(column.toolTip());
    connect(action, &QAction::toggled, this, [this, column](bool on) { Q_EMIT toggled(column, on); });
}

void ColumnMenu::fill()
{
    clear();
    // clear() leaves the menus of the last time.
    qDeleteAll(findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    const auto group = [this](const QString& title) {
        auto* menu = new TickMenu(title, this);
        menu->setToolTipsVisible(true);
        addMenu(menu);
        return menu;
    };
    add(*this, *TableColumn::fromId(QStringLiteral("load")), tr("Load"));
    add(*this, *TableColumn::fromId(QStringLiteral("slo")), tr("SLO"));
    addSeparator();
    const auto table = m_table();
    QMap<QString, QMenu*> groups;
    const auto available = table->available();
    std::vector<std::pair<const Metric*, Stat>> measured(available.begin(), available.end());
    std::sort(measured.begin(), measured.end(), [](const auto& a, const auto& b) {
        // Metrics of the registry are one array: their places are its order.
        return a.first != b.first ? std::less<>()(a.first, b.first) : a.second < b.second;
    });
    for (const auto& [metric, stat] : measured) {
        const QString title = QString::fromStdString(metric->group);
        if (!groups.contains(title)) {
            groups[title] = group(title);
        }
        const TableColumn column { TableColumn::Kind::Measure, metric, stat, {} };
        add(*groups[title], column, column.title());
    }
    const std::pair<QString, TableColumn::Kind> ofShown[]
        = { { tr("Difference to the baseline"), TableColumn::Kind::Difference },
              { tr("Curve by load"), TableColumn::Kind::Trend } };
    for (const auto& [title, kind] : ofShown) {
        QMenu* menu = group(title);
        // Anew each time: what is ticked beside it changes what it offers.
        connect(menu, &QMenu::aboutToShow, this, [this, menu, kind = kind] { fillOfShown(*menu, kind); });
        fillOfShown(*menu, kind);
    }
    QMenu* properties = group(tr("Properties"));
    for (const CategoryColumn& category : table->categories()) {
        const TableColumn column { TableColumn::Kind::Attribute, nullptr, Stat::value(),
            QString::fromStdString(category.name) };
        add(*properties, column, column.title());
    }
    addSeparator();
    connect(addAction(tr("Default columns")), &QAction::triggered, this, &ColumnMenu::defaultsAsked);
}

void ColumnMenu::fillOfShown(QMenu& menu, TableColumn::Kind kind)
{
    menu.clear();
    for (const TableColumn& shown : m_shown()) {
        if (shown.kind == TableColumn::Kind::Measure) {
            add(menu, { kind, shown.metric, shown.stat, {} }, shown.title());
        }
    }
    menu.setEnabled(!menu.isEmpty());
}

} // namespace prism::app
