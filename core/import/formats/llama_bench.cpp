// SPDX-License-Identifier: GPL-3.0-or-later
// llama-bench of llama.cpp: a record a test, as JSON, JSON lines (also inside records of wrapper scripts),
// CSV, SQL, and the Markdown table that people paste.
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <cctype>

namespace prism::formats {

namespace {

constexpr std::size_t deepestWrapper = 4;

/// One test, however it is encoded: a field is its text and its place.
class Record {
public:
    struct Field {
        std::string name;
        std::string text;
        std::string place;
        const read::Node* node = nullptr;
    };
    std::vector<Field> fields;

    const Field* find(std::string_view name) const
    {
        const auto it
            = std::find_if(fields.begin(), fields.end(), [name](const Field& f) { return f.name == name; });
        return it == fields.end() ? nullptr : &*it;
    }
    std::string text(std::string_view name) const
    {
        const Field* field = find(name);
        return field ? field->text : std::string();
    }
    double number(std::string_view name) const { return read::consoleNumber(text(name)).value_or(0); }
};

/// What follows the size in a class such as "qwen3moe 30B.A3B Q4_K - Medium"; empty when no size stands in
/// it.
std::string quantisation(std::string_view type)
{
    for (std::size_t at = type.find("B "); at != std::string_view::npos; at = type.find("B ", at + 1)) {
        const std::size_t word = type.rfind(' ', at) == std::string_view::npos ? 0 : type.rfind(' ', at) + 1;
        const bool size = std::isdigit(static_cast<unsigned char>(type[word])) || type[word] == '?';
        if (size) {
            std::string_view rest = type.substr(at + 2);
            rest.remove_prefix(rest.starts_with("mostly ") ? 7 : 0);
            return std::string(rest);
        }
    }
    return {};
}

void measure(
    PointWriter& point, std::string_view metric, Stat stat, const Record& record, std::string_view name)
{
    const Record::Field* field = record.find(name);
    if (!field) {
        return;
    }
    if (field->node) {
        point.measure(metric, stat, field->node, source::tokensPerSecond);
    } else {
        point.measure(metric, stat, field->text, field->place, field->name, source::tokensPerSecond);
    }
}

void text(PointWriter& point, std::string_view attribute, const Record& record, std::string_view name)
{
    const Record::Field* field = record.find(name);
    if (field && !field->text.empty()) {
        point.attribute(attribute, field->text, {}, field->place);
    }
}

void length(PointWriter& point, std::string_view attribute, const Record& record, std::string_view name)
{
    const Record::Field* field = record.find(name);
    if (const double tokens = record.number(name); field && tokens > 0) {
        point.attribute(attribute, static_cast<std::int64_t>(tokens), {}, field->place);
    }
}

/// Which rate a test gives: prompts alone, generation alone, or both phases together.
std::string_view rateOf(double prompt, double generated)
{
    return generated == 0 ? "input_throughput" : prompt == 0 ? "output_throughput" : "total_throughput";
}

void mapRates(PointWriter& point, const Record& record, std::string_view rate, std::string_view deviation)
{
    const std::string_view metric = rateOf(record.number("n_prompt"), record.number("n_gen"));
    measure(point, metric, Stat::value(), record, rate);
    if (record.number(deviation) > 0) { // one repetition has no deviation, and prints 0
        measure(point, metric, Stat::std(), record, deviation);
    }
    const double speed = record.number(rate);
    if (metric == "output_throughput" && speed > 0) {
        point.derived(
            "tpot", Stat::mean(), 1000 / speed, "1000 / " + std::string(rate) + ", one sequence at a time");
    }
}

void mapRecord(PointWriter& point, const Record& record)
{
    mapRates(point, record, "avg_ts", "stddev_ts");
    text(point, "model", record, "model_filename");
    if (const std::string precision = quantisation(record.text("model_type")); !precision.empty()) {
        point.attribute("precision", precision, record.text("model_type"), record.find("model_type")->place);
    }
    text(point, "accelerator", record, record.text("gpu_info").empty() ? "cpu_info" : "gpu_info");
    point.attribute("engine", std::string("llama.cpp"));
    if (const std::string build = record.text("build_number"); !build.empty()) {
        point.attribute("engine_version", 'b' + build + " (" + record.text("build_commit") + ')', build,
            record.find("build_number")->place);
    }
    if (const std::string k = record.text("type_k"), v = record.text("type_v"); !k.empty()) {
        point.attribute(
            "kv_cache_dtype", k == v || v.empty() ? k : k + '/' + v, {}, record.find("type_k")->place);
    }
    length(point, "isl_target", record, "n_prompt");
    length(point, "osl_target", record, "n_gen");
    length(point, "context_depth", record, "n_depth");
    text(point, "started_at", record, "test_time");
    // The tests of one build and model are one run, whatever their lengths.
    point.point().group = record.text("model_filename") + ' ' + record.text("build_commit");
}

bool isRecord(const read::Node& node)
{
    return node.find("avg_ts") && (node.find("avg_ns") || node.find("n_gen"));
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
        Record record;
        for (const read::Node& member : node) {
            if (member.isScalar()) {
                record.fields.push_back(
                    { std::string(member.key()), std::string(member.text()), member.pointer(), &member });
            }
        }
        PointWriter point(m_points);
        mapRecord(point, record);
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

void sendRow(Sink& sink, std::uint32_t& points, Record record)
{
    PointWriter point(points);
    mapRecord(point, record);
    for (const Record::Field& field : record.fields) {
        point.extra(field.place, field.name + " = " + field.text);
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
            Record record;
            for (std::size_t i = 0; i < cells.size(); ++i) {
                record.fields.push_back(
                    { names[i], std::string(cells[i].text), cells[i].place.text(), nullptr });
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
std::optional<Record> insertOf(const read::TextLine& line)
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
    Record record;
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
        record.fields.push_back({ {}, std::move(value), place, nullptr });
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

/// The Markdown table: parameter columns appear only where they differ from the default.
class Table {
public:
    explicit Table(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        device(line.text);
        const auto cells = read::tableCells(line.text);
        if (cells.empty()) {
            return;
        }
        if (cells.front().text == "model" && cells.back().text == "t/s") {
            m_names.clear();
            for (const read::TableCell& cell : cells) {
                m_names.emplace_back(cell.text);
            }
        } else if (cells.size() == m_names.size()) {
            row(line, cells);
        }
    }
    std::uint32_t points() const { return m_points; }

private:
    /// "  Device 0: NVIDIA GB10, compute capability 12.1, …" and "ggml_vulkan: 0 = AMD Radeon … (RADV …) |
    /// uma: …".
    void device(std::string_view text)
    {
        std::size_t at = text.find("Device ");
        if (at != std::string_view::npos && text.find_first_not_of(' ') == at) {
            at = text.find(": ", at);
            const std::string_view name = at == std::string_view::npos ? "" : text.substr(at + 2);
            m_device = name.substr(0, name.find(','));
        } else if (text.starts_with("ggml_vulkan: ") && text.find(" = ") != std::string_view::npos) {
            const std::string_view name = text.substr(text.find(" = ") + 3);
            m_device = name.substr(0, name.find(" |"));
        }
    }

    void row(const read::TextLine& line, const std::vector<read::TableCell>& cells)
    {
        Record record;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            record.fields.push_back(
                { m_names[i], std::string(cells[i].text), line.at(cells[i].offset).text(), nullptr });
        }
        const read::TableCell& rate = cells.back();
        const std::size_t sign = rate.text.find("±");
        const std::string_view value = rate.text.substr(
            0, rate.text.find_last_not_of(' ', sign == std::string_view::npos ? sign : sign - 1) + 1);
        if (!read::consoleNumber(value) || !lengths(record.text("test"), record)) {
            return;
        }
        record.fields.push_back({ "rate", std::string(value), line.at(rate.offset).text(), nullptr });
        if (sign != std::string_view::npos) {
            const std::size_t from = rate.text.find_first_not_of(' ', sign + std::string_view("±").size());
            record.fields.push_back({ "deviation", std::string(rate.text.substr(from)),
                line.at(rate.offset + from).text(), nullptr });
        }
        send(record);
    }

    /// "pp512", "tg128 @ d4096", "pp512+tg128", and "pp 512" of 2023.
    static bool lengths(const std::string& test, Record& record)
    {
        const auto add = [&](std::string_view mark, const char* name) {
            const std::size_t at = test.find(mark);
            if (at == std::string::npos) {
                return false;
            }
            const std::size_t from = test.find_first_of("0123456789", at + mark.size());
            const std::size_t end = std::min(test.find_first_not_of("0123456789", from), test.size());
            record.fields.push_back({ name, from == std::string::npos ? "" : test.substr(from, end - from),
                record.find("test")->place, nullptr });
            return true;
        };
        const bool prompt = add("pp", "n_prompt");
        const bool generated = add("tg", "n_gen");
        add("@ d", "n_depth");
        return prompt || generated;
    }

    void send(const Record& record)
    {
        PointWriter point(m_points);
        mapRates(point, record, "rate", "deviation");
        text(point, "model", record, "model");
        const Record::Field* model = record.find("model");
        if (const std::string precision = quantisation(model->text); !precision.empty()) {
            point.attribute("precision", precision, model->text, model->place);
        }
        if (!m_device.empty()) {
            point.attribute("accelerator", m_device);
        }
        point.attribute("engine", std::string("llama.cpp"));
        length(point, "isl_target", record, "n_prompt");
        length(point, "osl_target", record, "n_gen");
        length(point, "context_depth", record, "n_depth");
        point.point().group = model->text;
        for (const Record::Field& field : record.fields) {
            point.extra(field.place, field.name + " = " + field.text);
        }
        m_sink.point(point.take());
        ++m_points;
    }

    Sink& m_sink;
    std::vector<std::string> m_names;
    std::string m_device;
    std::uint32_t m_points = 0;
};

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
    ImporterInfo info() const override { return { "llama-bench", "llama-bench", 1, 20 }; }

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
        if (sample.textContains("| model ") && sample.textContains("backend ")
            && sample.textContains("test |") && sample.textContains("t/s |")) {
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
        Table table(sink);
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
        sink.report(*report);
        return inserted + table.points();
    }
};

const RegisterImporter<LlamaBench> registered;

} // namespace prism::formats
