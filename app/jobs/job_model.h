// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/import_job.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace prism::app {

/// The window's imports, newest first. Owns them.
class JobModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Progress, Outcome, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    ImportJob& add(ImportRequest request, const QString& name);
    ImportJob* jobAt(int row) const;
    int running() const;
    void cancelAll();
    void clearEnded();
    /// Result of a job in a sentence, the refusals first, with what to do about each; at most so many lines.
    static QString details(const ImportJob& job, int most = 2'000);
    static QString progressText(const ImportJob& job);
    static QString outcomeText(const ImportJob& job);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void jobChanged(prism::app::ImportJob* job);
    void jobEnded(prism::app::ImportJob* job);

private:
    std::vector<std::unique_ptr<ImportJob>> m_jobs;
};

} // namespace prism::app
