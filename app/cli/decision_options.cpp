// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/decision_options.h"

#include "app/cli/naming.h"
#include "core/import/bundle/named_decisions.h"

#include <algorithm>

namespace prism::cli {

bool DecisionOptions::any() const
{
    return !apart.empty() || !leaveOut.empty() || !belongs.empty() || !sameAs.empty() || !asProposed.empty()
        || remember || forget;
}

void addDecisions(CLI::App& command, DecisionOptions& options)
{
    const auto add = [&](const char* name, auto& values, const char* type, const char* what) {
        command.add_option(name, values, what)
            ->type_name(type)
            ->allow_extra_args(false)
            ->group("What belongs together (each option may be repeated)");
    };
    add("--belongs", options.belongs, "FILE RESULT",
        "FILE belongs to the run of RESULT: a file of this import, or a stored run by its number, uid or "
        "name");
    add("--same-as", options.sameAs, "FILE RESULT",
        "FILE is the same result as RESULT, which is shown instead of it");
    add("--apart", options.apart, "FILE", "FILE belongs to no other file: a result is a run of its own");
    add("--leave-out", options.leaveOut, "FILE", "FILE is not imported");
    add("--as-proposed", options.asProposed, "FILE", "What is remembered of FILE does not count");
    auto* remember = command.add_flag("--remember", options.remember,
        "Do the same with the next folder of this shape: the same names, but for numbers");
    auto* forget = command.add_flag("--forget-decisions", options.forget,
        "Use nothing of what is remembered for folders of this shape, and forget it");
    for (CLI::Option* flag : { remember, forget }) {
        flag->group("What belongs together (each option may be repeated)");
    }
    forget->excludes(remember);
}

namespace {

/// Files that a name means, as things to be given to a run.
Result<std::vector<const FileSummary*>> filesNamed(const BundlePreview& preview, const std::string& name)
{
    const std::string& root = preview.folder().root;
    const auto below = namesBelow(preview.files(), root, { name });
    if (!below) {
        return below.error();
    }
    std::vector<const FileSummary*> files;
    for (const FileSummary& file : preview.files()) {
        const std::string path = file.path.starts_with(root) ? file.path.substr(root.size()) : file.path;
        if (matches(below->front(), path)) {
            files.push_back(&file);
        }
    }
    return files;
}

} // namespace

Result<std::vector<GivenToRun>> decide(const DecisionOptions& options, const BundlePreview& preview,
    const std::vector<RunRecord>& stored, ImportRequest& request)
{
    std::vector<Decision> given;
    std::vector<GivenToRun> toRuns;
    for (const std::string& file : options.apart) {
        given.push_back({ Decision::Kind::Apart, file, {} });
    }
    for (const std::string& file : options.leaveOut) {
        given.push_back({ Decision::Kind::LeaveOut, file, {} });
    }
    for (const auto& [file, result] : options.belongs) {
        if (namesBelow(preview.files(), preview.folder().root, { result })) {
            given.push_back({ Decision::Kind::ToRunOf, file, result });
            continue;
        }
        const auto run = runNamed(stored, result, "no file of this import and no stored run has this name");
        const auto files = run ? filesNamed(preview, file) : run.error();
        if (!files) {
            return files.error();
        }
        if (options.remember) {
            return Error { file, {},
                "that it belongs to a stored run cannot be remembered for the next folder",
                "Import without --remember" };
        }
        for (const FileSummary* one : *files) {
            toRuns.push_back({ one->path, one->sha256, *run });
            // No run of the import takes it; what is stored already is left where it is until it is given.
            if (one->outcome == Outcome::Imported || one->outcome == Outcome::Attached) {
                given.push_back({ Decision::Kind::Apart, one->path, {} });
            } else if (one->outcome != Outcome::Unchanged) {
                return Error { one->path, {}, "it cannot be given to a run: it is not imported",
                    "prismctl import --preview says why" };
            }
        }
    }
    for (const auto& [file, result] : options.sameAs) {
        given.push_back({ Decision::Kind::TwinOf, file, result });
    }
    const std::string& root = preview.folder().root;
    const auto named = namedDecisions(preview.files(), root, given);
    const auto proposed = namesBelow(preview.files(), root, options.asProposed);
    if (!named || !proposed) {
        return !named ? named.error() : proposed.error();
    }
    std::vector<Decision> all = options.forget ? std::vector<Decision>() : preview.remembered();
    for (const std::string& name : *proposed) {
        std::erase_if(all, [&](const Decision& decision) { return matches(decision.file, name); });
    }
    all.insert(all.end(), named->begin(), named->end());
    if (options.remember) {
        if (auto can = canBeRemembered(*named); !can) {
            return can.error();
        }
    }
    request.decisions = std::move(all);
    request.memory = options.remember ? ImportRequest::Memory::Remember
        : options.forget              ? ImportRequest::Memory::Forget
                                      : ImportRequest::Memory::Leave;
    return toRuns;
}

Result<std::vector<Edit>> giveToRuns(const std::vector<GivenToRun>& given, const std::string& database)
{
    std::vector<Edit> edits;
    if (given.empty()) {
        return edits;
    }
    auto reader = StoreReader::open(database);
    const auto sources = reader ? (*reader)->sources() : reader.error();
    auto writer = sources ? StoreWriter::open(database) : sources.error();
    if (!writer) {
        return writer.error();
    }
    for (const GivenToRun& one : given) {
        const auto source = std::find_if(sources->begin(), sources->end(),
            [&](const SourceRecord& stored) { return stored.sha256 == one.sha256; });
        if (source == sources->end()) {
            return Error { one.name, {}, "it was not stored, so that it belongs to no run",
                "Import it again" };
        }
        const auto points = (*reader)->pointsOf(source->id);
        auto edit = !points    ? Result<Edit>(points.error())
            : source->attached ? (*writer)->attach(source->id, one.run, {})
                               : (*writer)->regroup(*points, one.run);
        if (!edit) {
            return edit.error();
        }
        edits.push_back(std::move(*edit));
    }
    return edits;
}

} // namespace prism::cli
