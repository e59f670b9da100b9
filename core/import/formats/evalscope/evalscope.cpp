// SPDX-License-Identifier: GPL-3.0-or-later
// evalscope perf of ModelScope: summary and percentiles as documents, the requests in an SQLite file, what it
// prints, and the record of its web page.
#include "core/import/distributions.h"
#include "core/import/formats/evalscope/evalscope_console.h"
#include "core/import/formats/evalscope/evalscope_database.h"
#include "core/import/formats/evalscope/evalscope_point.h"
#include "core/import/importer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace prism::formats {

namespace {

using evalscope::Entry;
using evalscope::PointBuilder;

bool isSummary(const read::Node& root)
{
    if (!root.isObject()) {
        return false;
    }
    std::size_t ours = 0;
    for (const read::Node& member : root) {
        ours += evalscope::isSummaryTitle(member.key()) ? 1 : 0;
    }
    const auto has = [&root](std::string_view key) { return root.find(key) != nullptr; };
    return ours >= 3
        && (has("Output token throughput (tok/s)") || has("Output Throughput (tok/s)")
            || has("Throughput(average tokens/s)") || has("Avg Latency (s)") || has("Average latency (s)"));
}

const read::Node* labels(const read::Node& node)
{
    const read::Node* found = node.find("Percentiles");
    return found ? found : node.find("Percentile");
}

bool isPercentiles(const read::Node& root)
{
    const read::Node* row = root.isArray() ? root.at("/0") : &root;
    return row && labels(*row)
        && (row->find("TTFT (s)") || row->find("TTFT (ms)") || row->find("Latency (s)"));
}

/// evalscope's own page keeps its tables of names and values as arrays.
bool isRecord(const read::Node& root)
{
    return root.find("summary_rows") && root.find("summary_columns") && root.find("basic_info");
}

bool isArguments(const read::Node& root)
{
    return root.find("parallel") && root.find("number") && root.find("tokenizer_path")
        && root.find("dataset");
}

/// Files of one run, as the import puts them together (core/import/run_parts.h).
constexpr std::string_view summaryFile = "benchmark_summary.json";
constexpr std::string_view percentileFile = "benchmark_percentile.json";
constexpr std::string_view argumentsFile = "benchmark_args.json";

bool isWhole(const read::Node& root)
{
    const read::Node* summary = root.find(summaryFile);
    const read::Node* percentiles = root.find(percentileFile);
    const read::Node* arguments = root.find(argumentsFile);
    return summary && isSummary(*summary) && (percentiles || arguments)
        && (!percentiles || isPercentiles(*percentiles)) && (!arguments || isArguments(*arguments));
}

/// Sidecars of a run: arguments, tokens over time, rates over parts of the run, conversations.
std::optional<std::map<std::string, std::uint64_t>> sidecar(const read::Node& root)
{
    const auto rows = [&root](std::string_view key) {
        const read::Node* list = root.find(key);
        return list ? list->size() : 0;
    };
    if (isArguments(root)) {
        return std::map<std::string, std::uint64_t> { { "rows", root.size() } };
    }
    if (root.find("wall_start") && root.has("/points/0/cum_completion")) {
        return std::map<std::string, std::uint64_t> { { "samples", rows("points") } };
    }
    if ((root.find("wall_time_s") && root.find("warmup_frac") && root.find("rows"))
        || (root.find("n_traces") && root.has("/rows/0/metric"))) {
        return std::map<std::string, std::uint64_t> { { "rows", rows("rows") } };
    }
    return std::nullopt;
}

/// A row of names and numbers a percentile.
void percentileRow(PointBuilder& point, const read::Node& row)
{
    const read::Node* label = labels(row);
    const auto stat = label ? evalscope::percentileOf(label->text()) : std::nullopt;
    for (const read::Node& cell : row) {
        if (stat && &cell != label && cell.isScalar() && !cell.isNull()) {
            point.percentile(*stat, evalscope::entryOf(cell));
        }
    }
    if (stat) {
        label->claim();
    }
}

/// The older way: a list of labels, and a list of numbers a name.
void percentileColumns(PointBuilder& point, const read::Node& root)
{
    const read::Node* names = labels(root);
    std::vector<std::optional<Stat>> stats;
    for (const read::Node& name : *names) {
        stats.push_back(evalscope::percentileOf(name.text()));
    }
    for (const read::Node& column : root) {
        if (&column == names || !column.isArray()) {
            continue;
        }
        std::size_t at = 0;
        for (const double number : column.numbers()) {
            std::array<char, 32> text {};
            const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
            if (at < stats.size() && stats[at]) {
                point.percentile(*stats[at],
                    { std::string(column.key()), std::string(text.data(), end),
                        column.pointer() + '/' + std::to_string(at) });
            }
            ++at;
        }
        for (const read::Node& cell : column) { // mixed with null or text
            if (cell.index() < stats.size() && stats[cell.index()] && !cell.isNull()) {
                point.percentile(*stats[cell.index()],
                    { std::string(column.key()), std::string(cell.text()), cell.pointer() });
            }
        }
        column.claim();
    }
    names->claim();
}

void percentiles(PointBuilder& point, const read::Node& root)
{
    if (root.isArray()) {
        for (const read::Node& row : root) {
            percentileRow(point, row);
        }
    } else {
        labels(root)->isArray() ? percentileColumns(point, root) : percentileRow(point, root);
    }
}

void summary(PointBuilder& point, const read::Node& root)
{
    for (const read::Node& member : root) {
        if (member.isScalar()) {
            point.summary(evalscope::entryOf(member));
        }
    }
}

void record(PointBuilder& point, PointWriter& out, const read::Node& root)
{
    point.current();
    out.attribute("model", root.find("model"));
    out.attribute("dataset", root.find("dataset"));
    for (const read::Node& row : *root.find("summary_rows")) {
        const read::Node* name = row.at("/0");
        const read::Node* value = row.at("/1");
        if (name && value && name->isString()) {
            point.summary({ std::string(name->text()), std::string(value->text()), value->pointer() });
            row.claim();
        }
    }
}

class Documents : public read::DocumentHandler {
public:
    explicit Documents(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (const auto counts = sidecar(root)) {
            m_sink.attach(*counts);
            m_attached = true;
            return {};
        }
        PointWriter out(m_points);
        PointBuilder point;
        if (isWhole(root)) {
            summary(point, *root.find(summaryFile));
            if (const read::Node* further = root.find(percentileFile)) {
                percentiles(point, *further);
            }
            if (const read::Node* arguments = root.find(argumentsFile)) {
                out.attribute("model", arguments->find("model"));
                arguments->claim(); // kept beside the run
            }
            if (std::string why = point.contradiction(); !why.empty()) {
                return Error { {}, {}, "the two files are not of one run: " + why,
                    "Nothing is lost: each is shown for itself. Look which of them was left by another run" };
            }
        } else if (isRecord(root)) {
            record(point, out, root);
        } else if (isPercentiles(root)) {
            percentiles(point, root);
        } else if (isSummary(root)) {
            summary(point, root);
        }
        if (point.empty()) {
            return {};
        }
        point.write(out);
        claimSecrets(root);
        out.extras(root);
        m_sink.point(out.take());
        ++m_points;
        return {};
    }
    bool any() const { return m_points > 0 || m_attached; }

private:
    Sink& m_sink;
    std::uint32_t m_points = 0;
    bool m_attached = false;
};

class Evalscope : public Importer {
public:
    ImporterInfo info() const override
    {
        ImporterInfo info { "evalscope", "EvalScope perf", 5, 30 };
        // Load and means; percentiles, which name no load; the model, which neither of them names.
        info.runFiles = { "benchmark_summary.json", "benchmark_percentile.json", "benchmark_args.json" };
        return info;
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        // A log may hold the arguments as a document; what it prints below them counts more.
        if (isEvalscopeConsole(sample)) {
            return Match { Match::Certain, "has a benchmarking summary or performance report" };
        }
        if (const read::Node* root = sample.document) {
            return isSummary(*root) || isWhole(*root)
                ? std::optional(Match { Match::Certain, "names throughput and latency as evalscope does" })
                : isPercentiles(*root) ? std::optional(Match { Match::Certain, "has Percentiles and TTFT" })
                : isRecord(*root)
                ? std::optional(Match { Match::Likely, "has summary_columns, summary_rows and basic_info" })
                : sidecar(*root)
                ? std::optional(Match { Match::Likely, "is written beside a run of evalscope perf" })
                : std::nullopt;
        }
        if (isEvalscopeDatabase(sample)) {
            return Match { Match::Certain, "has a table result with latency and first_chunk_latency" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Sqlite) {
            return readEvalscopeDatabase(input, sink);
        }
        if (input.family() != Family::Json || printsEvalscopeTables(input)) {
            return readEvalscopeConsole(input, sink);
        }
        Documents documents(sink);
        const auto report = input.documents(read::Plan {}, documents);
        if (!report) {
            return report.error();
        }
        if (!documents.any()) {
            return Error { input.name(), {}, "the document holds no number of evalscope perf",
                "Drop benchmark_summary.json, benchmark_percentile.json or benchmark_data.db" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<Evalscope> registered;

} // namespace

} // namespace prism::formats
