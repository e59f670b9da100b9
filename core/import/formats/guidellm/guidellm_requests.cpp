// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/guidellm/guidellm_requests.h"
#include "core/import/nearest_whole.h"
#include "core/units/convert.h"

#include <cmath>

namespace prism::formats::guidellm {

namespace {

std::optional<double> number(const read::Node& at, std::initializer_list<std::string_view> pointers)
{
    for (const std::string_view pointer : pointers) {
        const read::Node* node = at.at(pointer);
        if (const auto value = node ? node->number() : std::nullopt) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<std::int64_t> tokens(const read::Node& at, std::initializer_list<std::string_view> pointers)
{
    const auto value = number(at, pointers);
    return value ? nearestWhole(*value) : std::nullopt;
}

std::optional<Milliseconds> span(std::optional<double> from, std::optional<double> to)
{
    return from && to ? std::optional(Milliseconds { millisecondsBetween(*from, *to) }) : std::nullopt;
}

std::string errorText(const read::Node& request, std::string_view list)
{
    std::string text;
    for (const std::string_view pointer : { "/error", "/info/error", "/message" }) {
        const read::Node* node = request.at(pointer);
        if (node && node->isString() && !node->text().empty()) {
            text = node->text().substr(0, 500);
            break;
        }
    }
    if (list == "incomplete") {
        return text.empty() ? "incomplete" : "incomplete: " + text;
    }
    return text.empty() ? "failed" : text;
}

/// The id of the answer, where it came and the version keeps it; else its own, which no server sees.
std::string idOf(const read::Node& request)
{
    for (const std::string_view key : { "response_id", "request_id" }) {
        if (const read::Node* node = request.find(key); node && node->isString() && !node->text().empty()) {
            return std::string(node->text());
        }
    }
    return {};
}

/// When the first request of a benchmark began, as far as the file has told it before the requests.
std::optional<double> firstStart(const read::Node& benchmark)
{
    return number(benchmark,
        { "/scheduler_metrics/request_start_time", "/scheduler_state/start_requests_time", "/start_time",
            "/run_stats/start_time" });
}

/// 0.2 and later.
RequestRow rowOf(const read::Node& request, std::optional<double> start)
{
    RequestRow row;
    const auto ttft = number(request, { "/time_to_first_token_ms" });
    const auto first = number(request, { "/first_token_time", "/info/timings/first_token_iteration" });
    row.ttft = ttft ? std::optional(Milliseconds { *ttft }) : span(start, first);
    const auto latency = number(request, { "/request_latency" });
    row.e2e = latency
        ? std::optional(Milliseconds { convert(*latency, source::latencySeconds) })
        : span(start, number(request, { "/end_time", "/request_end_time", "/info/timings/request_end" }));
    row.isl = tokens(request, { "/prompt_tokens", "/input_metrics/total_tokens" });
    row.osl = tokens(request, { "/output_tokens", "/output_metrics/total_tokens" });
    return row;
}

/// 0.1: the first version states the first token's time as a duration and the gaps in decode_times, the next
/// one states points in time.
RequestRow rowOfFirstGeneration(const read::Node& request, std::optional<double> start)
{
    RequestRow row;
    const auto first = number(request, { "/first_token_time" });
    if (request.has("/decode_times")) {
        row.ttft
            = first ? std::optional(Milliseconds { convert(*first, source::latencySeconds) }) : std::nullopt;
        const read::Node* times = request.at("/decode_times/data");
        row.gapsMs.reserve(times ? times->numbers().size() : 0);
        for (const double gap : times ? times->numbers() : std::span<const double>()) {
            row.gapsMs.push_back(convert(gap, source::latencySeconds));
        }
    } else {
        row.ttft = span(start, first);
    }
    row.e2e = span(start, number(request, { "/end_time" }));
    row.isl = tokens(request, { "/prompt_token_count" });
    row.osl = tokens(request, { "/output_token_count" });
    return row;
}

} // namespace

std::uint32_t nestedIndex(const read::Node& benchmark)
{
    const read::Node* group = benchmark.parent() ? benchmark.parent()->parent() : nullptr;
    std::uint32_t index = benchmark.index();
    if (group && group->parent()) {
        for (const read::Node& earlier : *group->parent()) {
            if (&earlier == group) {
                break;
            }
            const read::Node* inner = earlier.find("benchmarks");
            index += inner ? static_cast<std::uint32_t>(inner->size()) : 0;
        }
    }
    return index;
}

void Requests::element(const read::Node& element)
{
    const read::Node* list = element.parent();
    const read::Node* benchmark = list ? list->parent() : nullptr;
    if (!benchmark || !element.isObject()) {
        return;
    }
    if (list->key() == "results" || list->key() == "errors") {
        const std::uint32_t point = m_firstPoint + nestedIndex(*benchmark);
        const auto start = number(element, { "/start_time" });
        RequestRow row = rowOfFirstGeneration(element, start);
        row.id = idOf(element);
        row.ok = list->key() == "results";
        row.error = row.ok ? std::string() : errorText(element, list->key());
        m_statistics[point].add(row, start, number(element, { "/end_time" }));
        add(point, std::move(row), start, std::nullopt);
        return;
    }
    benchmark = benchmark->parent();
    if (!benchmark) {
        return;
    }
    const auto start
        = number(element, { "/start_time", "/request_start_time", "/info/timings/request_start" });
    RequestRow row = rowOf(element, start);
    row.id = idOf(element);
    row.ok = list->key() == "successful";
    if (!row.ok) {
        row.error = errorText(element, list->key());
        // Up to 0.3 the number of tokens that were asked for stands here when none came.
        if (!row.ttft) {
            row.osl.reset();
        }
    }
    add(m_firstPoint + benchmark->index(), std::move(row), start, firstStart(*benchmark));
}

void Requests::add(
    std::uint32_t point, RequestRow row, std::optional<double> start, std::optional<double> zero)
{
    if (!m_rows || m_point != point) {
        finish();
        m_rows.emplace(m_sink, point);
        m_point = point;
    }
    m_rows->add(std::move(row), start, zero);
}

void Requests::finish()
{
    if (m_rows) {
        m_rows->finish();
        m_rows.reset();
    }
}

const RequestStatistics* Requests::statistics(std::uint32_t point) const
{
    const auto it = m_statistics.find(point);
    return it == m_statistics.end() ? nullptr : &it->second;
}

} // namespace prism::formats::guidellm
