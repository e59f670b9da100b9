// SPDX-License-Identifier: GPL-3.0-or-later
// llama-batched-bench of llama.cpp (Markdown table or JSON lines) and sweep-bench of ik_llama.cpp, whose
// table has no batch column and whose N_KV is the depth at which the test began.
#include "core/import/formats/llama_log.h"
#include "core/import/importer.h"
#include "core/import/nearest_whole.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

/// A column of the table and the key of the JSON lines.
struct Column {
    std::string_view title;
    std::string_view key;
};
enum Field { Prompt, Generated, Parallel, Context, PromptTime, PromptSpeed, GeneratedTime, GeneratedSpeed };
constexpr Column columns[] = {
    { "PP", "pp" },
    { "TG", "tg" },
    { "B", "pl" },
    { "N_KV", "n_kv" },
    { "T_PP s", "t_pp" },
    { "S_PP t/s", "speed_pp" },
    { "T_TG s", "t_tg" },
    { "S_TG t/s", "speed_tg" },
};
constexpr std::size_t fieldCount = std::size(columns);

struct Value {
    std::string_view text;
    std::string path;
    std::string_view label;

    std::optional<double> number() const { return read::consoleNumber(text); }
};
using Row = std::array<std::optional<Value>, fieldCount>;

void length(PointWriter& out, std::string_view name, const std::optional<Value>& value)
{
    const auto number = value ? value->number() : std::nullopt;
    if (const auto whole = number && *number > 0 ? nearestWhole(*number) : std::nullopt) {
        out.attribute(name, *whole, {}, value->path);
    }
}

std::string labelOf(const Row& row)
{
    std::string label;
    for (const Field field : { Prompt, Generated, Parallel, Context }) {
        if (row[field]) {
            label += (label.empty() ? "" : " ") + std::string(columns[field].title) + ' '
                + std::string(row[field]->text);
        }
    }
    return label;
}

/// Both speeds are over their own phase, so the table states no duration of the whole and no total
/// throughput: S, all tokens over both phases, is neither. A prompt's time counts as TTFT only where the test
/// begins with an empty context.
///
/// `separate`: the sequences were generated one after another, so that each token took the time of one of
/// all.
void fill(PointWriter& out, const Row& row, bool separate)
{
    out.point().label = labelOf(row);
    length(out, "isl_target", row[Prompt]);
    length(out, "osl_target", row[Generated]);
    length(out, "concurrency", row[Parallel]);
    const auto speed = [&](std::string_view metric, const std::optional<Value>& value) {
        if (value) {
            out.measure(
                metric, Stat::value(), value->text, value->path, value->label, source::tokensPerSecond);
        }
    };
    const auto generated = row[Generated] ? row[Generated]->number() : std::nullopt;
    const auto prompt = row[Prompt] ? row[Prompt]->number() : std::nullopt;
    if (!prompt || *prompt > 0) {
        speed("input_throughput", row[PromptSpeed]);
    }
    if (!generated || *generated > 0) {
        speed("output_throughput", row[GeneratedSpeed]);
    }
    const auto promptTime = row[PromptTime] ? row[PromptTime]->number() : std::nullopt;
    if (promptTime && *promptTime > 0 && row[Parallel]) {
        out.derived("ttft", Stat::mean(), *promptTime * 1e3,
            std::string(row[PromptTime]->label) + " * 1000: the prompts of the batch together",
            "prompt-processing");
    }
    const auto generationTime = row[GeneratedTime] ? row[GeneratedTime]->number() : std::nullopt;
    const auto parallel = row[Parallel] ? row[Parallel]->number() : std::nullopt;
    const double sequences = separate ? parallel.value_or(0) : 1;
    if (generationTime && *generationTime > 0 && generated && *generated > 0 && sequences > 0) {
        out.derived("tpot", Stat::mean(), *generationTime / (*generated * sequences) * 1e3,
            std::string(row[GeneratedTime]->label) + " / "
                + (separate ? '(' + std::string(row[Generated]->label) + " * "
                            + std::string(row[Parallel]->label) + ')'
                            : std::string(row[Generated]->label))
                + " * 1000",
            separate ? "one-sequence-at-a-time" : "");
    }
}

/// "main: n_kv_max = 2048, n_batch = 512, …": the settings of the tables below it.
bool isSettings(std::string_view line)
{
    return line.find("n_kv_max = ") != std::string_view::npos
        && line.find("n_batch = ") != std::string_view::npos;
}

/// Of a part of the line, such as the model that it names.
read::Place placeOf(std::string_view part, const read::TextLine& line)
{
    return line.at(static_cast<std::size_t>(part.data() - line.text.data()));
}

class TableReader {
public:
    explicit TableReader(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const auto cells = read::tableCells(line.text);
        if (cells.empty()) {
            prose(line);
            return;
        }
        if (std::any_of(cells.begin(), cells.end(), [](const auto& c) { return c.text == "S_PP t/s"; })) {
            m_titles.clear();
            for (const read::TableCell& cell : cells) {
                m_titles.emplace_back(cell.text);
            }
            return;
        }
        row(cells, line);
    }

    std::uint32_t points() const { return m_points; }

private:
    void prose(const read::TextLine& line)
    {
        if (isSettings(line.text)) {
            m_settings = { line.place.text(), std::string(read::trimmed(line.text)) };
        } else if (const std::string_view model = loadedModel(line.text); !model.empty()) {
            m_model = { placeOf(model, line).text(), std::string(model) };
        }
    }

    void row(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        if (m_titles.empty() || cells.size() != m_titles.size()) {
            return;
        }
        // Lines of the log may stand between the rows: only the titles of another table end this one.
        if (!read::consoleNumber(cells.front().text)) {
            m_titles.clear();
            return;
        }
        Row row;
        PointWriter out(m_points);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string path = line.at(cells[i].offset).text();
            const auto known = std::find_if(std::begin(columns), std::end(columns),
                [&](const Column& c) { return c.title == m_titles[i]; });
            if (known != std::end(columns)) {
                row[static_cast<std::size_t>(known - columns)] = Value { cells[i].text, path, m_titles[i] };
            } else {
                out.extra(path, m_titles[i] + ": " + std::string(cells[i].text));
            }
        }
        if (!row[PromptSpeed] || !row[PromptSpeed]->number()) {
            return;
        }
        fill(out, row, m_settings.text.find("is_tg_separate = 1") != std::string::npos);
        for (const Field field : { Context, PromptTime, GeneratedTime }) {
            if (row[field]) {
                out.extra(
                    row[field]->path, std::string(row[field]->label) + ": " + std::string(row[field]->text));
            }
        }
        if (!m_settings.text.empty()) {
            out.extra(m_settings.path, m_settings.text);
        }
        if (!m_model.text.empty()) {
            out.attribute("model", m_model.text, {}, m_model.path);
        }
        m_sink.point(out.take());
        ++m_points;
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
    std::vector<std::string> m_titles;
    Extra m_settings;
    Extra m_model;
};

/// The models that a log names, in the order of its lines.
class LoadedModels {
public:
    void line(const read::TextLine& line)
    {
        if (const std::string_view model = loadedModel(line.text); !model.empty()) {
            m_models.push_back({ placeOf(model, line), std::string(model) });
        }
    }
    /// The one that was loaded last before a byte; null without one.
    const std::pair<read::Place, std::string>* before(std::uint64_t byte) const
    {
        const auto it = std::partition_point(
            m_models.begin(), m_models.end(), [byte](const auto& model) { return model.first.byte < byte; });
        return it == m_models.begin() ? nullptr : &*std::prev(it);
    }

private:
    std::vector<std::pair<read::Place, std::string>> m_models;
};

class DocumentReader {
public:
    DocumentReader(Sink& sink, const LoadedModels& models)
        : m_sink(sink)
        , m_models(models)
    {
    }

    /// Lines of JSON are documents; a script may have put them into one array.
    void document(const read::Node& root)
    {
        if (root.isObject()) {
            test(root);
        }
        for (const read::Node& element : root) {
            test(element);
        }
    }
    std::uint32_t points() const { return m_points; }

private:
    void test(const read::Node& node)
    {
        if (!node.find("speed_pp") || !node.find("speed_tg")) {
            return;
        }
        Row row;
        for (std::size_t i = 0; i < fieldCount; ++i) {
            const read::Node* value = node.find(columns[i].key);
            if (value && value->isScalar() && !value->isNull()) {
                row[i] = Value { value->text(), value->pointer(), value->key() };
            }
        }
        for (const Field field : { Prompt, Generated, Parallel, PromptSpeed, GeneratedSpeed }) {
            if (const read::Node* value = node.find(columns[field].key)) {
                value->claim();
            }
        }
        PointWriter out(m_points);
        // These lines do not say whether the sequences were generated one after another.
        fill(out, row, false);
        if (const auto* model = m_models.before(node.place().byte)) {
            out.attribute("model", model->second, {}, model->first.text());
        }
        out.extras(node);
        m_sink.point(out.take());
        ++m_points;
    }

    Sink& m_sink;
    const LoadedModels& m_models;
    std::uint32_t m_points = 0;
};

class LlamaBatchedBench : public Importer {
public:
    ImporterInfo info() const override { return { "llama-batched-bench", "llama-batched-bench", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            const read::Node* test = sample.document->isArray() ? sample.document->at("/0") : sample.document;
            if (test && test->find("speed_pp") && test->find("speed_tg") && test->find("pp")
                && test->find("tg")) {
                return Match { Match::Certain, "has pp, tg, speed_pp and speed_tg" };
            }
            return std::nullopt;
        }
        if (sample.textContains("N_KV") && sample.textContains("T_PP s") && sample.textContains("S_PP t/s")
            && sample.textContains("S_TG t/s")) {
            return Match { Match::Certain, "has a table with N_KV, S_PP t/s and S_TG t/s" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        Result<read::ReadReport> report = Error {};
        if (input.family() == Family::Json) {
            LoadedModels models;
            // What breaks off here is met again by the reading of the documents.
            (void)input.lines([&](const read::TextLine& line) -> Result<void> {
                models.line(line);
                return {};
            });
            DocumentReader reader(sink, models);
            report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
                reader.document(root);
                return {};
            });
            points = reader.points();
        } else {
            TableReader reader(sink);
            report = input.lines([&](const read::TextLine& line) -> Result<void> {
                reader.line(line);
                return {};
            });
            points = reader.points();
        }
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the table of llama-batched-bench has no rows",
                "Run the benchmark to its end and save its whole output" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<LlamaBatchedBench> registered;

} // namespace

} // namespace prism::formats
