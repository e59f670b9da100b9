// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/locust/locust_point.h"
#include "core/import/secrets.h"

#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>

namespace prism::formats::locust {

namespace {

constexpr std::string_view requestCount = "Request Count";
constexpr std::string_view failureCount = "Failure Count";
constexpr std::string_view requestRate = "Requests/s";
constexpr std::string_view failureRate = "Failures/s";

/// Titles before version 1.0, lower case.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> oldTitles { {
    { "# requests", requestCount },
    { "# failures", failureCount },
    { "requests failed/s", failureRate },
    { "request/s", requestRate },
} };
constexpr std::string_view titles[]
    = { "Type", "Name", requestCount, failureCount, "Median Response Time", "Average Response Time",
          "Min Response Time", "Max Response Time", "Average Content Size", requestRate, failureRate };

struct Time {
    std::string_view title;
    Stat stat;
};
const Time times[] = { { "Average Response Time", Stat::mean() }, { "Min Response Time", Stat::min() },
    { "Max Response Time", Stat::max() } };

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// "99.9%": Locust rounds these to two digits, so that its 100 % is not the maximum.
std::optional<Stat> percentile(std::string_view title)
{
    if (title.empty() || title.back() != '%' || title == "100%") {
        return std::nullopt;
    }
    const auto p = read::parseDecimal(title.substr(0, title.size() - 1));
    return p && *p > 0 && *p < 100 ? std::optional(Stat::percentile(*p)) : std::nullopt;
}

/// The response times of a row as a distribution of `metric`.
void takeTimes(PointWriter& out, const Row& row, std::string_view metric, std::string_view semantics)
{
    const auto put = [&](Stat stat, const Cell& cell) {
        if (!out.point().measure(metric, stat)) {
            out.measure(metric, stat, cell.value.number, cell.value.place, cell.title,
                source::latencyMilliseconds, semantics);
        }
    };
    for (const Time& time : times) {
        if (const Cell* cell = row.cell(time.title)) {
            put(time.stat, *cell);
        }
    }
    for (const Cell& cell : row.cells) {
        if (const auto stat = percentile(cell.title)) {
            put(*stat, cell);
        }
    }
    if (const Cell* median = row.cell("Median Response Time")) {
        put(Stat::percentile(50), *median);
    }
}

/// Everything of a row that became no measure, in one line.
void keep(PointWriter& out, const Row& row, bool counted, bool timed)
{
    std::string text = (row.type.empty() ? std::string() : row.type + ' ') + withoutSecrets(row.name) + ':';
    bool any = false;
    for (const Cell& cell : row.cells) {
        const bool time = cell.title.ends_with("Response Time") || percentile(cell.title);
        const bool count = cell.title == requestCount || cell.title == failureCount;
        if (cell.title == "Type" || cell.title == "Name" || read::trimmed(cell.value.text).empty()
            || (timed && time) || (counted && count)) {
            continue;
        }
        text += (any ? ", " : " ") + cell.title + ' ' + std::string(read::trimmed(cell.value.text));
        any = true;
    }
    if (any) {
        out.extra(row.cells.front().value.place, text);
    }
}

void count(
    PointWriter& out, std::string_view metric, const std::vector<const Row*>& rows, std::string_view title)
{
    double sum = 0;
    for (const Row* row : rows) {
        const auto number = row->number(title);
        if (!number) {
            return;
        }
        sum += *number;
    }
    if (rows.size() == 1) {
        const Cell& cell = *rows.front()->cell(title);
        out.measure(metric, Stat::value(), cell.value.number, cell.value.place, title, source::one);
    } else if (!rows.empty()) {
        out.derived(metric, Stat::value(), sum,
            "sum of " + std::string(title) + " over " + std::to_string(rows.size()) + " kinds of request");
    }
}

std::optional<double> sumOf(const std::vector<const Row*>& rows, std::string_view title)
{
    std::optional<double> sum;
    for (const Row* row : rows) {
        const auto number = row->number(title);
        if (!number) {
            return std::nullopt;
        }
        sum = sum.value_or(0) + *number;
    }
    return sum;
}

/// Locust's rate counts failures too. Without any it is the contract's; with them the difference is.
void rate(PointWriter& out, const std::vector<const Row*>& rows, double failures)
{
    const auto all = sumOf(rows, requestRate);
    const auto failed = sumOf(rows, failureRate);
    if (failures == 0 && rows.size() == 1 && rows.front()->cell(requestRate)) {
        const Cell& cell = *rows.front()->cell(requestRate);
        out.measure("request_throughput", Stat::value(), cell.value.number, cell.value.place, requestRate,
            source::requestsPerSecond);
    } else if (all && (failures == 0 || failed)) {
        out.derived("request_throughput", Stat::value(), *all - (failures == 0 ? 0 : *failed),
            failures == 0 ? "sum of Requests/s over the kinds of request" : "Requests/s - Failures/s");
    }
}

} // namespace

const Cell* Row::cell(std::string_view title) const
{
    const auto it
        = std::find_if(cells.begin(), cells.end(), [title](const Cell& c) { return c.title == title; });
    return it == cells.end() || read::trimmed(it->value.text).empty() ? nullptr : &*it;
}

std::optional<double> Row::number(std::string_view title) const
{
    const Cell* found = cell(title);
    return found ? found->value.value() : std::nullopt;
}

bool Row::isFirstToken() const
{
    static constexpr std::string_view words[]
        = { "ttft", "time_to_first_token", "time to first token", "first_token_latency", "first_token" };
    const auto says = [](const std::string& text) {
        return std::find(std::begin(words), std::end(words), lower(text)) != std::end(words);
    };
    return says(name) || says(type);
}

bool Row::isMetric() const
{
    static constexpr std::string_view words[] = { "metric", "ttft", "tpot", "itl", "custom_metric" };
    const std::string word = lower(type);
    return isFirstToken() || std::find(std::begin(words), std::end(words), word) != std::end(words);
}

Rows::Chosen Rows::choose() const
{
    Chosen c;
    const Row* total = nullptr;
    std::size_t firstTokens = 0;
    for (const Row& row : m_rows) {
        if (row.isTotal()) {
            total = &row;
        } else if (row.isMetric()) {
            c.metrics = true;
            firstTokens += row.isFirstToken() ? 1 : 0;
            c.firstToken = row.isFirstToken() ? &row : c.firstToken;
        } else {
            c.requests.push_back(&row);
        }
    }
    c.firstToken = firstTokens == 1 ? c.firstToken : nullptr; // of several kinds of request there is no one
    c.kinds = c.requests.size();
    if (total && !c.metrics) {
        c.requests = { total };
    }
    c.row = c.requests.size() == 1 && !c.metrics ? c.requests.front() : nullptr;
    return c;
}

LoadPoint Rows::point(std::uint32_t index) const
{
    PointWriter out(index);
    const Chosen chosen = choose();
    count(out, "requests", chosen.requests, requestCount);
    count(out, "requests_failed", chosen.requests, failureCount);
    const auto requests = sumOf(chosen.requests, requestCount);
    const auto failures = sumOf(chosen.requests, failureCount);
    if (requests && failures) {
        out.derived("requests_ok", Stat::value(), *requests - *failures, "requests - requests_failed");
        rate(out, chosen.requests, *failures);
    }
    if (chosen.row) {
        takeTimes(out, *chosen.row, "e2e", failures && *failures > 0 ? "includes-failed" : "");
    }
    if (chosen.firstToken) {
        takeTimes(out, *chosen.firstToken, "ttft", {});
    }
    for (const Row& row : m_rows) {
        const bool counted
            = std::find(chosen.requests.begin(), chosen.requests.end(), &row) != chosen.requests.end();
        keep(out, row, counted && chosen.requests.size() == 1,
            &row == chosen.row || &row == chosen.firstToken);
    }
    if (failures && *failures > 0) {
        out.warn("failures-included",
            "The latencies and the file's Requests/s count failed requests too, of which there are "
                + formatNumber(*failures, Unit::One, NumberStyle::Full) + " of "
                + formatNumber(requests.value_or(*failures), Unit::One, NumberStyle::Full) + '.');
    }
    if (chosen.row && chosen.kinds > 1) {
        out.warn("mixed-requests",
            "The script sends " + std::to_string(chosen.kinds)
                + " kinds of request: counts, rate and E2E are over all of them, whatever they call.");
    }
    if (chosen.metrics) {
        out.warn("metrics-as-requests",
            "The script reports numbers of its own as rows: the row Aggregated mixes them with requests and "
            "is "
            "not used, and a request's response time may end with its headers and is not taken as E2E.",
            {}, Severity::Note);
    }
    return out.take();
}

std::vector<std::string> titlesOf(const read::CsvRow& header)
{
    std::vector<std::string> out;
    for (const read::Cell& cell : header) {
        const std::string word = lower(read::trimmed(cell.text));
        std::string title(read::trimmed(cell.text));
        for (const auto& [old, now] : oldTitles) {
            title = word == old ? std::string(now) : title;
        }
        for (const std::string_view known : titles) {
            title = word == lower(known) ? std::string(known) : title;
        }
        out.push_back(std::move(title));
    }
    return out;
}

} // namespace prism::formats::locust
