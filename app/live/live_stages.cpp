// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_stages.h"

#include "core/model/metric.h"

#include <QCoreApplication>

namespace prism::app {

std::vector<StageStyle> liveStages(Milliseconds gapLimit)
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("LiveStages", text); };
    const QString limit
        = QString::fromStdString(formatNumber(gapLimit.value, Unit::Millisecond, NumberStyle::Reading));
    return {
        { tr("arrival → read"), [](const Tokens& t) { return t.stages.read; }, true, false, false },
        { tr("queued"), [](const Tokens& t) { return t.stages.queue; }, true, false, false },
        { tr("to first token"), [](const Tokens& t) { return t.stages.prefill; }, false, false, false },
        { tr("prefill"), [](const Tokens& t) { return t.stages.prefill; }, false, false, false },
        { tr("decode"), [](const Tokens& t) { return t.stages.decode; }, false, false, false },
        { tr("gap > %1").arg(limit), [](const Tokens& t) { return t.stages.gap; }, false, true, true },
        { tr("not streamed"), [](const Tokens& t) { return t.stages.queue; }, false, false, false },
        { tr("not known"), [](const Tokens& t) { return t.loss; }, false, false, false, true },
    };
}

std::vector<StageStyle> legendStages(Milliseconds gapLimit, bool queueKnown)
{
    std::vector<StageStyle> all = liveStages(gapLimit);
    if (queueKnown) { // one more has to have room in a window of 1100 pixels
        all[std::size_t(LiveStage::Read)].name = QCoreApplication::translate("LiveStages", "to read");
        all[std::size_t(LiveStage::Answer)].name = QCoreApplication::translate("LiveStages", "plain");
    }
    std::vector<StageStyle> named;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto stage = static_cast<LiveStage>(i);
        const bool own = stage != LiveStage::Prefill && stage != LiveStage::NotKnown;
        if (own && (stage != LiveStage::Queued || queueKnown)) {
            named.push_back(all[i]);
        }
    }
    return named;
}

std::vector<StagePart> stageParts(
    const live::Request& request, const std::vector<live::Gap>& gaps, Milliseconds gapLimit, Nanoseconds now)
{
    std::vector<StagePart> parts;
    const Nanoseconds end = request.knownUntil(now);
    Nanoseconds at = request.arrival.value_or(request.seen);
    const auto until = [&](Nanoseconds to, LiveStage stage) {
        if (to > at) {
            parts.push_back({ at, to, stage });
            at = to;
        }
    };
    if (request.arrival) {
        until(std::min(end, request.read.value_or(end)), LiveStage::Read);
    }
    const auto decodes = [&] {
        for (const live::Gap& gap : gaps) {
            if (gap.length() > gapLimit && gap.begin >= at) {
                until(gap.begin, LiveStage::Decode);
                until(std::min(end, gap.end), LiveStage::Gap);
            }
        }
        if (const auto open = request.openGap(end); open && open->length() > gapLimit) {
            until(open->begin, LiveStage::Decode);
            until(end, LiveStage::Gap);
        }
        until(end, LiveStage::Decode);
    };
    if (request.inProgress) {
        // Whether it is streamed was told before the attach; only its token events say so.
        until(std::min(end, request.firstTokenEvent.value_or(end)), LiveStage::NotKnown);
        decodes();
        return parts;
    }
    if (!request.firstToken && (request.header || !request.running()) && !request.streamed) {
        until(end, LiveStage::Answer);
        return parts;
    }
    // Where the engine's time lies outside of what was observed, the two are not told apart.
    const Nanoseconds token = std::min(end, request.firstToken.value_or(end));
    const bool told
        = request.read && request.scheduled && *request.scheduled >= at && *request.scheduled <= token;
    if (told) {
        until(*request.scheduled, LiveStage::Queued);
    }
    until(token, told ? LiveStage::Prefill : LiveStage::FirstToken);
    decodes();
    return parts;
}

std::vector<live::Gap> gapsOver(const live::RequestEvents& events, Milliseconds limit)
{
    std::vector<live::Gap> gaps;
    std::optional<Nanoseconds> last;
    std::uint32_t token = 0;
    for (const live::EventWrite& write : events.writes) {
        if (write.tokenEvents == 0) {
            continue;
        }
        const live::Gap gap { last.value_or(write.at), write.at, token + 1 };
        if (last && gap.length() > limit) {
            gaps.push_back(gap);
        }
        last = write.at;
        token += write.tokenEvents;
    }
    return gaps;
}

} // namespace prism::app
