// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/mapping_draft.h"

#include <QAbstractTableModel>
#include <QStringList>

namespace prism::app {

/// The first rows of the file as they are, with what does not count struck out.
class RowModel : public QAbstractTableModel {
    Q_OBJECT
public:
    explicit RowModel(const MappingDraft& draft, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void refresh();

    const MappingDraft& m_draft;
    int m_columns = 0;
    QStringList m_leftOut; ///< why a row does not count, empty for those that do
};

/// Load points as an import would store them: attributes, then measures.
class PointModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setPoints(std::vector<LoadPoint> points);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Column {
        std::string attribute; ///< empty for a measure
        const Metric* metric = nullptr;
        Stat stat = Stat::value();
    };
    std::vector<LoadPoint> m_points;
    std::vector<Column> m_columns;
};

/// Requests as an import would store them.
class RequestModel : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setRequests(std::vector<RequestRow> requests);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<RequestRow> m_requests;
};

} // namespace prism::app
