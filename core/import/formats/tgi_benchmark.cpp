// SPDX-License-Identifier: GPL-3.0-or-later
// text-generation-benchmark of TGI: Markdown tables of the settings, of latencies and of throughputs by step
// and batch size. A step is timed alone: a prefill of the batch, a decode step of it.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <map>

namespace prism::formats {

namespace {

struct Title {
    std::string_view text;
    Stat stat;
};
const Title titles[] = { { "Average", Stat::mean() }, { "Lowest", Stat::min() }, { "Highest", Stat::max() },
    { "p50", Stat::percentile(50) }, { "p90", Stat::percentile(90) }, { "p99", Stat::percentile(99) } };

/// "958.80 ms": number and unit.
std::optional<std::pair<std::string_view, SourceUnit>> timed(std::string_view cell)
{
    const std::size_t space = cell.rfind(' ');
    const auto unit = space == std::string_view::npos ? std::nullopt
                                                      : sourceUnit(cell.substr(space + 1), Unit::Millisecond);
    return unit ? std::optional(std::pair(cell.substr(0, space), *unit)) : std::nullopt;
}

class Tables {
public:
    explicit Tables(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const auto cells = read::tableCells(line.text);
        if (cells.size() == 2) {
            setting(cells, line);
        } else if (cells.size() >= 5 && cells[0].text == "Step" && cells[1].text == "Batch Size") {
            // A table of latencies behind one of throughputs is the next run's.
            if (cells.size() >= 8 && !m_points.empty() && m_rated) {
                finish();
            }
            m_titles.clear();
            for (const read::TableCell& cell : cells) {
                m_titles.emplace_back(cell.text);
            }
            m_step.clear();
        } else if (!m_titles.empty() && cells.size() == m_titles.size()) {
            row(cells, line);
        }
    }

    void finish()
    {
        for (auto& [batch, out] : m_points) {
            dropUnsorted(out, "prefill_time");
            dropUnsorted(out, "tpot");
            out.point().index = m_sent++;
            out.point().group = "text-generation-benchmark";
            for (const auto& [name, value] : m_settings) {
                apply(out, name, value);
            }
            m_sink.point(out.take());
        }
        m_points.clear();
        m_rated = false;
    }
    std::uint32_t points() const { return m_sent; }

private:
    struct Value {
        std::string text;
        std::string path;
    };

    /// Settings stand in a table of their own before the numbers, "Parameter | Value".
    void setting(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        if (!m_points.empty()) {
            finish();
            m_settings.clear();
        }
        m_settings[std::string(cells[0].text)]
            = { std::string(cells[1].text), line.at(cells[1].offset).text() };
    }

    static void apply(PointWriter& out, const std::string& name, const Value& value)
    {
        const auto number = read::consoleNumber(value.text);
        if (name == "Model") {
            out.attribute("model", value.text, {}, value.path);
        } else if (name == "Sequence Length" && number) {
            wholeAttribute(out, "isl_target", number, value.path);
        } else if (name == "Decode Length" && number) {
            wholeAttribute(out, "osl_target", number, value.path);
        } else if (name != "Parameter" && value.text != "None") {
            out.extra(value.path, name + ": " + value.text);
        }
    }

    void row(const std::vector<read::TableCell>& cells, const read::TextLine& line)
    {
        m_step = cells[0].text.empty() ? m_step : std::string(cells[0].text);
        const auto batch = read::consoleNumber(cells[1].text);
        m_batch = batch ? *batch : cells[1].text.empty() ? m_batch : 0;
        if (m_batch < 1 || m_step.empty()) {
            return;
        }
        const auto [it, fresh] = m_points.try_emplace(m_batch, 0);
        PointWriter& out = it->second;
        if (fresh) {
            wholeAttribute(out, "batch_size", m_batch, line.at(cells[1].offset).text());
            out.attribute("engine", std::string("tgi"));
        }
        for (std::size_t i = 2; i < cells.size(); ++i) {
            const std::string place = line.at(cells[i].offset).text();
            if (!take(out, m_titles[i], cells[i].text, place)) {
                out.extra(place, m_step + ' ' + m_titles[i] + ": " + std::string(cells[i].text));
            }
        }
    }

    bool take(PointWriter& out, std::string_view title, std::string_view cell, const std::string& place)
    {
        const auto* known = std::find_if(
            std::begin(titles), std::end(titles), [title](const Title& t) { return t.text == title; });
        if (known == std::end(titles)) {
            return false;
        }
        const std::string label = m_step + ' ' + std::string(title);
        if (const auto time = timed(cell)) {
            const std::string_view metric = m_step == "Prefill" ? "prefill_time"
                : m_step == "Decode (token)"                    ? "tpot"
                                                                : "";
            if (!metric.empty() && !out.point().measure(metric, known->stat)) {
                out.measure(metric, known->stat, time->first, place, label, time->second);
            }
            return !metric.empty();
        }
        m_rated = true;
        // A prefill's tokens are the first ones that it generates, not those of the prompts: no input rate.
        const bool rate = m_step == "Decode" && known->stat == Stat::mean() && cell.ends_with("tokens/secs");
        if (rate) {
            out.measure("output_throughput", Stat::value(), cell.substr(0, cell.find(' ')), place, label,
                source::tokensPerSecond);
        }
        return rate;
    }

    /// The tool sorts the times of a batch size when it draws them, and those that come later not at all.
    /// Then any percentile may be any of them; which one it takes for the 99th is the highest of up to 100.
    void dropUnsorted(PointWriter& out, std::string_view metric) const
    {
        const auto percentile = [&](double p) { return out.point().measure(metric, Stat::percentile(p)); };
        const Measure* high = percentile(90);
        const Measure* last = percentile(99);
        const Measure* most = out.point().measure(metric, Stat::max());
        if (!percentile(50) || !high || !last || !most) {
            return;
        }
        const auto runs = m_settings.find("N Runs");
        const auto count = runs == m_settings.end() ? std::nullopt : read::consoleNumber(runs->second.text);
        const bool endsWithMost = last->value == most->value || !count || *count > 100;
        if (percentile(50)->value <= high->value && high->value <= last->value && endsWithMost) {
            return;
        }
        out.warn("percentiles-unsorted",
            std::string(findMetric(metric)->name)
                + ": the tool took the percentiles from values that it had not sorted, so that they are left "
                  "out.",
            high->path);
        std::erase_if(out.point().measures, [metric](const Measure& m) {
            return m.metric->id == metric && m.stat.kind() == Stat::Kind::Percentile;
        });
    }

    Sink& m_sink;
    std::map<std::string, Value> m_settings;
    std::map<double, PointWriter> m_points; ///< by batch size
    std::vector<std::string> m_titles;
    std::string m_step;
    double m_batch = 0;
    bool m_rated = false;
    std::uint32_t m_sent = 0;
};

class TgiBenchmark : public Importer {
public:
    ImporterInfo info() const override { return { "tgi-benchmark", "TGI text-generation-benchmark", 2, 0 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        return sample.textContains("Decode (token)") && sample.textContains("Batch Size")
            ? std::optional(Match { Match::Certain, "has tables of steps by batch size" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return readConsoleLog(input, sink, Tables(sink),
            "the tables of text-generation-benchmark have no rows", "Save the whole output of the benchmark");
    }
};

const RegisterImporter<TgiBenchmark> registered;

} // namespace

} // namespace prism::formats
