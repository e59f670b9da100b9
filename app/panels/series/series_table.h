// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/series/series_data.h"

#include <QAbstractTableModel>

namespace prism::app {

/// Samples of a file, a row an instant, a column a series. A cell without a sample at its instant is empty;
/// one that was recorded as no number is a dash.
class SeriesTable : public QAbstractTableModel {
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `zero` is where the seconds of the first column count from. Shares the file with the panel.
    void setFile(std::shared_ptr<const SeriesFile> file, double zero);
    /// Only instants from `begin` to `end`.
    void setTime(const TimeSpan& time);
    /// Values in full precision, seconds to the microsecond that a double of seconds since 1970 holds; units
    /// in the head.
    QString csv() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::optional<double> valueAt(std::size_t series, double time) const;
    int firstSeries() const { return m_file && m_file->absolute ? 2 : 1; }
    QString timeText(double time, int column) const;

    std::shared_ptr<const SeriesFile> m_file;
    double m_zero = 0;
    std::size_t m_first = 0; ///< of the file's times
    std::size_t m_last = 0; ///< one behind
};

} // namespace prism::app
