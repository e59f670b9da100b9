// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "app/cli/stop_on_signal.h"

#include "core/live/session.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

/// What the `prismctl live` commands share.
namespace prism::cli {

struct LiveOptions {
    std::string helper; ///< --helper: a path or ssh:HOST; empty: found
    bool json = false;
    bool chunks = false;
    std::vector<std::string> limits; ///< --limit
    bool noMetrics = false; ///< --no-metrics: the server is not asked for its own /metrics
    std::string probeBudget; ///< --probe-budget; empty: the setting
};
void addHelper(CLI::App& command, LiveOptions& options);
/// --no-metrics and --probe-budget: how an attached server is observed.
void addWays(CLI::App& command, LiveOptions& options);
/// --limit, which may be given several times; what it is given can be read by limitsOf().
void addLimits(CLI::App& command, LiveOptions& options);
std::vector<SloLimit> limitsOf(const LiveOptions& options);

void addLiveList(CLI::App& live, int& exit);
void addLiveRecord(CLI::App& live, int& exit);
void addLiveReplay(CLI::App& live, int& exit);
void addLiveExport(CLI::App& live, int& exit);
void addLiveTop(CLI::App& live, int& exit);

Result<std::unique_ptr<live::Session>> connectLive(const LiveOptions& options, std::stop_token stop);

/// "4711" or ":8000".
bool isTarget(const std::string& text);
/// Attaches to what resolveTarget() finds, with these tiers; without a helper, watches what the server at
/// :PORT reports and says what is not seen.
Result<live::Target> attachLive(live::Session& session, const std::string& target, const LiveOptions& options,
    const std::vector<int>& tiers, std::stop_token stop);
/// The process that a PID or :PORT names; with empty `target` the only server of the machine.
Result<live::AttachRequest> resolveTarget(
    live::Session& session, const std::string& target, const LiveOptions& options, std::stop_token stop);

/// Prints what a session tells as it comes: JSON lines, or one line a request for people.
class LivePrinter {
public:
    LivePrinter(live::Session& session, const LiveOptions& options);
    void print();
    /// Losses and the summary; call after the last print().
    void finish();
    std::uint64_t requests() const { return m_requests; }

private:
    void percentiles(const std::string& title, const live::Sketch& sketch);
    void metrics(const live::Target& target);

    live::Session& m_session;
    const LiveOptions& m_options;
    live::Cursor m_cursor;
    std::uint64_t m_requests = 0;
    std::set<live::TargetNumber> m_told;
    std::set<std::string> m_hints; ///< what was said of probes, each once
    std::map<live::TargetNumber, std::string> m_metrics; ///< what was said of the server's own metrics
};

/// Text of an observed process for a terminal: control characters become "?".
std::string printable(std::string_view text);
/// "12.3 ms"; "–" without a value.
std::string millisecondsText(std::optional<double> value);

} // namespace prism::cli
