// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "probes/protocol/record.h"

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace prism::live {

/// Joins what an engine tells of its steps with the requests that HTTP tells of: both name a request by the
/// number of its id (wire::EngineRequest::key, wire::HttpAnswerKey). The engine speaks first: a step is held
/// back for a few milliseconds of the stream's time until the first events of its requests are there.
class EngineSteps {
public:
    /// When the engine queued and scheduled a request.
    struct Times {
        std::optional<Nanoseconds> queued, scheduled;
    };
    /// An output of the step that follows. The request that it is known to belong to, else 0, and what was
    /// told of it so far.
    std::pair<RequestId, Times> output(TargetNumber target, const wire::EngineRequest& body);
    /// The step itself, behind its outputs.
    void step(const Step& step);
    /// A request that HTTP tells of has this key. What the engine told of it so far.
    Times answered(TargetNumber target, std::uint64_t key, RequestId request);
    void forget(TargetNumber target);

    /// Steps that were held back long enough, in order, with their requests.
    std::vector<Step> settle(Nanoseconds now);

private:
    struct Key {
        TargetNumber target;
        std::uint64_t key;
        bool operator==(const Key&) const = default;
    };
    struct HashKey {
        std::size_t operator()(const Key& key) const
        {
            return static_cast<std::size_t>(key.key ^ (std::uint64_t { key.target } << 32));
        }
    };
    struct Known {
        Times times;
        RequestId request = 0;
    };
    struct Held {
        Step step;
        std::vector<std::uint64_t> keys;
    };
    /// Of requests that are remembered by their key, the oldest go.
    static constexpr std::size_t mostKeys = 65536;
    static constexpr std::size_t mostHeld = 8192;
    static constexpr std::size_t mostOutputs = 65536;

    Known& known(const Key& key);

    std::unordered_map<Key, Known, HashKey> m_known;
    std::deque<Key> m_ages;
    std::map<std::pair<TargetNumber, std::uint16_t>, std::vector<std::uint64_t>> m_outputs; ///< by engine
    std::deque<Held> m_held;
};

} // namespace prism::live
