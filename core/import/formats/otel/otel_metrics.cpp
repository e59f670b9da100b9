// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bucket_histogram.h"
#include "core/import/formats/otel/otel_attributes.h"
#include "core/import/formats/otel/otel_part.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace prism::formats::otel {

namespace {

constexpr std::size_t mostSeries = 100'000;

struct Known {
    std::string_view name;
    std::string_view metric;
    std::string_view meaning = {}; ///< where it is not the metric's own
};
/// By the semantic conventions: time_per_output_token is of a request behind its first token,
/// time_per_output_chunk of each chunk behind the first.
constexpr Known known[] = {
    { "gen_ai.server.time_to_first_token", "ttft" },
    { "gen_ai.server.time_per_output_token", "tpot" },
    { "gen_ai.server.request.duration", "e2e" },
    { "gen_ai.client.operation.duration", "e2e" },
    { "gen_ai.client.operation.time_to_first_chunk", "ttft", "first-chunk" },
    { "gen_ai.client.operation.time_per_output_chunk", "itl" },
};
constexpr std::string_view tokenUsage = "gen_ai.client.token.usage";

/// Seconds of a stated unit; the conventions' own where none is stated. Empty of one that we do not know.
std::optional<double> secondsOf(std::string_view unit)
{
    return unit.empty() || unit == "s" || unit == "seconds" ? std::optional(1.0)
        : unit == "ms" || unit == "milliseconds"            ? std::optional(1e-3)
        : unit == "us" || unit == "microseconds"            ? std::optional(1e-6)
        : unit == "ns" || unit == "nanoseconds"             ? std::optional(1e-9)
                                                            : std::nullopt;
}

/// The histograms of one set of attributes.
struct Series {
    BucketHistogram histogram;
    std::int64_t newest = 0;
};

struct Point {
    std::string model;
    std::string service;
    bool cumulative = false;
    std::map<std::pair<std::string, std::string>, Series> series; ///< by metric of ours and attributes
    std::map<std::string, std::string, std::less<>> meanings; ///< by metric of ours
};

/// Of a data point or a resource; texts beyond 16 KiB tell nothing apart.
std::string allAttributes(const read::Node& owner)
{
    constexpr std::size_t most = 16u << 10;
    std::string all;
    if (const read::Node* list = owner.find("attributes")) {
        for (const read::Node& entry : *list) {
            if (all.size() > most) {
                break;
            }
            if (list->isObject()) {
                all += std::string(entry.key()) + '=' + std::string(entry.text().substr(0, most)) + '\x1f';
                continue;
            }
            const read::Node* key = entry.find("key");
            const read::Node* value = entry.find("value");
            all += std::string(key ? key->text() : "") + '=';
            all += value && value->begin() != value->end()
                ? std::string(value->begin()->text().substr(0, most))
                : std::string();
            all += '\x1f';
        }
    }
    return all;
}

std::vector<double> numbers(const read::Node* list)
{
    std::vector<double> out;
    if (!list) {
        return out;
    }
    if (list->kind() == read::Kind::Numbers) {
        out.assign(list->numbers().begin(), list->numbers().end());
        return out;
    }
    for (const read::Node& value : *list) { // 64-bit integers are strings in OTLP/JSON
        out.push_back(value.lenientNumber().value_or(-1));
    }
    return out;
}

/// Bounds and counts of an exponential histogram: bucket i ends at base^(offset + i + 1), where base is
/// 2^(2^-scale). Times and lengths are never negative.
void exponentialBuckets(const read::Node& dataPoint, BucketHistogram& out)
{
    const auto number = [](const read::Node* node) { return node ? node->lenientNumber().value_or(0) : 0; };
    const double scale = number(dataPoint.find("scale"));
    const double offset = number(dataPoint.at("/positive/offset"));
    const auto buckets = [&](const char* side) {
        const read::Node* node = dataPoint.find(side);
        return numbers(node ? member(*node, "bucketCounts", "bucket_counts") : nullptr);
    };
    const std::vector<double> counts = buckets("positive");
    const std::vector<double> negative = buckets("negative");
    out.sound = std::abs(scale) <= 32
        && std::all_of(negative.begin(), negative.end(), [](double n) { return n == 0; });
    const auto bound = [&](std::size_t i) {
        return std::exp2(
            std::ldexp(offset + static_cast<double>(i), -static_cast<int>(out.sound ? scale : 0)));
    };
    out.counts = { number(member(dataPoint, "zeroCount", "zero_count")) };
    out.bounds = { bound(0) };
    for (std::size_t i = 0; i < counts.size(); ++i) {
        out.counts.push_back(counts[i]);
        out.bounds.push_back(bound(i + 1));
    }
    out.counts.push_back(0);
    out.sound = out.sound && std::isfinite(out.bounds.back())
        && std::adjacent_find(out.bounds.begin(), out.bounds.end(), std::greater_equal<>())
            == out.bounds.end();
}

/// `unit` leads to seconds, or to tokens.
BucketHistogram histogramOf(const read::Node& dataPoint, double unit)
{
    BucketHistogram out;
    const auto number = [&](const char* key) {
        const read::Node* node = dataPoint.find(key);
        return node ? node->lenientNumber().value_or(0) : 0;
    };
    out.count = number("count");
    out.sum = number("sum");
    if (dataPoint.find("scale")) {
        exponentialBuckets(dataPoint, out);
    } else {
        out.bounds = numbers(member(dataPoint, "explicitBounds", "explicit_bounds"));
        out.counts = numbers(member(dataPoint, "bucketCounts", "bucket_counts"));
    }
    out.sum *= unit;
    for (double& bound : out.bounds) {
        bound *= unit;
    }
    double all = 0;
    for (const double n : out.counts) {
        out.sound = out.sound && n >= 0;
        all += n;
    }
    out.sound = out.sound && (out.counts.empty() || all == out.count)
        && std::is_sorted(out.bounds.begin(), out.bounds.end());
    return out;
}

/// Python prints all kinds as "data": histograms are those whose points have buckets.
bool isHistogram(std::string_view kind, const read::Node& points)
{
    const read::Node* first = points.begin() != points.end() ? &*points.begin() : nullptr;
    return kind.ends_with("istogram") || (kind == "data" && first && first->has("/count"));
}

class Metrics : public Part {
public:
    explicit Metrics(Sink& sink)
        : m_sink(sink)
    {
    }

    void element(const read::Node& metric) override
    {
        const read::Node* name = metric.find("name");
        for (const char* kind : { "gauge", "sum", "histogram", "exponentialHistogram",
                 "exponential_histogram", "summary", "data" }) {
            const read::Node* data = metric.find(kind);
            const read::Node* points = data ? member(*data, "dataPoints", "data_points") : nullptr;
            m_samples += points ? points->size() : 0;
            if (points && name && isHistogram(kind, *points)) {
                const read::Node* temporality
                    = member(*data, "aggregationTemporality", "aggregation_temporality");
                const bool delta = temporality
                    && (temporality->text() == "1" || temporality->text() == "AGGREGATION_TEMPORALITY_DELTA");
                for (const read::Node& point : *points) {
                    take(metric, name->text(), point, delta);
                }
            }
        }
    }
    void document(const read::Node&) override { }
    std::uint32_t points() const override { return static_cast<std::uint32_t>(m_points.size()); }
    std::uint64_t count() const override { return m_samples; }

    void finish(std::uint32_t index) override
    {
        for (const auto& [key, from] : m_points) {
            if (from.series.empty()) {
                continue;
            }
            PointWriter out(index++);
            if (!from.model.empty()) {
                out.attribute("model", from.model);
            }
            out.point().label = from.service;
            const std::string_view semantics = from.cumulative ? "since-start" : "";
            std::map<std::string, BucketHistogram> merged;
            for (const auto& [what, series] : from.series) {
                merged[what.first].add(series.histogram);
            }
            for (const auto& [metric, histogram] : merged) {
                const bool isLength = metric == "isl" || metric == "osl";
                const auto own = from.meanings.find(metric);
                std::string meaning(semantics);
                if (own != from.meanings.end()) {
                    meaning += (meaning.empty() ? "" : ", ") + own->second;
                }
                writeHistogram(out, metric, histogram, isLength ? 1 : 1000, "its histogram", meaning);
            }
            if (from.cumulative) {
                out.warn("since-start",
                    "These are averages since the start of the process, not of one measurement.", {},
                    Severity::Note);
            }
            m_sink.point(out.take());
        }
        if (m_leftOut > 0) {
            m_sink.warn({ "too-many-series",
                std::to_string(m_leftOut) + " samples are left out: they are of series behind the first "
                    + std::to_string(mostSeries) + ". Split the file by service.",
                {} });
        }
        if (!m_unknownUnit.empty()) {
            m_sink.warn({ "unknown-unit",
                "Times in \"" + m_unknownUnit + "\" are left out: the unit is not known.", {} });
        }
        if (m_failed > 0) {
            m_sink.warn({ "failed-calls",
                std::to_string(m_failed)
                    + " series count calls that failed (error.type): their durations are no latencies and are"
                      " left out.",
                {}, Severity::Note });
        }
    }

private:
    /// What a data point measures, by our name; `unit` leads to seconds or tokens. Empty of what is no call
    /// that generates text: embeddings, tools and agents are measured under the same names.
    std::string targetOf(const read::Node& metric, const Known* as, std::string_view name,
        const read::Node& dataPoint, double& unit)
    {
        const std::string operation = attributeText(dataPoint, { "gen_ai.operation.name" });
        if (!operation.empty() && !generatesText(operation)) {
            return {};
        }
        if (!as) {
            const std::string type
                = name == tokenUsage ? attributeText(dataPoint, { "gen_ai.token.type" }) : std::string();
            return type == "input" ? "isl" : type == "output" || type == "completion" ? "osl" : "";
        }
        const read::Node* stated = metric.find("unit");
        const std::string_view word = stated ? stated->text() : std::string_view();
        const auto seconds = secondsOf(word);
        if (!seconds) {
            m_unknownUnit = word.substr(0, 64);
            return {};
        }
        unit = *seconds;
        if (as->metric == "e2e" && attribute(dataPoint, "error.type")) {
            ++m_failed;
            return {};
        }
        return std::string(as->metric);
    }

    void take(const read::Node& metric, std::string_view name, const read::Node& dataPoint, bool delta)
    {
        const auto at = std::find_if(
            std::begin(known), std::end(known), [&](const Known& k) { return k.name == name; });
        const Known* as = at == std::end(known) ? nullptr : at;
        double unit = 1;
        const std::string target = targetOf(metric, as, name, dataPoint, unit);
        if (target.empty()) {
            return;
        }
        const read::Node* resource = resourceOf(metric);
        const std::string service = resource ? attributeText(*resource, { "service.name" }) : std::string();
        const std::string model
            = attributeText(dataPoint, { "gen_ai.response.model", "gen_ai.request.model" });
        // What a client and a server say of the same calls stays apart.
        const std::string side(name.substr(0, name.find('.', 7)));
        const std::string called = model + '\x1f' + service + '\x1f' + side;
        if (m_series == mostSeries && !m_points.contains(called)) {
            ++m_leftOut;
            return;
        }
        Point& point = m_points[called];
        point.model = model;
        point.service = service;
        point.cumulative = point.cumulative || !delta;
        if (as && !as->meaning.empty()) {
            point.meanings[target] = as->meaning;
        }
        // Processes of one service count apart, and each anew when it starts. What a resource says stands
        // once in a file of many series: a number stands for it.
        const read::Node* start
            = delta ? nullptr : member(dataPoint, "startTimeUnixNano", "start_time_unix_nano");
        const std::size_t process = resource ? std::hash<std::string>()(allAttributes(*resource)) : 0;
        Series* series = seriesOf(point,
            { target,
                std::string(name) + '\x1f' + allAttributes(dataPoint) + '\x1e' + std::to_string(process)
                    + '\x1e' + std::string(start ? start->text() : std::string_view()) });
        const auto time = unixNano(member(dataPoint, "timeUnixNano", "time_unix_nano")).value_or(0);
        if (series && delta) {
            series->histogram.add(histogramOf(dataPoint, unit));
        } else if (series && time >= series->newest) {
            series->histogram = histogramOf(dataPoint, unit);
            series->newest = time;
        }
    }

    /// Null where there is no room for it.
    Series* seriesOf(Point& point, const std::pair<std::string, std::string>& key)
    {
        const auto there = point.series.find(key);
        if (there != point.series.end()) {
            return &there->second;
        }
        if (m_series == mostSeries) {
            ++m_leftOut;
            return nullptr;
        }
        ++m_series;
        return &point.series[key];
    }

    Sink& m_sink;
    std::map<std::string, Point> m_points;
    std::size_t m_series = 0;
    std::uint64_t m_leftOut = 0;
    std::uint64_t m_failed = 0;
    std::string m_unknownUnit;
    std::uint64_t m_samples = 0;
};

} // namespace

std::unique_ptr<Part> metricsInto(Sink& sink)
{
    return std::make_unique<Metrics>(sink);
}

} // namespace prism::formats::otel
