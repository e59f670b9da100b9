// SPDX-License-Identifier: GPL-3.0-or-later
// The report that trtllm-bench prints: sections under "= TITLE" between rules, lines of a label and a value,
// and since 0.17 breakdowns of lines such as "[TPOT] P50    : 7.6079".
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/formats/trtllm_bench/trtllm_terms.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <set>

namespace prism::formats::trtllm {

namespace {

struct Label {
    std::string_view text;
    std::string_view metric;
    Stat stat;
    SourceUnit unit;
};
const Label labels[] = {
    { "Number of requests", "requests", Stat::value(), source::one },
    { "Average Input Length (tokens)", "isl", Stat::mean(), source::one },
    { "Average Output Length (tokens)", "osl", Stat::mean(), source::one },
    { "Request Throughput (req/sec)", "request_throughput", Stat::value(), source::requestsPerSecond },
    // Up to 0.17 the tokens of this line are the generated ones; later there are two lines.
    { "Token Throughput (tokens/sec)", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "Total Output Throughput (tokens/sec)", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "Total Token Throughput (tokens/sec)", "total_throughput", Stat::value(), source::tokensPerSecond },
    { "Total Latency (ms)", "duration", Stat::value(), source::milliseconds },
    { "Total Latency (seconds)", "duration", Stat::value(), source::seconds },
    { "Average request latency (ms)", "e2e", Stat::mean(), source::latencyMilliseconds },
    { "Average time-to-first-token [TTFT] (ms)", "ttft", Stat::mean(), source::latencyMilliseconds },
    // Up to 0.16, where the one of a request is (tn - t1) / (n - 1).
    { "Average time-to-first-token (ms)", "ttft", Stat::mean(), source::latencyMilliseconds },
    { "Average inter-token latency (ms)", "tpot", Stat::mean(), source::latencyMilliseconds },
    { "Average time-per-output-token [TPOT] (ms)", "tpot", Stat::mean(), source::latencyMilliseconds },
};

/// Of the latency benchmark, whose "total" tokens are the generated ones, and whose generation speed is that
/// of a request behind its first token.
const Label latencyLabels[] = {
    { "Total Token Throughput (tokens/sec)", "output_throughput", Stat::value(), source::tokensPerSecond },
    { "Generation Token Throughput (tokens/sec)", "output_throughput_per_user", Stat::mean(),
        source::tokensPerSecond },
};

struct Word {
    std::string_view label;
    std::string_view attribute;
};
constexpr Word words[] = { { "Model", "model" }, { "TensorRT-LLM Version", "engine_version" },
    { "TensorRT LLM Version", "engine_version" }, { "Quantization", "precision" },
    { "KV Cache Dtype", "kv_cache_dtype" } };
constexpr Word sizes[] = { { "TP Size", "tp" }, { "PP Size", "pp" }, { "EP Size", "ep" } };

struct Prefix {
    std::string_view text;
    std::string_view metric;
};
constexpr Prefix prefixes[] = { { "[Latency]", "e2e" }, { "[TTFT]", "ttft" }, { "[TPOT]", "tpot" },
    { "[GTPS]", "output_throughput_per_user" } };

bool isRule(std::string_view line)
{
    return line.size() >= 20 && line.find_first_not_of('=') == std::string_view::npos;
}

/// "[05/28/2025-23:40:58] [TRT-LLM] [I] …", "[TensorRT-LLM][INFO] …"
bool isLog(std::string_view line)
{
    return line.starts_with("[TensorRT-LLM]")
        || (line.starts_with('[') && line.find("] [TRT-LLM] [") != std::string_view::npos);
}

/// The unit in the parentheses at the end of "-- Request Latency Breakdown (ms) ----".
std::string_view unitIn(std::string_view heading)
{
    const std::size_t open = heading.rfind('(');
    const std::size_t close = heading.find(')', std::min(open, heading.size()));
    return open == std::string_view::npos || close == std::string_view::npos
        ? std::string_view()
        : heading.substr(open + 1, close - open - 1);
}

class Reader {
public:
    explicit Reader(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (isLog(text) || text.empty()) {
            return; // processes of other ranks write between the lines of a report
        }
        if (isRule(text)) {
            // One rule closes a title; the next one opens another or ends the report.
            m_ruled = true;
            m_ends = !m_titled;
            m_titled = false;
            return;
        }
        const bool title = m_ruled && text.starts_with("= ");
        if (title) {
            section(read::trimmed(text.substr(2)));
        } else if (m_ends) {
            m_section.clear();
            m_closed = m_measured;
        } else if (!m_section.empty() && text.starts_with("-- ")) {
            m_heading = text;
        } else if (!m_section.empty()) {
            item(line, text);
        }
        m_titled = title;
        m_ruled = false;
        m_ends = false;
    }

    void finish()
    {
        if (m_out && m_measured) {
            send();
        }
        m_out.reset();
        m_breakdowns.clear();
        m_seen.clear();
        m_measured = false;
        m_closed = false;
    }
    std::uint32_t points() const { return m_points; }

private:
    void section(std::string_view title)
    {
        m_section.clear();
        m_heading.clear();
        const bool backend = title == "ENGINE DETAILS" || title.ends_with(" BACKEND");
        const bool ours = backend || title == "MACHINE DETAILS" || title == "REQUEST DETAILS"
            || title.starts_with("WORLD + RUNTIME") || title.starts_with("PERFORMANCE OVERVIEW")
            || title == "STATISTICS" || title == "STREAMING STATISTICS"
            || title == "REQUEST LATENCY STATISTICS" || isLatencyTitle(title)
            || title.starts_with("DECODING STATISTICS") || title == "DATASET DETAILS";
        // The data set is told before the first run, too, and the building of an engine in words of its own.
        if (!ours || (title == "DATASET DETAILS" && (!m_measured || m_closed))) {
            return;
        }
        if (backend || m_closed || !m_seen.insert(std::string(title)).second) {
            finish();
            m_seen.insert(std::string(title));
        }
        if (!m_out) {
            m_out.emplace(m_points);
        }
        m_section = title;
        m_measured = m_measured || title.starts_with("PERFORMANCE OVERVIEW") || title == "STATISTICS"
            || isLatencyTitle(title);
    }

    /// Sections of `trtllm-bench latency`. Its breakdowns are of the time behind the first token, which is no
    /// metric of ours, and print the median as "P90": they stay extras.
    static bool isLatencyTitle(std::string_view title)
    {
        return title == "GENERAL OVERVIEW" || title == "THROUGHPUT OVERVIEW" || title == "LATENCY OVERVIEW"
            || isBreakdownTitle(title);
    }
    static bool isBreakdownTitle(std::string_view title) { return title.ends_with(" BREAKDOWN"); }

    void item(const read::TextLine& line, std::string_view text)
    {
        if (!m_out) {
            return;
        }
        if (m_section == "MACHINE DETAILS") {
            machine(line, text);
            return;
        }
        if (m_section.starts_with("DECODING STATISTICS") || m_section == "DATASET DETAILS") {
            m_out->extra(line.place.text(), text);
            return;
        }
        if (isBreakdownTitle(m_section)) {
            m_out->extra(line.place.text(), m_section + ", " + std::string(text));
            return;
        }
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            return;
        }
        const std::string_view label = read::trimmed(text.substr(0, colon));
        const std::string_view value = read::trimmed(text.substr(colon + 1));
        if (value.empty()) {
            return;
        }
        const std::string place = line.at(static_cast<std::size_t>(value.data() - line.text.data())).text();
        if (!breakdown(label, value, place) && !number(label, value, place)
            && !attribute(label, value, place)) {
            m_out->extra(place, std::string(label) + ": " + std::string(value));
        }
    }

    /// "NVIDIA H200, memory 139.72 GB, 3.20 GHz"
    void machine(const read::TextLine& line, std::string_view text)
    {
        if (const std::size_t comma = text.find(", memory "); comma != std::string_view::npos) {
            m_out->attribute("accelerator", std::string(text.substr(0, comma)), {}, line.place.text());
        }
        m_out->extra(line.place.text(), text);
    }

    bool breakdown(std::string_view label, std::string_view value, const std::string& place)
    {
        for (const Prefix& prefix : prefixes) {
            if (!label.starts_with(prefix.text)) {
                continue;
            }
            const auto stat = statOf(read::trimmed(label.substr(prefix.text.size())));
            const auto number = read::consoleNumber(value);
            if (!stat || !number) {
                return stat.has_value();
            }
            const std::string_view unit = unitIn(m_heading);
            const bool speed = prefix.metric == "output_throughput_per_user";
            const auto known = speed
                ? (unit.starts_with("tps") || unit.starts_with("tok") ? std::optional(source::tokensPerSecond)
                                                                      : std::nullopt)
                : sourceUnit(unit, Unit::Millisecond);
            if (!known) {
                return false;
            }
            auto it = std::find_if(m_breakdowns.begin(), m_breakdowns.end(),
                [&](const Breakdown& b) { return b.metric == prefix.metric; });
            if (it == m_breakdowns.end()) {
                it = m_breakdowns.insert(
                    it, Breakdown { prefix.metric, *known, speed ? 1e9 : 1e-6, {}, std::nullopt });
            }
            it->items.push_back({ *stat, *number, place, std::string(label) });
            return true;
        }
        return false;
    }

    bool number(std::string_view label, std::string_view value, const std::string& place)
    {
        const auto isLabel = [label](const Label& l) { return l.text == label; };
        const Label* known = std::find_if(std::begin(latencyLabels), std::end(latencyLabels), isLabel);
        if (m_section != "THROUGHPUT OVERVIEW" || known == std::end(latencyLabels)) {
            known = std::find_if(std::begin(labels), std::end(labels), isLabel);
        }
        if (known == std::end(labels)) {
            return false;
        }
        // A template in a document has no digits, and no number may come of it.
        if (read::consoleNumber(value) && !m_out->point().measure(known->metric, known->stat)) {
            m_out->measure(known->metric, known->stat, value, place, label, known->unit);
        }
        return true;
    }

    bool attribute(std::string_view label, std::string_view value, const std::string& place)
    {
        const auto isLabel = [label](const Word& w) { return w.label == label; };
        if (const auto* word = std::find_if(std::begin(words), std::end(words), isLabel);
            word != std::end(words)) {
            if (value != "None") {
                m_out->attribute(word->attribute, std::string(value), {}, place);
            }
            return true;
        }
        if (label == "Dtype") {
            m_dtype = { place, std::string(value) };
            return false;
        }
        const auto* size = std::find_if(std::begin(sizes), std::end(sizes), isLabel);
        const auto number = size != std::end(sizes) ? read::consoleNumber(value) : std::nullopt;
        if (number) {
            wholeAttribute(*m_out, size->attribute, number, place);
        }
        return size != std::end(sizes);
    }

    void send()
    {
        for (Breakdown& b : m_breakdowns) {
            const Measure* mean = m_out->point().measure(b.metric, Stat::mean());
            b.average = mean ? std::optional(mean->value) : std::nullopt;
            b.write(*m_out);
        }
        // Weights that nothing quantised are in the data type of the model.
        if (!m_out->point().attribute("precision") && !m_dtype.text.empty()) {
            m_out->attribute("precision", m_dtype.text, {}, m_dtype.path);
        }
        m_dtype = {};
        const auto& measures = m_out->point().measures;
        const bool any = std::any_of(measures.begin(), measures.end(), [](const Measure& m) {
            return m.status == Status::Ok && m.metric->id != "requests" && m.metric->id != "isl"
                && m.metric->id != "osl";
        });
        if (any) {
            m_sink.point(m_out->take());
            ++m_points;
        }
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    std::vector<Breakdown> m_breakdowns;
    std::set<std::string> m_seen; ///< sections of this report
    std::string m_section; ///< empty outside those that are read
    std::string m_heading;
    Extra m_dtype;
    bool m_ruled = false; ///< the line before was a rule
    bool m_titled = false; ///< a title stands before it
    bool m_ends = false; ///< the rule is no title's
    bool m_closed = false; ///< a measured report came to its end
    bool m_measured = false;
    std::uint32_t m_points = 0;
};

} // namespace

Result<void> readText(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Reader(sink), "the report of trtllm-bench holds no measured number",
        "Save the output of a run that ended; a template from a document has none");
}

} // namespace prism::formats::trtllm
