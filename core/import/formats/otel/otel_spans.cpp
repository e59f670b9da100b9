// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/otel/otel_spans.h"

#include "core/import/distributions.h"
#include "core/import/formats/otel/otel_attributes.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/import/trace_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <unordered_set>

namespace prism::formats::otel {

namespace {

constexpr std::size_t mostPoints = 1000;
/// Bytes of what is kept of spans until it is known which of them repeat the call of another.
constexpr std::size_t mostKept = 128u << 20;

/// One call of a model, as far as the span tells it.
struct Call {
    RequestRow row;
    double start = 0; ///< seconds since 1970
    double end = 0;
    std::optional<double> queueMs;
    std::optional<double> prefillMs;
};

/// What the calls of one group have in common.
struct Kind {
    std::string model;
    std::string service;
    std::string provider;
    bool isEngine = false;
    bool isVllm = false;
};

/// A call known by its tokens alone, which waits until it is known that no span below it is the call itself.
struct Waiting {
    std::uint64_t span;
    const std::pair<const std::string, Kind>* kind;
    Call call;
};

/// The calls of one model, service and kind of span.
struct Group {
    Group(Sink& sink, std::uint32_t index)
        : rows(sink, index)
        , point(index)
    {
    }
    RequestRows rows;
    RequestStatistics statistics;
    std::vector<double> queueMs;
    std::vector<double> prefillMs;
    PointWriter point;
    double start = 0;
};

struct Times {
    std::int64_t start = 0;
    std::int64_t end = 0;
    bool utc = true; ///< false: the file names no zone
};

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

std::optional<Times> timesOf(const read::Node& span)
{
    Times times;
    auto start = unixNano(span.find("startTimeUnixNano"));
    auto end = unixNano(span.find("endTimeUnixNano"));
    if (!start && !end) {
        start = unixNano(span.find("start_time_unix_nano"));
        end = unixNano(span.find("end_time_unix_nano"));
    }
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

bool failed(const read::Node& span)
{
    const read::Node* code = span.at("/status/code");
    if (!code) {
        code = span.at("/status/status_code");
    }
    return code && (code->text() == "2" || code->text() == "STATUS_CODE_ERROR" || code->text() == "ERROR");
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
        const auto ns = unixNano(event.find("timeUnixNano"));
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
    return value && *value >= 0 ? std::optional(*value * 1000) : std::nullopt;
}

/// Instrumentations from before gen_ai.operation.name: a span that names its model and the tokens it
/// generated.
bool tellsTokens(const read::Node& span)
{
    return attribute(span, { "gen_ai.response.model", "gen_ai.request.model" })
        && attribute(span, { "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens" });
}

/// A span among those of all traces of a file; 0 when `paths` lead to none.
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

/// The number and the name of a kind are the same one: "2", "SPAN_KIND_SERVER", "SpanKind.SERVER".
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

/// Empty for spans that are no call of a model, and for calls that tell nothing but how long they took.
std::optional<Call> callOf(const read::Node& span, const Times& times)
{
    const std::string operation = operationOf(span);
    const bool isCall = operation == "chat" || operation == "text_completion" || operation == "completion"
        || operation == "generate_content"
        || (operation.empty() && (isEngineSpan(span) || tellsTokens(span)));
    if (!isCall) {
        return std::nullopt;
    }
    Call call;
    call.row.isl = tokens(
        span, { "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens" });
    call.row.osl = tokens(span,
        { "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens" });
    const auto ttft
        = milliseconds(span, { "gen_ai.latency.time_to_first_token", "gen_ai.server.time_to_first_token" });
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

class Spans : public read::DocumentHandler {
public:
    explicit Spans(Sink& sink)
        : m_sink(sink)
        , m_writer(sink)
    {
    }

    Result<void> element(const read::Node& span) override
    {
        if (span.isObject()) {
            take(span);
        }
        return {};
    }

    /// A document that is a span itself, as the console exporter prints them.
    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.isObject() && root.has("/name") && root.has("/start_time") && !root.has("/spans")) {
            take(root);
        }
        return {};
    }

    void finish()
    {
        addWaiting();
        m_writer.finish(m_utc ? std::optional<std::int64_t>(0) : std::nullopt,
            [](const std::string& process, const std::string& thread) {
                return TraceSheet::Lane { process, thread, 0, 0 };
            });
        for (auto& [key, group] : m_groups) {
            group.rows.finish();
            if (m_utc) {
                if (const std::string at = utcText(group.start); !at.empty()) {
                    group.point.attribute("started_at", at);
                }
            }
            group.statistics.write(group.point);
            derivedDistribution(group.point, "queue_time", group.queueMs, "gen_ai.latency.time_in_queue");
            derivedDistribution(
                group.point, "prefill_time", group.prefillMs, "gen_ai.latency.time_in_model_prefill");
            m_sink.point(group.point.take());
        }
        if (m_undecided > 0) {
            m_sink.warn({ "too-many-spans",
                std::to_string(m_undecided)
                    + " calls of models tell no operation, and the spans are too many to tell which of them "
                      "repeat the call of another: these are left out. Split the file by time.",
                {} });
        }
        if (m_ofFurtherKinds > 0) {
            m_sink.warn({ "too-many-kinds",
                std::to_string(m_ofFurtherKinds)
                    + " calls are left out: they are of models, services or kinds behind the first "
                    + std::to_string(mostPoints) + ". Split the file by service.",
                {} });
        }
        if (m_withoutTime > 0) {
            m_sink.warn({ "no-time",
                (m_withoutTime == 1 ? std::string("1 span has")
                                    : std::to_string(m_withoutTime) + " spans have")
                    + " no start that can be read: not shown.",
                {} });
        }
        if (m_groups.empty()) {
            m_sink.attach({ { "spans", m_spans } });
        } else {
            m_sink.holds({ { "spans", m_spans } });
        }
    }

private:
    void take(const read::Node& span)
    {
        ++m_spans;
        const auto times = timesOf(span);
        if (!times) {
            ++m_withoutTime;
            return;
        }
        m_utc = m_utc && times->utc;
        const read::Node* resource = resourceOf(span);
        std::string service = resource ? attributeText(*resource, { "service.name" }) : std::string();
        if (const read::Node* flat = span.find("resource_attributes"); flat && service.empty()) {
            const read::Node* name = flat->find("service.name");
            service = name ? std::string(name->text().substr(0, 256)) : std::string();
        }
        const read::Node* scope = scopeOf(span);
        const read::Node* scopeName = scope ? scope->find("name") : nullptr;
        const read::Node* name = span.find("name");
        const std::string_view called = name ? name->text() : std::string_view();
        m_writer.span(m_writer.lane(service.empty() ? "service" : service, called.substr(0, 128)),
            m_writer.name(called, scopeName ? scopeName->text() : std::string_view()), times->start,
            TraceWriter::between(times->start, times->end), span.place().byte);
        const std::uint64_t id = identity(span, { "/spanId", "/span_id", "/context/span_id" });
        const std::uint64_t parent = identity(span, { "/parentSpanId", "/parent_span_id", "/parent_id" });
        if (id != 0 && parent != 0 && keep(sizeof m_parents[0])) {
            m_parents.emplace_back(id, parent);
        }
        if (auto call = callOf(span, *times)) {
            const auto* kind = kindOfCall(span, service);
            if (!kind) {
                ++m_ofFurtherKinds;
                return;
            }
            if (id != 0 && parent != 0 && kindOf(span) != "SERVER" && keep(sizeof m_below[0])) {
                m_below.push_back(parent);
            }
            if (id == 0 || kind->second.isEngine || !operationOf(span).empty()) {
                add(*kind, std::move(*call));
            } else if (keep(sizeof(Waiting) + call->row.gapsMs.size() * sizeof(double)
                           + call->row.error.size())) {
                m_waiting.push_back({ id, kind, std::move(*call) });
            } else {
                ++m_undecided;
            }
        }
    }

    /// False when there is no room left: then nothing is decided, and nothing more is kept.
    bool keep(std::size_t bytes)
    {
        m_kept += bytes;
        if (m_kept > mostKept && !m_full) {
            m_full = true;
            m_undecided += m_waiting.size();
            m_waiting = {};
            m_below = {};
            m_parents = {};
        }
        return !m_full;
    }

    /// A chain repeats the model and the tokens of the call that it makes: of such spans the innermost
    /// counts. What a server says of a call of its client is another view of it and hides nothing.
    void addWaiting()
    {
        std::sort(m_parents.begin(), m_parents.end());
        std::unordered_set<std::uint64_t> above;
        for (std::uint64_t span : m_waiting.empty() ? std::vector<std::uint64_t>() : m_below) {
            while (above.insert(span).second) {
                const auto at
                    = std::lower_bound(m_parents.begin(), m_parents.end(), std::pair(span, std::uint64_t(0)));
                if (at == m_parents.end() || at->first != span) {
                    break;
                }
                span = at->second;
            }
        }
        for (Waiting& waiting : m_waiting) {
            if (!above.contains(waiting.span)) {
                add(*waiting.kind, std::move(waiting.call));
            }
        }
    }

    /// Null where there are too many.
    const std::pair<const std::string, Kind>* kindOfCall(const read::Node& span, const std::string& service)
    {
        const std::string model = attributeText(span, { "gen_ai.response.model", "gen_ai.request.model" });
        const bool isEngine = isEngineSpan(span);
        const std::string key = model + '\x1f' + service + '\x1f' + kindOf(span)
            + (isEngine ? "\x1f"
                          "engine"
                        : "");
        const auto at = m_kinds.find(key);
        if (at != m_kinds.end()) {
            return &*at;
        }
        if (m_kinds.size() >= mostPoints) {
            return nullptr;
        }
        // vLLM alone writes spans of this name with its latencies in them.
        return &*m_kinds
                     .emplace(key,
                         Kind { model, service,
                             attributeText(span, { "gen_ai.provider.name", "gen_ai.system" }), isEngine,
                             isEngine && attribute(span, "gen_ai.latency.e2e") })
                     .first;
    }

    void add(const std::pair<const std::string, Kind>& kind, Call call)
    {
        const auto& [key, said] = kind;
        auto at = m_groups.find(key);
        if (at == m_groups.end()) {
            const auto index = static_cast<std::uint32_t>(m_groups.size());
            at = m_groups.try_emplace(key, m_sink, index).first;
            describe(at->second.point, said);
            at->second.start = call.start;
        }
        Group& group = at->second;
        group.start = std::min(group.start, call.start);
        group.statistics.add(call.row, call.start, call.end);
        if (call.queueMs && call.row.ok) {
            group.queueMs.push_back(*call.queueMs);
        }
        if (call.prefillMs && call.row.ok) {
            group.prefillMs.push_back(*call.prefillMs);
        }
        const double start = call.start;
        group.rows.add(std::move(call.row), start, std::nullopt);
    }

    static void describe(PointWriter& point, const Kind& said)
    {
        if (!said.model.empty()) {
            point.attribute("model", said.model);
        }
        if (said.isVllm) {
            point.attribute("engine", std::string("vllm"));
        }
        point.point().label = said.service;
        if (!said.provider.empty()) {
            point.extra("gen_ai.provider.name", said.provider);
        }
    }

    Sink& m_sink;
    TraceWriter m_writer;
    std::map<std::string, Group> m_groups;
    std::map<std::string, Kind> m_kinds; ///< by the same keys
    std::vector<std::pair<std::uint64_t, std::uint64_t>> m_parents; ///< of spans
    std::vector<std::uint64_t> m_below; ///< spans with a call directly below them
    std::vector<Waiting> m_waiting;
    std::uint64_t m_spans = 0;
    std::uint64_t m_undecided = 0; ///< calls that were left out
    std::uint64_t m_ofFurtherKinds = 0; ///< likewise
    std::size_t m_kept = 0; ///< bytes of the three lists below
    bool m_full = false;
    std::uint64_t m_withoutTime = 0;
    bool m_utc = true;
};

} // namespace

Result<void> readSpans(Input& input, Sink& sink)
{
    Spans spans(sink);
    read::Plan plan;
    for (const char* root : { "", "/*" }) {
        const std::string at(root);
        plan.stream.push_back(at + "/resourceSpans/*/scopeSpans/*/spans");
        plan.stream.push_back(at + "/resourceSpans/*/instrumentationLibrarySpans/*/spans");
        plan.stream.push_back(at + "/resource_spans/*/scope_spans/*/spans");
        plan.stream.push_back(at + "/spans");
        for (const char* text : { "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.output.text",
                 "gen_ai.prompt", "gen_ai.completion", "gen_ai.system_instructions" }) {
            plan.skip.push_back(at + "/spans/*/attributes/" + text);
        }
    }
    const auto report = input.documents(plan, spans);
    if (!report) {
        return report.error();
    }
    spans.finish();
    sink.report(*report);
    return {};
}

} // namespace prism::formats::otel
