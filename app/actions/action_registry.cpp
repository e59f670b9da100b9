// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions/action_registry.h"

#include "app/theme/theme.h"

#include <QWidget>

#include <algorithm>

namespace prism::app {

ActionRegistry::ActionRegistry(QWidget* window)
    : QObject(window)
    , m_window(window)
{
    connect(&Theme::current(), &Theme::changed, this, &ActionRegistry::refreshIcons);
}

QAction* ActionRegistry::add(const Spec& spec, const std::function<void()>& run)
{
    auto* action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    action->setToolTip(spec.toolTip);
    action->setStatusTip(spec.toolTip);
    action->setShortcut(spec.keys);
    action->setProperty("menu", spec.menu);
    action->setProperty("iconName", spec.icon);
    action->setProperty("defaultKeys", spec.keys);
    if (!spec.icon.isEmpty()) {
        action->setIcon(Theme::current().icon(spec.icon));
    }
    connect(action, &QAction::triggered, this, run);
    m_window->addAction(action); // its keys work wherever the focus is
    m_actions.push_back(action);
    return action;
}

QAction* ActionRegistry::action(const QString& id) const
{
    const auto it = std::find_if(
        m_actions.begin(), m_actions.end(), [&](const QAction* a) { return a->objectName() == id; });
    return it == m_actions.end() ? nullptr : *it;
}

QAction* ActionRegistry::holderOf(const QKeySequence& keys, const QAction* except) const
{
    const auto it = std::find_if(m_actions.begin(), m_actions.end(),
        [&](const QAction* a) { return a != except && !keys.isEmpty() && a->shortcut() == keys; });
    return it == m_actions.end() ? nullptr : *it;
}

bool ActionRegistry::setKeys(QAction* action, const QKeySequence& keys)
{
    if (holderOf(keys, action)) {
        return false;
    }
    action->setShortcut(keys);
    Q_EMIT keysChanged();
    return true;
}

void ActionRegistry::refreshIcons()
{
    for (QAction* action : m_actions) {
        if (const QString icon = action->property("iconName").toString(); !icon.isEmpty()) {
            action->setIcon(Theme::current().icon(icon));
        }
    }
}

} // namespace prism::app
