// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/parser/engine_streams.h"

#include "probes/bpf/engine_send.h"

#include <algorithm>
#include <cstring>

namespace prism::probes {

namespace {
constexpr std::string_view name = "engine messages";
} // namespace

void EngineStreams::attach(std::uint32_t target)
{
    m_targets.insert(target);
}

void EngineStreams::detach(std::uint32_t target, std::uint64_t nowNs)
{
    tick(nowNs);
    m_targets.erase(target);
    std::erase_if(m_streams, [target](const auto& entry) { return entry.first.target == target; });
}

bool EngineStreams::event(std::span<const std::byte> bytes)
{
    prism_engine_send send {};
    if (bytes.size() < sizeof send) {
        return false;
    }
    std::memcpy(&send, bytes.data(), sizeof send);
    if (send.event.kind != PRISM_ENGINE_SEND) {
        return false;
    }
    if (!m_targets.contains(send.event.target)) {
        return true;
    }
    const auto payload = bytes.subspan(sizeof send);
    const std::size_t copied = std::min<std::size_t>({ send.copied, send.bytes, payload.size() });
    Stream& stream = streamOf({ send.event.target, send.event.tid, send.socket });
    if ((send.event.flags & PRISM_LOST_BEFORE) != 0) {
        stream.outputs.lose();
    }
    stream.outputs.send(
        { reinterpret_cast<const std::uint8_t*>(payload.data()), copied }, send.bytes, send.event.tid);
    return true;
}

EngineStreams::Stream& EngineStreams::streamOf(const Key& key)
{
    auto it = m_streams.find(key);
    if (it == m_streams.end()) {
        if (m_streams.size() >= mostStreams) {
            m_streams.erase(std::min_element(m_streams.begin(), m_streams.end(),
                [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
        }
        it = m_streams.emplace(key, Stream { engine::EngineOutputs(key.target, m_records), 0, 0 }).first;
    }
    it->second.used = ++m_turn;
    return it->second;
}

void EngineStreams::tick(std::uint64_t nowNs)
{
    for (auto& [key, stream] : m_streams) {
        tellLost(key.target, stream, nowNs);
    }
}

/// Messages whose bytes were not all seen, and those of another shape than the one that we know.
void EngineStreams::tellLost(std::uint32_t target, Stream& stream, std::uint64_t nowNs)
{
    const std::uint64_t lost = stream.outputs.stream().skippedMessages() + stream.outputs.misshapen();
    if (lost == stream.told) {
        return;
    }
    wire::RecordHeader header {};
    header.timeNs = nowNs;
    header.source = static_cast<std::uint8_t>(wire::Source::Engine);
    header.target = target;
    if (!m_named) {
        m_named = true;
        appendRecord(
            m_records, header, wire::Text { m_nameText, static_cast<std::uint32_t>(name.size()) }, name);
    }
    wire::Loss loss {};
    loss.program = m_nameText;
    loss.cpu = wire::noCpu;
    loss.reason = static_cast<std::uint16_t>(wire::LossReason::Parser);
    loss.attempted = loss.dropped = lost - stream.told;
    loss.fromNs = loss.toNs = nowNs;
    appendRecord(m_records, header, loss);
    stream.told = lost;
}

} // namespace prism::probes
