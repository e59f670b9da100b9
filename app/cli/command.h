// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/store/store.h"
#include "core/store/writer.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace prism::cli {

/// Exit statuses that scripts rely on.
enum Exit : int { Done = 0, JobFailed = 1, WrongUsage = 2, SomeRefused = 3 };

/// What every command takes.
struct Common {
    std::string database; ///< as given; empty: setting("database")
    bool json = false;

    std::string databaseFile() const;
    /// Opens it for reading. A database that was named and is not there is an error, for a mistyped name must
    /// not look like an empty answer; the user's own one is made when it is first asked for.
    Result<std::unique_ptr<StoreReader>> reader() const;
};

/// Adds a subcommand to `app`; when it was called it sets `exit`.
void addImport(CLI::App& app, int& exit);
void addRuns(CLI::App& app, int& exit);
void addPoints(CLI::App& app, int& exit);
void addRequests(CLI::App& app, int& exit);
void addShow(CLI::App& app, int& exit);
void addFacets(CLI::App& app, int& exit);
void addFrontier(CLI::App& app, int& exit);
void addExport(CLI::App& app, int& exit);
void addForget(CLI::App& app, int& exit);
void addUndo(CLI::App& app, int& exit);
void addEdit(CLI::App& app, int& exit);
void addDoctor(CLI::App& app, int& exit);
void addMapping(CLI::App& app, int& exit);
/// `command`: the words behind `--`, which `live record` runs.
void addLive(CLI::App& app, int& exit, const std::vector<std::string>& command);
void addCompletion(CLI::App& app, int& exit);

/// --db and --json for a subcommand.
void addCommon(CLI::App& command, Common& common);
/// A command below `above` whose options (with `common` among them) `fill` gives it; when it was called,
/// `exit` is what `run` returned.
template <class Options>
void addCommand(CLI::App& above, int& exit, const char* name, const char* summary, int (*run)(const Options&),
    void (*fill)(CLI::App&, Options&))
{
    auto options = std::make_shared<Options>();
    CLI::App* command = above.add_subcommand(name, summary);
    fill(*command, *options);
    addCommon(*command, options->common);
    command->callback([options, run, &exit] { exit = run(*options); });
}
/// Prints an error on standard error and returns JobFailed.
int fail(const Error& error);
/// Opens the database for a change, saying on standard error for whom it waits.
Result<std::unique_ptr<StoreWriter>> openWriter(const Common& common);
/// Tells a change that was made, and how to take it back.
void print(const Edit& edit, const Common& common);

} // namespace prism::cli
