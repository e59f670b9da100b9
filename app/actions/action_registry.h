// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAction>
#include <QKeySequence>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

namespace prism::app {

/// The only place that makes actions. Menus, tool bars, the command palette and the page of shortcuts are
/// views of it. Keys of the user's own choice are kept in the settings.
class ActionRegistry : public QObject {
    Q_OBJECT
public:
    struct Spec {
        QString id; ///< "file.open", stable: settings and tests name it
        QString menu; ///< title of the menu it stands in, "File"
        QString text; ///< with an ellipsis when a dialog follows
        QString toolTip; ///< one sentence
        QKeySequence keys;
        QString icon; ///< name for Theme::icon(), may be empty
    };

    explicit ActionRegistry(QWidget* window);

    QAction* add(const Spec& spec, const std::function<void()>& run);
    QAction* action(const QString& id) const; ///< null when there is none
    const std::vector<QAction*>& actions() const { return m_actions; }
    QString idOf(const QAction* action) const { return action->objectName(); }
    QString menuOf(const QAction* action) const { return action->property("menu").toString(); }
    /// The action that has these keys already, null when they are free.
    QAction* holderOf(const QKeySequence& keys, const QAction* except = nullptr) const;
    /// False when another action has the keys.
    bool setKeys(QAction* action, const QKeySequence& keys);
    QKeySequence defaultKeys(const QAction* action) const
    {
        return action->property("defaultKeys").value<QKeySequence>();
    }

Q_SIGNALS:
    void keysChanged();

private:
    void refreshIcons();

    QWidget* m_window;
    std::vector<QAction*> m_actions;
};

} // namespace prism::app
