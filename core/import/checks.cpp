// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/checks.h"

#include "core/import/importer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace prism {

namespace {

constexpr double tolerance = 0.02;

std::optional<double> number(const LoadPoint& point, std::string_view metric, Stat stat = Stat::value())
{
    const Measure* m = point.measure(metric, stat);
    const bool usable = m && m->status == Status::Ok && m->origin == Origin::Reported && m->semantics.empty();
    return usable ? std::optional(m->value) : std::nullopt;
}

/// Half a unit of the last digit that a printed number shows: 12.34 may be 0.005 off. Binary doubles print
/// many digits.
double rounding(double value)
{
    const std::string text = formatNumber(value, Unit::One, NumberStyle::Full);
    const std::size_t exponent = text.find('e');
    const std::size_t point = text.find('.');
    const std::size_t digits = point == std::string::npos ? 0 : std::min(exponent, text.size()) - point - 1;
    return 0.5 * std::pow(10, -static_cast<double>(digits));
}

bool disagree(double stated, double computed, double slack)
{
    const double difference = std::abs(stated - computed);
    return std::isfinite(computed) && difference > tolerance * std::max(std::abs(stated), std::abs(computed))
        && difference > slack;
}

std::string text(double value, Unit unit)
{
    return formatNumber(value, unit, NumberStyle::Reading);
}

class Checks {
public:
    Checks(LoadPoint& point, std::string_view producer)
        : m_point(point)
        , m_producer(producer)
    {
    }

    void compare(const char* code, const char* metric, std::optional<double> computed,
        const std::string& from, double slack = 0)
    {
        const auto stated = number(m_point, metric);
        if (!stated || !computed || !disagree(*stated, *computed, std::max(slack, rounding(*stated)))) {
            return;
        }
        const Metric& m = *findMetric(metric);
        Warning w { code,
            m.name + ": the file says " + text(*stated, m.unit) + ", but " + from + " gives "
                + text(*computed, m.unit) + '.',
            m_point.measure(metric, Stat::value())->path, Severity::Warning };
        for (const Habit& habit : producerInfo(m_producer).habits) {
            if (habit.code == w.code) {
                w.severity = Severity::Note;
                w.text += ' ' + std::string(habit.text);
            }
        }
        m_point.warnings.push_back(std::move(w));
    }

private:
    LoadPoint& m_point;
    std::string_view m_producer;
};

std::optional<double> ratio(std::optional<double> a, std::optional<double> b)
{
    return a && b && *b > 0 ? std::optional(*a / *b) : std::nullopt;
}

/// A rate from a rounded duration can only be as good as that.
double slackOf(std::optional<double> amount, std::optional<double> duration)
{
    return amount && duration && *duration > 0 ? *amount / *duration * rounding(*duration) / *duration : 0;
}

/// Of what the registry knows, only scores of quality may lie below zero.
void warnOfNegatives(LoadPoint& point)
{
    const Measure* first = nullptr;
    std::size_t others = 0;
    for (const Measure& m : point.measures) {
        if (m.status == Status::Ok && m.value < 0 && m.metric->group != "Quality") {
            others += first ? 1 : 0;
            first = first ? first : &m;
        }
    }
    if (first) {
        point.warnings.push_back({ "negative-value",
            title(*first->metric, first->stat) + ": the file says "
                + text(first->value, unitOf(*first->metric, first->stat)) + ", which cannot be negative"
                + (others > 0 ? ", nor can " + std::to_string(others) + " other numbers beside it" : "")
                + '.',
            first->path, Severity::Warning });
    }
}

} // namespace

void checkMeanings(LoadPoint& point, std::string_view producer)
{
    warnOfNegatives(point);
    Checks checks(point, producer);
    const auto duration = number(point, "duration");
    const auto ok = number(point, "requests_ok");
    const auto out = number(point, "output_tokens");
    const auto in = number(point, "input_tokens");
    checks.compare("rate-disagrees", "request_throughput", ratio(ok, duration),
        "successful requests / duration", slackOf(ok, duration));
    checks.compare("rate-disagrees", "output_throughput", ratio(out, duration), "output tokens / duration",
        slackOf(out, duration));
    checks.compare("rate-disagrees", "input_throughput", ratio(in, duration), "input tokens / duration",
        slackOf(in, duration));
    const auto outRate = number(point, "output_throughput");
    const auto inRate = number(point, "input_throughput");
    if (outRate && inRate) {
        checks.compare("total-disagrees", "total_throughput", *outRate + *inRate, "input + output throughput",
            rounding(*outRate) + rounding(*inRate));
    } else if (out && in) {
        const std::optional<double> total = *out + *in;
        checks.compare("total-disagrees", "total_throughput", ratio(total, duration),
            "(input + output tokens) / duration", slackOf(total, duration));
    }
    if (ok) {
        double sum = *ok;
        for (const char* rest : { "requests_failed", "requests_incomplete", "requests_cancelled" }) {
            sum += number(point, rest).value_or(0);
        }
        if (number(point, "requests_failed")) {
            checks.compare("counts-disagree", "requests", sum, "successful + failed + unfinished requests");
        }
        const auto isl = number(point, "isl", Stat::mean());
        const auto osl = number(point, "osl", Stat::mean());
        checks.compare("tokens-disagree", "input_tokens", isl ? std::optional(*isl * *ok) : std::nullopt,
            "mean input length × successful requests", isl ? rounding(*isl) * *ok : 0);
        checks.compare("tokens-disagree", "output_tokens", osl ? std::optional(*osl * *ok) : std::nullopt,
            "mean output length × successful requests", osl ? rounding(*osl) * *ok : 0);
    }
}

void RequestCheck::add(const RequestRow& row, bool endsWithToken)
{
    double least = 0;
    for (const auto& time : { row.ttft, row.e2e }) {
        least = std::min(least, time ? time->value : 0);
    }
    for (const double gap : row.gapsMs) {
        least = std::min(least, gap);
    }
    m_negative += least < 0 ? 1 : 0;
    m_mostNegative = std::min(m_mostNegative, least);
    if (!endsWithToken || !row.ok || !row.ttft || !row.e2e || row.gapsMs.empty()) {
        return;
    }
    const double sum = row.ttft->value + std::accumulate(row.gapsMs.begin(), row.gapsMs.end(), 0.0);
    ++m_checked;
    if (disagree(row.e2e->value, sum, 1.0)) {
        ++m_disagree;
        if (std::abs(row.e2e->value - sum) > std::abs(m_worstStated - m_worstSum)) {
            m_worstStated = row.e2e->value;
            m_worstSum = sum;
        }
    }
}

void RequestCheck::tell(std::vector<Warning>& warnings) const
{
    if (m_disagree * 100 > m_checked) {
        warnings.push_back({ "e2e-disagrees",
            "E2E latency: in " + std::to_string(m_disagree) + " of " + std::to_string(m_checked)
                + " requests it is not TTFT plus the gaps; the worst says "
                + text(m_worstStated, Unit::Millisecond) + " and adds up to "
                + text(m_worstSum, Unit::Millisecond) + '.',
            {}, Severity::Warning });
    }
    if (m_negative > 0) {
        warnings.push_back({ "negative-times",
            std::to_string(m_negative) + (m_negative == 1 ? " request has" : " requests have")
                + " a time below zero, the least " + text(m_mostNegative, Unit::Millisecond)
                + ": the clocks of the client disagree, or the file is wrong. All are kept as they are.",
            {}, Severity::Warning });
    }
}

} // namespace prism
