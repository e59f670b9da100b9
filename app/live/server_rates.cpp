// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/server_rates.h"

#include "core/model/metric.h"

#include <QMetaObject>

namespace prism::app {

namespace {

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

std::optional<double> valueOf(const live::MetricsReading& reading, wire::SampleMetric metric)
{
    for (const live::MetricSample& sample : reading.samples) {
        if (sample.metric == metric) {
            return sample.value;
        }
    }
    return std::nullopt;
}

} // namespace

ServerRates::~ServerRates()
{
    m_known.clear(); // the pollers call back
}

void ServerRates::watch(const std::vector<live::FoundServer>& servers, bool ask)
{
    ++m_round;
    m_known.clear();
    std::size_t asked = 0;
    for (const live::FoundServer& server : servers) {
        Known& known = m_known[server.pid];
        const auto address = live::metricsAddressOf(server, true);
        if (!ask || asked >= mostAsked) {
            known.problem = tr("Servers are not asked for their /metrics.");
        } else if (!address) {
            known.problem = tr("Its /metrics is not read: %1.").arg(qs(address.error().reason));
        } else {
            ++asked;
            known.poller = std::make_unique<live::MetricsPoller>(*address, live::MetricsPoller::usual,
                [this, pid = server.pid, round = m_round](live::MetricsReading reading) {
                    QMetaObject::invokeMethod(
                        this,
                        [this, pid, round, reading = std::move(reading)] {
                            if (round == m_round) {
                                took(pid, reading);
                            }
                        },
                        Qt::QueuedConnection);
                });
        }
    }
}

void ServerRates::took(std::uint32_t pid, const live::MetricsReading& reading)
{
    const auto found = m_known.find(pid);
    if (found == m_known.end()) {
        return;
    }
    Known& known = found->second;
    known.problem = qs(reading.problem);
    known.answered = reading.problem.empty();
    known.running = valueOf(reading, wire::SampleMetric::EngineRunning);
    const auto done = valueOf(reading, wire::SampleMetric::EngineRequestsDone);
    known.perSecond.reset();
    // A counter that fell is another server's: it was started again.
    if (done && known.done && *done >= *known.done && reading.atNs > known.doneAtNs) {
        known.perSecond = (*done - *known.done) / (static_cast<double>(reading.atNs - known.doneAtNs) * 1e-9);
    }
    known.done = done;
    known.doneAtNs = reading.atNs;
    Q_EMIT changed();
}

ServerRates::Shown ServerRates::shown(const live::FoundServer& server) const
{
    const auto text = [](double value) { return qs(formatNumber(value, Unit::One, NumberStyle::Reading)); };
    if (m_attached) {
        if (const auto rate = m_attached(server.pid)) {
            return { text(*rate),
                tr("Requests that ended in the last ten seconds, as the session that is attached saw "
                   "them.") };
        }
    }
    const QString unknown = QStringLiteral("—");
    const auto found = m_known.find(server.pid);
    if (found == m_known.end()) {
        return { unknown, {} };
    }
    const Known& known = found->second;
    if (known.perSecond) {
        return { text(*known.perSecond), tr("Requests that ended, as the server reports at its /metrics.") };
    }
    if (!known.problem.isEmpty()) {
        return { unknown, known.problem };
    }
    if (known.answered && !known.done && known.running) {
        // A count, which a server tells as a real number; no rate, which is what the column is of.
        return { unknown,
            tr("%1 running, as the server reports at its /metrics, which does not count the requests that "
               "ended.")
                .arg(QString::number(*known.running, 'g', 12)) };
    }
    return { unknown, tr("Known after the server's second answer.") };
}

} // namespace prism::app
