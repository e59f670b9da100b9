// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <QDialog>

#include <stop_token>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QTableWidget;
QT_END_NAMESPACE

namespace prism::app {

/// What the helper's machine allows: a line a feature with what was found, and what would change it. The
/// helper tries everything when it is asked, so that the lines come a moment after the dialog.
class MachineDialog : public QDialog {
    Q_OBJECT
public:
    /// `session` need not have a target.
    explicit MachineDialog(std::shared_ptr<live::Session> session, QWidget* parent = nullptr);
    ~MachineDialog() override;

    QString summary() const; ///< above the table
    QTableWidget& table() { return *m_table; }
    QPushButton& copyButton() { return *m_copy; }
    bool isBusy() const { return m_busy; }
    /// As it is copied: a line a feature.
    QString text() const;

private:
    void show(const std::vector<live::MachineFeature>& features);
    void colour();

    std::vector<live::MachineFeature> m_features;
    std::stop_source m_stop;
    QLabel* m_summary;
    QTableWidget* m_table;
    QPushButton* m_copy;
    bool m_busy = true;
};

} // namespace prism::app
