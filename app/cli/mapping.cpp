// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/stop_on_signal.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/import/dry_read.h"
#include "core/mapping/mapping_importer.h"
#include "core/mapping/proposal_importer.h"
#include "core/mapping/saved_mappings.h"
#include "core/settings/settings.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>

namespace prism::cli {

namespace {

struct Options {
    std::string file;
    std::string mapping;
    std::string name;
    std::string output;
    bool replace = false;
    bool json = false;
};

/// "ttft p50 (ms)", "attribute model", "request's start (s)".
std::string targetText(const MappedValue& value)
{
    const std::string unit
        = value.unit.empty() ? (needsUnit(value) ? " (unit not stated)" : "") : " (" + value.unit + ')';
    switch (value.target) {
    case MappedValue::Target::Measure:
        return value.name + (value.stat.kind() == Stat::Kind::Value ? "" : ' ' + value.stat.name()) + unit;
    case MappedValue::Target::Attribute:
        return "attribute " + value.name;
    case MappedValue::Target::Request:
        return "request's " + value.name + unit;
    }
    return {};
}

void printValues(const Mapping& mapping)
{
    TextTable table({ { "column" }, { "becomes" }, { "proposed, because", false, 1 } });
    for (const MappedValue& value : mapping.values) {
        table.row({ value.column.empty() ? '"' + value.constant + '"' : value.column, targetText(value),
            value.proposed });
    }
    print(table);
}

Result<std::string> store(const Mapping& mapping, const Options& options)
{
    if (options.output.empty()) {
        return saveMapping(mapping, options.replace);
    }
    std::ofstream out(options.output, std::ios::binary);
    out << toJson(mapping);
    out.close();
    if (!out) {
        return Error { options.output, {}, "it cannot be written",
            "Check the folder's rights and free space" };
    }
    return options.output;
}

int makeNew(const Options& options)
{
    StopOnSignal stop;
    const auto read = dryRead(
        { options.file, std::string(ProposalImporter::id), {}, setting("import_child").value }, stop.token());
    if (!read) {
        return fail(read.error());
    }
    if (read->refusal) {
        return fail(*read->refusal);
    }
    const auto extra = read->points.empty() ? nullptr : &read->points.front().extras;
    const auto text = extra
        ? std::find_if(extra->begin(), extra->end(), [](const Extra& e) { return e.path == "mapping"; })
        : std::vector<Extra>::const_iterator();
    if (!extra || text == extra->end()) {
        return fail({ options.file, {}, "the parser made no proposal of it", "Report the file" });
    }
    auto mapping = parseMapping(text->text, options.file);
    if (!mapping) {
        return fail(mapping.error());
    }
    if (!options.name.empty()) {
        mapping->name = options.name;
    }
    const auto written = store(*mapping, options);
    if (!written) {
        return fail(written.error());
    }
    // Rows of JSON may have columns that the first one lacks.
    std::set<std::string> columns(mapping->columns.begin(), mapping->columns.end());
    for (const MappedValue& value : mapping->values) {
        columns.insert(value.column);
    }
    std::printf("Mapping %s, %zu of %zu columns have a proposal: %s\n", mapping->name.c_str(),
        mapping->values.size(), columns.size(), written->c_str());
    printValues(*mapping);
    if (const auto checked = check(accepted(*mapping)); !checked) {
        std::printf("It waits for you: %s\n", checked.error().text().c_str());
    } else {
        std::printf(
            "Nothing of it is applied yet. See what it makes of a file with prismctl mapping test, then: "
            "prismctl mapping accept %s\n",
            mapping->name.c_str());
    }
    return Done;
}

int list(const Options& options)
{
    const auto saved = savedMappings();
    if (options.json) {
        for (const SavedMapping& s : saved) {
            JsonText out;
            out.object().member("name", s.mapping.name).member("file", s.file);
            out.member("columns", static_cast<std::uint64_t>(s.mapping.columns.size()));
            out.memberIfAny("problem", s.error ? s.error->text() : std::string());
            std::printf("%s\n", out.endObject().str().c_str());
        }
        return Done;
    }
    if (saved.empty()) {
        std::printf("No mapping is saved. prismctl mapping new FILE proposes one for a table or JSON of "
                    "unknown make.\n");
        return Done;
    }
    TextTable table({ { "mapping" }, { "a row is" }, { "columns", true }, { "state" } });
    for (const SavedMapping& s : saved) {
        table.row({ s.mapping.name.empty() ? s.file : s.mapping.name,
            s.mapping.row == Mapping::Row::Request ? "request" : "point",
            std::to_string(s.mapping.columns.size()),
            s.error ? "not applied: " + s.error->text() : "applies itself" });
    }
    print(table);
    return Done;
}

void printPoints(const DryRead& read)
{
    TextTable table({ { "point", true }, { "what" }, { "value", true }, { "unit" }, { "from" } });
    constexpr std::size_t most = 5;
    for (std::size_t i = 0; i < std::min(read.points.size(), most); ++i) {
        const LoadPoint& point = read.points[i];
        for (const Attribute& a : point.attributes) {
            table.row({ std::to_string(i + 1), a.name, toText(a.value), {},
                a.path.empty() ? "the mapping" : a.path });
        }
        for (const Measure& m : point.measures) {
            table.row({ std::to_string(i + 1), title(*m.metric, m.stat),
                m.status == Status::Ok ? formatNumber(m.value, m.metric->unit, NumberStyle::Full) : "—",
                std::string(symbol(unitOf(*m.metric, m.stat))),
                m.origin == Origin::Derived ? m.formula
                    : m.path.empty()        ? "the mapping"
                                            : m.path });
        }
    }
    print(table);
    if (read.pointCount > most) {
        std::printf("… and %llu further points\n", static_cast<unsigned long long>(read.pointCount - most));
    }
}

int test(const Options& options)
{
    const auto loaded = loadMapping(options.mapping);
    const Result<Mapping> mapping = loaded ? Result<Mapping>(accepted(*loaded)) : loaded;
    if (!mapping) {
        return fail(mapping.error());
    }
    if (const auto checked = check(*mapping); !checked) {
        return fail(checked.error());
    }
    StopOnSignal stop;
    const auto read = dryRead(
        { options.file, mappingImporterId(mapping->name), { *mapping }, setting("import_child").value },
        stop.token());
    if (!read) {
        return fail(read.error());
    }
    if (read->refusal) {
        fail(*read->refusal);
        return SomeRefused;
    }
    std::printf("%llu points, %llu requests; nothing is stored\n",
        static_cast<unsigned long long>(read->pointCount), static_cast<unsigned long long>(read->requests));
    printPoints(*read);
    for (const Warning& w : read->warnings) {
        std::printf("%s: %s\n", w.severity == Severity::Note ? "note" : "warning", w.text.c_str());
    }
    return Done;
}

int accept(const Options& options)
{
    const auto saved = loadMapping(options.mapping);
    if (!saved) {
        return fail(saved.error());
    }
    const Mapping mapping = accepted(*saved);
    if (const auto checked = check(mapping); !checked) {
        return fail(checked.error());
    }
    const auto written = saveMapping(mapping, true);
    if (!written) {
        return fail(written.error());
    }
    std::printf("Accepted; it applies itself to files with its columns: %s\n", written->c_str());
    printValues(mapping);
    return Done;
}

int metrics()
{
    TextTable table({ { "id" }, { "unit" }, { "statistics" }, { "meaning", false, 1 } });
    for (const Metric& m : allMetrics()) {
        table.row({ m.id, std::string(symbol(m.unit)),
            m.shape == MetricShape::Single ? "" : "mean, std, min, max, p50, p99 …", m.summary });
    }
    print(table);
    std::printf("\nAttributes:");
    for (const std::string_view name : attributeNames()) {
        std::printf(" %s", std::string(name).c_str());
    }
    std::printf("\nFields of a request:");
    for (const RequestField& field : requestFields()) {
        std::printf(" %s", std::string(field.name).c_str());
    }
    std::printf("\n");
    return Done;
}

} // namespace

void addMapping(CLI::App& app, int& exit)
{
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("mapping", "Read tables and JSON of unknown make as you say");
    command->require_subcommand(1);

    CLI::App* make = command->add_subcommand("new", "Propose a mapping for a file and save it");
    make->add_option("FILE", options->file, "CSV, TSV, JSON or JSON lines")->required();
    make->add_option("--name", options->name, "Name of the mapping (default: the file's)");
    make->add_option("-o", options->output, "Write it here instead of saving it by its name");
    make->add_flag("--replace", options->replace, "Replace a saved mapping of this name");
    make->callback([options, &exit] { exit = makeNew(*options); });

    CLI::App* all
        = command->add_subcommand("list", "Saved mappings, which apply themselves to files of their shape");
    all->add_flag("--json", options->json, "One JSON document a line");
    all->callback([options, &exit] { exit = list(*options); });

    CLI::App* tried
        = command->add_subcommand("test", "Show what a mapping makes of a file, without storing anything");
    tried->add_option("MAPPING", options->mapping, "File of a mapping, or the name of a saved one")
        ->required();
    tried->add_option("FILE", options->file, "The file to read")->required();
    tried->callback([options, &exit] { exit = test(*options); });

    CLI::App* sure
        = command->add_subcommand("accept", "Take a mapping's proposals for your decisions and save it");
    sure->add_option("MAPPING", options->mapping, "Name of a saved mapping, or a file of one")->required();
    sure->callback([options, &exit] { exit = accept(*options); });

    CLI::App* names = command->add_subcommand("metrics", "What a column can become, with its unit");
    names->callback([&exit] { exit = metrics(); });
}

} // namespace prism::cli
