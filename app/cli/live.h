// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/cli/stop_on_signal.h"

#include "core/live/session.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What the `prismctl live` commands share.
namespace prism::cli {

struct LiveOptions {
    std::string helper; ///< --helper: a path or ssh:HOST; empty: found
    bool json = false;
    bool chunks = false;
    std::vector<std::string> limits; ///< --limit
    bool noMetrics = false; ///< --no-metrics: the server is not asked for its own /metrics
    std::string probeBudget; ///< --probe-budget; empty: the setting
    std::string tiers = "0,1"; ///< --tiers
    std::vector<std::string> with; ///< --with: further targets
};
/// --helper. `canDoWithout`: --helper none means something.
void addHelper(CLI::App& command, LiveOptions& options, bool canDoWithout);
void addJson(CLI::App& command, LiveOptions& options); ///< --json
/// --helper, else PRISM_HELPER, else the settings file; empty: found.
std::string helperOf(const LiveOptions& options);
/// --no-metrics and --probe-budget: how an attached server is observed.
void addWays(CLI::App& command, LiveOptions& options);
/// --with and --tiers: what attachAll() attaches beside the first target, and how.
void addTargets(CLI::App& command, LiveOptions& options);
/// --limit, which may be given several times; what it is given can be read by limitsOf().
void addLimits(CLI::App& command, LiveOptions& options);
std::vector<SloLimit> limitsOf(const LiveOptions& options);

void addLiveList(CLI::App& live, int& exit);
/// `command`: what stood behind `--`.
void addLiveRecord(CLI::App& live, int& exit, const std::vector<std::string>& command);
void addLiveReplay(CLI::App& live, int& exit);
void addLiveExport(CLI::App& live, int& exit);
void addLiveTop(CLI::App& live, int& exit);

Result<std::unique_ptr<live::Session>> connectLive(const LiveOptions& options, std::stop_token stop);

/// "4711" or ":8000".
bool isTarget(const std::string& text);
/// Nothing, or what a target can be; else says so on standard error.
bool mayBeTarget(const std::string& text);
/// Attaches to what resolveTarget() finds, with these tiers; without a helper, watches what the server at
/// :PORT reports and says what is not seen.
Result<live::Target> attachLive(live::Session& session, const std::string& target, const LiveOptions& options,
    const std::vector<int>& tiers, std::stop_token stop);
/// The process that a PID or :PORT names; with empty `target` the only server of the machine.
Result<live::AttachRequest> resolveTarget(
    live::Session& session, const std::string& target, const LiveOptions& options, std::stop_token stop);

/// Attaches to `target` and to all of --with, with the tiers of --tiers.
Result<void> attachAll(
    live::Session& session, const std::string& target, const LiveOptions& options, std::stop_token stop);
/// Detaches in good order, so that the last records and the totals of losses come.
void detachAll(live::Session& session);
bool anyAttached(const live::Status& status);

/// "vllm (pid 4711): The server has ended"; empty while it is attached and when it was detached as asked.
std::string endText(const live::Target& target);
/// What a session's user must know of a probe: something is not seen, and why. Empty where nothing is
/// missing.
std::string missingText(const live::ProbeFact& fact);
std::string jumpText(const live::ClockJump& jump);
/// "12 events lost; 170000 records came". An event may make no record, one or several: the one number is no
/// share of the other. `inWindow`: what is shown misses something.
std::string lossText(const live::LossSum& loss, bool inWindow = false);
/// That a process stopped, goes on, runs another program or as another user; empty for other changes.
std::string changeText(const live::ProcessFact& fact);

/// Text of an observed process for a terminal: control characters become "?".
std::string printable(std::string_view text);
/// "12.3 ms"; "–" without a value.
std::string millisecondsText(std::optional<double> value);

} // namespace prism::cli
