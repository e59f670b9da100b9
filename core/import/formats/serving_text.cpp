// SPDX-License-Identifier: GPL-3.0-or-later
// What the serving benchmarks of vLLM, SGLang and their forks print: blocks under "Serving Benchmark Result",
// any number in a log, and tables into which people paste them.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/serving_fields.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace prism::formats {

namespace {

constexpr std::string_view marker = "Serving Benchmark Result";

struct Label {
    std::string_view text; ///< lower case, without the colon
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array labels {
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
};
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> latencies { { { "ttft", "ttft" },
    { "tpot", "tpot" }, { "itl", "itl" }, { "e2el", "e2e" }, { "e2e latency", "e2e" },
    { "e2e_latency", "e2e" } } };

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r#>");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// A labelled number of a block. True when the label is known.
bool takeNumber(PointWriter& point, std::string_view label, std::string_view value, const std::string& place)
{
    const std::string name = lower(label);
    for (const Label& known : labels) {
        if (known.text == name) {
            if (!point.point().measure(known.metric, Stat::value())) {
                point.measure(known.metric, Stat::value(), value, place, label, known.unit);
            }
            return true;
        }
    }
    const std::size_t space = name.find(' ');
    if (space == std::string::npos || !name.ends_with(" (ms)")) {
        return false;
    }
    const std::string metric = name.substr(space + 1, name.size() - space - 6);
    const auto stat = servingStat(name.substr(0, space));
    for (const auto& [word, id] : latencies) {
        if (metric == word && stat) {
            // A median beside a P50 is the same number twice.
            if (!point.point().measure(id, *stat)) {
                point.measure(id, *stat, value, place, label, source::latencyMilliseconds);
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
};

Settings settingsOf(std::string_view space)
{
    Settings s;
    s.model = namespaceArgument(space, "model");
    s.dataset = namespaceArgument(space, "dataset_name");
    s.rate = namespaceArgument(space, "request_rate");
    s.cap = namespaceArgument(space, "max_concurrency");
    if (s.dataset == "random") {
        s.isl = namespaceArgument(space, "random_input_len");
        s.osl = namespaceArgument(space, "random_output_len");
        s.isl = s.isl.empty() ? namespaceArgument(space, "input_len") : s.isl;
        s.osl = s.osl.empty() ? namespaceArgument(space, "output_len") : s.osl;
    }
    return s;
}

class Log {
public:
    explicit Log(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = trimmed(line.text);
        if (text.find(marker) != std::string_view::npos && text.find("==") != std::string_view::npos) {
            finish();
            m_point.emplace(m_points);
            return;
        }
        if (!m_point) {
            before(text);
            return;
        }
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
        if (!m_point->point().measures.empty()) {
            describe();
            derivedLengths(*m_point);
            m_sink.point(m_point->take());
            ++m_points;
        }
        m_point.reset();
        const std::string model = m_commandModel;
        m_settings = {};
        m_settings.model = model;
    }
    std::uint32_t points() const { return m_points; }
    bool insideBlock() const { return m_point.has_value(); }

private:
    void before(std::string_view text)
    {
        if (const std::size_t at = text.find("Namespace("); at != std::string_view::npos) {
            m_settings = settingsOf(text.substr(at));
        } else if (text.starts_with("Traffic request rate:")) {
            m_settings.rate = std::string(trimmed(text.substr(21)));
        } else if (text.starts_with("Maximum request concurrency:")) {
            const std::string cap(trimmed(text.substr(28)));
            m_settings.cap = cap == "None" ? std::string() : cap;
        } else if (text.find("benchmark_serving") != std::string_view::npos
            || text.find("bench serve") != std::string_view::npos
            || text.find("bench_serving") != std::string_view::npos) {
            if (const std::string model = commandOption(text, "--model"); !model.empty()) {
                m_settings.model = m_commandModel = model;
            }
        }
    }

    void inside(const read::TextLine& line, std::string_view text)
    {
        // The label may hold a colon no more than the value does; the value is what stands behind the last
        // one.
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos || text.starts_with('-')) {
            return;
        }
        const std::string_view label = trimmed(text.substr(0, colon));
        const std::string_view value = trimmed(text.substr(colon + 1));
        if (value.empty()) {
            return;
        }
        const std::string place = line.at(static_cast<std::size_t>(value.data() - line.text.data())).text();
        if (takeNumber(*m_point, label, value, place)) {
            return;
        }
        const std::string name = lower(label);
        if (name == "maximum request concurrency" || name == "max request concurrency") {
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
        const auto rate = read::consoleNumber(m_settings.rate);
        const bool infinite = m_settings.rate == "inf";
        const bool capped = read::consoleNumber(m_settings.cap).has_value();
        wholeAttribute(point, "concurrency", m_settings.cap);
        if (rate) {
            point.attribute("request_rate", *rate);
        }
        if (rate && !capped) {
            point.attribute("load_mode", std::string("rate"));
        } else if (infinite) {
            point.attribute("load_mode", std::string(capped ? "concurrency" : "burst"));
        }
    }

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    Settings m_settings;
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
            takeNumber(m_columns[i], trimmed(cells[0].text), cells[i].number, cells[i].place.text());
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
    ImporterInfo info() const override { return { "serving-text", "Console of a serving benchmark", 2, 0 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const bool text = sample.family == Family::Text || sample.family == Family::Csv;
        if (!text || !sample.textContains(marker)) {
            return std::nullopt;
        }
        return Match { Match::Likely, "holds the block \"Serving Benchmark Result\"" };
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
