// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions/action_registry.h"

#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QTreeWidget;

namespace prism::app {

/// Every action with its keys, which can be changed here; keys that another action has are refused with its
/// name.
class ShortcutPage : public QDialog {
    Q_OBJECT
public:
    ShortcutPage(ActionRegistry& actions, QWidget* parent = nullptr);

private:
    void fill();
    void take(const QKeySequence& keys);
    QAction* current() const;

    ActionRegistry& m_actions;
    QTreeWidget* m_list;
    QKeySequenceEdit* m_keys;
    QLabel* m_problem;
};

} // namespace prism::app
