// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/recorder.h"

#include <algorithm>

namespace prism::probes::http {

namespace {
constexpr std::size_t mostTexts = 4096; // of one target
constexpr std::uint64_t longestDuration = wire::durationInBody - 1;
} // namespace

wire::RecordHeader Recorder::header(std::uint32_t target, std::uint64_t timeNs, std::uint64_t durationNs,
    std::uint32_t thread, std::uint8_t flags)
{
    return { timeNs, static_cast<std::uint32_t>(std::min(durationNs, longestDuration)), 0,
        static_cast<std::uint8_t>(wire::Source::Http), flags, target, thread, 0, 0 };
}

std::uint32_t Recorder::text(std::uint32_t target, std::uint64_t timeNs, std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    auto& known = m_texts[target];
    const std::string key(text);
    if (const auto found = known.find(key); found != known.end()) {
        return found->second;
    }
    if (known.size() == mostTexts) {
        known.clear();
    }
    const std::uint32_t id = singleText(target, timeNs, text);
    known.emplace(key, id);
    return id;
}

std::uint32_t Recorder::singleText(std::uint32_t target, std::uint64_t timeNs, std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    const std::uint32_t id = m_nextText++;
    appendRecord(
        out, header(target, timeNs), wire::Text { id, static_cast<std::uint32_t>(text.size()) }, text);
    return id;
}

void Recorder::forgetTarget(std::uint32_t target)
{
    m_texts.erase(target);
    m_counts.erase(target);
}

void Recorder::losses(
    std::uint32_t target, const HttpCounts& before, std::uint64_t fromNs, std::uint64_t toNs, bool final)
{
    const HttpCounts now = counts(target);
    const auto tell
        = [&](wire::LossReason reason, std::uint64_t kept, std::uint64_t dropped, std::uint64_t bytes) {
              if (dropped == 0 && bytes == 0 && !final) {
                  return;
              }
              const std::uint32_t name = text(target, toNs, "http parser");
              appendRecord(out, header(target, toNs),
                  wire::Loss { name, wire::noCpu, static_cast<std::uint16_t>(reason),
                      static_cast<std::uint16_t>(final ? 1 : 0), 0, kept + dropped, kept, dropped, bytes,
                      fromNs, toNs });
          };
    tell(wire::LossReason::Parser, now.ended - before.ended, now.lost - before.lost,
        now.unreadBytes - before.unreadBytes);
    const std::uint64_t truncated = now.truncatedWrites - before.truncatedWrites;
    tell(wire::LossReason::Truncated, now.writes - before.writes - truncated, truncated, 0);
    const std::uint64_t inProgress = now.inProgress - before.inProgress;
    tell(wire::LossReason::BeforeAttach, now.begun - before.begun - inProgress, inProgress, 0);
}

} // namespace prism::probes::http
