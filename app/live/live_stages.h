// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/span_lane.h"
#include "core/live/request.h"

#include <optional>
#include <vector>

namespace prism::app {

/// Where a request's time goes, as far as system calls, packets and the engine's messages tell it. Numbers
/// are Span::stage.
enum class LiveStage : Stage {
    Read, ///< arrival to read: the event loop was busy
    Queued, ///< read until the engine began with it, where its messages tell when that was
    FirstToken, ///< read to first token: queue and prefill, where they are not told apart
    Prefill, ///< from where the engine began to first token
    Decode,
    Gap, ///< between two token events, longer than the limit
    Answer, ///< an answer that is not streamed: nothing tells where its time goes
    NotKnown, ///< of one that ran already at the attach: whatever came before its first token event seen
};

/// Looks and names of the stages, by their number. `gapLimit` stands in the name of Gap.
std::vector<StageStyle> liveStages(Milliseconds gapLimit);
/// Those that a legend names: prefill looks as all until the first token does; the queue only where
/// `queueKnown`.
std::vector<StageStyle> legendStages(Milliseconds gapLimit, bool queueKnown);

struct StagePart {
    Nanoseconds begin;
    Nanoseconds end;
    LiveStage stage = LiveStage::Read;
};

/// The stages of a request by time, without holes between its first and last known instant. `now` is the end
/// of one that runs. `gaps` are those to show, by time; those up to the limit are left out.
std::vector<StagePart> stageParts(
    const live::Request& request, const std::vector<live::Gap>& gaps, Milliseconds gapLimit, Nanoseconds now);

/// Gaps longer than a limit between the token events of one request.
std::vector<live::Gap> gapsOver(const live::RequestEvents& events, Milliseconds limit);

} // namespace prism::app
