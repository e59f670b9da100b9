// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/request_statistics.h"

#include "core/import/distributions.h"

#include <algorithm>
#include <numeric>

namespace prism {

namespace {

double sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

} // namespace

void RequestStatistics::add(const RequestRow& row, std::optional<double> start, std::optional<double> end)
{
    ++m_requests;
    if (start && (!m_first || *start < *m_first)) {
        m_first = start;
    }
    if (end && (!m_last || *end > *m_last)) {
        m_last = end;
    }
    if (!row.ok) {
        return;
    }
    ++m_ok;
    const double decode = sum(row.gapsMs);
    m_gapSum += decode;
    m_gaps += row.gapsMs.size();
    if (row.ttft) {
        m_ttft.push_back(row.ttft->value);
    }
    if (row.e2e) {
        m_e2e.push_back(row.e2e->value);
    }
    if (row.isl) {
        m_isl.push_back(static_cast<double>(*row.isl));
    }
    if (!row.osl) {
        return;
    }
    const auto n = static_cast<double>(*row.osl);
    m_osl.push_back(n);
    // The last token's time where the gaps tell it, else the end of the request.
    if (row.ttft && n > 1 && (row.e2e || !row.gapsMs.empty())) {
        m_tpot.push_back((row.gapsMs.empty() ? row.e2e->value - row.ttft->value : decode) / (n - 1));
    }
    if (n > 0 && (row.e2e || (row.ttft && !row.gapsMs.empty()))) {
        m_ntpot.push_back((row.ttft && !row.gapsMs.empty() ? row.ttft->value + decode : row.e2e->value) / n);
    }
}

void RequestStatistics::writeTotals(PointWriter& out) const
{
    const auto put = [&out](std::string_view metric, double value, std::string formula) {
        out.derived(metric, Stat::value(), value, std::move(formula));
    };
    put("requests", static_cast<double>(m_requests), "number of requests in the file");
    put("requests_ok", static_cast<double>(m_ok), "number of requests without an error");
    put("requests_failed", static_cast<double>(m_requests - m_ok), "number of requests with an error");
    if (!m_isl.empty()) {
        put("input_tokens", sum(m_isl), "sum of isl of the successful requests");
    }
    if (!m_osl.empty()) {
        put("output_tokens", sum(m_osl), "sum of osl of the successful requests");
    }
    if (!m_first || !m_last || *m_last <= *m_first) {
        return;
    }
    const double duration = *m_last - *m_first;
    put("duration", duration, "last end - first start");
    put("request_throughput", static_cast<double>(m_ok) / duration, "requests_ok / duration");
    if (!m_isl.empty()) {
        put("input_throughput", sum(m_isl) / duration, "input_tokens / duration");
    }
    if (!m_osl.empty()) {
        put("output_throughput", sum(m_osl) / duration, "output_tokens / duration");
    }
    if (!m_isl.empty() && !m_osl.empty()) {
        put("total_throughput", (sum(m_isl) + sum(m_osl)) / duration,
            "(input_tokens + output_tokens) / duration");
    }
}

void RequestStatistics::write(PointWriter& out) const
{
    writeTotals(out);
    derivedDistribution(out, "ttft", m_ttft, "first token - start over the successful requests");
    derivedDistribution(out, "e2e", m_e2e, "end - start over the successful requests");
    derivedDistribution(
        out, "tpot", m_tpot, "(last token - first token) / (osl - 1) over the successful requests");
    derivedDistribution(out, "ntpot", m_ntpot, "(last token - start) / osl over the successful requests");
    derivedDistribution(out, "isl", m_isl, "isl over the successful requests");
    derivedDistribution(out, "osl", m_osl, "osl over the successful requests");
    if (m_gaps > 0) {
        const auto n = static_cast<double>(m_gaps);
        out.derived("itl", Stat::count(), n, "number of gaps");
        out.derived("itl", Stat::mean(), m_gapSum / n, "sum of gaps / number of gaps");
    }
}

} // namespace prism
