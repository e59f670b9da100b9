// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/assembly.h"
#include "tests/support/made_stream.h"

#include <QTest>

#include <vector>

namespace prism::test {

/// Everything that an assembly tells.
class Told : public live::AssemblySink {
public:
    std::vector<live::Request> requests;
    std::vector<live::RequestEvents> events;
    std::vector<live::LossGap> losses;
    std::vector<live::ClockJump> jumps;
    std::vector<live::ProbeFact> probes;
    std::vector<double> gaps;
    std::vector<live::TargetNumber> gone;
    std::uint64_t counted = 0;
    live::Assembly assembly { *this };

    std::vector<live::Step> steps;
    std::uint64_t arrivedCount = 0, wroteCount = 0;
    void step(const live::Step& step) override { steps.push_back(step); }
    void arrived(const live::Request&, bool) override { ++arrivedCount; }
    void wrote(const live::Request&, const live::EventWrite&, bool) override { ++wroteCount; }
    void ended(live::Request request, live::RequestEvents writes, bool counts) override
    {
        counted += counts ? 1 : 0;
        requests.push_back(std::move(request));
        events.push_back(std::move(writes));
    }
    void gap(Nanoseconds, Milliseconds gap, std::uint32_t times, bool) override
    {
        gaps.insert(gaps.end(), times, gap.value);
    }
    void loss(const live::LossGap& gap) override { losses.push_back(gap); }
    void probe(const live::ProbeFact& fact) override { probes.push_back(fact); }
    void jump(const live::ClockJump& jump) override { jumps.push_back(jump); }
    void targetGone(live::TargetNumber target, Nanoseconds, const std::string&) override
    {
        gone.push_back(target);
    }

    void play(MadeStream& stream) { QVERIFY(assembly.records(stream.take())); }
    const live::Request& only()
    {
        assembly.finish();
        if (requests.size() != 1) {
            qFatal("%zu requests instead of one", requests.size());
        }
        return requests.front();
    }
};

inline live::Target target(live::TargetNumber number, std::uint32_t pid)
{
    live::Target t;
    t.number = number;
    t.server.pid = pid;
    t.start = { second };
    t.startUnixNs = 1'700'000'001'000'000'000;
    return t;
}

inline MadeStream begun()
{
    MadeStream stream;
    stream.connection(second, 1, wire::ConnectionRole::Server, 8000, 40000);
    return stream;
}

} // namespace prism::test
