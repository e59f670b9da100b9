// SPDX-License-Identifier: GPL-3.0-or-later
// llama-bench of llama.cpp: a record a test, as JSON, JSON lines (also inside records of wrapper scripts),
// CSV, SQL, and the Markdown table that people paste.
#include "core/import/formats/llama_bench/llama_bench_record.h"
#include "core/import/formats/llama_bench/llama_bench_table.h"
#include "core/import/importer.h"

#include <algorithm>

namespace prism::formats {

namespace {

constexpr std::size_t deepestWrapper = 4;

/// Only the lengths tell whose speed it is.
bool isRecord(const read::Node& node)
{
    return node.find("avg_ts") && node.find("n_prompt") && node.find("n_gen");
}

class Documents {
public:
    explicit Documents(Sink& sink)
        : m_sink(sink)
    {
    }

    /// Records stand at the root, in an array, or somewhere inside a wrapper's own record.
    void search(const read::Node& node, std::size_t depth = 0)
    {
        if (isRecord(node)) {
            send(node);
            return;
        }
        if (depth < deepestWrapper) {
            for (const read::Node& child : node) {
                search(child, depth + 1);
            }
        }
    }
    std::uint32_t points() const { return m_points; }

private:
    void send(const read::Node& node)
    {
        LlamaBenchRecord record;
        for (const read::Node& member : node) {
            if (member.isScalar()) {
                record.fields.push_back(
                    { std::string(member.key()), { member.text(), member.pointer() }, &member });
            }
        }
        PointWriter point(m_points);
        mapLlamaBenchRecord(point, record);
        if (const read::Node* samples = node.find("samples_ts"); samples && !samples->numbers().empty()) {
            TimeSeries series { "tok/s of a repetition", "tok/s", samples->pointer(), {}, {}, false };
            for (const double sample : samples->numbers()) {
                series.seconds.push_back(static_cast<double>(series.seconds.size()));
                series.values.push_back(sample);
            }
            samples->claim();
            m_sink.series(m_points, std::move(series));
        }
        point.extras(node);
        m_sink.point(point.take());
        ++m_points;
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
};

void sendRow(Sink& sink, std::uint32_t& points, LlamaBenchRecord record)
{
    PointWriter point(points);
    mapLlamaBenchRecord(point, record);
    for (const LlamaBenchRecord::Field& field : record.fields) {
        point.extra(field.value.place, field.name + " = " + field.value.text);
    }
    sink.point(point.take());
    ++points;
}

/// Names for as many values as there are. Builds of 2023 wrote a value for "opencl" behind "cuda" without
/// naming it.
std::vector<std::string> namesFor(std::vector<std::string> names, std::size_t values)
{
    const auto cuda = std::find(names.begin(), names.end(), "cuda");
    if (values == names.size() + 1 && cuda != names.end()
        && std::find(names.begin(), names.end(), "opencl") == names.end()) {
        names.insert(cuda + 1, "opencl");
    }
    return names;
}

Result<std::uint32_t> readCsv(Input& input, Sink& sink)
{
    std::vector<std::string> header;
    std::uint32_t points = 0;
    const auto report = input.csv(
        [&](const read::CsvRow& cells) -> Result<void> {
            if (cells.empty()) {
                return {};
            }
            if (cells.front().text == "build_commit") {
                header.clear();
                for (const read::Cell& cell : cells) {
                    header.emplace_back(cell.text);
                }
                return {};
            }
            const auto names = namesFor(header, cells.size());
            if (names.size() != cells.size()) {
                return {}; // a line of the log between the rows
            }
            LlamaBenchRecord record;
            for (std::size_t i = 0; i < cells.size(); ++i) {
                record.fields.push_back({ names[i], read::KeptCell(cells[i]), nullptr });
            }
            sendRow(sink, points, std::move(record));
            return {};
        },
        ',');
    if (!report) {
        return report.error();
    }
    sink.report(*report);
    return points;
}

/// "INSERT INTO t (a, b) VALUES ('1', 'it''s');" on one line, as llama-bench writes it.
std::optional<LlamaBenchRecord> insertOf(const read::TextLine& line)
{
    const std::string_view sql = line.text;
    const std::size_t open = sql.find('(');
    const std::size_t close = sql.find(')', open);
    const std::size_t values = sql.find("VALUES", close);
    if (!sql.starts_with("INSERT INTO") || open == std::string_view::npos
        || values == std::string_view::npos) {
        return std::nullopt;
    }
    std::vector<std::string> names;
    std::string name;
    for (const char c : sql.substr(open + 1, close - open)) {
        if (c == ',' || c == ')') {
            names.push_back(std::move(name));
            name.clear();
        } else if (c != ' ') {
            name += c;
        }
    }
    LlamaBenchRecord record;
    for (std::size_t at = sql.find('\'', values); at != std::string_view::npos; at = sql.find('\'', at)) {
        const std::string place = line.at(at + 1).text();
        std::string value;
        for (++at; at < sql.size(); ++at) {
            if (sql[at] != '\'') {
                value += sql[at];
            } else if (at + 1 < sql.size() && sql[at + 1] == '\'') {
                value += sql[++at];
            } else {
                ++at;
                break;
            }
        }
        record.fields.push_back({ {}, { value, place }, nullptr });
    }
    names = namesFor(std::move(names), record.fields.size());
    if (names.size() != record.fields.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        record.fields[i].name = names[i];
    }
    return record;
}

bool containsRecord(const read::Node& node, std::size_t depth = 0)
{
    if (isRecord(node)) {
        return true;
    }
    for (const read::Node& child : node) {
        if (depth < deepestWrapper && containsRecord(child, depth + 1)) {
            return true;
        }
    }
    return false;
}

} // namespace

class LlamaBench : public Importer {
public:
    ImporterInfo info() const override { return { "llama-bench", "llama-bench", 4, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            const bool ours = containsRecord(*sample.document) || sample.textContains("\"avg_ts\"");
            return ours ? std::optional(Match { Match::Likely, "has avg_ts and avg_ns" }) : std::nullopt;
        }
        if (sample.textContains("build_commit,") && sample.textContains("avg_ts")) {
            return Match { Match::Certain, "has the columns build_commit and avg_ts" };
        }
        if (sample.textContains("INSERT INTO") && sample.textContains("avg_ts")) {
            return Match { Match::Certain, "inserts avg_ts into a table" };
        }
        // As it is printed, also between the colours of a console; or as somebody aligned it anew.
        const bool printed = sample.textContains("| model ") && sample.textContains("backend ")
            && sample.textContains("test |") && sample.textContains("t/s |");
        if (printed || hasLlamaBenchTable(sample.head)) {
            return Match { Match::Certain, "has a table of model, test and t/s" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        const auto points = input.family() == Family::Json || input.family() == Family::Yaml
            ? readDocuments(input, sink)
            : readText(input, sink);
        if (!points) {
            return points.error();
        }
        if (*points == 0) {
            return Error { input.name(), {}, "the file names no test of llama-bench that ended",
                "Check whether the benchmark ended" };
        }
        return {};
    }

private:
    static Result<std::uint32_t> readDocuments(Input& input, Sink& sink)
    {
        Documents documents(sink);
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            documents.search(root);
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return documents.points();
    }

    static Result<std::uint32_t> readText(Input& input, Sink& sink)
    {
        if (input.family() == Family::Csv) {
            auto points = readCsv(input, sink);
            if (!points || *points > 0) {
                return points;
            }
        }
        LlamaBenchTable table(sink);
        std::uint32_t inserted = 0;
        const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            if (auto record = insertOf(line)) {
                sendRow(sink, inserted, std::move(*record));
            } else {
                table.line(line);
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        table.finish();
        // Rows of CSV behind more lines of log than there are rows.
        if (inserted + table.points() == 0 && input.family() != Family::Csv) {
            return readCsv(input, sink);
        }
        sink.report(*report);
        return inserted + table.points();
    }
};

const RegisterImporter<LlamaBench> registered;

} // namespace prism::formats
