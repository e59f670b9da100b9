// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/engine_steps.h"

#include "core/live/assembly.h"

#include <utility>

namespace prism::live {

namespace {

/// From the engine's stamp to the first event of an answer: 18 ms at 400 requests.
constexpr Nanoseconds settleTime { 50'000'000 };
constexpr std::size_t mostEngines = 1024;

} // namespace

EngineSteps::Known& EngineSteps::known(const Key& key)
{
    const auto [it, fresh] = m_known.try_emplace(key);
    if (fresh) {
        m_ages.push_back(key);
        if (m_ages.size() > mostKeys) {
            m_known.erase(m_ages.front());
            m_ages.pop_front();
        }
    }
    return it->second;
}

std::pair<RequestId, EngineSteps::Times> EngineSteps::output(
    TargetNumber target, const wire::EngineRequest& body)
{
    Known& request = known({ target, body.key });
    if (body.queuedNs != 0) {
        request.times.queued = instant(body.queuedNs);
    }
    if (body.scheduledNs != 0) {
        request.times.scheduled = instant(body.scheduledNs);
    }
    if (m_outputs.size() >= mostEngines) {
        m_outputs.clear();
    }
    auto& outputs = m_outputs[{ target, body.engine }];
    if (outputs.size() < mostOutputs) {
        outputs.push_back(body.key);
    }
    return { request.request, request.times };
}

void EngineSteps::step(const Step& step)
{
    Held held { step, {} };
    if (const auto outputs = m_outputs.find({ step.target, step.engine }); outputs != m_outputs.end()) {
        held.keys = std::exchange(outputs->second, {});
    }
    m_held.push_back(std::move(held));
}

EngineSteps::Times EngineSteps::answered(TargetNumber target, std::uint64_t key, RequestId request)
{
    Known& entry = known({ target, key });
    entry.request = request;
    return entry.times;
}

void EngineSteps::forget(TargetNumber target)
{
    std::erase_if(m_outputs, [target](const auto& entry) { return entry.first.first == target; });
}

std::vector<Step> EngineSteps::settle(Nanoseconds now)
{
    std::vector<Step> out;
    while (!m_held.empty() && (m_held.size() > mostHeld || now - m_held.front().step.end >= settleTime)) {
        Held held = std::move(m_held.front());
        m_held.pop_front();
        for (const std::uint64_t key : held.keys) {
            const auto it = m_known.find({ held.step.target, key });
            if (it != m_known.end() && it->second.request != 0) {
                held.step.requests.push_back(it->second.request);
            }
        }
        out.push_back(std::move(held.step));
    }
    return out;
}

} // namespace prism::live
