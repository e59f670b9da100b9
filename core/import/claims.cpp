// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/claims.h"

#include "core/import/control_message.h"

#include <algorithm>
#include <cmath>

namespace prism {

namespace {

constexpr std::size_t mostHeld = 128u << 20;
constexpr std::size_t mostMemberName = 64u << 10;
constexpr std::size_t mostProducer = 64;
constexpr int mostVersion = 1'000'000;
constexpr const char* outOfOrder = "frames in an order that is none";

bool isNumber(const std::optional<Milliseconds>& time)
{
    return !time || std::isfinite(time->value);
}

bool isCount(const std::optional<std::int64_t>& count)
{
    return !count || *count >= 0;
}

} // namespace

Claims::Claims(std::string name)
    : m_prefix(labelOf(name) + "!/")
{
}

std::string Claims::order(protocol::Type type)
{
    using protocol::Type;
    bool fits = true;
    switch (type) {
    case Type::Ready:
        fits = false;
        break;
    case Type::Recognised:
        fits = !m_recognised && m_inMember == m_isArchive;
        break;
    case Type::Member:
        fits = !m_inMember && !m_recognised;
        break;
    case Type::Bytes:
        fits = m_inMember && m_recognised;
        break;
    case Type::Point:
    case Type::Requests:
    case Type::Gaps:
    case Type::Series:
    case Type::Spans:
    case Type::TraceSheet:
    case Type::Warn:
    case Type::Attach:
        fits = m_recognised;
        break;
    case Type::Progress:
    case Type::End:
        break;
    }
    return fits ? std::string() : outOfOrder;
}

std::string Claims::end(const protocol::End& end)
{
    if (end.ofMember != m_inMember) {
        return outOfOrder;
    }
    const bool stored = end.outcome == Outcome::Imported || end.outcome == Outcome::Attached;
    if (end.outcome == Outcome::Unchanged || (stored && !m_recognised)) {
        return "an outcome that it cannot know";
    }
    m_inMember = false;
    m_recognised = false;
    return {};
}

std::string Claims::recognised(const protocol::Recognised& recognised)
{
    const bool plain = std::all_of(recognised.producer.begin(), recognised.producer.end(),
        [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
    if (!plain || recognised.producer.empty() || recognised.producer.size() > mostProducer
        || recognised.version < 0 || recognised.version > mostVersion) {
        return "a producer that cannot be one";
    }
    m_recognised = true;
    return {};
}

std::string Claims::member(const std::string& member)
{
    if (!member.starts_with(m_prefix) || member.size() > m_prefix.size() + mostMemberName) {
        return "the name of a member of another file";
    }
    m_isArchive = true;
    m_inMember = true;
    return {};
}

std::string Claims::point(const LoadPoint& point)
{
    for (const Measure& m : point.measures) {
        if (m.status == Status::Ok && !std::isfinite(m.value)) {
            return "a number that is none, of " + m.metric->id;
        }
    }
    return {};
}

std::string Claims::request(const RequestRow& row)
{
    if (!isNumber(row.ttft) || !isNumber(row.e2e) || (row.start && !std::isfinite(row.start->value))) {
        return "a time that is no number, of request " + std::to_string(row.index);
    }
    return isCount(row.isl) && isCount(row.osl)
        ? std::string()
        : "fewer than no tokens, of request " + std::to_string(row.index);
}

bool Claims::areTimes(const TraceBatch& batch)
{
    const auto isNear = [](std::int64_t ns) { return ns >= -farthestTraceNs && ns <= farthestTraceNs; };
    const SpanColumns& spans = batch.spans;
    bool near = std::all_of(batch.flows.timeNs.begin(), batch.flows.timeNs.end(), isNear);
    for (std::size_t i = 0; near && i < spans.size(); ++i) {
        near = isNear(spans.startNs[i]) && spans.durationNs[i] <= farthestTraceNs - spans.startNs[i];
    }
    return near;
}

bool Claims::hold(std::size_t bytes)
{
    m_held += bytes;
    return m_held <= mostHeld;
}

} // namespace prism
