// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/records.h"

#include <QAbstractTableModel>

#include <vector>

namespace prism::app {

/// Attributes, measures and extras of one point, a row each, with where each comes from.
class MeasureModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, StatColumn, Value, UnitColumn, OriginColumn, ColumnCount };
    enum Role { PlaceRole = Qt::UserRole };

    using QAbstractTableModel::QAbstractTableModel;

    void setPoint(const PointDetail& point);
    void clear();
    /// Row of a measure ("ttft", "p99"), -1 when the point has none.
    int rowOf(const QString& metric, const QString& stat) const;
    /// Row of the value at a place of the source, -1 when no row is read from there.
    int rowAt(const QString& place) const;
    QString place(int row) const; ///< in the source; empty for what was derived
    QString csv() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    /// An attribute's value can be edited; the model does not change by it, the store does.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void attributeEdited(const QString& name, const QString& value); ///< empty: back to the file's

private:
    struct Line {
        QString name, stat, value, unit, origin, place, toolTip, metric;
        bool isNumber = false;
        bool isMuted = false;
        bool repeatsName = false; ///< the row above is of the same metric
        bool isAttribute = false; ///< that the contract names
    };
    static Line lineOf(const Measure& measure);
    static Line lineOf(const Attribute& attribute, const Word* word);
    /// What the file says, under what the user says.
    static Line fileLine(const Attribute& attribute, const Word& word);

    std::vector<Line> m_lines;
};

} // namespace prism::app
