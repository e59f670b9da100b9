// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"

#include "app/cli/terminal.h"

#include "core/live/limits.h"
#include "core/live/metrics_records.h"
#include "core/live/probe_budget.h"
#include "core/model/shown_text.h"
#include "core/settings/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace prism::cli {

namespace {

std::vector<int> tiersOf(const std::string& text)
{
    std::vector<int> tiers;
    for (const char c : text) {
        if (c >= '0' && c <= '3') {
            tiers.push_back(c - '0');
        }
    }
    return tiers;
}

} // namespace

std::string helperOf(const LiveOptions& options)
{
    return setting("helper", options.helper).value;
}

void addHelper(CLI::App& command, LiveOptions& options, bool canDoWithout)
{
    command.add_option("--helper", options.helper,
        canDoWithout
            ? "The helper's socket or program, ssh:HOST, or none (default: the service, else the program "
              "itself)"
            : "The helper's socket or program, or ssh:HOST (default: the service, else the program itself)");
}

void addJson(CLI::App& command, LiveOptions& options)
{
    command.add_flag("--json", options.json, "One JSON document a line");
}

void addLimits(CLI::App& command, LiveOptions& options)
{
    command
        .add_option("--limit", options.limits,
            "What a request may take, several times: ttft:p99<=500, tpot<=50, itl:p99<=100, e2e<=10000 (ms)")
        ->allow_extra_args(false) // the word behind it is the target
        ->check([](const std::string& text) {
            const auto limit = live::limitFromText(text);
            return limit ? std::string() : limit.error().text();
        });
}

std::vector<SloLimit> limitsOf(const LiveOptions& options)
{
    std::vector<SloLimit> limits;
    for (const std::string& text : options.limits) {
        if (const auto limit = live::limitFromText(text)) {
            limits.push_back(*limit);
        }
    }
    return limits;
}

void addWays(CLI::App& command, LiveOptions& options)
{
    command.add_flag("--no-metrics", options.noMetrics,
        "Do not ask the server for its own /metrics (once a second; its log may show it)");
    command
        .add_option("--probe-budget", options.probeBudget,
            "Percent of one core that kernel programs may take (0.5 if not set); above it scheduler events "
            "are "
            "left out. keep: they stay whatever they cost")
        ->check([](const std::string& text) {
            const auto budget = live::budget::fromText(text);
            return budget ? std::string() : budget.error().text();
        });
}

void addTargets(CLI::App& command, LiveOptions& options)
{
    command
        .add_option(
            "--with", options.with, "A PID or :PORT to attach beside it, whose requests are joined: a router")
        ->allow_extra_args(false)
        ->check([](const std::string& text) {
            return isTarget(text) ? std::string() : "--with takes a PID or :PORT";
        });
    command.add_option("--tiers", options.tiers, "What to use: 0 passive, 1 kernel")->capture_default_str();
}

Result<std::unique_ptr<live::Session>> connectLive(const LiveOptions& options, std::stop_token stop)
{
    const auto helper = live::findHelper(helperOf(options));
    if (!helper) {
        return helper.error();
    }
    auto session = live::Session::connect(*helper, {}, std::move(stop));
    if (session && !options.limits.empty()) {
        (*session)->setLimits(limitsOf(options));
    }
    return session;
}

bool isTarget(const std::string& text)
{
    const std::size_t from = text.starts_with(':') ? 1 : 0;
    return text.size() > from && text.size() < from + 10
        && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
            [](char c) { return c >= '0' && c <= '9'; });
}

bool mayBeTarget(const std::string& text)
{
    const bool may = text.empty() || isTarget(text);
    if (!may) {
        std::fprintf(stderr, "prismctl: %s is no PID or :PORT\n", printable(text).c_str());
    }
    return may;
}

Result<live::AttachRequest> resolveTarget(
    live::Session& session, const std::string& target, const LiveOptions& options, std::stop_token stop)
{
    std::uint32_t number = 0;
    const bool port = target.starts_with(':');
    (void)std::from_chars(target.data() + (port ? 1 : 0), target.data() + target.size(), number);
    live::AttachRequest request;
    request.metrics = !options.noMetrics && readsServerMetrics();
    const auto budget = live::budget::fromText(options.probeBudget);
    request.probeBudget = budget ? *budget : live::budget::fromSettings();
    if (!target.empty() && !port) {
        request.pid = number;
        return request;
    }
    const auto servers = session.servers(std::move(stop));
    if (!servers) {
        return servers.error();
    }
    std::vector<const live::FoundServer*> fitting;
    for (const live::FoundServer& server : *servers) {
        const bool listens
            = std::find(server.ports.begin(), server.ports.end(), number) != server.ports.end();
        // Without a name the server itself is meant, not what stands before, above or below it.
        const bool serves = server.role.empty() || server.role == "server";
        if (target.empty() ? serves : listens) {
            fitting.push_back(&server);
        }
    }
    if (fitting.empty()) {
        return Error { target, {}, "no inference server is found there",
            "See what prismctl live list finds, or name a PID" };
    }
    if (fitting.size() > 1) {
        std::string pids;
        for (const live::FoundServer* server : fitting) {
            pids += (pids.empty() ? "" : ", ") + std::to_string(server->pid);
        }
        return Error { target, {}, "several servers are found: " + pids, "Name one of them by its PID" };
    }
    request.pid = fitting.front()->pid;
    request.startTicks = fitting.front()->startTicks;
    return request;
}

Result<live::Target> attachLive(live::Session& session, const std::string& target, const LiveOptions& options,
    const std::vector<int>& tiers, std::stop_token stop)
{
    const std::stop_token wanted = std::move(stop);
    if (helperOf(options) == "none") {
        std::uint16_t port = 0;
        const char* const last = target.data() + target.size();
        if (!target.starts_with(':') || std::from_chars(target.data() + 1, last, port).ptr != last
            || port == 0) {
            return Error { target, {}, "without a helper no process can be observed",
                "Name the :PORT of a server that has /metrics" };
        }
        auto watched = session.watchMetrics(port, wanted);
        if (watched) {
            std::fprintf(stderr,
                "Without a helper only what the server reports is seen: no request, no latency, no "
                "thread.\n");
        }
        return watched;
    }
    auto request = resolveTarget(session, target, options, wanted);
    if (!request) {
        return request.error();
    }
    request->tiers = tiers;
    auto attached = session.attach(*request, wanted);
    if (attached && attached->server.engine.empty() && attached->server.ports.empty()) {
        std::fprintf(stderr,
            "Process %u is none of the servers that prismctl live list finds: requests are seen only if it "
            "answers HTTP at a TCP port.\n",
            request->pid);
    }
    return attached;
}

Result<void> attachAll(
    live::Session& session, const std::string& target, const LiveOptions& options, std::stop_token stop)
{
    const std::stop_token wanted = std::move(stop);
    std::vector<std::string> names { target };
    names.insert(names.end(), options.with.begin(), options.with.end());
    for (const std::string& name : names) {
        if (const auto attached = attachLive(session, name, options, tiersOf(options.tiers), wanted);
            !attached) {
            return attached.error();
        }
    }
    return {};
}

void detachAll(live::Session& session)
{
    for (const live::Target& target : session.status().targets) {
        if (target.attached && session.status().phase == live::Phase::Live) {
            if (const auto done = session.detach(target.number); !done) {
                std::fprintf(stderr, "prismctl: %s\n", done.error().text().c_str());
            }
        }
    }
}

bool anyAttached(const live::Status& status)
{
    return std::any_of(
        status.targets.begin(), status.targets.end(), [](const auto& t) { return t.attached; });
}

std::string endText(const live::Target& target)
{
    if (target.attached || target.endReason.empty()) {
        return {};
    }
    const std::string engine
        = target.server.engine.empty() ? std::string("the process") : printable(target.server.engine);
    const std::string pid
        = target.server.pid != 0 ? " (pid " + std::to_string(target.server.pid) + ")" : std::string();
    return engine + pid + ": " + printable(target.endReason);
}

std::string missingText(const live::ProbeFact& fact)
{
    const bool missing = fact.state == wire::ProbeState::Costly || fact.state == wire::ProbeState::Failed
        || fact.state == wire::ProbeState::Silent;
    // What becomes of /metrics is a matter of its target.
    return missing && fact.name != live::MetricsRecords::probeName ? printable(fact.hint) : std::string();
}

std::string jumpText(const live::ClockJump& jump)
{
    const bool slept = jump.kind == live::ClockJump::Suspend;
    char text[96];
    std::snprintf(text, sizeof text,
        slept ? "the machine slept for %.3f s; no time here counts it"
              : "the wall clock was set by %+.3f s; times here go on",
        toSeconds(jump.by).value);
    return text;
}

std::string lossText(const live::LossSum& loss, bool inWindow)
{
    return std::to_string(loss.missing()) + (loss.missing() == 1 ? " event lost" : " events lost")
        + (inWindow ? " (! some in this window); " : "; ") + std::to_string(loss.emitted)
        + (loss.emitted == 1 ? " record came" : " records came");
}

std::string changeText(const live::ProcessFact& fact)
{
    const std::string pid = "process " + std::to_string(fact.pid);
    const std::string name = printable(fact.name);
    const std::string named = name.empty() ? pid : pid + " (" + name + ")";
    switch (fact.change) {
    case wire::ProcessChange::Stopped:
        return named
            + " is stopped, by a signal or a debugger: it answers nothing until it is continued (kill "
              "-CONT, or by the debugger)";
    case wire::ProcessChange::Continued:
        return named + " goes on";
    case wire::ProcessChange::Executed:
        return pid + " runs another program now: " + name;
    case wire::ProcessChange::UidChanged:
        return named + " runs as user " + std::to_string(fact.uid) + " now";
    case wire::ProcessChange::Present:
    case wire::ProcessChange::Forked:
    case wire::ProcessChange::Exited:
        break;
    }
    return {};
}

std::string printable(std::string_view text)
{
    std::string out(text);
    makeShown(out);
    return out;
}

std::string millisecondsText(std::optional<double> value)
{
    return value ? formatNumber(*value, Unit::Millisecond, NumberStyle::Reading) : "–";
}

void addLive(CLI::App& app, int& exit, const std::vector<std::string>& command)
{
    CLI::App* live = app.add_subcommand("live", "Watch the requests of a running inference server");
    live->require_subcommand(1);
    addLiveList(*live, exit);
    addLiveRecord(*live, exit, command);
    for (const auto add : { addLiveReplay, addLiveTop, addLiveExport }) {
        add(*live, exit);
    }
}

} // namespace prism::cli
