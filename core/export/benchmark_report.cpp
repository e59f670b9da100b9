// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/benchmark_report.h"

#include "core/export/json_text.h"

#include <algorithm>
#include <array>

namespace prism {

namespace {

struct Field {
    std::string_view metric;
    std::string_view name; ///< in the report
    std::string_view units;
};

constexpr std::array latencyFields {
    Field { "ttft", "time_to_first_token", "ms" },
    Field { "tpot", "time_per_output_token", "ms/token" },
    Field { "itl", "inter_token_latency", "ms/token" },
    Field { "ntpot", "normalized_time_per_output_token", "ms/token" },
    Field { "e2e", "request_latency", "ms" },
};
constexpr std::array lengthFields {
    Field { "isl", "input_length", "count" },
    Field { "osl", "output_length", "count" },
};
constexpr std::array rateFields {
    Field { "input_throughput", "input_token_rate", "tokens/s" },
    Field { "output_throughput", "output_token_rate", "tokens/s" },
    Field { "total_throughput", "total_token_rate", "tokens/s" },
    Field { "request_throughput", "request_rate", "queries/s" },
};

/// The schema's key of a statistic; empty when it has none.
std::string reportKey(Stat stat)
{
    switch (stat.kind()) {
    case Stat::Kind::Value:
    case Stat::Kind::Mean:
        return "mean";
    case Stat::Kind::Std:
        return "stddev";
    case Stat::Kind::Min:
        return "min";
    case Stat::Kind::Max:
        return "max";
    case Stat::Kind::Count:
        return {};
    case Stat::Kind::Percentile:
        break;
    }
    static constexpr std::array known { 0.1, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9 };
    if (std::find(known.begin(), known.end(), stat.percentile()) == known.end()) {
        return {};
    }
    std::string key = stat.name();
    std::replace(key.begin(), key.end(), '.', 'p');
    return key;
}

class Writer {
public:
    explicit Writer(const PointDetail& point)
        : m_point(point)
        , m_written(point.measures.size(), false)
    {
    }

    JsonText json;

    /// The field's statistics, when the point has any that the schema can hold.
    void statistics(const Field& field)
    {
        bool open = false;
        for (std::size_t i = 0; i < m_point.measures.size(); ++i) {
            const Measure& m = m_point.measures[i];
            const std::string key = reportKey(m.stat);
            if (m.metric->id != field.metric || m.status != Status::Ok || !m.semantics.empty()
                || key.empty()) {
                continue;
            }
            if (!open) {
                json.key(field.name).object().member("units", field.units);
                open = true;
            }
            json.member(key, m.value);
            m_written[i] = true;
        }
        if (open) {
            json.endObject();
        }
    }

    void number(std::string_view metric, std::string_view name)
    {
        for (std::size_t i = 0; i < m_point.measures.size(); ++i) {
            const Measure& m = m_point.measures[i];
            if (m.metric->id == metric && m.stat == Stat::value() && m.status == Status::Ok) {
                json.member(name, m.value);
                m_written[i] = true;
            }
        }
    }

    const Attribute* attribute(std::string_view name) const
    {
        const auto& all = m_point.record.attributes;
        const auto it
            = std::find_if(all.begin(), all.end(), [name](const Attribute& a) { return a.name == name; });
        return it == all.end() ? nullptr : &*it;
    }

    void textMember(std::string_view attributeName, std::string_view key)
    {
        if (const Attribute* a = attribute(attributeName)) {
            json.member(key, toText(a->value));
        }
    }

    void numberMember(std::string_view attributeName, std::string_view key)
    {
        const Attribute* a = attribute(attributeName);
        if (const auto value = a ? toNumber(a->value) : std::nullopt) {
            json.member(key, *value);
        }
    }

    std::vector<BenchmarkReport::LeftOut> leftOut() const
    {
        std::vector<BenchmarkReport::LeftOut> out;
        for (std::size_t i = 0; i < m_written.size(); ++i) {
            const Measure& m = m_point.measures[i];
            // The duration stands in the run's time.
            if (!m_written[i] && m.status == Status::Ok && m.metric->id != "duration") {
                out.push_back({ m.metric->name + (m.semantics.empty() ? "" : " (" + m.semantics + ')'),
                    m.stat.kind() == Stat::Kind::Value ? std::string() : std::string(m.stat.name()) });
            }
        }
        return out;
    }

private:
    const PointDetail& m_point;
    std::vector<bool> m_written;
};

void writeStack(Writer& w)
{
    JsonText& json = w.json;
    json.key("stack").array().object();
    json.key("metadata").object().member("label", "engine").member("schema_version", "0.0.1").endObject();
    json.key("standardized").object().member("kind", "inference_engine");
    w.textMember("engine", "tool");
    w.textMember("engine_version", "tool_version");
    json.member("role", "replica").member("replicas", 1);
    if (const Attribute* model = w.attribute("model")) {
        json.key("model").object().member("name", toText(model->value)).endObject();
    }
    if (w.attribute("accelerator") || w.attribute("accelerator_count")) {
        json.key("accelerator").object();
        w.textMember("accelerator", "model");
        w.numberMember("accelerator_count", "count");
        json.key("parallelism").object();
        for (const char* name : { "tp", "dp", "pp", "ep" }) {
            w.numberMember(name, name);
        }
        json.endObject().endObject();
    }
    json.endObject().endObject().endArray();
}

void writeLength(Writer& w, std::string_view attribute, std::string_view key)
{
    const Attribute* a = w.attribute(attribute);
    if (const auto value = a ? toNumber(a->value) : std::nullopt) {
        w.json.key(key).object().member("distribution", "other").member("value", *value).endObject();
    }
}

void writeLoad(Writer& w, const SourceRecord& source, std::uint32_t stage)
{
    JsonText& json = w.json;
    json.key("load").object().key("standardized").object();
    json.member("tool", source.producer).member("stage", stage);
    w.numberMember("request_rate", "rate_qps");
    w.numberMember("concurrency", "concurrency");
    writeLength(w, "isl_target", "input_seq_len");
    writeLength(w, "osl_target", "output_seq_len");
    json.endObject().endObject();
}

void writeResults(Writer& w)
{
    JsonText& json = w.json;
    json.key("results").object().key("request_performance").object().key("aggregate").object();
    json.key("requests").object();
    w.number("requests", "total");
    w.number("requests_failed", "failures");
    w.number("requests_incomplete", "incomplete");
    for (const Field& f : lengthFields) {
        w.statistics(f);
    }
    json.endObject().key("latency").object();
    for (const Field& f : latencyFields) {
        w.statistics(f);
    }
    json.endObject().key("throughput").object();
    for (const Field& f : rateFields) {
        w.statistics(f);
    }
    json.endObject().endObject().endObject().endObject();
}

/// The schema has no place for an origin: what no file said is told beside it.
void writeKeywords(Writer& w, const PointDetail& point)
{
    const auto isUsers = [](const Attribute& a) { return a.origin == Origin::User; };
    if (std::none_of(point.record.attributes.begin(), point.record.attributes.end(), isUsers)) {
        return;
    }
    w.json.key("keywords").array();
    for (const Attribute& a : point.record.attributes) {
        if (isUsers(a)) {
            w.json.text("set by the user: " + a.name);
        }
    }
    w.json.endArray();
}

void writeTime(Writer& w, const PointDetail& point)
{
    JsonText& json = w.json;
    json.key("time").object();
    w.textMember("started_at", "start");
    for (const Measure& m : point.measures) {
        if (m.metric->id == "duration" && m.stat == Stat::value() && m.status == Status::Ok) {
            json.member("duration", "PT" + formatNumber(m.value, Unit::Second, NumberStyle::Full) + "S");
        }
    }
    json.endObject();
}

} // namespace

BenchmarkReport benchmarkReport(const PointDetail& point, const SourceRecord& source)
{
    Writer w(point);
    w.json.object().member("version", "0.2");
    w.json.key("run").object().member("uid", point.record.uid).memberIfAny("description", point.record.label);
    writeKeywords(w, point);
    writeTime(w, point);
    w.json.endObject().key("scenario").object();
    writeStack(w);
    writeLoad(w, source, point.record.index);
    w.json.endObject();
    writeResults(w);
    w.json.endObject();
    auto left = w.leftOut();
    return { w.json.take(), std::move(left) };
}

} // namespace prism
