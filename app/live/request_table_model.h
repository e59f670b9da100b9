// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/time_axis.h"
#include "core/live/session.h"

#include <QAbstractTableModel>
#include <QString>

#include <functional>
#include <vector>

namespace prism::app {

/// The requests of a session that touch a stretch of time: a list of them, filtered and sorted here. What has
/// ended stands in the order of its end, so that a stretch is found by binary search. GUI thread.
class RequestTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column {
        Number,
        Arrival,
        StatusCode,
        Input,
        Output,
        Lag,
        Ttft,
        Tpot,
        ChunkGap,
        MaxGap,
        E2e,
        Stages,
        EndedAs,
        Path,
        ColumnCount
    };
    enum Role { IdRole = Qt::UserRole + 1, BadRole };
    /// Wall time of an instant in nanoseconds since 1970.
    using Clock = std::function<std::optional<std::int64_t>(Nanoseconds)>;

    explicit RequestTableModel(QObject* parent = nullptr);

    void setClock(Clock clock) { m_clock = std::move(clock); }
    void setLimits(std::vector<SloLimit> limits) { m_limits = std::move(limits); }
    const std::vector<SloLimit>& limits() const { return m_limits; }
    /// Keeps what ended and replaces what runs. Shown after the next show().
    void take(const live::Increment& increment);
    void dropBefore(Nanoseconds time); ///< forgets requests that ended before
    void clear();
    /// Lists the requests that touch `range` again; `now` is the end of those that run.
    void show(const TimeRange& range, Nanoseconds now);
    void setBrokenOnly(bool only);
    void setSearch(const QString& text);

    live::RequestPtr find(live::RequestId id) const; ///< null when it is forgotten
    live::RequestPtr requestAt(int row) const;
    int rowOf(live::RequestId id) const; ///< -1 when it is not listed
    /// The first request that breaks a limit and begins after an instant.
    live::RequestPtr nextBroken(Nanoseconds after) const;
    /// Requests between their read and their first token at some instant of a range, without `except`.
    std::vector<live::RequestPtr> waitingForTokenIn(const TimeRange& range, live::RequestId except) const;
    std::size_t inView() const { return m_inView; }
    std::size_t brokenInView() const { return m_brokenInView; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    void sort(int column, Qt::SortOrder order) override;

    /// Text of a cell; "—" where nothing is known.
    QString text(const live::Request& request, int column) const;
    static bool breaks(const live::Request& request) { return request.broken != 0; }
    std::optional<double> number(const live::Request& request, int column) const;

private:
    bool passes(const live::Request& request) const;
    void rebuild();
    bool isBad(const live::Request& request, int column) const;
    QString toolTip(const live::Request& request, int column) const;

    std::vector<live::RequestPtr> m_ended;
    std::vector<std::int64_t> m_ends; ///< of m_ended, made to rise
    std::vector<live::RequestPtr> m_running;
    std::vector<live::RequestPtr> m_rows;
    std::vector<SloLimit> m_limits;
    Clock m_clock;
    TimeRange m_range;
    Nanoseconds m_now;
    bool m_brokenOnly = false;
    QString m_search;
    int m_sortColumn = Number;
    Qt::SortOrder m_order = Qt::DescendingOrder;
    std::size_t m_inView = 0;
    std::size_t m_brokenInView = 0;
};

/// "10:42:16.690" of this machine's time zone.
QString clockText(std::optional<std::int64_t> unixNs);

} // namespace prism::app
