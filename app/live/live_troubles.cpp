// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_troubles.h"

#include "core/live/cross_checks.h"
#include "core/live/metrics_records.h"

#include <QCoreApplication>

#include <algorithm>

namespace prism::app {

namespace {

constexpr std::size_t most = 1000; // a stream may name any number of probes

/// Requests that come later prove that it is over.
bool passes(const live::ProbeFact& fact)
{
    return fact.name == "parser" || (fact.state == wire::ProbeState::Silent && fact.name.starts_with("on_"));
}

/// 0: nothing is seen; 1: something was lost or may be wrong; 2: a part of what could be told is not.
int gravity(const live::ProbeFact& fact)
{
    const bool doubt = passes(fact) || fact.name == live::tokenCounter;
    return !live::saysObserved(fact).value_or(true) ? 0 : doubt ? 1 : 2;
}

QString sentence(const std::string& hint)
{
    const QString text = QString::fromStdString(hint);
    return text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
}

} // namespace

void LiveTroubles::take(const live::Increment& increment)
{
    for (const live::ProbeFact& fact : increment.probes) {
        take(fact);
    }
    for (const live::ProcessFact& process : increment.processes) {
        if (process.change == wire::ProcessChange::Exited) {
            std::erase_if(m_facts, [&](const auto& entry) { return live::isAbout(entry.second, process); });
        }
        if (process.change == wire::ProcessChange::Stopped && m_stopped.size() < most) {
            m_stopped.insert({ process.target, process.pid });
        } else if (process.change == wire::ProcessChange::Continued
            || process.change == wire::ProcessChange::Exited) {
            m_stopped.erase({ process.target, process.pid });
        }
    }
    if (std::any_of(m_facts.begin(), m_facts.end(), [](const auto& entry) { return passes(entry.second); })) {
        for (const live::RequestPtr& request : increment.running) {
            goesOn(*request);
        }
        for (const live::RequestPtr& request : increment.ended) {
            goesOn(*request);
        }
    }
}

void LiveTroubles::take(const live::ProbeFact& fact)
{
    switch (fact.state) {
    case wire::ProbeState::Pending:
    case wire::ProbeState::Ready:
        m_facts.erase({ fact.target, fact.name });
        return;
    case wire::ProbeState::Gone:
        std::erase_if(m_facts, [&](const auto& entry) { return entry.first.first == fact.target; });
        return;
    case wire::ProbeState::Failed:
    case wire::ProbeState::Ignored:
    case wire::ProbeState::Costly:
    case wire::ProbeState::Silent:
        break;
    }
    // Why the server's own metrics are not known has a place of its own.
    const bool told = fact.name == live::MetricsRecords::probeName;
    if (!fact.hint.empty() && !told && m_facts.size() < most) {
        // Each process that left the target has a sentence of its own.
        m_facts[{ fact.target, fact.name == live::leftProcess ? fact.hint : fact.name }] = fact;
    }
}

void LiveTroubles::goesOn(const live::Request& request)
{
    std::erase_if(m_facts, [&](const auto& entry) {
        return passes(entry.second) && entry.first.first == request.target && request.seen > entry.second.at;
    });
}

LiveTroubles::Shown LiveTroubles::of(const live::Status& status) const
{
    std::vector<const live::ProbeFact*> facts;
    for (const live::Target& target : status.targets) {
        for (const auto& [key, fact] : m_facts) {
            if (target.attached && key.first == target.number) {
                facts.push_back(&fact);
            }
        }
    }
    std::stable_sort(
        facts.begin(), facts.end(), [](const auto* a, const auto* b) { return gravity(*a) < gravity(*b); });
    Shown shown;
    for (const live::Target& target : status.targets) {
        for (const auto& [number, pid] : m_stopped) {
            if (target.attached && number == target.number) {
                shown.all << QCoreApplication::translate("LiveTroubles",
                    "Process %1 is stopped, by a signal or a debugger: it serves nothing until it is "
                    "continued.")
                                 .arg(pid);
            }
        }
    }
    const bool stopped = !shown.all.isEmpty();
    for (const live::ProbeFact* fact : facts) {
        shown.all << sentence(fact->hint);
    }
    shown.all.removeDuplicates();
    if (shown.all.isEmpty()) {
        return shown;
    }
    shown.blind = !facts.empty() && gravity(*facts.front()) == 0;
    shown.line = stopped || gravity(*facts.front()) < 2
        ? shown.all.front()
        : QCoreApplication::translate("LiveTroubles", "In part not seen: %1").arg(shown.all.front());
    return shown;
}

} // namespace prism::app
