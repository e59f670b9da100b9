// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/naming.h"
#include "app/cli/query.h"
#include "app/cli/terminal.h"

#include "core/export/json_text.h"
#include "core/export/records_json.h"
#include "core/export/run_labels.h"
#include "core/import/importer.h"
#include "core/model/shown_text.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <tuple>

namespace prism::cli {

namespace {

std::string cell(const ColumnTable& table, const char* metric, Stat stat, Row row)
{
    const auto column = table.measures(*findMetric(metric), stat);
    if (column->status[row] != Status::Ok) {
        return "—";
    }
    const std::string number = formatNumber(column->values[row], column->metric->unit, NumberStyle::Column);
    return otherMeaning(table, *column, row).empty() ? number : "† " + number;
}

std::string load(const ColumnTable& table, Row row)
{
    for (const auto& [name, prefix] :
        { std::pair { "concurrency", "c" }, { "request_rate", "r" }, { "batch_size", "b" } }) {
        if (const auto text = table.text(name, row); !text.empty()) {
            return prefix + std::string(text);
        }
    }
    return std::string(table.text("load_mode", row));
}

/// As in the window: what holds, and whether by numbers that mean what the limits mean.
std::string verdict(const Answer& a, Row row)
{
    return a.judgedOtherwise(row).empty() ? "✓" : "✓ †";
}

/// The comparison table: what a point is and the numbers people look at first.
TextTable pointTable(const Answer& a)
{
    const ColumnTable& table = *a.table;
    std::vector<TextTable::Column> columns { { "id", true }, { "run", true, 4 }, { "model" },
        { "engine", false, 3 }, { "accelerator", false, 2 }, { "tool", false, 6 }, { "load" },
        { "output tok/s", true }, { "TTFT p50 ms", true, 5 }, { "TTFT p99 ms", true },
        { "TPOT p50 ms", true, 5 }, { "TPOT p99 ms", true } };
    if (!a.limits.empty()) {
        columns.push_back({ "limit" });
    }
    TextTable out(std::move(columns));
    for (const Row row : a.filtered.passing.rows()) {
        std::vector<std::string> cells { std::to_string(table.point(row)), std::to_string(table.run(row)),
            std::string(table.text("model", row)), std::string(table.text("engine", row)),
            std::string(table.text("accelerator", row)), toolName(std::string(table.text("producer", row))),
            load(table, row), cell(table, "output_throughput", Stat::value(), row),
            cell(table, "ttft", Stat::percentile(50), row), cell(table, "ttft", Stat::percentile(99), row),
            cell(table, "tpot", Stat::percentile(50), row), cell(table, "tpot", Stat::percentile(99), row) };
        if (!a.limits.empty()) {
            cells.push_back(verdict(a, row));
        }
        out.row(std::move(cells));
    }
    return out;
}

/// Without an answer every point that is not hidden.
int printPointsJson(StoreReader& reader, const Answer* a)
{
    std::size_t hidden = 0; // an answer has said so
    const auto each = [&](const SourceRecord& source, PointDetail&& point) {
        if (!a) {
            if (point.word("hidden")) {
                ++hidden;
            } else {
                std::printf("%s\n", toJson(point, source).c_str());
            }
            return true;
        }
        const auto row = a->table->rowOf(point.record.id);
        if (row && a->filtered.passing.contains(*row)) {
            std::printf("%s\n", toJson(point, source, a->judgedOtherwise(*row)).c_str());
        }
        return true;
    };
    const auto done = reader.points(each, StoreReader::HiddenPoints::Included);
    tellHidden(hidden);
    return done ? Done : fail(done.error());
}

/// Of all its points that pass, each once.
std::vector<OtherMeaning> judgedOtherwise(const Answer& a, RunId run)
{
    std::map<std::string, OtherMeaning> others;
    for (const Row row : a.limits.empty() ? std::vector<Row>() : a.filtered.passing.rows()) {
        if (a.table->run(row) == run) {
            for (OtherMeaning& other : a.judgedOtherwise(row)) {
                others.try_emplace(other.text(), std::move(other));
            }
        }
    }
    std::vector<OtherMeaning> out;
    for (auto& [text, other] : others) {
        out.push_back(std::move(other));
    }
    return out;
}

/// Those that the user hid, with the reason, instead of the others.
int hiddenPoints(const Query& query)
{
    auto reader = query.common.reader();
    if (!reader) {
        return fail(reader.error());
    }
    TextTable out({ { "id", true }, { "run", true }, { "source" }, { "hidden because" }, { "by", false, 1 },
        { "at", false, 2 } });
    const auto done = (*reader)->points(
        [&](const SourceRecord& source, PointDetail&& point) {
            const Word* word = point.word("hidden");
            if (word && query.common.json) {
                std::printf("%s\n", toJson(point, source).c_str());
            } else if (word) {
                out.row({ std::to_string(point.record.id), std::to_string(point.record.run), source.path,
                    word->value, word->saidBy, word->saidAt });
            }
            return true;
        },
        StoreReader::HiddenPoints::Included);
    if (done && !query.common.json) {
        print(out);
    }
    return done ? Done : fail(done.error());
}

int points(const Query& query)
{
    const bool all = query.where.empty() && query.limits.empty() && query.text.empty();
    if (query.common.json && all) {
        auto reader = query.common.reader();
        return reader ? printPointsJson(**reader, nullptr) : fail(reader.error());
    }
    const auto a = answer(query);
    if (!a) {
        return fail(a.error());
    }
    if (query.common.json) {
        return printPointsJson(*a->reader, &*a);
    }
    print(pointTable(*a));
    return Done;
}

int runs(const Query& query)
{
    const auto a = answer(query);
    if (!a) {
        return fail(a.error());
    }
    const ColumnTable& table = *a->table;
    std::map<RunId, std::pair<Row, std::uint32_t>> shown; // first passing row and number of passing points
    for (const Row row : a->filtered.passing.rows()) {
        auto& entry = shown.try_emplace(table.run(row), row, 0u).first->second;
        ++entry.second;
    }
    TextTable out({ { "run", true }, { "model" }, { "engine", false, 3 }, { "accelerator", false, 2 },
        { "tool", false, 4 }, { "points", true }, { "name", false, 5 } });
    std::vector<RunId> among;
    for (const auto& [id, entry] : shown) {
        among.push_back(id);
    }
    const RunLabels labels(table, query.common.json ? std::vector<RunId>() : among);
    for (const auto& [id, entry] : shown) {
        const RunRecord* record = table.runRecord(id);
        if (!record) {
            continue;
        }
        if (query.common.json) {
            std::printf("%s\n", toJson(*record, judgedOtherwise(*a, id)).c_str());
            continue;
        }
        const Row row = entry.first;
        out.row({ std::to_string(id), std::string(table.text("model", row)),
            std::string(table.text("engine", row)), std::string(table.text("accelerator", row)),
            toolName(record->producer), std::to_string(entry.second), labels.of(id) });
    }
    if (!query.common.json) {
        print(out);
    }
    return Done;
}

int requests(const Common& common, PointId id)
{
    auto reader = common.reader();
    if (!reader) {
        return fail(reader.error());
    }
    const auto point = (*reader)->point(id);
    if (!point) {
        return fail(point.error());
    }
    if (!*point) {
        return fail({ {}, {}, "there is no point " + std::to_string(id), "prismctl points lists them" });
    }
    constexpr std::uint32_t page = 1000;
    TextTable out({ { "request", true }, { "start s", true }, { "TTFT ms", true }, { "E2E ms", true },
        { "input", true }, { "output", true }, { "ok" } });
    const auto number = [](const auto& value, Unit unit) {
        return value ? formatNumber(value->value, unit, NumberStyle::Column) : std::string("—");
    };
    const auto whole = [](const auto& value) { return value ? std::to_string(*value) : std::string("—"); };
    for (std::uint32_t first = 0;; first += page) {
        const auto rows = (*reader)->requests(id, first, page, common.json);
        if (!rows) {
            return fail(rows.error());
        }
        for (const RequestRow& r : *rows) {
            if (common.json) {
                std::printf("%s\n", toJson(r).c_str());
            } else {
                out.row({ std::to_string(r.index), number(r.start, Unit::Second),
                    number(r.ttft, Unit::Millisecond), number(r.e2e, Unit::Millisecond), whole(r.isl),
                    whole(r.osl), r.ok ? "yes" : "no: " + r.error });
            }
        }
        if (rows->size() < page) {
            break;
        }
    }
    if (!common.json) {
        print(out);
    }
    return Done;
}

std::string joinedLines(std::string text)
{
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
        text.replace(at, 1, ", ");
    }
    return text;
}

void printPoint(const PointDetail& point, const SourceRecord& source)
{
    std::printf("\npoint %lld  %s  #%u\n", static_cast<long long>(point.record.id), source.path.c_str(),
        point.record.index);
    if (const std::string why = point.hiddenBecause(); !why.empty()) {
        std::printf("hidden: %s\n", why.c_str());
    }
    if (const Word* note = point.word("note")) {
        std::printf("note: %s\n", note->value.c_str());
    }
    TextTable attributes({ { "attribute" }, { "value" }, { "origin" }, { "given" } });
    for (const Attribute& a : point.record.attributes) {
        attributes.row({ a.name, toText(a.value), std::string(name(a.origin)), a.given });
    }
    print(attributes);
    TextTable measures(
        { { "measure" }, { "stat" }, { "value", true }, { "unit" }, { "origin", false, 1 }, { "where" } });
    for (const Measure& m : point.measures) {
        measures.row({ m.metric->name + (m.semantics.empty() ? "" : " (" + m.semantics + ')'), m.stat.name(),
            m.status == Status::Ok ? formatNumber(m.value, m.metric->unit, NumberStyle::Full)
                                   : std::string(name(m.status)),
            std::string(symbol(unitOf(*m.metric, m.stat))), std::string(name(m.origin)),
            m.origin == Origin::Reported ? m.path : m.formula });
    }
    print(measures);
    for (const Warning& w : point.warnings) {
        std::printf("%s: %s\n", w.severity == Severity::Note ? "note" : "warning", w.text.c_str());
    }
}

/// As the list of all runs names it; of a run whose points are all hidden, what is said of it alone.
std::string labelOf(const ColumnTable& table, const std::vector<RunRecord>& all, const RunRecord& run)
{
    std::vector<RunId> among;
    for (const RunRecord& other : all) {
        among.push_back(other.id);
    }
    std::string label = RunLabels(table, among).of(run.id);
    return !label.empty() ? label : run.name.empty() ? run.label : run.name;
}

/// A point beside the file that it comes from.
struct SourcedPoint {
    SourceRecord source;
    PointDetail point;
};

/// The run's points in the order of source and index, also those that the user hid. Only they are read whole:
/// which they are stands in the columns.
Result<std::vector<SourcedPoint>> pointsOf(StoreReader& reader, const ColumnTable& table, RunId run)
{
    std::vector<PointId> ids;
    for (Row row = 0; row < table.rows(); ++row) {
        if (table.run(row) == run) {
            ids.push_back(table.point(row));
        }
    }
    for (const HiddenPoint& hidden : table.hidden()) {
        if (hidden.run == run) {
            ids.push_back(hidden.point);
        }
    }
    std::vector<SourcedPoint> points;
    std::map<SourceId, SourceRecord> sources;
    for (const PointId id : ids) {
        auto point = reader.point(id);
        if (!point) {
            return point.error();
        }
        if (!*point) {
            continue; // removed since
        }
        auto known = sources.find((*point)->record.source);
        if (known == sources.end()) {
            auto source = reader.source((*point)->record.source);
            if (!source) {
                return source.error();
            }
            known = sources.emplace((*point)->record.source, source->value_or(SourceRecord {})).first;
        }
        points.push_back({ known->second, std::move(**point) });
    }
    std::sort(points.begin(), points.end(), [](const SourcedPoint& a, const SourcedPoint& b) {
        return std::tie(a.point.record.source, a.point.record.index)
            < std::tie(b.point.record.source, b.point.record.index);
    });
    return points;
}

/// Files that belong to the run besides its results, with the reason: of a twin, where it differs.
std::string filesJson(const std::vector<LinkRecord>& files)
{
    JsonText json;
    json.array();
    for (const LinkRecord& file : files) {
        json.object().member("source", file.source.path).member("sha256", file.source.sha256);
        json.member("role", file.text.role).memberIfAny("why", file.text.why).endObject();
    }
    return json.endArray().take();
}

void printFiles(const std::vector<LinkRecord>& files)
{
    for (const LinkRecord& file : files) {
        std::string line = file.text.role + "  " + file.source.path + "  " + file.text.why;
        makeShown(line);
        std::printf("%s\n", line.c_str());
    }
}

int show(const Common& common, const std::string& text)
{
    auto reader = common.reader();
    if (!reader) {
        return fail(reader.error());
    }
    const auto all = (*reader)->runs();
    if (!all) {
        return fail(all.error());
    }
    const auto named = runNamed(*all, text);
    const auto files = named ? (*reader)->linksOf(*named) : named.error();
    if (!files) {
        return fail(files.error());
    }
    const RunId id = *named;
    const auto run = std::find_if(all->begin(), all->end(), [id](const RunRecord& r) { return r.id == id; });
    const auto table = (*reader)->table();
    const auto points = table ? pointsOf(**reader, **table, id) : table.error();
    if (!points) {
        return fail(points.error());
    }
    if (common.json) {
        std::string joined;
        for (const SourcedPoint& p : *points) {
            joined += (joined.empty() ? "" : ",") + toJson(p.point, p.source);
        }
        std::printf("{\"run\":%s,\"files\":%s,\"points\":[%s]}\n", toJson(*run).c_str(),
            filesJson(*files).c_str(), joined.c_str());
        return Done;
    }
    std::printf("run %lld  %s  %s\n", static_cast<long long>(id), toolName(run->producer).c_str(),
        labelOf(**table, *all, *run).c_str());
    for (const Word& word : run->words) {
        std::printf("%s: %s  (%s %s)\n", word.field.c_str(), joinedLines(word.value).c_str(),
            word.saidBy.c_str(), word.saidAt.c_str());
    }
    printFiles(*files);
    for (const SourcedPoint& p : *points) {
        printPoint(p.point, p.source);
    }
    return Done;
}

} // namespace

void addRuns(CLI::App& app, int& exit)
{
    auto query = std::make_shared<Query>();
    CLI::App* command = app.add_subcommand("runs", "List the runs");
    addQuery(*command, *query);
    command->callback([query, &exit] { exit = runs(*query); });
}

void addPoints(CLI::App& app, int& exit)
{
    auto query = std::make_shared<Query>();
    auto hidden = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("points", "List the load points with their measures");
    addQuery(*command, *query);
    command->add_flag("--hidden", *hidden, "List the points that you hid, with the reason, instead");
    command->callback([query, hidden, &exit] { exit = *hidden ? hiddenPoints(*query) : points(*query); });
}

void addRequests(CLI::App& app, int& exit)
{
    auto common = std::make_shared<Common>();
    auto id = std::make_shared<PointId>(0);
    CLI::App* command = app.add_subcommand("requests", "List the requests of a load point");
    addCommon(*command, *common);
    command->add_option("POINT", *id, "Id of the point")->required();
    command->callback([common, id, &exit] { exit = requests(*common, *id); });
}

void addShow(CLI::App& app, int& exit)
{
    auto common = std::make_shared<Common>();
    auto run = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("show", "Show a run with every measure and where it comes from");
    addCommon(*command, *common);
    command->add_option("RUN", *run, "Number, uid or name of the run")->required();
    command->callback([common, run, &exit] { exit = show(*common, *run); });
}

} // namespace prism::cli
