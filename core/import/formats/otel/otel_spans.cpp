// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/otel/otel_attributes.h"
#include "core/import/formats/otel/otel_call.h"
#include "core/import/formats/otel/otel_part.h"
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

/// What the calls of one group have in common.
struct Kind {
    std::string model;
    std::string service;
    std::string provider;
    std::string engine; ///< that wrote the span; empty for others
    bool isEngine = false;
};

/// By the scope that an engine gives its tracer; the names and attributes of their spans are the same.
std::string engineOf(std::string_view scope)
{
    return scope == "vllm" || scope.starts_with("vllm.") ? "vllm"
        : scope == "trt.llm"                             ? "trtllm"
        : scope == "sglang server"                       ? "sglang"
                                                         : "";
}

/// As the console exporter of an SDK prints it.
bool isFlat(const read::Node& node)
{
    return node.isObject() && node.has("/name") && node.has("/start_time") && !node.has("/spans");
}

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

class Spans : public Part {
public:
    explicit Spans(Sink& sink)
        : m_sink(sink)
        , m_writer(sink)
    {
    }

    void element(const read::Node& span) override
    {
        if (span.isObject()) {
            take(span);
        }
    }

    void document(const read::Node& root) override
    {
        if (isFlat(root)) {
            take(root);
        } else if (root.kind() == read::Kind::Array) {
            for (const read::Node& span : root) {
                if (isFlat(span)) {
                    take(span);
                }
            }
        }
    }

    std::uint32_t points() const override { return static_cast<std::uint32_t>(m_groups.size()); }
    std::uint64_t count() const override { return m_spans; }

    void finish(std::uint32_t) override
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
        const read::Node* flat = span.find("resource_attributes");
        if (flat = flat ? flat : resource; flat && service.empty()) {
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
            const auto* kind = kindOfCall(span, service, scopeName ? scopeName->text() : std::string_view());
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
    const std::pair<const std::string, Kind>* kindOfCall(
        const read::Node& span, const std::string& service, std::string_view scope)
    {
        const std::string model = attributeText(span, { "gen_ai.response.model", "gen_ai.request.model" });
        const bool isEngine = isEngineSpan(span);
        const std::string engine = engineOf(scope);
        const std::string key = model + '\x1f' + service + '\x1f' + kindOf(span) + '\x1f' + engine
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
        return &*m_kinds
                     .emplace(key,
                         Kind { model, service,
                             attributeText(span, { "gen_ai.provider.name", "gen_ai.system" }), engine,
                             isEngine })
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
        if (!said.engine.empty()) {
            point.attribute("engine", said.engine);
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
    std::size_t m_kept = 0; ///< bytes of m_parents, m_below and m_waiting
    bool m_full = false;
    std::uint64_t m_withoutTime = 0;
    bool m_utc = true;
};

} // namespace

std::unique_ptr<Part> spansInto(Sink& sink)
{
    return std::make_unique<Spans>(sink);
}

} // namespace prism::formats::otel
