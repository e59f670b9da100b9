// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/trace_writer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include <xxhash.h>

namespace prism {

namespace {

constexpr std::size_t batchSize = 16u << 10;
constexpr std::size_t counterPart = 4096; ///< samples of a counter that are gathered before they are sent
constexpr std::size_t longestName = 1024;
constexpr std::size_t mostNames = 1u << 20;
constexpr std::size_t mostNameBytes = 32u << 20;
constexpr std::size_t mostLanes = 1u << 16;
constexpr std::size_t mostCounters = 4096;

std::string pairKey(std::string_view first, std::string_view second)
{
    std::string key(first);
    key += '\x1f';
    key += second;
    return key;
}

std::string secondsText(std::uint64_t ns)
{
    const std::uint64_t s = ns / 1'000'000'000;
    return s >= 172'800 ? std::to_string(s / 86'400) + " days" : std::to_string(s) + " s";
}

} // namespace

std::uint32_t TraceWriter::lane(std::string_view process, std::string_view thread)
{
    if (m_laneIds.size() >= mostLanes) {
        process = "other lanes";
        thread = {};
    }
    const auto [at, fresh]
        = m_lanes.try_emplace(pairKey(process, thread), static_cast<std::uint32_t>(m_laneIds.size()));
    if (fresh) {
        m_laneIds.push_back({ std::string(process), std::string(thread) });
    }
    return at->second;
}

std::uint32_t TraceWriter::name(std::string_view text, std::string_view category)
{
    if (text.size() > longestName) {
        std::size_t end = longestName;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
            --end; // not within a character
        }
        text = text.substr(0, end);
    }
    std::string key = pairKey(category, text);
    if (const auto known = m_names.find(key); known != m_names.end()) {
        return known->second;
    }
    if (m_names.size() >= mostNames || m_nameBytes + text.size() > mostNameBytes) {
        ++m_unnamed;
        text = "(other names)";
        category = {};
        key = pairKey(category, text);
        if (const auto known = m_names.find(key); known != m_names.end()) {
            return known->second;
        }
    }
    const auto [at, fresh] = m_categories.try_emplace(
        std::string(category), static_cast<std::uint32_t>(m_sheet.categories.size()));
    if (fresh) {
        m_sheet.categories.emplace_back(category);
    }
    const auto id = static_cast<std::uint32_t>(m_sheet.names.size());
    m_sheet.names.push_back({ std::string(text), at->second });
    m_nameBytes += text.size();
    m_names.emplace(std::move(key), id);
    return id;
}

/// False for a time that is none.
bool TraceWriter::seen(std::int64_t ns)
{
    if (ns < -farthestTraceNs || ns > farthestTraceNs) {
        ++m_tooFar;
        return false;
    }
    if (!m_zero) {
        m_zero = ns;
    }
    ++m_distances[static_cast<std::size_t>(
        std::bit_width(static_cast<std::uint64_t>(std::abs(ns - *m_zero))))];
    return true;
}

void TraceWriter::span(std::uint32_t lane, std::uint32_t name, std::int64_t startNs, std::int64_t durationNs,
    std::uint64_t place)
{
    if (!seen(startNs)) {
        return;
    }
    if (++m_spans > mostSpansOfTrace) {
        ++m_leftOut;
        return;
    }
    if (durationNs < 0 && durationNs != SpanColumns::open) {
        ++m_negative;
        durationNs = 0;
    }
    durationNs = std::min(durationNs, farthestTraceNs - startNs);
    SpanColumns& spans = m_batch.spans;
    spans.startNs.push_back(startNs);
    spans.durationNs.push_back(durationNs);
    spans.lane.push_back(lane);
    spans.name.push_back(name);
    spans.place.push_back(place);
    if (spans.size() >= batchSize) {
        flush();
    }
}

std::int64_t TraceWriter::between(std::int64_t startNs, std::int64_t endNs)
{
    std::int64_t duration = 0;
    if (endNs < startNs) {
        return INT64_MIN;
    }
    return __builtin_sub_overflow(endNs, startNs, &duration) ? INT64_MAX : duration;
}

void TraceWriter::flow(std::uint32_t lane, std::int64_t timeNs, std::string_view key)
{
    if (timeNs < -farthestTraceNs || timeNs > farthestTraceNs || ++m_flows > mostSpansOfTrace) {
        return;
    }
    FlowColumns& flows = m_batch.flows;
    flows.timeNs.push_back(timeNs);
    flows.lane.push_back(lane);
    flows.id.push_back(XXH3_64bits(key.data(), key.size()));
    if (flows.size() >= batchSize) {
        flush();
    }
}

void TraceWriter::flush()
{
    if (m_batch.spans.size() + m_batch.flows.size() > 0) {
        m_sink.spans(m_batch);
        m_batch = {};
    }
}

void TraceWriter::sample(std::string_view counter, std::string_view unit, std::int64_t timeNs, double value)
{
    if (m_counters.size() >= mostCounters && !m_counters.contains(std::string(counter))) {
        return;
    }
    if (!seen(timeNs)) {
        return;
    }
    ++m_samples;
    const auto [at, fresh] = m_counters.try_emplace(std::string(counter));
    if (fresh) {
        at->second.unit = unit;
    }
    TimeSeries& part = at->second.part;
    part.seconds.push_back(static_cast<double>(timeNs - *m_zero) / 1e9);
    part.values.push_back(value);
    if (part.seconds.size() >= counterPart) {
        flushCounter(at->first, at->second);
    }
}

void TraceWriter::flushCounter(const std::string& name, Counter& counter)
{
    if (counter.part.seconds.empty()) {
        return;
    }
    counter.part.name = name;
    counter.part.unit = counter.unit;
    m_sink.series(0, std::move(counter.part));
    counter.part = {};
}

/// Clocks that jump: all events lie near each other, and some lie a thousand times farther away.
void TraceWriter::warnAboutTimes()
{
    constexpr std::size_t emptyBits = 10; // a factor of a thousand
    constexpr std::size_t leastBits = 42; // 73 minutes: what is closer is a pause
    std::size_t near = 0;
    std::size_t empty = 0;
    std::uint64_t events = 0;
    for (std::size_t bits = 0; bits < m_distances.size(); ++bits) {
        if (m_distances[bits] == 0) {
            ++empty;
            continue;
        }
        if (events > 0 && empty >= emptyBits && bits >= leastBits) {
            std::uint64_t far = 0;
            for (std::size_t i = bits; i < m_distances.size(); ++i) {
                far += m_distances[i];
            }
            m_sink.warn({ "clock-jumps",
                "The clock jumps: " + std::to_string(std::min(far, events)) + " of "
                    + std::to_string(far + events) + " events lie at least "
                    + secondsText(std::uint64_t { 1 } << (bits - 1)) + " from the others, which lie within "
                    + secondsText(std::uint64_t { 1 } << near)
                    + ". All are kept as they are; the view opens on the larger part.",
                {} });
            return;
        }
        empty = 0;
        near = bits;
        events += m_distances[bits];
    }
}

void TraceWriter::finish(std::optional<std::int64_t> unixNs, const Describe& describe)
{
    flush();
    std::vector<std::string> names;
    for (const auto& [name, counter] : m_counters) {
        names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        flushCounter(name, m_counters[name]);
    }
    for (const LaneIds& ids : m_laneIds) {
        m_sheet.lanes.push_back(describe(ids.process, ids.thread));
    }
    m_sheet.unixNs = unixNs;
    m_sheet.zeroNs = m_zero.value_or(0);
    m_sink.traceSheet(m_sheet);
    if (m_leftOut > 0) {
        m_sink.warn({ "too-many-spans",
            "The trace holds " + std::to_string(m_spans) + " spans; the first "
                + std::to_string(mostSpansOfTrace)
                + " are shown, the others only counted. The file is kept whole; record a shorter stretch to "
                  "see"
                  " everything.",
            {} });
    }
    if (m_negative > 0) {
        m_sink.warn({ "negative-duration",
            "Spans that end before they start are shown as instants at their start: "
                + std::to_string(m_negative) + '.',
            {} });
    }
    if (m_tooFar > 0) {
        m_sink.warn({ "times-too-far",
            std::to_string(m_tooFar)
                + " events lie more than 146 years from the zero of the trace's clock; they are not shown.",
            {} });
    }
    if (m_unnamed > 0) {
        m_sink.warn({ "too-many-names",
            "The trace has too many different names; " + std::to_string(m_unnamed)
                + " spans are shown as \"(other names)\".",
            {} });
    }
    warnAboutTimes();
}

} // namespace prism
