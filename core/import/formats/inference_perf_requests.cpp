// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/inference_perf_requests.h"
#include "core/import/nearest_whole.h"
#include "core/units/convert.h"

#include <cmath>

namespace prism::formats::inference_perf {

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

/// When tokens came, on the clock of start_time; chunks where the tokens' times are not told.
std::span<const double> tokenTimes(const read::Node& request)
{
    for (const std::string_view pointer : { "/info/response_metrics/output_token_times",
             "/info/output_token_times", "/info/response_metrics/chunk_times" }) {
        const read::Node* node = request.at(pointer);
        if (node && !node->numbers().empty()) {
            return node->numbers();
        }
    }
    return {};
}

std::string errorText(const read::Node& error)
{
    if (error.isString()) {
        return std::string(error.text().substr(0, 500));
    }
    const read::Node* type = error.find("error_type");
    const read::Node* message = error.find("error_msg");
    std::string text(type ? type->text() : std::string_view());
    if (message && !message->text().empty()) {
        text += (text.empty() ? "" : ": ") + std::string(message->text().substr(0, 500));
    }
    return text.empty() ? "failed" : text;
}

} // namespace

read::Plan requestsPlan()
{
    read::Plan plan;
    plan.stream = { "" };
    plan.skip = { "/*/request", "/*/response", "/*/info/response_metrics/response_chunks",
        "/*/info/response_chunks" };
    return plan;
}

void Requests::element(const read::Node& request)
{
    const auto start = number(request, { "/start_time" });
    const auto end = number(request, { "/end_time" });
    RequestRow row;
    if (start && end) {
        row.e2e = Milliseconds { millisecondsBetween(*start, *end) };
    }
    row.isl = tokens(request, { "/info/request_metrics/text/input_tokens", "/info/input_tokens" });
    row.osl = tokens(request, { "/info/response_metrics/output_tokens", "/info/output_tokens" });
    const std::span<const double> times = tokenTimes(request);
    if (!times.empty() && start) {
        row.ttft = Milliseconds { millisecondsBetween(*start, times.front()) };
        row.gapsMs.reserve(times.size() - 1);
        for (std::size_t i = 1; i < times.size(); ++i) {
            row.gapsMs.push_back(millisecondsBetween(times[i - 1], times[i]));
        }
    }
    if (const read::Node* error = request.find("error"); error && !error->isNull()) {
        row.ok = false;
        row.error = errorText(*error);
    }
    m_statistics.add(row, start, end);
    m_rows.add(std::move(row), start, std::nullopt);
}

void Requests::finish()
{
    m_rows.finish();
    PointWriter out(m_point);
    m_statistics.write(out);
    out.warn("from-requests",
        "All numbers are computed from the requests of all stages together; the files of the stages tell "
        "each "
        "load level.",
        {}, Severity::Note);
    m_sink.point(out.take());
}

} // namespace prism::formats::inference_perf
