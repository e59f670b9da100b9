// SPDX-License-Identifier: GPL-3.0-or-later
// What the serving benchmarks of vLLM, SGLang, TensorRT-LLM and their forks print: blocks under "Serving
// Benchmark Result", any number in a log, and tables into which people paste them. SGLang's offline benchmark
// prints the same block under a title of its own.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/serving_fields.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace prism::formats {

namespace {

constexpr std::string_view marker = "Serving Benchmark Result";
constexpr std::string_view offlineMarker = "Offline Throughput Benchmark Result";
constexpr std::size_t longestArguments = 32u << 10; ///< of a client, over all its lines

struct Label {
    std::string_view text; ///< lower case, without the colon
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array labels {
    Label { "total requests", "requests", source::one },
    Label { "successful requests", "requests_ok", source::one },
    Label { "failed requests", "requests_failed", source::one },
    Label { "benchmark duration (s)", "duration", source::seconds },
    Label { "total input tokens", "input_tokens", source::one },
    Label { "total generated tokens", "output_tokens", source::one },
    Label { "request throughput (req/s)", "request_throughput", source::requestsPerSecond },
    Label { "request goodput (req/s)", "request_goodput", source::requestsPerSecond },
    Label { "input token throughput (tok/s)", "input_throughput", source::tokensPerSecond },
    Label { "output token throughput (tok/s)", "output_throughput", source::tokensPerSecond },
    Label { "peak output token throughput (tok/s)", "peak_output_throughput", source::tokensPerSecond },
    Label { "total token throughput (tok/s)", "total_throughput", source::tokensPerSecond },
    Label { "total throughput (tok/s)", "total_throughput", source::tokensPerSecond },
    Label { "total cached tokens", "cached_tokens", source::one },
    Label { "total energy (j)", "energy", source::joules },
};
/// Numbers that are no single ones: means, and such as mean something else here.
struct MeanLabel {
    std::string_view text;
    std::string_view metric;
    SourceUnit unit;
    std::string_view semantics;
};
constexpr std::array meanLabels {
    MeanLabel { "total gpu power (w)", "power", source::watts, "" },
    MeanLabel {
        "user throughput (tok/s)", "output_throughput_per_user", source::tokensPerSecond, "includes-ttft" },
};
struct Latency {
    std::string_view word;
    std::string_view metric;
    std::string_view semantics = {};
};
constexpr std::array latencies { Latency { "ttft", "ttft" }, Latency { "tpot", "tpot" },
    Latency { "itl", "itl" }, Latency { "e2el", "e2e" }, Latency { "e2e latency", "e2e" },
    Latency { "e2e_latency", "e2e" }, Latency { "client queue time", "queue_time", "client-side" } };

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// Numbers of whose kind there is one in a block. True when the label is known.
bool takeSingle(PointWriter& point, const std::string& name, std::string_view label, std::string_view value,
    const std::string& place)
{
    for (const Label& known : labels) {
        if (known.text == name) {
            if (!point.point().measure(known.metric, Stat::value())) {
                point.measure(known.metric, Stat::value(), value, place, label, known.unit);
            }
            return true;
        }
    }
    for (const MeanLabel& known : meanLabels) {
        if (known.text == name) {
            if (!point.point().measure(known.metric, Stat::mean())) {
                point.measure(known.metric, Stat::mean(), value, place, label, known.unit, known.semantics);
            }
            return true;
        }
    }
    if (name == "cache hit rate" && value.ends_with('%')
        && !point.point().measure("prefix_cache_hit_rate", Stat::value())) {
        point.measure("prefix_cache_hit_rate", Stat::value(), value, place, label, source::percent);
        return true;
    }
    return false;
}

/// A labelled number of a block. True when the label is known.
bool takeNumber(PointWriter& point, std::string_view label, std::string_view value, const std::string& place)
{
    const std::string name = lower(label);
    if (takeSingle(point, name, label, value, place)) {
        return true;
    }
    const std::size_t space = name.find(' ');
    if (space == std::string::npos || !name.ends_with(" (ms)")) {
        return false;
    }
    std::string metric = name.substr(space + 1, name.size() - space - 6);
    metric.erase(0, metric.starts_with("dev ") ? 4 : 0); // "Std Dev TTFT (ms)"
    const auto stat = servingStat(name.substr(0, space));
    for (const Latency& known : latencies) {
        if (metric == known.word && stat) {
            // A median beside a P50 is the same number twice.
            if (!point.point().measure(known.metric, *stat)) {
                point.measure(
                    known.metric, *stat, value, place, label, source::latencyMilliseconds, known.semantics);
            }
            return true;
        }
    }
    return false;
}

/// What stands before a block: the client's arguments as Python prints them, and a few lines that it prints
/// at its start.
struct Settings {
    std::string model;
    std::string dataset;
    std::string rate;
    std::string cap;
    std::string isl;
    std::string osl;
    bool ramp = false; ///< the rate goes from one value to another
    bool trace = false; ///< the requests come at the times of a trace
};

Settings settingsOf(std::string_view space)
{
    Settings s;
    s.model = namespaceArgument(space, "model");
    s.dataset = namespaceArgument(space, "dataset_name");
    s.rate = namespaceArgument(space, "request_rate");
    s.cap = namespaceArgument(space, "max_concurrency");
    s.ramp = !namespaceArgument(space, "ramp_up_strategy").empty();
    // Sent to SGLang's own endpoint, a mooncake trace keeps its times.
    s.trace = s.dataset == "mooncake" && namespaceArgument(space, "backend") == "sglang";
    if (s.dataset.starts_with("random")) {
        // The options for all data sets go before those for random prompts.
        s.isl = namespaceArgument(space, "input_len");
        s.osl = namespaceArgument(space, "output_len");
        s.isl = s.isl.empty() ? namespaceArgument(space, "random_input_len") : s.isl;
        s.osl = s.osl.empty() ? namespaceArgument(space, "random_output_len") : s.osl;
    }
    return s;
}

/// The model that a command line names; empty for a variable of the shell and a gap to fill in.
std::string modelOf(std::string_view command)
{
    const std::string model = commandOption(command, "--model");
    return model.find_first_of("$<{") == std::string::npos ? model : std::string();
}

/// What stands behind `label` in a line; empty without it.
std::string behind(std::string_view text, std::string_view label)
{
    const std::size_t at = text.find(label);
    return at == std::string_view::npos ? std::string()
                                        : std::string(read::trimmed(text.substr(at + label.size())));
}

class Log {
public:
    explicit Log(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        std::string_view text = pastedLine(line.text);
        const std::size_t rule = text.find("==");
        const bool offline = text.find(offlineMarker) != std::string_view::npos;
        if ((offline || text.find(marker) != std::string_view::npos) && rule != std::string_view::npos) {
            closeArguments();
            finish();
            m_point.emplace(m_points);
            m_prefix = text.substr(0, rule);
            m_offline = offline;
            return;
        }
        if (text.find("Namespace(") != std::string_view::npos) {
            finish(); // the block before it was cut off: what follows is the next run's
        }
        if (!m_point) {
            before(text);
            return;
        }
        text = pastedLine(withoutPrefix(text, m_prefix));
        if (text.size() >= 20 && text.find_first_not_of('=') == std::string_view::npos) {
            finish();
            return;
        }
        inside(line, text);
    }

    void finish()
    {
        if (!m_point) {
            return;
        }
        const auto& measures = m_point->point().measures;
        const bool measured = std::any_of(
            measures.begin(), measures.end(), [](const Measure& m) { return m.status != Status::Missing; });
        if (measured) {
            describe();
            warnWhenAllFailed(*m_point);
            dropUncountedInput(*m_point);
            derivedLengths(*m_point);
            m_sink.point(m_point->take());
            ++m_points;
        }
        m_point.reset();
        const std::string model = m_commandModel;
        m_settings = {};
        m_settings.model = model;
        m_arguments.clear();
        m_open = 0;
        m_command.clear();
    }
    std::uint32_t points() const { return m_points; }
    bool insideBlock() const { return m_point.has_value(); }

private:
    void before(std::string_view text)
    {
        const std::size_t at = text.find("Namespace(");
        if (at != std::string_view::npos || argumentsGoOn()) {
            arguments(text, at);
        } else if (const std::string rate = behind(text, "Traffic request rate:"); !rate.empty()) {
            m_settings.rate = rate;
        } else if (const std::string cap = behind(text, "Maximum request concurrency:"); !cap.empty()) {
            m_settings.cap = cap == "None" ? std::string() : cap;
        } else if (const std::string model = behind(text, "first model id: "); !model.empty()) {
            m_settings.model = model;
        } else if (text.find("Traffic ramp-up strategy:") != std::string_view::npos) {
            m_settings.ramp = true;
        } else if (text.find("using the timestamps from the trace") != std::string_view::npos) {
            m_settings.trace = true;
        } else {
            command(text);
        }
    }

    /// A terminal breaks what Python prints into lines of its own. `at` is where the arguments begin, if in
    /// this line.
    void arguments(std::string_view text, std::size_t at)
    {
        if (at != std::string_view::npos) {
            m_arguments.clear();
            m_open = 0;
            text.remove_prefix(at);
        }
        m_arguments += m_arguments.ends_with(',') ? " " : "";
        m_arguments += text;
        m_open += std::count(text.begin(), text.end(), '(') - std::count(text.begin(), text.end(), ')');
        if (!argumentsGoOn()) {
            m_settings = settingsOf(m_arguments);
        }
    }
    bool argumentsGoOn() const { return m_open > 0 && m_arguments.size() < longestArguments; }
    /// Those whose end is missing count as far as they came.
    void closeArguments()
    {
        if (!m_point && argumentsGoOn()) {
            m_settings = settingsOf(m_arguments);
        }
    }

    void command(std::string_view text)
    {
        const bool begins = text.find("benchmark_serving") != std::string_view::npos
            || text.find("bench serve") != std::string_view::npos
            || text.find("bench_serving") != std::string_view::npos;
        if (!begins && m_command.empty()) {
            return;
        }
        m_command += ' ' + std::string(text);
        if (text.ends_with('\\') && m_command.size() < longestArguments) {
            return;
        }
        if (const std::string model = modelOf(m_command); !model.empty()) {
            m_settings.model = m_commandModel = model;
        }
        m_command.clear();
    }

    void inside(const read::TextLine& line, std::string_view text)
    {
        // The label may hold a colon no more than the value does; the value is what stands behind the last
        // one.
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos || text.starts_with('-')) {
            return;
        }
        const std::string_view label = read::trimmed(text.substr(0, colon));
        const std::string_view value = read::trimmed(text.substr(colon + 1));
        if (value.empty()) {
            return;
        }
        const std::string place = line.at(static_cast<std::size_t>(value.data() - line.text.data())).text();
        if (takeNumber(*m_point, label, value, place)) {
            return;
        }
        const std::string name = lower(label);
        // SGLang misspelt the word for some versions.
        if (name == "maximum request concurrency" || name == "max request concurrency"
            || name == "max reqeuest concurrency") {
            m_settings.cap = value == "None" ? std::string() : std::string(value);
        } else if (name == "request rate configured (rps)" || name == "traffic request rate") {
            m_settings.rate = std::string(value);
        } else {
            m_point->extra(place, std::string(label) + ": " + std::string(value));
        }
    }

    void describe()
    {
        PointWriter& point = *m_point;
        const auto text = [&](const char* name, const std::string& value) {
            if (!value.empty()) {
                point.attribute(name, value);
            }
        };
        text("model", m_settings.model);
        text("dataset", m_settings.dataset);
        wholeAttribute(point, "isl_target", m_settings.isl);
        wholeAttribute(point, "osl_target", m_settings.osl);
        wholeAttribute(point, "concurrency", m_settings.cap);
        const std::string mode = loadMode();
        text("load_mode", mode);
        const auto rate = read::consoleNumber(m_settings.rate);
        if (rate && mode != "trace" && mode != "offline" && !m_settings.ramp) {
            point.attribute("request_rate", *rate);
        }
        if (m_offline) {
            point.attribute("engine", std::string("sglang"));
        }
    }

    /// A finite rate under a cap, or a ramp, is left open: both are shown.
    std::string loadMode() const
    {
        const bool capped = read::consoleNumber(m_settings.cap).has_value();
        if (m_offline) {
            return "offline";
        }
        if (m_settings.trace || m_settings.rate == "trace") {
            return "trace";
        }
        if (m_settings.ramp || read::consoleNumber(m_settings.rate)) {
            return capped ? "" : "rate";
        }
        return m_settings.rate != "inf" ? "" : capped ? "concurrency" : "burst";
    }

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    Settings m_settings;
    std::string m_prefix; ///< of the lines of the block
    bool m_offline = false; ///< the block
    std::string m_arguments; ///< "Namespace(…)" as far as it came
    std::ptrdiff_t m_open = 0; ///< parentheses of the arguments
    std::string m_command; ///< a command line that goes on
    std::string m_commandModel; ///< of a command line, which stands for every block below it
    std::uint32_t m_points = 0;
};

/// A table of pasted blocks: labels down, a run a column. Columns without a value are none.
class Transposed {
public:
    Result<void> row(const read::CsvRow& cells)
    {
        for (std::size_t i = 1; i < cells.size(); ++i) {
            if (cells[i].text.empty()) {
                continue;
            }
            while (m_columns.size() <= i) {
                m_columns.emplace_back(0);
            }
            takeNumber(m_columns[i], pastedLine(cells[0].text), cells[i].number, cells[i].place.text());
        }
        return {};
    }

    std::uint32_t send(Sink& sink)
    {
        std::uint32_t points = 0;
        for (PointWriter& column : m_columns) {
            if (!column.point().measures.empty()) {
                LoadPoint point = column.take();
                point.index = points++;
                sink.point(std::move(point));
            }
        }
        return points;
    }

private:
    std::vector<PointWriter> m_columns;
};

} // namespace

class ServingText : public Importer {
public:
    ImporterInfo info() const override { return { "serving-text", "Console of a serving benchmark", 3, 0 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const bool text = sample.family == Family::Text || sample.family == Family::Csv;
        if (!text || (!sample.textContains(marker) && !sample.textContains(offlineMarker))) {
            return std::nullopt;
        }
        return Match { Match::Likely, "holds a block of a serving benchmark's result" };
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        if (input.family() == Family::Csv) {
            Transposed table;
            const auto report = input.csv(
                [&](const read::CsvRow& row) { return row.empty() ? Result<void>() : table.row(row); });
            if (!report) {
                return report.error();
            }
            points = table.send(sink);
            sink.report(*report);
        }
        if (points == 0) {
            Log log(sink);
            const auto report = input.lines([&](const read::TextLine& line) -> Result<void> {
                log.line(line);
                return {};
            });
            if (!report) {
                return report.error();
            }
            if (log.insideBlock()) {
                sink.warn({ "block-not-closed",
                    "The last block has no closing line of \"=\": the text may be cut off, and numbers "
                    "missing.",
                    {} });
            }
            log.finish();
            points = log.points();
            sink.report(*report);
        }
        if (points == 0) {
            return Error { input.name(), {}, "the block \"Serving Benchmark Result\" holds no numbers",
                "Check whether the benchmark ended" };
        }
        return {};
    }
};

const RegisterImporter<ServingText> registered;

} // namespace prism::formats
