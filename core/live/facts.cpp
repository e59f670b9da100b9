// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/facts.h"

namespace prism::live {

bool LossGap::missing() const
{
    return dropped > 0 && reason != wire::LossReason::Truncated && reason != wire::LossReason::Sampled
        && reason != wire::LossReason::BeforeAttach;
}

std::optional<bool> saysObserved(const ProbeFact& fact)
{
    if (fact.name != "tier 1" && fact.name != "target") {
        return std::nullopt;
    }
    switch (fact.state) {
    case wire::ProbeState::Ready:
        return true;
    case wire::ProbeState::Failed:
    case wire::ProbeState::Ignored:
    case wire::ProbeState::Costly:
    case wire::ProbeState::Silent:
        return false;
    case wire::ProbeState::Pending:
    case wire::ProbeState::Gone:
        break;
    }
    return std::nullopt;
}

bool isAbout(const ProbeFact& fact, const ProcessFact& process)
{
    // The kernel tells when a process ended, the helper when it said so of one that had left.
    constexpr Nanoseconds late { 1'000'000'000 };
    // The sentence is the only thing that names it.
    return fact.name == leftProcess && fact.target == process.target && fact.at <= process.at + late
        && fact.hint.starts_with("Process " + std::to_string(process.pid) + ' ');
}

bool saysLoss(const LossTotal& total)
{
    return total.dropped > 0 || (total.reason == wire::LossReason::Parser && total.bytes > 0);
}

LossSum sumOf(const std::vector<LossTotal>& totals, std::uint64_t records)
{
    LossSum sum;
    sum.emitted = records;
    for (const LossTotal& total : totals) {
        sum.dropped += total.dropped;
        sum.truncated += total.reason == wire::LossReason::Truncated ? total.dropped : 0;
        sum.beforeAttach += total.reason == wire::LossReason::BeforeAttach ? total.dropped : 0;
    }
    sum.attempted = sum.emitted + sum.dropped;
    return sum;
}

} // namespace prism::live
