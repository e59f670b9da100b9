// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/edit_files.h"

#include "app/cli/command.h"
#include "app/cli/naming.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/model/shown_text.h"

#include <cstdio>
#include <functional>

namespace prism::cli {

namespace {

struct Options {
    Common common;
    std::string file;
    std::string other; ///< run or file
    std::string role;
    std::string insteadOf;
};

struct Named {
    std::vector<RunRecord> runs;
    SourceRecord file;
    std::optional<SourceRecord> other;
};

Result<Named> openNamed(const Options& options, bool otherIsFile)
{
    auto reader = options.common.reader();
    auto runs = reader ? (*reader)->runs() : reader.error();
    auto sources = reader ? (*reader)->sources() : reader.error();
    auto file = sources ? sourceNamed(*sources, options.file) : sources.error();
    if (!runs || !file) {
        return !runs ? runs.error() : file.error();
    }
    Named named { std::move(*runs), std::move(*file), {} };
    if (otherIsFile) {
        auto other = sourceNamed(*sources, options.other);
        if (!other) {
            return other.error();
        }
        named.other = std::move(*other);
    }
    return named;
}

int apply(const Options& options, bool otherIsFile,
    const std::function<Result<Edit>(StoreWriter&, const Named&)>& change)
{
    const auto named = openNamed(options, otherIsFile);
    if (!named) {
        return fail(named.error());
    }
    auto writer = openWriter(options.common);
    const auto edit = writer ? change(**writer, *named) : writer.error();
    if (!edit) {
        return fail(edit.error());
    }
    print(*edit, options.common);
    return Done;
}

int attach(const Options& options)
{
    return apply(options, false, [&](StoreWriter& writer, const Named& named) -> Result<Edit> {
        const auto run = runNamed(named.runs, options.other);
        const auto before = options.insteadOf.empty() ? run : runNamed(named.runs, options.insteadOf);
        if (!run || !before) {
            return !run ? run.error() : before.error();
        }
        return writer.attach(named.file.id, *run, options.role,
            options.insteadOf.empty() ? std::nullopt : std::optional(*before));
    });
}

int detach(const Options& options)
{
    return apply(options, false, [&](StoreWriter& writer, const Named& named) -> Result<Edit> {
        const auto run = runNamed(named.runs, options.other);
        return run ? writer.detach(named.file.id, *run) : run.error();
    });
}

int same(const Options& options)
{
    return apply(options, true, [&](StoreWriter& writer, const Named& named) {
        return writer.setSameResult(named.file.id, named.other->id);
    });
}

int apart(const Options& options)
{
    return apply(options, false, [&](StoreWriter& writer, const Named& named) {
        return writer.setSameResult(named.file.id, std::nullopt);
    });
}

/// A line a file and run; files that wait for theirs first.
int list(const Options& options)
{
    auto reader = options.common.reader();
    const auto runs = reader ? (*reader)->runs() : reader.error();
    auto files = reader ? (*reader)->unlinked() : reader.error();
    for (std::size_t i = 0; runs && files && i < runs->size(); ++i) {
        auto links = (*reader)->linksOf((*runs)[i].id);
        if (!links) {
            return fail(links.error());
        }
        files->insert(files->end(), links->begin(), links->end());
    }
    if (!runs || !files) {
        return fail(!runs ? runs.error() : files.error());
    }
    TextTable out({ { "file", true }, { "path" }, { "run", true }, { "as" }, { "why", false, 1 } });
    for (const LinkRecord& file : *files) {
        if (options.common.json) {
            JsonText json;
            json.object().member("file", file.source.id).member("path", file.source.path);
            json.member("sha256", file.source.sha256);
            if (file.run != 0) {
                json.member("run", file.run).member("role", file.text.role);
            }
            json.memberIfAny("why", file.text.why).member("by_user", file.text.byUser);
            std::printf("%s\n", json.endObject().str().c_str());
            continue;
        }
        std::string path = file.source.path;
        makeShown(path);
        out.row({ std::to_string(file.source.id), path, file.run == 0 ? "waits" : std::to_string(file.run),
            file.text.role, file.text.why });
    }
    if (!options.common.json) {
        print(out);
    }
    return Done;
}

void addFile(CLI::App& command, Options& options)
{
    command.add_option("FILE", options.file, "Path, file name, number or SHA-256 of the stored file")
        ->required();
}

void addRun(CLI::App& command, Options& options)
{
    command.add_option("RUN", options.other, "Number, uid or name of the run")->required();
}

} // namespace

void addEditFiles(CLI::App& edit, int& exit)
{
    addCommand<Options>(edit, exit, "files",
        "List the files that belong to a run besides its results, or wait for theirs", list,
        [](CLI::App&, Options&) {});
    addCommand<Options>(edit, exit, "attach",
        "Give a stored file to a run, or decide anew as what it belongs there", attach,
        [](CLI::App& command, Options& options) {
            addFile(command, options);
            addRun(command, options);
            command.add_option("--role", options.role, "As what; without it by what the file holds")
                ->check(CLI::IsMember({ "sidecar", "telemetry", "timeline" }));
            command.add_option("--instead-of", options.insteadOf, "The run that it belonged to");
        });
    addCommand<Options>(edit, exit, "detach", "Take a file off a run; no import gives it back", detach,
        [](CLI::App& command, Options& options) {
            addFile(command, options);
            addRun(command, options);
        });
    addCommand<Options>(edit, exit, "same",
        "Say that a result is the same as another, which is shown instead of it", same,
        [](CLI::App& command, Options& options) {
            addFile(command, options);
            command.add_option("RESULT", options.other, "The file that is shown")->required();
        });
    addCommand<Options>(edit, exit, "apart", "Say that a result is the same as no other", apart, addFile);
}

} // namespace prism::cli
