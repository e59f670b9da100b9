// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/plan.h"

#include <QStandardItemModel>

#include <optional>
#include <vector>

namespace prism::app {

/// What belongs to what, as a tree: runs with their files, what two twins disagree about below the poorer
/// one, repetitions with their spread; last the files of no run. Files can be dragged to another run.
class BundleModel : public QStandardItemModel {
    Q_OBJECT
public:
    enum Column { File, Role, Why, ColumnCount };
    enum DataRole {
        FileRoleData = Qt::UserRole, ///< number of the file, on rows of files
        RunRoleData, ///< number of the run in the plan, on rows of runs and of their files; -1: of no run
        AsksRoleData, ///< true on rows of files that the user should place
    };

    using QStandardItemModel::QStandardItemModel;

    void setPlan(const BundlePlan& plan, const std::vector<FileSummary>& files);

    /// The file of a row, where it is one of a file.
    static std::optional<std::size_t> fileAt(const QModelIndex& index);
    /// The run of a row; empty on what belongs to none.
    static std::optional<std::size_t> runAt(const QModelIndex& index);
    /// Row of a file, invalid when it is in no plan.
    QModelIndex indexOf(std::size_t file) const;
    /// Row of the first file of which it is not clear where it belongs; invalid when all are.
    QModelIndex firstQuestion() const;

    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;
    bool canDropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
        const QModelIndex& parent) const override;
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
        const QModelIndex& parent) override;

Q_SIGNALS:
    /// The user dropped files on a run, or, empty, on what belongs to none.
    void moved(const std::vector<std::size_t>& files, std::optional<std::size_t> run);

private:
    QList<QStandardItem*> rowOf(const BundlePlan::File& entry, const std::vector<FileSummary>& files,
        const QString& root, int run) const;
};

} // namespace prism::app
