// SPDX-License-Identifier: GPL-3.0-or-later
// "ttft_s" on a line of its own, "p25 = 0.25" and further statistics on those below it, and at the end counts
// and throughput behind colons.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/formats/llmperf/llmperf_terms.h"
#include "core/read/text.h"

#include <algorithm>
#include <map>

namespace prism::formats::llmperf {

namespace {

constexpr std::string_view title = "Results for token benchmark for ";
constexpr std::string_view titleEnd = " queried with the ";

struct Total {
    std::string_view label;
    std::string_view metric; ///< empty: an attribute
    SourceUnit unit;
};
constexpr std::array totals {
    Total { "Number Of Errored Requests:", "requests_failed", source::one },
    Total { "Overall Output Throughput:", "output_throughput", source::tokensPerSecond },
    Total { "Number Of Completed Requests:", "requests_ok", source::one },
    Total { "Completed Requests Per Minute:", "request_throughput", source::requestsPerMinute },
};
constexpr std::string_view workers = "Number Of Concurrent Workers:"; ///< of forks

class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (const std::size_t at = text.find(title); at != std::string_view::npos) {
            finish();
            const std::string_view rest = text.substr(at + title.size());
            m_model = rest.substr(0, rest.find(titleEnd));
            m_modelPath = place(line, rest);
        } else if (isHeading(text)) {
            if (text == tokenLatency.key && m_out && m_out->point().measure("e2e", Stat::mean())) {
                finish(); // the next run, pasted without its title
            }
            m_key = text;
            start();
        } else if (const std::size_t sign = text.find(" = "); sign != std::string_view::npos) {
            statistic(line, text.substr(0, sign), text.substr(sign + 3));
        } else {
            total(line, text);
        }
    }

    void finish()
    {
        if (m_out && !m_out->point().measures.empty()) {
            send();
        }
        m_out.reset();
        m_tokenTimes.clear();
        m_key.clear();
        m_model.clear();
    }
    std::uint32_t points() const { return m_points; }

private:
    struct TokenTime {
        Stat stat;
        std::string name, text, path;
    };

    static bool isHeading(std::string_view text)
    {
        return text == tokenLatency.key || text == "request_output_throughput_token_per_s"
            || std::any_of(distributions.begin(), distributions.end(),
                [text](const Distribution& d) { return d.key == text; });
    }
    static std::string place(const read::TextLine& line, std::string_view part)
    {
        return line.at(static_cast<std::size_t>(part.data() - line.text.data())).text();
    }
    void start()
    {
        if (!m_out) {
            m_out.emplace(m_points);
        }
    }

    void statistic(const read::TextLine& line, std::string_view name, std::string_view number)
    {
        std::optional<Stat> stat;
        if (std::find(quantiles.begin(), quantiles.end(), name) != quantiles.end()) {
            stat = Stat::parse(name);
        }
        for (const auto& [word, moment] : moments) {
            stat = name == word ? std::optional(moment) : stat;
        }
        if (!stat || m_key.empty()) {
            return;
        }
        const std::string label = m_key + ' ' + std::string(name);
        const auto d = std::find_if(distributions.begin(), distributions.end(),
            [this](const Distribution& candidate) { return candidate.key == m_key; });
        if (d != distributions.end()) {
            m_out->measure(d->metric, *stat, number, place(line, number), label, d->unit);
        } else if (m_key == tokenLatency.key) {
            m_tokenTimes.push_back({ *stat, label, std::string(number), place(line, number) });
        } else {
            m_out->extra(place(line, number), label + ": " + std::string(number));
        }
    }

    void total(const read::TextLine& line, std::string_view text)
    {
        for (const Total& t : totals) {
            if (text.starts_with(t.label) && m_out) {
                const std::string_view number = read::trimmed(text.substr(t.label.size()));
                m_out->measure(t.metric, Stat::value(), number, place(line, number),
                    t.label.substr(0, t.label.size() - 1), t.unit);
                m_key.clear();
            }
        }
        if (text.starts_with(workers) && m_out) {
            const std::string_view number = read::trimmed(text.substr(workers.size()));
            wholeAttribute(*m_out, "concurrency", read::consoleNumber(number), place(line, number));
            m_out->attribute("load_mode", std::string("concurrency"), {}, place(line, number));
        }
    }

    void send()
    {
        PointWriter& out = *m_out;
        if (!m_model.empty()) {
            out.attribute("model", m_model, {}, m_modelPath);
        }
        const auto seconds = [&out](std::string_view metric, double perSecond) {
            const Measure* m = out.point().measure(metric, Stat::mean());
            return m && m->status == Status::Ok ? std::optional(m->value / perSecond) : std::nullopt;
        };
        const auto stated = std::find_if(m_tokenTimes.begin(), m_tokenTimes.end(),
            [](const TokenTime& time) { return time.stat == Stat::mean(); });
        const TokenLatency latency(
            stated == m_tokenTimes.end() ? std::nullopt : read::consoleNumber(stated->text),
            seconds("e2e", 1e3), seconds("osl", 1), {});
        for (const TokenTime& time : m_tokenTimes) {
            if (latency.known) {
                out.measure(
                    tokenLatency.metric, time.stat, time.text, time.path, time.name, tokenLatency.unit);
            } else {
                out.extra(time.path, time.name + ": " + time.text);
            }
        }
        if (!latency.known && stated != m_tokenTimes.end()) {
            out.warn("token-latency-unclear", latency.unclearText(), stated->path);
        }
        deriveFromMeans(out, latency.known);
        const Measure* done = out.point().measure("requests_ok", Stat::value());
        const Measure* failed = out.point().measure("requests_failed", Stat::value());
        if (done && failed && done->status == Status::Ok && failed->status == Status::Ok) {
            out.derived(
                "requests", Stat::value(), done->value + failed->value, "requests_ok + requests_failed");
        }
        m_sink.point(out.take());
        ++m_points;
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    std::string m_key; ///< the heading that the statistics stand under
    std::string m_model, m_modelPath;
    std::vector<TokenTime> m_tokenTimes; ///< whose meaning is known at the end
    std::uint32_t m_points = 0;
};

} // namespace

bool isConsole(const Sample& sample)
{
    const bool heading
        = sample.textContains("inter_token_latency_s\n") || sample.textContains("inter_token_latency_s\r");
    return heading && sample.textContains(" p25 = ") && sample.textContains("end_to_end_latency_s");
}

Result<void> readConsole(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Console(sink), "the text holds no statistics of llmperf",
        "Save what token_benchmark_ray.py prints, or drop the file whose name ends in _summary.json");
}

} // namespace prism::formats::llmperf
