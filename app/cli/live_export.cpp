// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"

#include "core/export/live_files.h"

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace prism::cli {

namespace {

struct ExportOptions {
    std::string file;
    std::string format = "trace";
    std::string output = "-";
};

int exportRecording(const ExportOptions& options)
{
    StopOnSignal stop;
    auto session = live::Session::replay(options.file, 0, live::Budgets::everything());
    if (!session) {
        return fail(session.error());
    }
    std::mutex mutex;
    std::condition_variable_any changed;
    (*session)->onChange(
        [&] {
            const std::lock_guard lock(mutex);
            changed.notify_all();
        },
        std::chrono::milliseconds(20));
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, stop.token(), [&] { return (*session)->status().phase == live::Phase::Ended; });
    }
    (*session)->onChange({}, {});
    if (stop.token().stop_requested()) {
        return JobFailed;
    }
    std::FILE* out = options.output == "-" ? stdout : std::fopen(options.output.c_str(), "wx");
    if (!out) {
        return fail({ options.output, {}, std::strerror(errno), "Choose another name" });
    }
    bool wrote = true;
    const WriteText write = [&](std::string_view text) {
        wrote = std::fwrite(text.data(), 1, text.size(), out) == text.size() && wrote;
    };
    if (options.format == "csv") {
        writeRequestsCsv(**session, write);
    } else {
        writeChromeTrace(**session, write);
    }
    wrote = std::fflush(out) == 0 && wrote;
    if (out != stdout) {
        wrote = std::fclose(out) == 0 && wrote;
    }
    if (!wrote) {
        return fail({ options.output, {}, std::strerror(errno), "Free some space" });
    }
    if (const live::Status status = (*session)->status(); !status.endReason.empty()) {
        std::fprintf(stderr, "prismctl: %s\n", printable(status.endReason).c_str());
        return JobFailed;
    }
    return Done;
}

} // namespace

void addLiveExport(CLI::App& live, int& exit)
{
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = live.add_subcommand(
        "export", "Write a recording as a trace for Perfetto or as CSV, a row a request");
    command->add_option("FILE", options->file, "A recording (.prismlive)")->required();
    command->add_option("--format", options->format, "trace (Perfetto, chrome://tracing) or csv")
        ->check(CLI::IsMember({ "trace", "csv" }))
        ->capture_default_str();
    command->add_option("-o,--output", options->output, "A new file; - is standard output")
        ->capture_default_str();
    command->callback([options, &exit] { exit = exportRecording(*options); });
}

} // namespace prism::cli
