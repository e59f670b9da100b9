// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

#include "core/settings/settings.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace prism::cli {

std::string Common::databaseFile() const
{
    return setting("database", database).value;
}

Result<std::unique_ptr<StoreReader>> Common::reader() const
{
    const Setting file = setting("database", database);
    std::error_code ignored;
    if (file.origin != "default" && !std::filesystem::exists(file.value, ignored)) {
        return Error { file.value, {}, "there is no such database", "prismctl import makes it" };
    }
    return StoreReader::open(file.value);
}

void addCommon(CLI::App& command, Common& common)
{
    command.add_option("--db", common.database, "Database file (default: the user's own, see doctor)");
    command.add_flag("--json", common.json, "One JSON document a line");
}

int fail(const Error& error)
{
    std::fprintf(stderr, "prismctl: %s\n", error.text().c_str());
    return JobFailed;
}

namespace {

/// Takes the command that stands behind the first `--` of `live record` out of the line: its words are none
/// of ours, and without the dashes a word is never run.
std::vector<std::string> takeCommand(std::vector<std::string>& words)
{
    if (words.size() < 2 || words[0] != "live" || words[1] != "record") {
        return {};
    }
    const auto dashes = std::find(words.begin(), words.end(), "--");
    std::vector<std::string> command(dashes == words.end() ? dashes : dashes + 1, words.end());
    words.erase(dashes, words.end());
    return command;
}

} // namespace

} // namespace prism::cli

int main(int argc, char** argv)
{
    using namespace prism::cli;
    // A reader that goes away (prismctl points | head) ends us quietly at the next write.
    std::signal(SIGPIPE, SIG_DFL);
    CLI::App app("Import, query and export benchmark results of LLM inference servers.", "prismctl");
    app.set_version_flag("--version", PRISM_VERSION);
    app.require_subcommand(1);
    int exit = Done;
    std::vector<std::string> words(argv + 1, argv + argc);
    const std::vector<std::string> command = takeCommand(words);
    for (const auto add : { addImport, addRuns, addPoints, addRequests, addShow, addFacets, addFrontier,
             addExport, addForget, addUndo, addEdit, addDoctor, addMapping }) {
        add(app, exit);
    }
    addLive(app, exit, command);
    addCompletion(app, exit);
    try {
        std::reverse(words.begin(), words.end()); // as the parser takes them
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? Done : WrongUsage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "prismctl: %s\n", error.what());
        return JobFailed;
    }
    return exit;
}
