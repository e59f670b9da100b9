// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"

#include "app/cli/terminal.h"

#include "core/export/live_lines.h"
#include "core/live/limits.h"
#include "core/live/metrics_records.h"
#include "core/live/probe_budget.h"
#include "core/settings/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <span>

namespace prism::cli {

void addHelper(CLI::App& command, LiveOptions& options)
{
    command.add_option("--helper", options.helper,
        "The helper's socket or program, ssh:HOST, or none (default: the service, else the program itself)");
    command.add_flag("--json", options.json, "One JSON document a line");
}

void addLimits(CLI::App& command, LiveOptions& options)
{
    command
        .add_option("--limit", options.limits,
            "What a request may take, several times: ttft:p99<=500, tpot<=50, itl:p99<=100, e2e<=10000 (ms)")
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

Result<std::unique_ptr<live::Session>> connectLive(const LiveOptions& options, std::stop_token stop)
{
    const auto helper = live::findHelper(options.helper);
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
    if (options.helper == "none") {
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
    return session.attach(*request, wanted);
}

std::string printable(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return out;
}

std::string millisecondsText(std::optional<double> value)
{
    return value ? formatNumber(*value, Unit::Millisecond, NumberStyle::Reading) : "–";
}

LivePrinter::LivePrinter(live::Session& session, const LiveOptions& options)
    : m_session(session)
    , m_options(options)
{
}

/// The one thing of ours that talks to the server is said, and why nothing comes of it.
void LivePrinter::metrics(const live::Target& target)
{
    const std::string text = !target.metricsProblem.empty() ? target.metricsProblem
        : target.metricsUrl.empty()                         ? std::string()
                                    : "Reading " + target.metricsUrl + " (--no-metrics leaves it out).";
    std::string& told = m_metrics[target.number];
    if (told != text && target.attached) {
        told = text;
        std::fprintf(stderr, "%s\n", printable(text).c_str());
    }
}

void LivePrinter::print()
{
    const live::Status status = m_session.status();
    for (const live::Target& target : status.targets) {
        if (status.phase == live::Phase::Live) {
            metrics(target);
        }
        if (!m_told.insert(target.number).second) {
            continue;
        }
        if (m_options.json) {
            std::printf("%s\n", attachedLine(target).c_str());
        } else {
            const std::string name
                = target.server.engine.empty() ? "the process" : printable(target.server.engine);
            const std::string pid
                = target.server.pid != 0 ? " (pid " + std::to_string(target.server.pid) + ")" : std::string();
            std::fprintf(stderr, "Attached to %s%s.\n", name.c_str(), pid.c_str());
        }
    }
    const live::Increment news = m_session.since(m_cursor);
    // Where limits changed, all come again; what was told stays as it was told.
    const std::uint64_t first = news.next.ended - news.ended.size();
    const std::size_t told = m_cursor.ended > first ? m_cursor.ended - first : 0;
    m_cursor = news.next;
    if (news.skipped) {
        std::fprintf(stderr,
            "prismctl: so much came at once that some of it was forgotten before it could be "
            "printed; record to a file to have it all\n");
    }
    const std::span<const live::RequestPtr> ended = std::span(news.ended).subspan(told);
    m_requests += ended.size();
    for (const live::ClockJump& jump : news.jumps) {
        const bool slept = jump.kind == live::ClockJump::Suspend;
        std::fprintf(stderr,
            slept ? "prismctl: the machine slept for %.3f s; no time here counts it\n"
                  : "prismctl: the wall clock was set by %+.3f s; times here go on\n",
            toSeconds(jump.by).value);
    }
    for (const live::ProbeFact& fact : news.probes) {
        const bool missing = fact.state == wire::ProbeState::Costly || fact.state == wire::ProbeState::Failed
            || fact.state == wire::ProbeState::Silent;
        // What becomes of /metrics is said by metrics().
        if (missing && !fact.hint.empty() && fact.name != live::MetricsRecords::probeName
            && m_hints.insert(fact.hint).second) {
            std::fprintf(stderr, "prismctl: %s\n", printable(fact.hint).c_str());
        }
    }
    if (!m_options.json) {
        return;
    }
    const auto limits = m_session.limits();
    for (const live::RequestPtr& request : ended) {
        const auto events = m_options.chunks ? m_session.events(request->id) : nullptr;
        std::printf("%s\n", requestLine(*request, events.get(), limits).c_str());
    }
    const auto pidOf = [&status](live::TargetNumber number) {
        std::uint32_t pid = 0;
        for (const live::Target& target : status.targets) {
            pid = target.number == number ? target.server.pid : pid;
        }
        return pid;
    };
    for (const live::Step& step : news.steps) {
        std::printf("%s\n", iterationLine(step, pidOf(step.target)).c_str());
    }
    for (const live::EngineReading& reading : news.readings) {
        std::printf("%s\n", engineLine(reading, pidOf(reading.target)).c_str());
    }
    std::fflush(stdout);
}

void LivePrinter::percentiles(const std::string& title, const live::Sketch& sketch)
{
    if (sketch.count() > 0) {
        std::printf("%-20s p50 %s   p90 %s   p99 %s   max %s   (%llu)\n", title.c_str(),
            millisecondsText(sketch.percentile(50)).c_str(), millisecondsText(sketch.percentile(90)).c_str(),
            millisecondsText(sketch.percentile(99)).c_str(), millisecondsText(sketch.max()).c_str(),
            static_cast<unsigned long long>(sketch.count()));
    }
}

void LivePrinter::finish()
{
    print();
    const auto losses = m_session.lossTotals();
    const live::Status status = m_session.status();
    if (m_options.json) {
        for (const live::LossTotal& loss : losses) {
            if (loss.dropped > 0) {
                std::printf("%s\n", lossLine(loss).c_str());
            }
        }
        const bool seen = live::seesRequests(status);
        std::printf("%s\n",
            summaryLine(seen ? std::optional(status.requests) : std::nullopt, losses, m_session.costs())
                .c_str());
        std::fflush(stdout);
        return;
    }
    if (!live::seesRequests(status)) {
        std::printf("Requests were not seen: that takes tier 1.\n");
        return;
    }
    const live::Bucket total = m_session.total({ { 0 }, { INT64_MAX } });
    std::printf("%llu requests, %u failed, %llu token events\n",
        static_cast<unsigned long long>(status.requests), total.failed,
        static_cast<unsigned long long>(total.tokenEvents));
    percentiles("TTFT", total.ttft);
    percentiles("Gap between tokens", total.gap);
    percentiles("TPOT", total.tpot);
    percentiles("E2E", total.e2e);
    percentiles("Event-loop lag", total.lag);
    if (const auto limits = m_session.limits(); !limits.empty()) {
        std::string names;
        for (const SloLimit& limit : limits) {
            names += (names.empty() ? "" : ", ") + live::limitText(limit);
        }
        std::printf("%u requests held %s, %u broke a limit\n", total.holds, names.c_str(), total.breaks);
    }
    const live::LossSum sum = live::sumOf(losses);
    if (sum.dropped > 0) {
        std::printf("%llu of %llu records were lost: the numbers miss what they would have told\n",
            static_cast<unsigned long long>(sum.dropped), static_cast<unsigned long long>(sum.attempted));
    }
}

void addLive(CLI::App& app, int& exit)
{
    CLI::App* live = app.add_subcommand("live", "Watch the requests of a running inference server");
    live->require_subcommand(1);
    for (const auto add : { addLiveList, addLiveRecord, addLiveReplay, addLiveTop, addLiveExport }) {
        add(*live, exit);
    }
}

} // namespace prism::cli
