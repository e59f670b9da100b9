// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/series/series_table.h"

#include "core/export/points_csv.h"
#include "core/model/metric.h"

#include <QDateTime>
#include <QTimeZone>

#include <algorithm>
#include <cmath>

namespace prism::app {

void SeriesTable::setFile(std::shared_ptr<const SeriesFile> file, double zero)
{
    beginResetModel();
    m_file = std::move(file);
    m_zero = zero;
    m_first = 0;
    m_last = m_file ? m_file->times.size() : 0;
    endResetModel();
}

void SeriesTable::setTime(const TimeSpan& time)
{
    if (!m_file) {
        return;
    }
    beginResetModel();
    const std::vector<double>& times = m_file->times;
    m_first = std::size_t(std::lower_bound(times.begin(), times.end(), time.begin) - times.begin());
    m_last = std::size_t(std::upper_bound(times.begin(), times.end(), time.end) - times.begin());
    m_last = std::max(m_first, m_last);
    endResetModel();
}

std::optional<double> SeriesTable::valueAt(std::size_t series, double time) const
{
    const TimeSeries& samples = m_file->series[series];
    const auto at = std::lower_bound(samples.seconds.begin(), samples.seconds.end(), time);
    if (at == samples.seconds.end() || *at != time) {
        return std::nullopt;
    }
    return samples.values[std::size_t(at - samples.seconds.begin())];
}

QString SeriesTable::timeText(double time, int column) const
{
    if (column == 0) {
        return QString::number(time - m_zero, 'f', 3);
    }
    return QDateTime::fromMSecsSinceEpoch(std::llround(time * 1000), QTimeZone::utc())
        .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
}

int SeriesTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_last - m_first);
}

int SeriesTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_file ? 0 : firstSeries() + int(m_file->series.size());
}

QVariant SeriesTable::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole) {
        return int(Qt::AlignRight | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole || !index.isValid()) {
        return {};
    }
    const double time = m_file->times[m_first + std::size_t(index.row())];
    if (index.column() < firstSeries()) {
        return timeText(time, index.column());
    }
    const auto series = std::size_t(index.column() - firstSeries());
    const auto value = valueAt(series, time);
    if (!value) {
        return QString();
    }
    if (!std::isfinite(*value)) {
        return QStringLiteral("—");
    }
    // The registry knows the decimals of its own units only.
    const auto unit = unitFromSymbol(m_file->series[series].unit);
    return QString::fromStdString(unit ? formatNumber(*value, *unit, NumberStyle::Column)
                                       : formatNumber(*value, Unit::One, NumberStyle::Full));
}

QVariant SeriesTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole) {
        return {};
    }
    if (orientation == Qt::Vertical) {
        return section + 1;
    }
    if (section < firstSeries()) {
        return section == 0 ? tr("Time\ns") : tr("Time\nUTC");
    }
    const TimeSeries& series = m_file->series[std::size_t(section - firstSeries())];
    return series.unit.empty() ? seriesName(series)
                               : seriesName(series) + QLatin1Char('\n') + QString::fromStdString(series.unit);
}

QString SeriesTable::csv() const
{
    const auto cell = [](const QString& s) { return QString::fromStdString(csvCell(s.toStdString())); };
    QStringList head;
    for (int column = 0; column < columnCount(); ++column) {
        QString name = headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        if (const qsizetype unit = name.lastIndexOf(QLatin1Char('\n')); unit >= 0) {
            name = name.left(unit) + QStringLiteral(" (") + name.mid(unit + 1) + QLatin1Char(')');
        }
        head << cell(name);
    }
    QString text = head.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    for (std::size_t row = m_first; row < m_last; ++row) {
        const double time = m_file->times[row];
        QStringList cells;
        cells << QString::number(time - m_zero, 'f', 6);
        if (firstSeries() > 1) {
            cells << timeText(time, 1);
        }
        for (std::size_t series = 0; series < m_file->series.size(); ++series) {
            const auto value = valueAt(series, time);
            cells << (value && std::isfinite(*value)
                    ? QString::fromStdString(formatNumber(*value, Unit::One, NumberStyle::Full))
                    : QString());
        }
        text += cells.join(QLatin1Char(',')) + QStringLiteral("\r\n");
    }
    return text;
}

} // namespace prism::app
