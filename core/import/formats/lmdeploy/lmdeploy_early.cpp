// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/lmdeploy/lmdeploy_early.h"

#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace prism::formats::lmdeploy {

namespace {

constexpr std::string_view speedLabel = "token throughput (completion token)";

struct Term {
    std::string_view label;
    std::string_view metric;
    std::vector<Stat> stats; ///< of the numbers behind the label
    SourceUnit unit;
};
const std::vector<Term>& terms()
{
    static const std::vector<Stat> one { Stat::value() };
    static const std::vector<Stat> firstToken { Stat::min(), Stat::max(), Stat::mean() };
    static const std::vector<Term> all {
        { "elapsed_time", "duration", one, source::seconds },
        { "total prompts num", "requests", one, source::one },
        { "number of prompts", "requests", one, source::one },
        { "number of failed requests", "requests_failed", one, source::one },
        { "first_token latency(min, max, ave)", "ttft", firstToken, source::latencySeconds },
        { "first token latency(s)(min, max, ave)", "ttft", firstToken, source::latencySeconds },
        // Of the gaps between tokens of all requests, without the first token.
        { "per-token latency(s) percentile(50, 75, 95, 99)", "itl",
            { Stat::percentile(50), Stat::percentile(75), Stat::percentile(95), Stat::percentile(99) },
            source::latencySeconds },
        { "number of prompt tokens", "input_tokens", one, source::one },
        { "number of completion tokens", "output_tokens", one, source::one },
        { speedLabel, "output_throughput", one, source::tokensPerSecond },
        { "token throughput (prompt + completion token)", "total_throughput", one, source::tokensPerSecond },
        { "RPS (request per second)", "request_throughput", one, source::requestsPerSecond },
    };
    return all;
}

/// The numbers of "0.068, 4.066, 0.285", "0.1s, 1.2s, 0.3s", "[0, 0.094]" and "25.016 req/s".
std::vector<std::string_view> numbersOf(std::string_view text)
{
    constexpr std::string_view digits = "0123456789.eE+-naif";
    std::vector<std::string_view> numbers;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view part = text.substr(at, end - at);
        const std::size_t from = std::min(part.find_first_not_of(" ["), part.size());
        numbers.push_back(
            part.substr(from, std::min(part.find_first_not_of(digits, from), part.size()) - from));
        at = end + 1;
    }
    return numbers;
}

class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        const std::size_t colon = text.find(": ");
        if (colon == std::string_view::npos) {
            return;
        }
        const std::string_view label = text.substr(0, colon);
        const std::string_view value = read::trimmed(text.substr(colon + 1));
        const auto place = [&line](std::string_view part) {
            return line.at(static_cast<std::size_t>(part.data() - line.text.data())).text();
        };
        if (const auto users = label == "concurrency" ? read::consoleNumber(value) : std::nullopt) {
            finish();
            m_point.emplace(m_points);
            wholeAttribute(*m_point, "concurrency", users, place(value));
            m_point->attribute("load_mode", std::string("concurrency"));
            return;
        }
        const auto& known = terms();
        const auto term
            = std::find_if(known.begin(), known.end(), [label](const Term& t) { return t.label == label; });
        if (!m_point || term == known.end()) {
            return;
        }
        const auto numbers = numbersOf(value);
        for (std::size_t i = 0; i < numbers.size() && i < term->stats.size(); ++i) {
            if (!m_point->point().measure(term->metric, term->stats[i])) {
                m_point->measure(
                    term->metric, term->stats[i], numbers[i], place(numbers[i]), label, term->unit);
            }
        }
        m_measured = m_measured || label == speedLabel;
    }

    void finish()
    {
        if (m_point && m_measured) {
            m_sink.point(m_point->take());
            ++m_points;
        }
        m_point.reset();
        m_measured = false;
    }
    std::uint32_t points() const { return m_points; }

private:
    Sink& m_sink;
    std::optional<PointWriter> m_point;
    bool m_measured = false;
    std::uint32_t m_points = 0;
};

} // namespace

bool isEarlyConsole(const Sample& sample)
{
    return sample.textContains(speedLabel) && sample.textContains("RPS (request per second)");
}

Result<void> readEarlyConsole(Input& input, Sink& sink)
{
    return readConsoleLog(
        input, sink, Console(sink), "the text holds no block of speeds behind a concurrency");
}

} // namespace prism::formats::lmdeploy
