// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/decision_options.h"
#include "app/cli/import_preview.h"
#include "app/cli/stop_on_signal.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/export/records_json.h"
#include "core/import/bundle/words.h"
#include "core/import/importer.h"
#include "core/mapping/mapping_importer.h"
#include "core/mapping/saved_mappings.h"
#include "core/model/shown_text.h"
#include "core/settings/settings.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace prism::cli {

namespace {

struct Options {
    Common common;
    std::vector<std::string> paths;
    std::string importer;
    std::string mapping;
    bool quiet = false;
    bool preview = false;
    DecisionOptions decisions;
};

/// Files that hold one result, the richest first, and where they differ: "sources" and "warnings" as in the
/// lines of files, and no "outcome", for it is the line of none.
std::string twinsJson(const std::vector<const MergedTwin*>& twins)
{
    const std::string& richest = twins.front()->shown;
    JsonText json;
    json.object().member("source", richest).key("sources").array().text(richest);
    for (const MergedTwin* twin : twins) {
        json.text(twin->path);
    }
    json.endArray().key("warnings").array();
    for (const MergedTwin* twin : twins) {
        if (!twin->differences.empty()) {
            json.object()
                .member("code", "twins-differ")
                .member("text",
                    "The same result in " + twin->path + " differs from " + richest + ". "
                        + twin->differences);
            json.member("severity", "warning").endObject();
        }
    }
    return json.endArray().endObject().take();
}

class Reporter : public ImportObserver {
public:
    explicit Reporter(const Options& options)
        : m_options(options)
    {
    }
    void progress(const ImportProgress& p) override
    {
        if (!m_options.quiet && !m_options.common.json) {
            m_line.show(p);
        }
    }
    void file(const FileResult& result) override
    {
        m_refused = m_refused || result.outcome == Outcome::Refused;
        for (std::size_t i = 1; i < result.sources.size(); ++i) {
            if (m_options.common.json || isPoorerTwin(result)) {
                m_saidSame.emplace(result.sources[i], result.sources.front());
            }
        }
        if (m_options.common.json) {
            printLine(toJson(result));
        } else if (!m_options.quiet || result.outcome == Outcome::Refused) {
            m_line.clear();
            print(result);
        }
    }
    /// What is known when all files were read: which results are the same.
    void end(const ImportSummary& summary)
    {
        m_line.clear();
        if (m_options.common.json) {
            endJson(summary.twins);
            return;
        }
        for (const MergedTwin& twin : summary.twins) {
            if (m_options.quiet || isSaid(twin)) {
                continue;
            }
            std::printf("%s\n", shown(twin.path + " is the same result as " + twin.shown).c_str());
            if (!twin.differences.empty()) {
                std::printf("    warning: %s\n", shown(twin.differences).c_str());
            }
        }
    }
    void waiting(const std::string& who) override
    {
        if (who != m_waitingFor) {
            m_waitingFor = who;
            m_line.note("Waiting for another writer: " + who);
        }
    }
    bool refused() const { return m_refused; }

private:
    /// At once: who reads a pipe follows an import of hours.
    static void printLine(const std::string& json)
    {
        std::printf("%s\n", json.c_str());
        std::fflush(stdout);
    }

    bool isSaid(const MergedTwin& twin) const
    {
        return twin.differences.empty() && m_saidSame.contains({ twin.path, twin.shown });
    }

    /// Lines of results that are the same, where those of their files do not say it all.
    void endJson(const std::vector<MergedTwin>& twins)
    {
        std::map<std::string, std::vector<const MergedTwin*>> behind; ///< by the file that is shown
        for (const MergedTwin& twin : twins) {
            behind[twin.shown].push_back(&twin);
        }
        for (const auto& [richest, all] : behind) {
            if (!std::all_of(
                    all.begin(), all.end(), [this](const MergedTwin* twin) { return isSaid(*twin); })) {
                printLine(twinsJson(all));
            }
        }
    }

    /// Names of files are somebody else's text.
    static std::string shown(std::string text)
    {
        makeShown(text);
        return text;
    }

    static void print(const FileResult& result)
    {
        std::string line = std::string(name(result.outcome)) + "  " + result.source;
        if (findImporter(result.producer)) {
            line += "  (" + toolName(result.producer);
            if (result.points > 0) {
                line += ", " + std::to_string(result.points) + (result.points == 1 ? " point" : " points");
            }
            if (result.requests > 0) {
                line += ", " + std::to_string(result.requests)
                    + (result.requests == 1 ? " request" : " requests");
            }
            line += ')';
        }
        if (isPoorerTwin(result)) {
            line += ", the same result as " + result.sources.front();
        }
        std::printf("%s\n", shown(line).c_str());
        if (result.reason) {
            std::printf("    %s\n", shown(result.reason->text()).c_str());
        }
        for (const Warning& w : result.warnings) {
            std::printf("    %s: %s\n", w.severity == Severity::Note ? "note" : "warning", w.text.c_str());
        }
    }

    const Options& m_options;
    ProgressLine m_line;
    std::string m_waitingFor;
    bool m_refused = false;
    std::set<std::pair<std::string, std::string>> m_saidSame; ///< file, and the one that is shown
};

std::string textOf(const ImportSummary& s)
{
    using words::counted;
    return std::to_string(s.imported) + " imported, " + std::to_string(s.unchanged) + " unchanged, "
        + std::to_string(s.attached) + " attached, " + std::to_string(s.refused) + " refused, "
        + std::to_string(s.skipped) + " skipped: " + counted(s.runs, "run") + ", "
        + counted(s.points, "point") + ", " + counted(s.requests, "request")
        + (s.linked > 0 ? "; " + counted(s.linked, "file") + " given to their runs" : "")
        + (s.cancelled ? " (cancelled)" : "");
}

Result<ImportRequest> requestOf(const Options& options)
{
    ImportRequest request;
    request.database = options.common.databaseFile();
    request.paths = options.paths;
    request.forcedImporter = options.importer;
    request.mappings = appliedMappings();
    if (!options.mapping.empty()) {
        auto mapping = loadMapping(options.mapping);
        const auto checked = mapping ? check(*mapping) : Result<void>(mapping.error());
        if (!checked) {
            return checked.error();
        }
        request.forcedImporter = mappingImporterId(mapping->name);
        // The file that was named stands before a saved one of its name.
        std::erase_if(request.mappings, [&](const Mapping& saved) { return saved.name == mapping->name; });
        request.mappings.push_back(std::move(*mapping));
    }
    request.importChild = setting("import_child").value;
    return request;
}

/// Beside the lines of files on standard error, so that a script meets them too.
void printQuestions(const ImportSummary& summary, const Options& options)
{
    std::FILE* out = options.common.json ? stderr : stdout;
    if (options.quiet || summary.questions.empty()) {
        return;
    }
    for (std::string question : summary.questions) {
        makeShown(question);
        std::fprintf(out, "to be decided: %s\n", question.c_str());
    }
    std::fprintf(out,
        "Decide it with prismctl edit attach FILE RUN, or of results with edit same FILE RESULT and edit "
        "apart "
        "FILE; for folders to come with prismctl import --belongs FILE RESULT --remember\n");
}

/// Says what is remembered now on standard error, so that lines a file stay what they are.
void printRemembered(const ImportSummary& summary, bool forgotten)
{
    if (summary.remembered) {
        std::fprintf(stderr,
            "note: This is %s for the next folder of this shape. Take it back with: prismctl undo %lld\n",
            forgotten ? "forgotten" : "remembered", static_cast<long long>(*summary.remembered));
    }
}

/// Runs that a file may be given to; none where there is no database yet.
Result<std::vector<RunRecord>> storedRuns(const std::string& database)
{
    if (!std::filesystem::exists(database)) {
        return std::vector<RunRecord>();
    }
    auto reader = StoreReader::open(database);
    return reader ? (*reader)->runs() : reader.error();
}

int run(const Options& options)
{
    auto request = requestOf(options);
    if (!request) {
        return fail(request.error());
    }
    StopOnSignal stop;
    std::vector<GivenToRun> toRuns;
    if (options.preview || options.decisions.any()) {
        // What a name means is known when everything was read: nothing is stored on a wrong word.
        const auto preview = readPreview(*request, !options.common.json && !options.quiet, stop.token());
        if (!preview) {
            return fail(preview.error());
        }
        const auto stored = storedRuns(request->database);
        const auto decided
            = stored ? decide(options.decisions, **preview, *stored, *request) : stored.error();
        if (!decided) {
            fail(decided.error());
            return WrongUsage;
        }
        toRuns = *decided;
        if (options.preview) {
            for (const GivenToRun& given : toRuns) {
                std::fprintf(stderr, "note: %s will be given to run %lld, which is stored.\n",
                    given.name.c_str(), static_cast<long long>(given.run));
            }
            return printPreview(**preview, *request->decisions, options.common.json);
        }
    }
    Reporter reporter(options);
    const auto summary = runImport(*request, reporter, stop.token());
    reporter.end(summary ? *summary : ImportSummary());
    if (!summary) {
        return fail(summary.error());
    }
    if (!options.common.json && !options.quiet) {
        std::printf("%s\n", textOf(*summary).c_str());
    }
    printQuestions(*summary, options);
    if (!summary->note.empty()) {
        std::fprintf(stderr, "note: %s\n", summary->note.c_str());
    }
    printRemembered(*summary, options.decisions.forget);
    if (summary->cancelled) {
        return JobFailed;
    }
    const auto edits = giveToRuns(toRuns, request->database);
    if (!edits) {
        return fail(edits.error());
    }
    for (const Edit& edit : *edits) {
        std::fprintf(stderr, "note: %s. Take it back with: prismctl undo %lld\n", edit.text.c_str(),
            static_cast<long long>(edit.id));
    }
    return reporter.refused() ? SomeRefused : Done;
}

} // namespace

void addImport(CLI::App& app, int& exit)
{
    auto options = std::make_shared<Options>();
    CLI::App* command
        = app.add_subcommand("import", "Read result files, folders and archives into the database");
    addCommon(*command, options->common);
    command->add_option("PATH", options->paths, "Files, folders, archives, globs; - reads standard input")
        ->required();
    command->add_option("--as", options->importer, "Importer id that overrules recognition")
        ->check([](const std::string& id) {
            return findImporter(id) ? std::string()
                                    : "there is no importer " + id + "; prismctl doctor lists them";
        });
    command->add_option("--mapping", options->mapping,
        "Read the files as this mapping says: its file, or the name of a saved one");
    command->add_flag("--preview", options->preview,
        "Print which files would become which runs, and why; nothing is stored");
    command->add_flag("-q,--quiet", options->quiet, "Print refusals only");
    addDecisions(*command, options->decisions);
    command->get_option("--remember")->excludes("--preview");
    command->callback([options, &exit] { exit = run(*options); });
}

} // namespace prism::cli
