// SPDX-License-Identifier: GPL-3.0-or-later
// Hugging Face inference-benchmarker: results/*.json, a result a load level, and the table of averages that
// it prints of them. Its inter-token latency is the sum of the gaps of a request over n - 1, our TPOT;
// `total_tokens` are the generated ones of the requests that succeeded, and `request_rate` is the achieved
// rate of these.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/importer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>

namespace prism::formats {

namespace {

struct Number {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr Number numbers[] = { { "total_requests", "requests", source::one },
    { "successful_requests", "requests_ok", source::one },
    { "failed_requests", "requests_failed", source::one }, { "total_tokens", "output_tokens", source::one },
    { "total_tokens_sent", "input_tokens", source::one }, { "duration_ms", "duration", source::milliseconds },
    { "token_throughput_secs", "output_throughput", source::tokensPerSecond },
    { "request_rate", "request_throughput", source::requestsPerSecond } };

struct Latency {
    std::string_view key;
    std::string_view metric;
};
constexpr Latency latencies[] = { { "time_to_first_token_ms", "ttft" }, { "inter_token_latency_ms", "tpot" },
    { "e2e_latency_ms", "e2e" } };

std::optional<Stat> statOf(std::string_view key)
{
    return key == "avg" ? std::optional(Stat::mean()) : plainStat(key);
}

bool isResult(const read::Node& node)
{
    return node.find("executor_type") && node.find("token_throughput_secs");
}

/// A model before its commit is the name on the hub, with a length where the prompts are of one.
void mapConfig(const read::Node& root, PointWriter& out)
{
    const read::Node* config = root.find("config");
    if (!config) {
        return;
    }
    const read::Node* model = config->find("model_name");
    out.attribute("model", model && !model->isNull() ? model : config->find("tokenizer"));
    out.attribute("isl_target", config->at("/prompt_options/num_tokens"));
    out.attribute("osl_target", config->at("/decode_options/num_tokens"));
}

/// Users of ConstantVUs, or the rate of ConstantArrivalRate; the users that the latter may use are no cap
/// that was asked for.
void mapLoad(const read::Node& result, PointWriter& out)
{
    const read::Node* rate = result.at("/config/rate");
    const read::Node* users = result.at("/config/max_vus");
    const read::Node* kind = result.find("executor_type");
    if (rate && rate->number()) {
        out.attribute("request_rate", rate);
        out.attribute("load_mode", std::string("rate"), {}, kind->pointer());
    } else if (users && users->number()) {
        out.attribute("concurrency", users);
        out.attribute("load_mode", std::string("concurrency"), {}, kind->pointer());
    }
}

LoadPoint pointOf(const read::Node& root, const read::Node& result, std::uint32_t index)
{
    PointWriter out(index);
    const read::Node* id = result.find("id");
    out.point().label = id ? std::string(id->text()) : std::string();
    out.point().group = "inference-benchmarker";
    for (const Number& n : numbers) {
        const read::Node* value = result.find(n.key);
        // -1 where nothing answered.
        if (value && value->number().value_or(0) >= 0) {
            out.measure(n.metric, Stat::value(), value, n.unit);
        }
    }
    for (const Latency& latency : latencies) {
        distribution(out, latency.metric, result.find(latency.key), source::latencyMilliseconds, &statOf);
        // Before percentiles were objects: time_to_first_token_ms_avg, …_p90, …_p95.
        for (const read::Node& value : result) {
            const std::string_view key = value.key();
            const bool ours = key.size() > latency.key.size() + 1 && key.starts_with(latency.key)
                && key[latency.key.size()] == '_';
            const auto stat = ours ? statOf(key.substr(latency.key.size() + 1)) : std::nullopt;
            if (stat && value.isScalar()) {
                out.measure(latency.metric, *stat, &value, source::latencyMilliseconds);
            }
        }
    }
    mapLoad(result, out);
    mapConfig(root, out);
    const read::Node* started = root.find("start_time");
    if (const auto epoch = started ? epochOfUtcText(started->text()) : std::nullopt) {
        out.extra(started->pointer(), "the benchmark began " + utcText(*epoch));
    }
    out.extras(result);
    return out.take();
}

struct Column {
    std::string_view title;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
    std::string_view word; ///< behind the number
};
constexpr std::size_t mostSettings = 64; ///< the tool has ten

const Column columns[]
    = { { "QPS", "request_throughput", Stat::value(), source::requestsPerSecond, " req/s" },
          { "E2E Latency (avg)", "e2e", Stat::mean(), source::latencySeconds, " sec" },
          { "TTFT (avg)", "ttft", Stat::mean(), source::latencyMilliseconds, " ms" },
          { "ITL (avg)", "tpot", Stat::mean(), source::latencyMilliseconds, " ms" },
          { "Throughput", "output_throughput", Stat::value(), source::tokensPerSecond, " tokens/sec" },
          { "Prompt tokens per req (avg)", "isl", Stat::mean(), source::one, "" },
          { "Decoded tokens per req (avg)", "osl", Stat::mean(), source::one, "" } };

/// The tables of a console: what was set, then a row a load level.
class Tables {
public:
    explicit Tables(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const auto cells = read::tableCells(line.text);
        const auto has = [&cells](std::string_view title) {
            return std::any_of(
                cells.begin(), cells.end(), [title](const auto& c) { return c.text == title; });
        };
        m_tellsSettings = m_tellsSettings && !read::trimmed(line.text).empty();
        if (cells.size() == 2) {
            setting(line, cells);
        } else if (has("Benchmark") && has("ITL (avg)")) {
            m_titles.clear();
            for (const read::TableCell& cell : cells) {
                m_titles.emplace_back(cell.text);
            }
        } else if (!cells.empty() && cells.size() == m_titles.size() && cells.front().text != "warmup") {
            row(line, cells);
        }
    }
    void finish() { }
    std::uint32_t points() const { return m_points; }

private:
    void setting(const read::TextLine& line, const std::vector<read::TableCell>& cells)
    {
        if (cells[0].text == "Parameter") {
            m_settings.clear(); // of another run
            m_tellsSettings = true;
        } else if (m_tellsSettings && m_settings.size() < mostSettings && cells[1].text != "N/A") {
            m_settings.push_back(
                { line.at(cells[1].offset).text(), std::string(cells[0].text), std::string(cells[1].text) });
        }
    }

    void row(const read::TextLine& line, const std::vector<read::TableCell>& cells)
    {
        PointWriter out(m_points);
        out.point().label = std::string(cells.front().text);
        out.point().group = "inference-benchmarker";
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const std::string place = line.at(cells[i].offset).text();
            const auto* column = std::find_if(std::begin(columns), std::end(columns),
                [&](const Column& known) { return known.title == m_titles[i]; });
            if (m_titles[i] == "Successful Requests") {
                requests(out, cells[i].text, place);
            } else if (column != std::end(columns) && cells[i].text.ends_with(column->word)) {
                out.measure(column->metric, column->stat,
                    cells[i].text.substr(0, cells[i].text.size() - column->word.size()), place, column->title,
                    column->unit);
            } else {
                out.extra(place, m_titles[i] + ": " + std::string(cells[i].text));
            }
        }
        load(out, cells.front().text, line.at(cells.front().offset).text());
        for (const Setting& setting : m_settings) {
            apply(out, setting);
        }
        m_sink.point(out.take());
        ++m_points;
    }

    /// "9/10": those that succeeded, of all.
    static void requests(PointWriter& out, std::string_view text, const std::string& place)
    {
        const std::size_t slash = text.find('/');
        if (slash != std::string_view::npos) {
            constexpr std::string_view title = "Successful Requests";
            out.measure("requests_ok", Stat::value(), text.substr(0, slash), place, title, source::one);
            out.measure("requests", Stat::value(), text.substr(slash + 1), place, title, source::one);
        }
    }

    /// "constant@1.20req/s"; "throughput" is of as many users as there may be.
    void load(PointWriter& out, std::string_view id, const std::string& place) const
    {
        constexpr std::string_view constant = "constant@";
        const auto rate = id.starts_with(constant) && id.ends_with("req/s")
            ? read::consoleNumber(id.substr(constant.size(), id.size() - constant.size() - 5))
            : std::nullopt;
        const auto users = std::find_if(
            m_settings.begin(), m_settings.end(), [](const Setting& s) { return s.name == "Max VUs"; });
        if (rate) {
            out.attribute("request_rate", *rate, std::string(id), place);
            out.attribute("load_mode", std::string("rate"), {}, place);
        } else if (id == "throughput" && users != m_settings.end()) {
            wholeAttribute(out, "concurrency", read::consoleNumber(users->text), users->path);
            out.attribute("load_mode", std::string("concurrency"), {}, place);
        }
    }

    struct Setting {
        std::string path;
        std::string name;
        std::string text;
    };
    static void apply(PointWriter& out, const Setting& setting)
    {
        const std::string_view text = setting.text;
        constexpr std::string_view some = "num_tokens=Some(";
        const auto length = text.starts_with(some)
            ? read::consoleNumber(text.substr(some.size(), text.find(')') - some.size()))
            : std::nullopt;
        if (setting.name == "Tokenizer") {
            out.attribute("model", setting.text, {}, setting.path);
        } else if (setting.name == "Prompt Options") {
            wholeAttribute(out, "isl_target", length, setting.path);
        } else if (setting.name == "Decode Options") {
            wholeAttribute(out, "osl_target", length, setting.path);
        } else {
            out.extra(setting.path, setting.name + ": " + setting.text);
        }
    }

    Sink& m_sink;
    std::vector<Setting> m_settings;
    bool m_tellsSettings = false; ///< the table of the last line; a log may have others of two columns
    std::vector<std::string> m_titles;
    std::uint32_t m_points = 0;
};

class InferenceBenchmarker : public Importer {
public:
    ImporterInfo info() const override
    {
        return { "inference-benchmarker", "Hugging Face inference-benchmarker", 2, 30 };
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document) {
            return sample.textContains("E2E Latency (avg)") && sample.textContains("ITL (avg)")
                    && sample.textContains("Successful Requests")
                ? std::optional(Match { Match::Certain, "has a table of E2E Latency (avg) and ITL (avg)" })
                : std::nullopt;
        }
        const read::Node* first = sample.document->at("/results/0");
        return first && isResult(*first) ? std::optional(
                   Match { Match::Certain, "has results with executor_type and token_throughput_secs" })
                                         : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() != Family::Json) {
            return readConsoleLog(input, sink, Tables(sink), "the table holds no result but the warm-up");
        }
        std::uint32_t points = 0;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            const read::Node* results = root.find("results");
            for (auto it = results ? results->begin() : read::Node::Iterator(nullptr);
                 it != read::Node::Iterator(nullptr); ++it) {
                const read::Node* id = it->find("id");
                if (isResult(*it) && !(id && id->text() == "warmup")) {
                    sink.point(pointOf(root, *it, points++));
                }
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "the file holds no result but the warm-up",
                "Check whether the benchmark ended" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<InferenceBenchmarker> registered;

} // namespace

} // namespace prism::formats
