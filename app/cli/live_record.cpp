// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/live_command.h"
#include "app/cli/live_printer.h"
#include "app/cli/terminal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>

#include <unistd.h>

namespace prism::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto printEvery = std::chrono::milliseconds(100);

struct RecordOptions {
    LiveOptions live;
    std::string target;
    std::vector<std::string> command; ///< behind --
    std::string length;
    std::string output;
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

/// Some target ended by itself.
bool anyGone(const live::Status& status)
{
    return std::any_of(
        status.targets.begin(), status.targets.end(), [](const auto& t) { return !t.attached; });
}

void waitAndPrint(live::Session& session, LivePrinter& printer, std::optional<Clock::time_point> until,
    LiveCommand* command, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any changed;
    while (!stop.stop_requested() && (!until || Clock::now() < *until)) {
        const live::Status status = session.status();
        // A command goes on when the server has gone: it is not ours to end.
        const bool over = command ? command->ended() : !anyAttached(status);
        if (over || status.phase == live::Phase::Ended) {
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
    if (!mayBeTarget(options.target)) {
        std::fprintf(stderr, "prismctl: a command stands behind --: prismctl live record -- COMMAND…\n");
        return WrongUsage;
    }
    const auto length = options.length.empty() ? std::optional<double>() : seconds(options.length);
    if (!options.length.empty() && !length) {
        std::fprintf(stderr, "prismctl: --for takes a time such as 30s, 5m or 1h\n");
        return WrongUsage;
    }
    std::optional<LiveCommand> command;
    if (!options.command.empty()) {
        command.emplace(options.command);
    }
    // Who presses Ctrl+C twice waits for nothing.
    StopOnSignal stop([&command] {
        if (command && command->runs()) {
            command->killNow();
        } else {
            _exit(128 + SIGINT);
        }
    });
    auto session = connectLive(options.live, stop.token());
    if (!session) {
        return fail(session.error());
    }
    if (const auto attached = attachAll(**session, options.target, options.live, stop.token()); !attached) {
        return fail(attached.error());
    }
    if (!options.output.empty()) {
        if (const auto opened = (*session)->record(options.output); !opened) {
            return fail(opened.error());
        }
    }
    LivePrinter printer(**session, options.live);
    if (command) {
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
        command->stop(stop.token().stop_requested() && stop.fromTerminal());
    }
    // Without a time and a command, the target's end is the end that was asked for.
    bool failed = (length || command) && anyGone((*session)->status());
    detachAll(**session);
    printer.finish();
    const live::Status status = (*session)->status();
    if (status.phase == live::Phase::Ended && !status.endReason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", printable(status.endReason).c_str());
        failed = true;
    }
    if (!options.output.empty()) {
        const auto saved = (*session)->stopRecording();
        if (!saved) {
            return fail(saved.error());
        }
        std::fprintf(stderr, "%s: %s\n", options.output.c_str(), sizeText(saved->bytes).c_str());
    }
    if (command) {
        command->compare(**session, options.live.json);
        failed = failed || command->exitStatus() != 0;
    }
    return failed ? JobFailed : Done;
}

} // namespace

void addLiveRecord(CLI::App& live, int& exit, const std::vector<std::string>& words)
{
    auto options = std::make_shared<RecordOptions>();
    options->command = words;
    CLI::App* command
        = live.add_subcommand("record", "Attach to a server, print its requests as they end, and detach");
    addHelper(*command, options->live, true);
    addJson(*command, options->live);
    addLimits(*command, options->live);
    command->add_option(
        "TARGET", options->target, "A PID or :PORT (default: the only server of the machine)");
    command->footer("Behind -- a command, for whose life to record: prismctl live record :8000 -- COMMAND…");
    command->add_option("--for", options->length, "How long: 30s, 5m, 1h (default: until Ctrl+C)");
    command->add_flag("--chunks", options->live.chunks, "The time of every server-sent event");
    command->add_option("-o,--output", options->output, "Record to this file (.prismlive)");
    addWays(*command, options->live);
    addTargets(*command, options->live);
    command->callback([options, &exit] { exit = record(*options); });
}

} // namespace prism::cli
