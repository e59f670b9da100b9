// SPDX-License-Identifier: GPL-3.0-or-later
// llama-benchy: JSON (a benchmark is a set of lengths at a concurrency), and the same as a Markdown or CSV
// table in which a benchmark is a row of prompts (pp) and a row of generation (tg).
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <charconv>

namespace prism::formats {

namespace {

/// What both encodings hold of a quantity over the runs of a benchmark. A row of the table is of one phase,
/// which its `t/s` belong to.
struct Quantity {
    std::string_view key; ///< of the JSON
    std::string_view column; ///< of the CSV, before "_mean"
    std::string_view title; ///< of the Markdown table
    char phase; ///< 'p' prompts, 't' generation, ' ' any
    std::string_view metric;
    bool single; ///< a rate of the whole system: a value with its deviation over the runs
};
constexpr Quantity quantities[] = {
    { "pp_throughput", "t_s", "t/s", 'p', "input_throughput", true },
    { "tg_throughput", "t_s", "t/s", 't', "output_throughput", true },
    // (n - 1) tokens over the time behind the first one, of a request: 1 / TPOT.
    { "tg_req_throughput", "t_s_req", "t/s (req)", 't', "output_throughput_per_user", false },
    { "peak_throughput", "peak_ts", "peak t/s", ' ', "peak_output_throughput", true },
    // From sending the request to the first token of the answer; the first response may hold none.
    { "e2e_ttft", "e2e_ttft", "e2e_ttft (ms)", ' ', "ttft", false },
};

SourceUnit unitOf(const Quantity& q)
{
    return q.metric == "ttft" ? source::latencyMilliseconds : source::tokensPerSecond;
}

Stat mainStat(const Quantity& q)
{
    return q.single ? Stat::value() : Stat::mean();
}

/// Loading a context is a benchmark of its own, whose prompt is the context and nothing else.
void lengths(PointWriter& out, std::optional<double> prompt, std::optional<double> generated,
    std::optional<double> depth, bool contextOnly, const std::string& path)
{
    const auto length = [&](const char* name, std::optional<double> tokens) {
        if (tokens && *tokens > 0) {
            wholeAttribute(out, name, tokens, path);
        }
    };
    length("isl_target", contextOnly ? depth : prompt);
    length("osl_target", generated);
    length("context_depth", contextOnly ? std::nullopt : depth);
    if (contextOnly) {
        out.point().label = "context load";
    }
}

void concurrency(PointWriter& out, std::optional<double> number, const std::string& path)
{
    if (number && *number > 0) {
        wholeAttribute(out, "concurrency", number, path);
        out.attribute("load_mode", std::string("concurrency"), {}, path);
    }
}

std::optional<double> numberOf(const read::Node& object, std::string_view key)
{
    const read::Node* node = object.find(key);
    return node ? node->lenientNumber() : std::nullopt;
}

class Report {
public:
    explicit Report(Sink& sink)
        : m_sink(sink)
    {
    }

    void document(const read::Node& root)
    {
        const read::Node* benchmarks = root.find("benchmarks");
        for (auto it = benchmarks ? benchmarks->begin() : read::Node::Iterator(nullptr);
             it != read::Node::Iterator(nullptr); ++it) {
            if (it->isObject()) {
                benchmark(root, *it);
            }
        }
    }
    std::uint32_t points() const { return m_points; }

private:
    void benchmark(const read::Node& root, const read::Node& node)
    {
        PointWriter out(m_points);
        out.attribute("model", root.find("model"));
        // Sets of lengths and levels of one call are one run.
        out.point().group = "llama-benchy";
        const read::Node* users = node.find("concurrency");
        const auto level = users ? users->lenientNumber() : std::nullopt;
        concurrency(out, level, users ? users->pointer() : std::string());
        const read::Node* context = node.find("is_context_prefill_phase");
        lengths(out, numberOf(node, "prompt_size"), numberOf(node, "response_size"),
            numberOf(node, "context_size"), context && context->boolean() == true, node.pointer());
        for (const Quantity& q : quantities) {
            take(out, q, node.find(q.key));
        }
        started(out, root);
        noteLatency(out, root, level);
        series(node);
        out.extras(node);
        for (const char* key : { "version", "latency_mode", "latency_ms", "prefix_caching_enabled" }) {
            if (const read::Node* value = root.find(key); value && value->isScalar() && !value->isNull()) {
                out.extra(value->pointer(), value->text());
            }
        }
        m_sink.point(out.take());
        ++m_points;
    }

    static void take(PointWriter& out, const Quantity& q, const read::Node* object)
    {
        if (!object || !object->isObject()) {
            return;
        }
        out.measure(q.metric, mainStat(q), object->find("mean"), unitOf(q));
        out.measure(q.metric, Stat::std(), object->find("std"), unitOf(q));
        const read::Node* values = object->find("values");
        if (q.single || !values || values->numbers().empty()) {
            return;
        }
        const auto samples = values->numbers();
        const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
        const std::string formula = " of " + std::string(q.key) + ".values";
        out.derived(q.metric, Stat::count(), static_cast<double>(samples.size()), "number" + formula);
        out.derived(q.metric, Stat::min(), *least, "least" + formula);
        out.derived(q.metric, Stat::max(), *most, "most" + formula);
    }

    static void started(PointWriter& out, const read::Node& root)
    {
        const read::Node* at = root.find("timestamp");
        const auto epoch = at ? epochOfUtcText(at->text()) : std::nullopt;
        if (const std::string utc = epoch ? utcText(*epoch) : std::string(); !utc.empty()) {
            out.attribute("started_at", utc, std::string(at->text()), at->pointer());
        }
    }

    /// The tool measures the way to the server and takes it off the time of a single prompt; TTFT keeps it.
    static void noteLatency(PointWriter& out, const read::Node& root, std::optional<double> level)
    {
        const read::Node* latency = root.find("latency_ms");
        const auto ms = latency ? latency->lenientNumber() : std::nullopt;
        if (ms && *ms > 0 && level && *level <= 1 && out.point().measure("input_throughput", Stat::value())) {
            out.warn("latency-subtracted",
                "The input throughput is over the prompt's time without the latency to the server that the "
                "tool measured ("
                    + std::string(latency->text()) + " ms); TTFT contains it.",
                latency->pointer(), Severity::Note);
        }
    }

    /// One of [seconds, tok/s] a run of the benchmark.
    void series(const read::Node& node)
    {
        const read::Node* runs = node.find("throughput_over_time");
        for (auto run = runs ? runs->begin() : read::Node::Iterator(nullptr);
             run != read::Node::Iterator(nullptr); ++run) {
            TimeSeries s;
            s.name = "output_throughput run " + std::to_string(run->index() + 1);
            s.unit = symbol(Unit::TokenPerSecond);
            s.path = run->pointer();
            for (const read::Node& pair : *run) {
                if (pair.numbers().size() == 2) {
                    s.seconds.push_back(pair.numbers()[0]);
                    s.values.push_back(pair.numbers()[1]);
                }
            }
            if (!s.seconds.empty()) {
                m_sink.series(m_points, std::move(s));
            }
        }
        if (runs) {
            runs->claim();
        }
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
};

/// "pp4096 @ d8192 (c5)", "tg32", "ctx_pp @ d4096": the test of a row.
struct Test {
    char phase = ' ';
    bool contextOnly = false;
    std::optional<double> tokens;
    std::optional<double> depth;
    std::optional<double> users;
};

std::optional<double> leadingNumber(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<Test> testOf(std::string_view text)
{
    Test test;
    test.contextOnly = text.starts_with("ctx_");
    text.remove_prefix(test.contextOnly ? 4 : 0);
    if (!text.starts_with("pp") && !text.starts_with("tg")) {
        return std::nullopt;
    }
    test.phase = text[0];
    test.tokens = leadingNumber(text.substr(2));
    if (const std::size_t at = text.find("@ d"); at != std::string_view::npos) {
        test.depth = leadingNumber(text.substr(at + 3));
    }
    if (const std::size_t at = text.find("(c"); at != std::string_view::npos) {
        test.users = leadingNumber(text.substr(at + 2));
    }
    return test.tokens || test.contextOnly ? std::optional(test) : std::nullopt;
}

/// A cell of the table with the title of its column.
struct Titled {
    std::string title;
    read::KeptCell field;
};

/// Rows of the tables. A row of prompts and the row of generation behind it are one benchmark.
class Rows {
public:
    explicit Rows(Sink& sink)
        : m_sink(sink)
    {
    }

    void row(std::vector<Titled> cells, bool csv)
    {
        const auto find = [&](std::string_view title) {
            const auto it = std::find_if(
                cells.begin(), cells.end(), [title](const Titled& t) { return t.title == title; });
            return it == cells.end() ? nullptr : &*it;
        };
        const Titled* name = find(csv ? "test_name" : "test");
        const auto test = name ? testOf(name->field.text) : std::nullopt;
        if (!test) {
            return;
        }
        if (!m_out || test->phase == 'p' || m_generated || !sameBenchmark(*test)) {
            finish();
            m_out.emplace(m_points);
            m_out->point().group = "llama-benchy";
            m_test = *test;
            if (const Titled* model = find("model"); model && !model->field.text.empty()) {
                m_out->attribute("model", model->field.text, {}, model->field.place);
            }
            // Only a sweep over several levels writes them into the names; without a sweep it is one request
            // at a time, and the title has no "(total)".
            const bool alone = !csv && find("t/s");
            concurrency(*m_out,
                test->users ? test->users
                    : alone ? std::optional(1.0)
                            : std::nullopt,
                name->field.place);
        }
        m_generated = m_generated || test->phase == 't';
        (test->phase == 'p' ? m_prompt : m_osl) = test->tokens;
        lengths(*m_out, m_prompt, m_osl, m_test.depth, m_test.contextOnly, name->field.place);
        for (Titled& cell : cells) {
            take(*test, cell, csv);
        }
    }

    void finish()
    {
        if (m_out && !m_out->point().measures.empty()) {
            m_sink.point(m_out->take());
            ++m_points;
        }
        m_out.reset();
        m_generated = false;
        m_prompt.reset();
        m_osl.reset();
    }
    std::uint32_t points() const { return m_points; }

private:
    bool sameBenchmark(const Test& test) const
    {
        return test.contextOnly == m_test.contextOnly && test.depth == m_test.depth
            && test.users == m_test.users;
    }

    void take(const Test& test, const Titled& cell, bool csv)
    {
        if (cell.field.text.empty() || cell.title == "model" || cell.title == "test"
            || cell.title == "test_name") {
            return;
        }
        for (const Quantity& q : quantities) {
            if (q.phase != ' ' && q.phase != test.phase) {
                continue;
            }
            if (csv
                && (cell.title == std::string(q.column) + "_mean"
                    || cell.title == std::string(q.column) + "_std")) {
                put(q, cell.title.ends_with("_std") ? Stat::std() : mainStat(q), cell.field.number,
                    cell.field.place, cell.title);
                return;
            }
            if (!csv && (cell.title == q.title || (q.title == "t/s" && cell.title == "t/s (total)"))) {
                meanAndDeviation(q, cell);
                return;
            }
        }
        m_out->extra(cell.field.place, cell.title + ": " + cell.field.text);
    }

    /// "787.22 ± 0.84"
    void meanAndDeviation(const Quantity& q, const Titled& cell)
    {
        constexpr std::string_view sign = "±";
        const std::string_view text = cell.field.text;
        const std::size_t at = text.find(sign);
        put(q, mainStat(q), read::trimmed(text.substr(0, at)), cell.field.place, cell.title);
        if (at != std::string_view::npos) {
            put(q, Stat::std(), read::trimmed(text.substr(at + sign.size())), cell.field.place, cell.title);
        }
    }

    void put(const Quantity& q, Stat stat, std::string_view text, const std::string& path,
        const std::string& title)
    {
        if (!m_out->point().measure(q.metric, stat)) {
            m_out->measure(q.metric, stat, text, path, title, unitOf(q));
        }
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    Test m_test;
    bool m_generated = false;
    std::optional<double> m_prompt;
    std::optional<double> m_osl;
    std::uint32_t m_points = 0;
};

bool isCsvHeader(const read::CsvRow& row)
{
    return row.size() > 3 && row[0].text == "model" && row[1].text == "test_name"
        && row[2].text == "t_s_mean";
}

class LlamaBenchy : public Importer {
public:
    ImporterInfo info() const override { return { "llama-benchy", "llama-benchy", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            return sample.has("/benchmarks") && sample.has("/latency_mode")
                    && sample.has("/prefix_caching_enabled")
                ? std::optional(
                    Match { Match::Certain, "has benchmarks, latency_mode and prefix_caching_enabled" })
                : std::nullopt;
        }
        if (std::any_of(sample.rows.begin(), sample.rows.end(), &isCsvHeader)) {
            return Match { Match::Certain, "has the columns model, test_name and t_s_mean" };
        }
        return sample.textContains("ttfr (ms)") && sample.textContains("est_ppt (ms)")
            ? std::optional(Match { Match::Certain, "has a table with ttfr and est_ppt" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        auto report = input.family() == Family::Json ? readDocuments(input, sink, points)
            : input.family() == Family::Csv          ? readCsv(input, sink, points)
                                                     : readText(input, sink, points);
        if (report && points == 0 && input.family() == Family::Csv) {
            report = readText(input, sink, points); // a log whose lines have as many commas
        }
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "llama-benchy collected no results",
                "Check that the model generates tokens, and save the whole output" };
        }
        sink.report(*report);
        return {};
    }

private:
    static Result<read::ReadReport> readDocuments(Input& input, Sink& sink, std::uint32_t& points)
    {
        Report reader(sink);
        auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            reader.document(root);
            return {};
        });
        points = reader.points();
        return report;
    }

    static Result<read::ReadReport> readCsv(Input& input, Sink& sink, std::uint32_t& points)
    {
        Rows rows(sink);
        std::vector<std::string> titles;
        auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
            if (isCsvHeader(row)) {
                titles.clear();
                for (const read::Cell& cell : row) {
                    titles.emplace_back(cell.text);
                }
                return {};
            }
            std::vector<Titled> cells;
            for (std::size_t i = 0; i < std::min(row.size(), titles.size()); ++i) {
                cells.push_back({ titles[i], read::KeptCell(row[i]) });
            }
            rows.row(std::move(cells), true);
            return {};
        });
        rows.finish();
        points = rows.points();
        return report;
    }

    static Result<read::ReadReport> readText(Input& input, Sink& sink, std::uint32_t& points)
    {
        Rows rows(sink);
        std::vector<std::string> titles;
        auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
            const auto found = read::tableCells(line.text);
            const bool header = found.size() > 3 && found[0].text == "model" && found[1].text == "test";
            if (header) {
                titles.clear();
                for (const read::TableCell& cell : found) {
                    titles.emplace_back(cell.text);
                }
                return {};
            }
            std::vector<Titled> cells;
            for (std::size_t i = 0; found.size() == titles.size() && i < found.size(); ++i) {
                cells.push_back({ titles[i], { found[i].text, line.at(found[i].offset).text() } });
            }
            rows.row(std::move(cells), false);
            return {};
        });
        rows.finish();
        points = rows.points();
        return report;
    }
};

const RegisterImporter<LlamaBenchy> registered;

} // namespace

} // namespace prism::formats
