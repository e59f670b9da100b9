// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/otel/otel_call.h"

#include "core/import/distributions.h"
#include "core/import/formats/otel/otel_attributes.h"
#include "core/import/trace_writer.h"
#include "core/units/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

namespace prism::formats::otel {

namespace {

/// RFC 3339, with or without a zone, to the microsecond: a double holds no more of today.
std::optional<std::int64_t> isoNanoseconds(const read::Node* node, bool& utc)
{
    if (!node || !node->isString()) {
        return std::nullopt;
    }
    std::string text(node->text());
    auto seconds = epochOfUtcText(text);
    if (!seconds) {
        utc = false;
        seconds = epochOfUtcText(text + 'Z');
    }
    if (!seconds || std::abs(*seconds) >= static_cast<double>(farthestTraceNs) / 1e9) {
        return std::nullopt;
    }
    return std::llround(*seconds * 1e6) * 1000;
}

/// Times of streamed chunks, nanoseconds since 1970.
std::vector<std::int64_t> chunkTimes(const read::Node& span)
{
    std::vector<std::int64_t> times;
    const read::Node* events = span.find("events");
    if (!events) {
        return times;
    }
    for (const read::Node& event : *events) {
        const read::Node* name = event.find("name");
        auto ns = unixNano(member(event, "timeUnixNano", "time_unix_nano"));
        if (bool utc = true; !ns) {
            ns = isoNanoseconds(event.find("timestamp"), utc);
        }
        if (name && name->text() == "gen_ai.content.completion.chunk" && ns) {
            times.push_back(*ns);
        }
    }
    std::sort(times.begin(), times.end());
    return times;
}

std::optional<std::int64_t> tokens(const read::Node& span, std::initializer_list<std::string_view> keys)
{
    const auto value = attributeNumber(span, keys);
    return value && *value >= 0 && *value < 1e12 ? std::optional(std::llround(*value)) : std::nullopt;
}

std::optional<double> milliseconds(const read::Node& span, std::initializer_list<std::string_view> keys)
{
    const auto value = attributeNumber(span, keys);
    return value && *value >= 0 ? std::optional(convert(*value, source::latencySeconds)) : std::nullopt;
}

/// Instrumentations from before gen_ai.operation.name: a span that names its model and the tokens it
/// generated.
bool tellsTokens(const read::Node& span)
{
    return attribute(span, { "gen_ai.response.model", "gen_ai.request.model" })
        && attribute(span, { "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens" });
}

/// It ended with an error.
bool failed(const read::Node& span)
{
    const read::Node* code = span.at("/status/code");
    if (!code) {
        code = span.at("/status/status_code");
    }
    return code && (code->text() == "2" || code->text() == "STATUS_CODE_ERROR" || code->text() == "ERROR");
}

} // namespace

std::optional<Times> timesOf(const read::Node& span)
{
    Times times;
    auto start = unixNano(member(span, "startTimeUnixNano", "start_time_unix_nano"));
    auto end = unixNano(member(span, "endTimeUnixNano", "end_time_unix_nano"));
    if (!start) {
        start = isoNanoseconds(span.find("start_time"), times.utc);
        end = isoNanoseconds(span.find("end_time"), times.utc);
    }
    if (!start) {
        return std::nullopt;
    }
    times.start = *start;
    times.end = end.value_or(*start);
    return times;
}

std::uint64_t identity(const read::Node& span, std::initializer_list<std::string_view> paths)
{
    const auto text = [&span](std::initializer_list<std::string_view> keys) {
        for (const std::string_view key : keys) {
            const read::Node* node = span.at(key);
            if (node && node->isString() && !node->text().empty()) {
                return std::string(node->text());
            }
        }
        return std::string();
    };
    const std::string id = text(paths);
    if (id.empty() || id.find_first_not_of("0x") == std::string::npos) {
        return 0;
    }
    return std::hash<std::string>()(text({ "/traceId", "/trace_id", "/context/trace_id" }) + '/' + id);
}

std::string kindOf(const read::Node& span)
{
    constexpr std::array<std::string_view, 6> names { "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT",
        "PRODUCER", "CONSUMER" };
    const read::Node* kind = span.find("kind");
    const std::string_view text = kind ? kind->text() : std::string_view();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == std::to_string(i) || text.ends_with(names[i])) {
            return std::string(names[i]);
        }
    }
    return std::string(text);
}

std::string operationOf(const read::Node& span)
{
    return attributeText(span, { "gen_ai.operation.name", "llm.request.type" });
}

bool isEngineSpan(const read::Node& span)
{
    const read::Node* name = span.find("name");
    return name && name->text() == "llm_request";
}

std::optional<Call> callOf(const read::Node& span, const Times& times)
{
    const std::string operation = operationOf(span);
    const bool isCall
        = generatesText(operation) || (operation.empty() && (isEngineSpan(span) || tellsTokens(span)));
    if (!isCall) {
        return std::nullopt;
    }
    Call call;
    call.row.isl = tokens(
        span, { "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens" });
    call.row.osl = tokens(span,
        { "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens" });
    const auto ttft = milliseconds(span,
        { "gen_ai.latency.time_to_first_token", "gen_ai.server.time_to_first_token",
            "gen_ai.response.time_to_first_chunk" });
    const auto e2e = milliseconds(span, { "gen_ai.latency.e2e" });
    call.queueMs = milliseconds(span, { "gen_ai.latency.time_in_queue" });
    call.prefillMs = milliseconds(span, { "gen_ai.latency.time_in_model_prefill" });
    const std::vector<std::int64_t> chunks = chunkTimes(span);
    if (!call.row.isl && !call.row.osl && !ttft && !e2e && chunks.empty()) {
        return std::nullopt;
    }
    call.start = static_cast<double>(times.start) / 1e9;
    call.end = static_cast<double>(times.end) / 1e9;
    if (ttft) {
        call.row.ttft = Milliseconds { *ttft };
    } else if (!chunks.empty()) {
        call.row.ttft = Milliseconds { static_cast<double>(chunks.front() - times.start) / 1e6 };
    }
    for (std::size_t i = 1; i < chunks.size(); ++i) {
        call.row.gapsMs.push_back(static_cast<double>(chunks[i] - chunks[i - 1]) / 1e6);
    }
    if (e2e) {
        call.row.e2e = Milliseconds { *e2e };
    } else if (times.end > times.start) {
        call.row.e2e = Milliseconds { static_cast<double>(times.end - times.start) / 1e6 };
    }
    call.row.id = attributeText(span, { "gen_ai.response.id", "gen_ai.request.id" });
    call.row.ok = !failed(span);
    if (!call.row.ok) {
        const std::string kind = attributeText(span, { "error.type" });
        call.row.error = kind.empty() ? "error" : kind; // its message may quote the prompt
    }
    return call;
}

} // namespace prism::formats::otel
