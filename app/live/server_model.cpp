// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/server_model.h"

#include "app/live/session_bar.h"

namespace prism::app {

namespace {

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

bool isNumber(int column)
{
    return column == ServerModel::Pid || column == ServerModel::Rate;
}

} // namespace

void ServerModel::setServers(std::vector<live::FoundServer> servers)
{
    std::erase_if(
        servers, [](const live::FoundServer& s) { return s.role == "worker" || s.role == "supervisor"; });
    m_servers = std::move(servers);
    filter();
}

void ServerModel::ratesChanged()
{
    if (!m_rows.empty()) {
        Q_EMIT dataChanged(index(0, Rate), index(int(m_rows.size()) - 1, Rate));
    }
}

void ServerModel::setSearch(const QString& text)
{
    m_search = text.trimmed();
    filter();
}

void ServerModel::filter()
{
    beginResetModel();
    m_rows.clear();
    for (std::size_t i = 0; i < m_servers.size(); ++i) {
        bool found = m_search.isEmpty();
        for (int column = 0; column < ColumnCount && !found; ++column) {
            found = text(m_servers[i], column).contains(m_search, Qt::CaseInsensitive);
        }
        if (found) {
            m_rows.push_back(i);
        }
    }
    endResetModel();
}

const live::FoundServer* ServerModel::serverAt(int row) const
{
    return row >= 0 && std::size_t(row) < m_rows.size() ? &m_servers[m_rows[std::size_t(row)]] : nullptr;
}

int ServerModel::rowOfPid(std::uint32_t pid) const
{
    for (std::size_t row = 0; row < m_rows.size(); ++row) {
        if (m_servers[m_rows[row]].pid == pid) {
            return int(row);
        }
    }
    return -1;
}

const live::FoundServer* ServerModel::routerFor(const live::FoundServer& server) const
{
    const auto forwards = [&server](const live::FoundServer& router) {
        return std::any_of(router.upstreams.begin(), router.upstreams.end(), [&](std::uint32_t pid) {
            return pid == server.pid
                || std::find(server.processes.begin(), server.processes.end(), pid) != server.processes.end();
        });
    };
    const live::FoundServer* unsure = nullptr;
    for (const live::FoundServer& other : m_servers) {
        if (other.role != "router" || other.pid == server.pid || server.role == "router") {
            continue;
        }
        if (forwards(other)) {
            return &other;
        }
        unsure = other.upstreams.empty() && !unsure ? &other : unsure;
    }
    return unsure;
}

/// ":8000 :8001": the ports of the servers that a router forwards to.
QString ServerModel::forwardsTo(const live::FoundServer& router) const
{
    QStringList parts;
    for (const std::uint32_t pid : router.upstreams) {
        for (const live::FoundServer& other : m_servers) {
            if (other.pid == pid && !other.ports.empty()) {
                parts << QStringLiteral(":%1").arg(other.ports.front());
            }
        }
    }
    return parts.join(QLatin1Char(' '));
}

int ServerModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int ServerModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString ServerModel::text(const live::FoundServer& s, int column) const
{
    QStringList parts;
    switch (column) {
    case Engine:
        return (engineName(s.engine) + QLatin1Char(' ') + qs(s.engineVersion)).trimmed()
            + (s.role == "router" ? tr(", router") : QString());
    case Model:
        if (const QString to = forwardsTo(s); !to.isEmpty()) {
            return tr("router, forwards to %1").arg(to);
        }
        return s.model.empty() ? QStringLiteral("—") : qs(s.model);
    case Port:
        for (const std::uint16_t port : s.ports) {
            parts << QStringLiteral(":%1").arg(port);
        }
        return parts.isEmpty() ? QStringLiteral("—") : parts.join(QLatin1Char(' '));
    case Rate:
        return m_rates ? m_rates(s).text : QStringLiteral("—");
    case Accelerator:
        for (const std::string& accelerator : s.accelerators) {
            parts << qs(accelerator);
        }
        return parts.isEmpty() ? QStringLiteral("—") : parts.join(QStringLiteral(", "));
    case Pid:
        return s.innerPid != 0 && s.innerPid != s.pid ? tr("%1 (%2 inside)").arg(s.pid).arg(s.innerPid)
                                                      : QString::number(s.pid);
    case User:
        return qs(s.user);
    default:
        return s.container.empty() ? QStringLiteral("—") : qs(s.container);
    }
}

QVariant ServerModel::data(const QModelIndex& index, int role) const
{
    const live::FoundServer* server = serverAt(index.row());
    if (!server) {
        return {};
    }
    switch (role) {
    case Qt::DisplayRole:
        return text(*server, index.column());
    case Qt::ToolTipRole:
        return index.column() == Engine         ? qs(server->command)
            : index.column() == Rate && m_rates ? m_rates(*server).why
                                                : text(*server, index.column());
    case Qt::TextAlignmentRole:
        return int((isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant ServerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) {
        return {};
    }
    const QString titles[] = { tr("Engine"), tr("Model"), tr("Port"), tr("Accelerator"), tr("Requests/s"),
        tr("Pid"), tr("User"), tr("Container") };
    if (role == Qt::TextAlignmentRole) {
        return int((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

} // namespace prism::app
