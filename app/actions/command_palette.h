// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QString>

#include <functional>
#include <vector>

class QLineEdit;
class QListView;
class QStandardItemModel;

namespace prism::app {

/// Something that the palette offers: an action, a run, a recent file.
struct Command {
    QString text;
    QString detail; ///< keys or kind, at the right
    std::function<void()> run;
};

/// How well `query` fits: its letters in order, better at beginnings of words and close together. Negative:
/// not at all.
int fuzzyScore(const QString& query, const QString& text);

/// The field with a list below that Ctrl+Shift+P opens over the window.
class CommandPalette : public QFrame {
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* window);

    void open(std::vector<Command> commands);
    QLineEdit& field() { return *m_field; }
    QListView& list() { return *m_list; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& query);
    void runCurrent();
    void close();

    QLineEdit* m_field;
    QListView* m_list;
    QStandardItemModel* m_model;
    std::vector<Command> m_commands;
    QWidget* m_before = nullptr; ///< had the focus
};

} // namespace prism::app
