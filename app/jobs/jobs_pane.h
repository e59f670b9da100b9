// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/job_model.h"
#include "app/jobs/mappable_files.h"

#include <QWidget>

class QPlainTextEdit;
class QPushButton;
class QTableView;

namespace prism::app {

/// The Jobs tab: each import with its progress and result, and of the chosen one every refusal with what to
/// do.
class JobsPane : public QWidget {
    Q_OBJECT
public:
    explicit JobsPane(JobModel& model, QWidget* parent = nullptr);

    QTableView& table() { return *m_table; }
    QString detailsText() const;
    QPushButton& mapButton() { return *m_map; }

Q_SIGNALS:
    /// The user wants to say what the columns of a file are.
    void mappingRequested(const prism::app::MappableFile& file);
    void retryRequested(const prism::ImportRequest& request, const QString& name);

private:
    void showDetails();
    void requestMapping();

    JobModel& m_model;
    QTableView* m_table;
    QPlainTextEdit* m_details;
    QPushButton* m_cancel;
    QPushButton* m_retry;
    QPushButton* m_map;
    QPushButton* m_clear;
};

} // namespace prism::app
