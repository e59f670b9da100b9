// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/server_rates.h"
#include "core/live/facts.h"

#include <QAbstractTableModel>
#include <QString>

#include <functional>
#include <vector>

namespace prism::app {

/// The servers that the helper found; workers and supervisors of another server are left out. Filtered by
/// words of any cell.
class ServerModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Engine, Model, Port, Accelerator, Rate, Pid, User, Container, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    /// What stands in the column Rate and why; without it nothing is known.
    using Rates = std::function<ServerRates::Shown(const live::FoundServer&)>;
    void setRates(Rates rates) { m_rates = std::move(rates); }
    void ratesChanged();

    void setServers(std::vector<live::FoundServer> servers);
    void setSearch(const QString& text);
    const live::FoundServer* serverAt(int row) const; ///< null outside
    const std::vector<live::FoundServer>& servers() const { return m_servers; }
    int rowOfPid(std::uint32_t pid) const;
    /// The router that forwards to `server`, else one of which that is not known; null without.
    const live::FoundServer* routerFor(const live::FoundServer& server) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const live::FoundServer& server, int column) const;
    QString forwardsTo(const live::FoundServer& router) const;
    void filter();

    std::vector<live::FoundServer> m_servers;
    std::vector<std::size_t> m_rows;
    QString m_search;
    Rates m_rates;
};

} // namespace prism::app
