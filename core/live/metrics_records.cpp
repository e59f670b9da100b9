// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/metrics_records.h"

#include <ctime>

namespace prism::live {

namespace {

constexpr std::size_t mostTexts = 1024;

} // namespace

wire::RecordHeader MetricsRecords::header(TargetNumber target, std::uint64_t atNs)
{
    wire::RecordHeader header {};
    header.timeNs = atNs;
    header.source = static_cast<std::uint8_t>(wire::Source::Metrics);
    header.target = target;
    header.sequence = m_sequence++;
    return header;
}

std::uint32_t MetricsRecords::text(
    std::vector<std::byte>& out, const wire::RecordHeader& like, const std::string& text)
{
    if (const auto it = m_texts.find(text); it != m_texts.end()) {
        return it->second;
    }
    if (m_texts.size() >= mostTexts) {
        return 0;
    }
    const auto id = static_cast<std::uint32_t>(firstText + m_texts.size());
    m_texts.emplace(text, id);
    wire::appendRecord(out, header(like.target, like.timeNs),
        wire::Text { id, static_cast<std::uint32_t>(text.size()) }, text);
    return id;
}

void MetricsRecords::state(std::vector<std::byte>& out, TargetNumber target, std::uint64_t atNs,
    wire::ProbeState state, const std::string& hint)
{
    wire::RecordHeader like {};
    like.target = target;
    like.timeNs = atNs;
    const std::uint32_t name = text(out, like, probeName);
    const std::uint32_t said = hint.empty() ? 0 : text(out, like, hint);
    wire::appendRecord(
        out, header(target, atNs), wire::State { name, static_cast<std::uint16_t>(state), 0, 0, said });
}

std::vector<std::byte> MetricsRecords::begins(TargetNumber target, std::uint64_t atNs, const std::string& url)
{
    std::vector<std::byte> out;
    m_problems.erase(target);
    state(out, target, atNs, wire::ProbeState::Pending, url);
    return out;
}

std::vector<std::byte> MetricsRecords::reading(TargetNumber target, const MetricsReading& reading)
{
    std::vector<std::byte> out;
    const auto told = m_problems.find(target);
    if (told == m_problems.end() || told->second != reading.problem) {
        m_problems[target] = reading.problem;
        state(out, target, reading.atNs,
            reading.problem.empty() ? wire::ProbeState::Ready : wire::ProbeState::Failed, reading.problem);
    }
    for (const MetricSample& sample : reading.samples) {
        wire::appendRecord(out, header(target, reading.atNs),
            wire::Sample { static_cast<std::uint16_t>(sample.metric), 0, 0, sample.value });
    }
    return out;
}

std::vector<std::byte> MetricsRecords::clocks()
{
    const auto read = [](clockid_t clock) {
        timespec now {};
        clock_gettime(clock, &now);
        return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U
            + static_cast<std::uint64_t>(now.tv_nsec);
    };
    const std::uint64_t before = read(CLOCK_MONOTONIC);
    const std::uint64_t boot = read(CLOCK_BOOTTIME);
    const auto real = static_cast<std::int64_t>(read(CLOCK_REALTIME));
    const std::uint64_t after = read(CLOCK_MONOTONIC);
    std::vector<std::byte> out;
    wire::appendRecord(out, header(0, before), wire::ClockSync { boot, real, 0, after - before });
    return out;
}

void MetricsRecords::ends(TargetNumber target)
{
    m_problems.erase(target);
}

} // namespace prism::live
