// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/live_command.h"
#include "app/cli/terminal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace prism::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto printEvery = std::chrono::milliseconds(100);

struct RecordOptions {
    LiveOptions live;
    std::string first; ///< PID, :PORT or the first word of the command
    std::vector<std::string> rest;
    std::string length;
    std::string output;
    std::string tiers = "0,1";
    std::vector<std::string> with; ///< further targets
};

/// Seconds of "30s", "5m", "1h" or a plain number.
std::optional<double> seconds(const std::string& text)
{
    std::size_t used = 0;
    double value = 0;
    try {
        value = std::stod(text, &used);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    const std::string unit = text.substr(used);
    const double factor = unit.empty() || unit == "s" ? 1
        : unit == "ms"                                ? 1e-3
        : unit == "m"                                 ? 60
        : unit == "h"                                 ? 3600
                                                      : 0;
    return value > 0 && factor > 0 ? std::optional(value * factor) : std::nullopt;
}

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

Result<void> attachTo(live::Session& session, const std::string& name, const RecordOptions& options,
    const std::stop_token& stop)
{
    const auto attached = attachLive(session, name, options.live, tiersOf(options.tiers), stop);
    return attached ? Result<void>() : attached.error();
}

/// Detaches in good order, so that the last records and the totals of losses come.
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

void waitAndPrint(live::Session& session, LivePrinter& printer, std::optional<Clock::time_point> until,
    LiveCommand* command, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    while (!stop.stop_requested() && (!until || Clock::now() < *until)) {
        const live::Status status = session.status();
        if (status.phase == live::Phase::Ended || !anyAttached(status) || (command && command->ended())) {
            break;
        }
        printer.print();
        std::unique_lock lock(mutex);
        const auto next = Clock::now() + printEvery;
        changed.wait_until(lock, stop, until ? std::min(next, *until) : next, [] { return false; });
    }
}

int record(const RecordOptions& options)
{
    const std::string target = isTarget(options.first) ? options.first : std::string();
    std::vector<std::string> words = options.rest;
    if (target.empty() && !options.first.empty()) {
        words.insert(words.begin(), options.first);
    }
    const auto length = options.length.empty() ? std::optional<double>() : seconds(options.length);
    if (!options.length.empty() && !length) {
        std::fprintf(stderr, "prismctl: --for takes a time such as 30s, 5m or 1h\n");
        return WrongUsage;
    }
    if (!std::all_of(options.with.begin(), options.with.end(), isTarget)) {
        std::fprintf(stderr, "prismctl: --with takes a PID or :PORT\n");
        return WrongUsage;
    }
    if (target.empty() && words.empty()) {
        std::fprintf(stderr, "prismctl: name a PID or :PORT, or a command behind --\n");
        return WrongUsage;
    }
    StopOnSignal stop;
    auto session = connectLive(options.live, stop.token());
    if (!session) {
        return fail(session.error());
    }
    std::vector<std::string> targets { target };
    targets.insert(targets.end(), options.with.begin(), options.with.end());
    for (const std::string& name : targets) {
        if (auto attached = attachTo(**session, name, options, stop.token()); !attached) {
            return fail(attached.error());
        }
    }
    if (!options.output.empty()) {
        if (const auto opened = (*session)->record(options.output); !opened) {
            return fail(opened.error());
        }
    }
    LivePrinter printer(**session, options.live);
    std::optional<LiveCommand> command;
    if (!words.empty()) {
        command.emplace(words);
        if (const auto started = command->start(); !started) {
            return fail(started.error());
        }
    }
    std::optional<Clock::time_point> until;
    if (length) {
        until = Clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(*length * 1e3));
    }
    waitAndPrint(**session, printer, until, command ? &*command : nullptr, stop.token());
    if (command) {
        command->stop();
    }
    detachAll(**session);
    printer.finish();
    const live::Status status = (*session)->status();
    bool failed = false;
    if (status.phase == live::Phase::Ended && !status.endReason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", status.endReason.c_str());
        failed = true;
    }
    if (!options.output.empty()) {
        const auto saved = (*session)->stopRecording();
        if (!saved) {
            return fail(saved.error());
        }
        std::fprintf(stderr, "%s: %s\n", options.output.c_str(), sizeText(saved->bytes).c_str());
    }
    if (command && !failed) {
        command->compare(**session, options.live.json);
        return command->exitStatus() == 0 ? Done : JobFailed;
    }
    return failed ? JobFailed : Done;
}

} // namespace

void addLiveRecord(CLI::App& live, int& exit)
{
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command
        = live.add_subcommand("record", "Attach to a server, print its requests as they end, and detach");
    addHelper(*command, options->live);
    addLimits(*command, options->live);
    command->add_option("TARGET", options->first, "A PID or :PORT (default: the only server of the machine)");
    command->add_option("COMMAND", options->rest, "Behind --: a command, for whose life to record");
    command->add_option("--for", options->length, "How long: 30s, 5m, 1h (default: until Ctrl+C)");
    command->add_flag("--chunks", options->live.chunks, "The time of every server-sent event");
    command->add_option("-o,--output", options->output, "Record to this file (.prismlive)");
    command->add_option(
        "--with", options->with, "A PID or :PORT to attach beside it, whose requests are joined: a router");
    addWays(*command, options->live);
    command->add_option("--tiers", options->tiers, "What to use: 0 passive, 1 kernel")->capture_default_str();
    command->callback([options, &exit] { exit = record(*options); });
}

} // namespace prism::cli
