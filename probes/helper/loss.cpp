// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/loss.h"

namespace prism::probes {

namespace {
LossOf loss(std::uint32_t program, std::uint32_t cpu, wire::LossReason reason, bool final)
{
    LossOf made;
    made.program = program;
    made.record.cpu = cpu;
    made.record.reason = static_cast<std::uint16_t>(reason);
    made.record.final = final ? 1 : 0;
    return made;
}

void setSpan(std::vector<LossOf>& losses, std::uint64_t fromNs, std::uint64_t toNs)
{
    for (LossOf& one : losses) {
        one.record.fromNs = fromNs;
        one.record.toNs = toNs;
    }
}

/// What a table had no room for.
void addForgotten(std::vector<LossOf>& losses, std::uint32_t program, std::uint64_t forgotten, bool final)
{
    if (forgotten != 0) {
        LossOf made = loss(program, wire::noCpu, wire::LossReason::Evicted, final);
        made.record.attempted = made.record.dropped = forgotten;
        losses.push_back(made);
    }
}
} // namespace

std::vector<LossOf> LossBook::interval(const ProgramCounts& now, std::uint64_t nowNs)
{
    std::vector<LossOf> losses;
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        std::vector<prism_count>& last = m_last[program];
        last.resize(now[program].size());
        std::uint64_t forgotten = 0;
        for (std::size_t cpu = 0; cpu < now[program].size(); ++cpu) {
            const prism_count& count = now[program][cpu];
            forgotten += count.forgotten - last[cpu].forgotten;
            if (count.dropped != last[cpu].dropped) {
                LossOf made
                    = loss(program, static_cast<std::uint32_t>(cpu), wire::LossReason::RingFull, false);
                made.record.emitted = count.emitted - last[cpu].emitted;
                made.record.dropped = count.dropped - last[cpu].dropped;
                // Read while the programs count: the sum is taken, not the third counter.
                made.record.attempted = made.record.emitted + made.record.dropped;
                made.record.bytes = count.dropped_bytes - last[cpu].dropped_bytes;
                losses.push_back(made);
            }
        }
        addForgotten(losses, program, forgotten, false);
    }
    setSpan(losses, m_lastNs, nowNs);
    m_last = now;
    m_lastNs = nowNs;
    return losses;
}

std::vector<LossOf> LossBook::totals(const ProgramCounts& now, std::uint64_t startNs, std::uint64_t nowNs)
{
    std::vector<LossOf> losses;
    for (std::uint32_t program = 0; program < PRISM_PROGRAMS; ++program) {
        prism_count sum {};
        for (std::size_t cpu = 0; cpu < now[program].size(); ++cpu) {
            const prism_count& count = now[program][cpu];
            LossOf made = loss(program, static_cast<std::uint32_t>(cpu), wire::LossReason::RingFull, true);
            made.record.attempted = count.attempted;
            made.record.emitted = count.emitted;
            made.record.dropped = count.dropped;
            made.record.bytes = count.dropped_bytes;
            losses.push_back(made);
            sum.truncated += count.truncated;
            sum.truncated_bytes += count.truncated_bytes;
            sum.forgotten += count.forgotten;
            sum.before_attach += count.before_attach;
        }
        addForgotten(losses, program, sum.forgotten, true);
        if (sum.truncated != 0) {
            LossOf made = loss(program, wire::noCpu, wire::LossReason::Truncated, true);
            made.record.attempted = made.record.emitted = sum.truncated;
            made.record.bytes = sum.truncated_bytes;
            losses.push_back(made);
        }
        if (sum.before_attach != 0) {
            LossOf made = loss(program, wire::noCpu, wire::LossReason::BeforeAttach, true);
            made.record.attempted = made.record.emitted = sum.before_attach;
            losses.push_back(made);
        }
    }
    setSpan(losses, startNs, nowNs);
    return losses;
}

} // namespace prism::probes
