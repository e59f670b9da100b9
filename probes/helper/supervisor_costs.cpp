// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/supervisor.h"

#include <algorithm>
#include <utility>

namespace prism::probes {

void Supervisor::tellCosts(std::uint64_t now)
{
    if (!m_tracer.observesAny()) {
        return;
    }
    bool sampled = false;
    const std::vector<ProgramCost> costs = m_tracer.costs(sampled);
    for (auto& [number, target] : m_targets) {
        if (sampled && target.traced && !std::exchange(target.costsTold, true)) {
            tellState(target, "cost", wire::ProbeState::Ready, 1, 0,
                "What probing costs is measured by one in 64 of the server's events. What it costs other "
                "processes is not in it: sysctl kernel.bpf_stats_enabled=1 measures that too");
        }
    }
    for (const ProgramCost& cost : costs) {
        for (auto& [id, seat] : m_clients) {
            const std::uint32_t name = text(*seat.client, cost.name, now);
            seat.client->outbox().record(recordHeader(now, wire::Source::Supervisor, 0),
                wire::Cost { name, 0, cost.runs, cost.runNs });
        }
    }
    if (const auto reading = m_costs.note(costs, sampled, now)) {
        m_machine.noteProbes(reading->took);
        keepToBudget(*reading);
    }
}

void Supervisor::keepToBudget(const CostReading& reading)
{
    double allowed = ProbeBudget::unlimited;
    for (const auto& [number, target] : m_targets) {
        for (const auto& [client, watcher] : target.watchers) {
            allowed = target.traced ? std::min(allowed, watcher.budget) : allowed;
        }
    }
    const ProbeBudget::Step step = m_budget.note(reading, allowed);
    const double cores = m_budget.cores();
    if (step == ProbeBudget::Step::Nothing
        || (step == ProbeBudget::Step::LeaveSchedulerOut && !m_tracer.leaveSchedulerOut())
        || (step == ProbeBudget::Step::TakeSchedulerBack && !m_tracer.takeSchedulerBack())) {
        return;
    }
    for (auto& [number, target] : m_targets) {
        for (const auto& [id, watcher] : target.watchers) {
            const auto seat = m_clients.find(id);
            if (!target.traced || seat == m_clients.end()) {
                continue;
            }
            if (step == ProbeBudget::Step::LeaveSchedulerOut) {
                tellState(*seat->second.client, number, "on_switch", wire::ProbeState::Costly, 1, 0,
                    ProbeBudget::leftOutSentence(cores, allowed, watcher.budget));
            } else if (step == ProbeBudget::Step::TakeSchedulerBack) {
                tellState(*seat->second.client, number, "on_switch", wire::ProbeState::Ready, 1, 0,
                    ProbeBudget::backSentence(cores, allowed));
            } else {
                tellState(*seat->second.client, number, "cost", wire::ProbeState::Costly, 1, 0,
                    ProbeBudget::stillOverSentence(cores, allowed));
            }
        }
    }
}

} // namespace prism::probes
