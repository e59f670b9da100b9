// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/engine/engine_outputs.h"

#include <map>
#include <set>
#include <tuple>

namespace prism::probes {

/// The messages of vLLM's engine cores, by the threads and sockets that send them: each is a stream of its
/// own. Which of the sockets carries the engine's outputs is not known before a message of that shape goes
/// over it; of the others nothing is kept.
class EngineStreams {
public:
    /// `nameText`: number of the text that names the losses of engine messages.
    explicit EngineStreams(std::uint32_t nameText)
        : m_nameText(nameText)
    {
    }

    void attach(std::uint32_t target);
    void detach(std::uint32_t target, std::uint64_t nowNs);
    /// An event of the ring. False when it is none of an engine (or of a target that is not attached).
    bool event(std::span<const std::byte> bytes);
    /// Tells what could not be understood since the last call.
    void tick(std::uint64_t nowNs);

    /// Records on their way out; whoever sends them empties it.
    std::vector<std::byte>& records() { return m_records; }

private:
    struct Key {
        std::uint32_t target;
        std::uint32_t thread;
        std::uint64_t socket;
        auto operator<=>(const Key&) const = default;
    };
    struct Stream {
        engine::EngineOutputs outputs;
        std::uint64_t used = 0;
        std::uint64_t told = 0; ///< of what is lost, told already
    };
    static constexpr std::size_t mostStreams = 256;

    Stream& streamOf(const Key& key);
    void tellLost(std::uint32_t target, Stream& stream, std::uint64_t nowNs);

    std::uint32_t m_nameText;
    bool m_named = false;
    std::vector<std::byte> m_records;
    std::set<std::uint32_t> m_targets;
    std::map<Key, Stream> m_streams;
    std::uint64_t m_turn = 0;
};

} // namespace prism::probes
