// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/metrics_poller.h"

#include <QObject>
#include <QString>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace prism::app {

/// How busy the servers of a list are, where that can be known without attaching: what each reports at its
/// own /metrics, asked once a second, and what a session that is attached to it has seen. Nothing is guessed.
class ServerRates : public QObject {
    Q_OBJECT
public:
    /// For one server; `text` is "—" where nothing is known, and `why` a sentence.
    struct Shown {
        QString text;
        QString why;
    };
    /// Requests a second of a process that is attached; empty for others.
    using Attached = std::function<std::optional<double>(std::uint32_t pid)>;

    using QObject::QObject;
    ~ServerRates() override;

    void setAttached(Attached attached) { m_attached = std::move(attached); }
    /// Asks these from now on and no others; `ask` false: none is asked, only what is attached is known.
    void watch(const std::vector<live::FoundServer>& servers, bool ask);
    Shown shown(const live::FoundServer& server) const;

    static constexpr std::size_t mostAsked = 32;

Q_SIGNALS:
    void changed();

private:
    struct Known {
        std::unique_ptr<live::MetricsPoller> poller;
        QString problem; ///< why it is not asked, or does not answer
        std::optional<double> done; ///< the counter, when it was read last
        std::uint64_t doneAtNs = 0;
        std::optional<double> perSecond;
        std::optional<double> running;
        bool answered = false;
    };
    void took(std::uint32_t pid, const live::MetricsReading& reading);

    Attached m_attached;
    std::map<std::uint32_t, Known> m_known; ///< by pid
    unsigned m_round = 0; ///< of watch(): answers to an earlier one come too late
};

} // namespace prism::app
