// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// The lines of `prismctl live … --json` as contract.md fixes them: one JSON document each, without the
/// line's end. What is not known is absent.
std::string serverLine(const live::FoundServer& server);
std::string attachedLine(const live::Target& target);
/// `events` null: without `event_ns`. With `limits` also `verdict` (holds, breaks, unknown) and, where it
/// breaks some, `broke`, an array of them as limitText() writes them.
std::string requestLine(const live::Request& request, const live::RequestEvents* events,
    const std::vector<SloLimit>& limits = {});
/// "prefill", "decode", "mixed"; empty when it is not known.
std::string_view phaseName(wire::StepPhase phase);
std::string iterationLine(const live::Step& step, std::uint32_t pid);
/// Beyond the contract: what the server itself reports of its engine.
std::string engineLine(const live::EngineReading& reading, std::uint32_t pid);
/// "stopped", "continued", "exec", "uid"; empty for changes that are no news.
std::string_view changeName(wire::ProcessChange change);
/// Beyond the contract: what became of a process; `target` the pid of the target that it belongs to.
std::string processLine(const live::ProcessFact& fact, std::uint32_t target);
/// Beyond the contract: what the user wrote beside an instant or a stretch.
std::string noteLine(const live::Mark& mark);
std::string lossLine(const live::LossTotal& total);
/// `requests` empty: none could be seen.
std::string summaryLine(std::optional<std::uint64_t> requests, const live::LossSum& loss,
    const std::vector<live::ProgramCost>& costs);

} // namespace prism
