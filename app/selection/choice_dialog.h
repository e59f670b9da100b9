// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QStringList>

class QLineEdit;
class QListView;
class QPushButton;
class QSortFilterProxyModel;

namespace prism::app {

/// One of many, found by typing a part of its name: runs, files. The keys up and down move in the list while
/// the field is typed in.
class ChoiceDialog : public QDialog {
    Q_OBJECT
public:
    /// `accept` is the text of the button that takes the choice.
    ChoiceDialog(const QString& title, const QString& accept, const QStringList& choices, QWidget* parent);

    QLineEdit& search() { return *m_search; }
    QListView& list() { return *m_list; }

Q_SIGNALS:
    void chosen(int index); ///< in `choices`

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& text);
    void choose();

    QLineEdit* m_search;
    QListView* m_list;
    QSortFilterProxyModel* m_shown;
    QPushButton* m_accept;
};

} // namespace prism::app
