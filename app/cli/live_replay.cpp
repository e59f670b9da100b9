// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/live_printer.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace prism::cli {

namespace {

struct ReplayOptions {
    LiveOptions live;
    std::string file;
    double speed = 0;
};

int replay(const ReplayOptions& options)
{
    StopOnSignal stop;
    // The printer sets the pace: nothing is forgotten before it is printed, and memory stays bounded.
    live::Budgets budgets;
    budgets.waitForReader = true;
    auto session = live::Session::replay(options.file, options.speed, budgets, limitsOf(options.live));
    if (!session) {
        return fail(session.error());
    }
    std::mutex mutex;
    std::condition_variable_any changed;
    std::uint64_t changes = 0;
    (*session)->onChange(
        [&] {
            const std::lock_guard lock(mutex);
            ++changes;
            changed.notify_all();
        },
        std::chrono::milliseconds(1));
    LivePrinter printer(**session, options.live);
    while (!stop.token().stop_requested() && (*session)->status().phase != live::Phase::Ended) {
        printer.print();
        std::unique_lock lock(mutex);
        changed.wait(lock, stop.token(), [&] { return changes > 0; });
        changes = 0;
    }
    (*session)->onChange({}, {});
    printer.finish();
    if (const live::Status status = (*session)->status(); !status.endReason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", printable(status.endReason).c_str());
        return JobFailed;
    }
    return Done;
}

} // namespace

void addLiveReplay(CLI::App& live, int& exit)
{
    auto options = std::make_shared<ReplayOptions>();
    CLI::App* command = live.add_subcommand("replay", "Print what a recording holds, as record would have");
    command->add_option("FILE", options->file, "A recording (.prismlive)")->required();
    addJson(*command, options->live);
    command->add_flag("--chunks", options->live.chunks, "The time of every server-sent event");
    addLimits(*command, options->live);
    command->add_option("--speed", options->speed, "1: as it was, 10: ten times as fast (default: at once)")
        ->check(CLI::NonNegativeNumber);
    command->callback([options, &exit] { exit = replay(*options); });
}

} // namespace prism::cli
