// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/console_log.h"
#include "core/import/formats/k6/k6_terms.h"
#include "core/read/numbers.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace prism::formats::k6 {

namespace {

constexpr std::string_view duration = "http_req_duration";
constexpr std::string_view count = "http_reqs";
constexpr std::string_view failed = "http_req_failed";
constexpr std::string_view iterations = "iterations";
constexpr std::string_view titleMark = "█ ";

struct Piece {
    std::string_view text;
    std::string path;
};

/// "http_reqs......................: 7341    12.422953/s": name and what stands behind the colon.
std::optional<std::pair<std::string_view, std::string_view>> metricLine(std::string_view text)
{
    for (const std::string_view mark : { "✓ ", "✗ " }) {
        if (text.starts_with(mark)) {
            text = read::trimmed(text.substr(mark.size()));
        }
    }
    const std::size_t dots = text.find("..");
    const std::size_t colon = dots == std::string_view::npos ? dots : text.find(':', dots);
    if (colon == std::string_view::npos
        || text.substr(dots, colon - dots).find_first_not_of('.') != std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view name = read::trimmed(text.substr(0, dots));
    if (!name.ends_with('}')) { // behind what a collector of logs puts before each line
        name = name.substr(name.find_last_of(' ') + 1);
    }
    return std::pair(name, read::trimmed(text.substr(colon + 1)));
}

/// How many virtual users a scenario holds throughout; nothing for those that ramp or follow a rate.
std::optional<std::int64_t> usersOf(std::string_view scenario)
{
    const std::size_t users = scenario.find(" VUs");
    const bool steady = scenario.find("looping VUs for") != std::string_view::npos
        || scenario.find("shared among") != std::string_view::npos
        || scenario.find("for each of") != std::string_view::npos;
    if (!steady || scenario.find("Up to ") != std::string_view::npos || users == std::string_view::npos) {
        return std::nullopt;
    }
    // "5 looping VUs for 30s", "1000 iterations shared among 80 VUs", "10 iterations for each of 4 VUs".
    std::string_view before = scenario.substr(0, users);
    if (before.ends_with(" looping")) {
        before.remove_suffix(8);
    }
    const std::string_view digits = before.substr(before.find_last_of(' ') + 1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number)
                                                                        : std::nullopt;
}

/// "5.00 iterations/s for 1m0s (maxVUs: 10-50, …)": what a scenario of constant arrivals asks for. One that
/// ramps begins with "Up to".
std::optional<double> arrivalsOf(std::string_view scenario)
{
    const std::size_t unit = scenario.find(" iterations/s for ");
    if (unit == std::string_view::npos || scenario.find("Up to ") != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view before = scenario.substr(0, unit);
    return read::parseDecimal(before.substr(before.find_last_of(' ') + 1));
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
        if (text.starts_with("scenarios:") || text.find(" scenarios: (") != std::string_view::npos) {
            finish();
            m_scenarios = 0;
            m_users.reset();
            m_arrivals.reset();
            m_inScenarios = true;
            return;
        }
        if (const std::size_t star = text.find("* "); m_inScenarios && star != std::string_view::npos) {
            ++m_scenarios;
            m_users = usersOf(text);
            m_arrivals = arrivalsOf(text);
            m_scenario = { line.place.text(), std::string(text.substr(star + 2)) };
            return;
        }
        m_inScenarios = m_inScenarios && text.empty();
        if (const std::size_t mark = text.find(titleMark); mark != std::string_view::npos) {
            // Below the totals of the run, --summary-mode=full repeats each metric for parts of it.
            const std::string_view title = read::trimmed(text.substr(mark + titleMark.size()));
            const bool part = title.starts_with("GROUP:") || title.starts_with("SCENARIO:");
            m_part
                = part && m_out && m_out->point().measure("e2e", Stat::mean()) ? title : std::string_view();
            return;
        }
        const auto metric = metricLine(text);
        if (!metric) {
            return;
        }
        const auto& [name, rest] = *metric;
        if (!m_part.empty() && m_out) {
            m_out->extra(line.place.text(), m_part + ", " + std::string(name) + ": " + std::string(rest));
            return;
        }
        if (name == duration && m_out && m_out->point().measure("e2e", Stat::mean())) {
            finish(); // the next run, pasted without its beginning
        }
        if (!m_out) {
            m_out.emplace(m_points);
        }
        take(line, name, rest);
    }

    void finish()
    {
        if (m_out && m_out->point().measure("e2e", Stat::mean())) {
            if (m_scenarios == 1 && m_users) {
                m_out->attribute("concurrency", *m_users, {}, m_scenario.path);
                m_out->attribute("load_mode", std::string("concurrency"), {}, m_scenario.path);
            }
            if (m_scenarios == 1 && m_arrivals) {
                // Iterations are requests where there were as many of the one as of the other.
                // k6 prints two decimals: below one a second they are too few digits to be the rate asked.
                if (m_requests && m_requests == m_iterations && *m_arrivals >= 1) {
                    m_out->attribute("request_rate", *m_arrivals, {}, m_scenario.path);
                }
                m_out->attribute("load_mode", std::string("rate"), {}, m_scenario.path);
            }
            if (m_scenarios > 0) {
                m_out->extra(m_scenario.path, m_scenario.text);
            }
            if (m_rate && m_failures.value_or(0) == 0) {
                m_out->measure("request_throughput", Stat::value(), m_rate->text, m_rate->path, count,
                    source::requestsPerSecond);
            } else if (m_rate) {
                m_out->extra(m_rate->path, "http_reqs: " + m_rate->text + "/s");
            }
            judge(*m_out, m_requests, m_failures, m_iterations);
            m_sink.point(m_out->take());
            ++m_points;
        }
        m_out.reset();
        m_rate.reset();
        m_requests.reset();
        m_failures.reset();
        m_iterations.reset();
        m_scenarios = 0;
        m_part.clear();
    }
    std::uint32_t points() const { return m_points; }

private:
    void take(const read::TextLine& line, std::string_view name, std::string_view rest)
    {
        const std::vector<Piece> words = split(line, rest);
        if (name == duration && durations(words)) {
            return;
        }
        if (name == count && words.size() >= 2 && words[1].text.ends_with("/s")) {
            m_requests = read::consoleNumber(words[0].text);
            m_out->measure("requests", Stat::value(), words[0].text, words[0].path, name, source::one);
            m_rate = Extra { words[1].path, std::string(words[1].text.substr(0, words[1].text.size() - 2)) };
            return;
        }
        if (name == failed && failures(words)) {
            return;
        }
        if (name == iterations && !words.empty()) {
            m_iterations = read::consoleNumber(words[0].text);
        }
        if (name == "dropped_iterations" && !words.empty()) {
            m_out->warn("dropped-iterations",
                "k6 could not start " + std::string(words[0].text)
                    + " iterations in time: the load was less than asked.",
                words[0].path);
        }
        m_out->extra(line.place.text(), std::string(name) + ": " + std::string(rest));
    }

    static std::vector<Piece> split(const read::TextLine& line, std::string_view rest)
    {
        std::vector<Piece> words;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            const auto offset = static_cast<std::size_t>(rest.data() - line.text.data());
            words.push_back({ rest.substr(0, end), line.at(offset).text() });
            rest = read::trimmed(rest.substr(end));
        }
        return words;
    }

    /// "avg=6.31s min=165.25ms med=6.66s max=11.65s p(90)=8.55s": rounded by k6, each in a unit of its own.
    bool durations(const std::vector<Piece>& words)
    {
        bool any = false;
        for (const Piece& word : words) {
            const std::size_t sign = word.text.find('=');
            const auto stat
                = sign == std::string_view::npos ? std::nullopt : statOf(word.text.substr(0, sign));
            const auto seconds
                = stat ? read::goDurationSeconds(word.text.substr(sign + 1)) : std::optional<double>();
            if (!seconds || m_out->point().measure("e2e", *stat)) {
                continue;
            }
            Measure m;
            m.metric = findMetric("e2e");
            m.stat = *stat;
            m.value = convert(*seconds, source::latencySeconds);
            m.path = word.path;
            m.given = std::string(duration) + ' ' + std::string(word.text.substr(0, sign));
            m_out->point().measures.push_back(std::move(m));
            any = true;
        }
        return any;
    }

    /// "0.00% 0 out of 7341", and before 0.46 "0.00% ✓ 0 ✗ 2000", where the tick counts what failed.
    bool failures(const std::vector<Piece>& words)
    {
        const Piece* number = nullptr;
        for (std::size_t i = 1; i + 1 < words.size(); ++i) {
            if (words[i].text == "✓") {
                number = &words[i + 1];
            } else if (!number && words[i + 1].text == "out") {
                number = &words[i];
            }
        }
        if (!number) {
            return false;
        }
        m_failures = read::consoleNumber(number->text);
        m_out->measure("requests_failed", Stat::value(), number->text, number->path, failed, source::one);
        return true;
    }

    Sink& m_sink;
    std::optional<PointWriter> m_out;
    std::optional<Extra> m_rate;
    std::optional<double> m_requests;
    std::optional<double> m_failures;
    std::optional<double> m_iterations;
    std::optional<std::int64_t> m_users;
    std::optional<double> m_arrivals; ///< asked for, a second
    std::string m_part; ///< title of the part of the run that is being read
    Extra m_scenario;
    int m_scenarios = 0;
    bool m_inScenarios = false;
    std::uint32_t m_points = 0;
};

} // namespace

Result<void> readConsole(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Reader(sink),
        "the text holds no line of http_req_duration with numbers",
        "Save what k6 prints at the end of a run");
}

} // namespace prism::formats::k6
