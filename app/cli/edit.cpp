// SPDX-License-Identifier: GPL-3.0-or-later
// prismctl edit: what the user says of runs and points.
#include "app/cli/command.h"
#include "app/cli/edit_files.h"
#include "app/cli/naming.h"
#include "app/cli/terminal.h"

#include "core/analysis/merge.h"
#include "core/export/json_text.h"
#include "core/export/records_json.h"
#include "core/store/writer.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <set>

namespace prism::cli {

namespace {

/// Everything that the commands below take; each uses a part.
struct Options {
    Common common;
    std::vector<std::string> runs; ///< number or uid
    std::vector<std::string> points; ///< likewise
    std::string text;
    std::string name; ///< of an attribute, or the run that gets a name
    std::vector<std::string> add, remove;
    std::string into;
    bool apart = false;
    bool asFiled = false;
    bool anyway = false;
    std::int64_t edit = 0;
};

/// The database as it stands before the change, to find what the user names.
struct Named {
    std::shared_ptr<const ColumnTable> table;
    std::vector<RunRecord> runs;
    std::unique_ptr<StoreReader> reader;
};

Result<Named> openNamed(const Common& common)
{
    auto reader = common.reader();
    if (!reader) {
        return reader.error();
    }
    auto table = (*reader)->table();
    auto runs = (*reader)->runs();
    if (!table || !runs) {
        return !table ? table.error() : runs.error();
    }
    return Named { std::move(*table), std::move(*runs), std::move(*reader) };
}

Result<std::vector<RunId>> runsNamed(const Named& named, const std::vector<std::string>& texts)
{
    std::vector<RunId> out;
    for (const std::string& text : texts) {
        const auto run = runNamed(named.runs, text);
        if (!run) {
            return run.error();
        }
        out.push_back(*run);
    }
    return out;
}

/// Points by number or uid, and those of the named runs, hidden ones too.
Result<std::vector<PointId>> pointsNamed(const Named& named, const Options& options)
{
    const auto runs = runsNamed(named, options.runs);
    if (!runs) {
        return runs.error();
    }
    std::set<PointId> found;
    for (Row row = 0; row < named.table->rows(); ++row) {
        if (std::find(runs->begin(), runs->end(), named.table->run(row)) != runs->end()) {
            found.insert(named.table->point(row));
        }
    }
    for (const HiddenPoint& hidden : named.table->hidden()) {
        if (std::find(runs->begin(), runs->end(), hidden.run) != runs->end()) {
            found.insert(hidden.point);
        }
    }
    std::set<std::string> missing(options.points.begin(), options.points.end());
    if (!missing.empty()) {
        const auto done = named.reader->points(
            [&](const SourceRecord&, PointDetail&& point) {
                if (missing.erase(std::to_string(point.record.id)) + missing.erase(point.record.uid) > 0) {
                    found.insert(point.record.id);
                }
                return !missing.empty();
            },
            StoreReader::HiddenPoints::Included);
        if (!done) {
            return done.error();
        }
    }
    if (!missing.empty()) {
        return Error { *missing.begin(), {}, "there is no such point", "prismctl points lists them" };
    }
    return std::vector<PointId>(found.begin(), found.end());
}

int apply(const Common& common, const std::function<Result<Edit>(StoreWriter&)>& change)
{
    auto writer = openWriter(common);
    if (!writer) {
        return fail(writer.error());
    }
    const auto edit = change(**writer);
    if (!edit) {
        return fail(edit.error());
    }
    print(*edit, common);
    return Done;
}

int rename(const Options& options)
{
    const auto named = openNamed(options.common);
    const auto runs = named ? runsNamed(*named, { options.name }) : named.error();
    if (!runs) {
        return fail(runs.error());
    }
    return apply(
        options.common, [&](StoreWriter& writer) { return writer.setRunField(*runs, "name", options.text); });
}

int tag(const Options& options)
{
    if (options.add.empty() && options.remove.empty()) {
        std::fprintf(stderr, "prismctl: --add or --remove is required\n");
        return WrongUsage;
    }
    const auto named = openNamed(options.common);
    const auto runs = named ? runsNamed(*named, options.runs) : named.error();
    if (!runs) {
        return fail(runs.error());
    }
    return apply(options.common,
        [&](StoreWriter& writer) { return writer.changeTags(*runs, options.add, options.remove); });
}

int note(const Options& options)
{
    if (options.runs.empty() == options.points.empty()) {
        std::fprintf(stderr, "prismctl: a note is of runs (--run) or of points (--point)\n");
        return WrongUsage;
    }
    const auto named = openNamed(options.common);
    const auto runs = named ? runsNamed(*named, options.runs) : named.error();
    if (!runs) {
        return fail(runs.error());
    }
    if (!runs->empty()) {
        return apply(options.common,
            [&](StoreWriter& writer) { return writer.setRunField(*runs, "note", options.text); });
    }
    const auto points = pointsNamed(*named, options);
    return points ? apply(options.common,
               [&](StoreWriter& writer) { return writer.setPointWord(*points, "note", options.text); })
                  : fail(points.error());
}

int setWord(const Options& options, const std::string& field)
{
    if (options.runs.empty() && options.points.empty()) {
        std::fprintf(stderr, "prismctl: name points, or runs with --run\n");
        return WrongUsage;
    }
    const auto named = openNamed(options.common);
    const auto points = named ? pointsNamed(*named, options) : named.error();
    return points ? apply(options.common,
               [&](StoreWriter& writer) { return writer.setPointWord(*points, field, options.text); })
                  : fail(points.error());
}

int setAttribute(const Options& options)
{
    const std::string field = std::string(attributeWord) + options.name;
    if (options.runs.empty()) {
        return setWord(options, field);
    }
    if (!options.points.empty()) {
        std::fprintf(stderr, "prismctl: an attribute is set of runs (--run) or of points (--point)\n");
        return WrongUsage;
    }
    const auto named = openNamed(options.common);
    const auto runs = named ? runsNamed(*named, options.runs) : named.error();
    return runs ? apply(options.common,
               [&](StoreWriter& writer) { return writer.setRunField(*runs, field, options.text); })
                : fail(runs.error());
}

int hide(const Options& options)
{
    if (options.text.find_first_not_of(" \t\n") == std::string::npos) {
        std::fprintf(stderr, "prismctl: --reason says why, for whoever reads it later\n");
        return WrongUsage;
    }
    return setWord(options, "hidden");
}

int regroup(const Options& options)
{
    if (options.into.empty() + !options.apart + !options.asFiled != 2) {
        std::fprintf(stderr, "prismctl: one of --into RUN, --apart and --as-filed is required\n");
        return WrongUsage;
    }
    const auto named = openNamed(options.common);
    const auto points = named ? pointsNamed(*named, options) : named.error();
    if (!points) {
        return fail(points.error());
    }
    const auto into = options.into.empty() ? Result<RunId>(RunId(0)) : runNamed(named->runs, options.into);
    if (!into) {
        return fail(into.error());
    }
    return apply(options.common, [&](StoreWriter& writer) {
        return options.asFiled ? writer.regroupAsFiled(*points)
                               : writer.regroup(*points, options.apart ? std::nullopt : std::optional(*into));
    });
}

int merge(const Options& options)
{
    const auto named = openNamed(options.common);
    const auto runs = named ? runsNamed(*named, options.runs) : named.error();
    if (!runs) {
        return fail(runs.error());
    }
    const auto doubts = mergeDoubts(*named->table, *runs);
    if (!doubts.empty() && !options.anyway) {
        std::string all;
        for (const MergeDoubt& doubt : doubts) {
            all += (all.empty() ? "" : ", ") + doubt.text();
        }
        return fail({ {}, {}, "these runs differ in " + all,
            "Correct what a file says wrongly with prismctl edit set, or merge them with --anyway" });
    }
    return apply(options.common, [&](StoreWriter& writer) { return writer.merge(*runs); });
}

int list(const Options& options)
{
    auto reader = options.common.reader();
    const auto edits = reader ? (*reader)->edits() : reader.error();
    if (!edits) {
        return fail(edits.error());
    }
    TextTable out({ { "edit", true }, { "when" }, { "who", false, 1 }, { "what" }, { "state", false, 2 } });
    for (const EditRecord& edit : *edits) {
        if (options.common.json) {
            std::printf("%s\n", toJson(edit).c_str());
            continue;
        }
        out.row({ std::to_string(edit.id), edit.madeAt, edit.madeBy, edit.text,
            edit.undoes       ? "took " + std::to_string(*edit.undoes) + " back"
                : edit.undone ? "taken back"
                              : std::string() });
    }
    if (!options.common.json) {
        print(out);
    }
    return Done;
}

int words(const Options& options)
{
    auto reader = options.common.reader();
    const auto all = reader ? (*reader)->words() : reader.error();
    if (!all) {
        return fail(all.error());
    }
    TextTable out({ { "of" }, { "field" }, { "value" }, { "when", false, 1 }, { "who", false, 2 } });
    for (const SpokenWord& spoken : *all) {
        if (options.common.json) {
            std::printf("%s\n", toJson(spoken).c_str());
            continue;
        }
        const std::string of = spoken.point ? "point " + std::to_string(*spoken.point)
            : spoken.run                    ? "run " + std::to_string(*spoken.run)
            : spoken.lostAt.empty()         ? "removed"
                                            : "lost";
        std::string value = spoken.word.value;
        for (std::size_t at = value.find('\n'); at != std::string::npos; at = value.find('\n', at)) {
            value.replace(at, 1, ", "); // tags, one a line
        }
        out.row({ of, spoken.word.field, value, spoken.word.saidAt, spoken.word.saidBy });
    }
    if (!options.common.json) {
        print(out);
    }
    return Done;
}

void addPointArguments(CLI::App& command, Options& options)
{
    command.add_option("POINT", options.points, "Number or uid of a point");
    command
        .add_option("--run", options.runs, "All points of a run, by its number, uid or name; repeat for more")
        ->allow_extra_args(false);
}

} // namespace

void addEdit(CLI::App& app, int& exit)
{
    CLI::App* edit = app.add_subcommand("edit", "Say something of runs and points beside what files say");
    edit->require_subcommand(1);
    addCommand<Options>(*edit, exit, "rename", "Name a run; an empty name brings the label back", rename,
        [](CLI::App& command, Options& options) {
            command.add_option("RUN", options.name, "Number, uid or name of the run")->required();
            command.add_option("NAME", options.text, "Its name")->required();
        });
    addCommand<Options>(*edit, exit, "tag", "Put tags on runs and take them off", tag,
        [](CLI::App& command, Options& options) {
            command.add_option("RUN", options.runs, "Number, uid or name of a run")->required();
            command.add_option("--add", options.add, "A tag to put on; repeat for more")
                ->allow_extra_args(false);
            command.add_option("--remove", options.remove, "A tag to take off; repeat for more")
                ->allow_extra_args(false);
        });
    addCommand<Options>(*edit, exit, "note", "Write a note on runs or points; an empty one takes it back",
        note, [](CLI::App& command, Options& options) {
            command.add_option("TEXT", options.text, "The note")->required();
            command.add_option("--point", options.points, "Number or uid of a point; repeat for more")
                ->allow_extra_args(false);
            command.add_option("--run", options.runs, "Number, uid or name of a run; repeat for more")
                ->allow_extra_args(false);
        });
    addCommand<Options>(*edit, exit, "set", "Set or correct an attribute; the file's value is kept beside it",
        setAttribute, [](CLI::App& command, Options& options) {
            command.add_option("NAME", options.name, "Attribute, as prismctl points --json names it")
                ->required();
            command.add_option("VALUE", options.text, "Its value; empty goes back to the file's")->required();
            command.add_option("--point", options.points, "Number or uid of a point; repeat for more")
                ->allow_extra_args(false);
            command
                .add_option("--run", options.runs,
                    "Number, uid or name of a run: all its points, those too that come later; repeat for "
                    "more")
                ->allow_extra_args(false);
        });
    addCommand<Options>(*edit, exit, "hide", "Take points out of every table, chart and frontier", hide,
        [](CLI::App& command, Options& options) {
            addPointArguments(command, options);
            command.add_option("--reason", options.text, "Why")->required();
        });
    addCommand<Options>(
        *edit, exit, "unhide", "Show hidden points again",
        [](const Options& options) { return setWord(options, "hidden"); }, addPointArguments);
    addCommand<Options>(*edit, exit, "regroup", "Move points to another run, or to one of their own", regroup,
        [](CLI::App& command, Options& options) {
            addPointArguments(command, options);
            command.add_option("--into", options.into, "Number, uid or name of the run that takes them");
            command.add_flag("--apart", options.apart, "Make a run of them");
            command.add_flag("--as-filed", options.asFiled, "Back to the runs that their files say");
        });
    addCommand<Options>(*edit, exit, "merge",
        "Make the points of several runs those of the first, as a sweep", merge,
        [](CLI::App& command, Options& options) {
            command.add_option("RUN", options.runs, "Number, uid or name of a run")
                ->required()
                ->expected(2, -1);
            command.add_flag("--anyway", options.anyway, "Although they differ in more than their load");
        });
    addEditFiles(*edit, exit);
    addCommand<Options>(*edit, exit, "list", "List the changes, with who made them and when", list,
        [](CLI::App&, Options&) {});
    addCommand<Options>(*edit, exit, "words",
        "List what you said of runs and points, also of those that are gone", words,
        [](CLI::App&, Options&) {});
    addCommand<Options>(
        *edit, exit, "undo", "Take a change back",
        [](const Options& options) {
            return apply(options.common, [&](StoreWriter& writer) { return writer.undo(options.edit); });
        },
        [](CLI::App& command, Options& options) {
            command.add_option("EDIT", options.edit, "Number that the change printed")->required();
        });
}

} // namespace prism::cli
