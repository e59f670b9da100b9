// SPDX-License-Identifier: GPL-3.0-or-later
// llmperf of Ray: a flat summary a load level, alone or keyed by concurrency, and an array of the requests.
// Times are in seconds. What it calls inter-token latency is e2e / n, our NTPOT; in files of 2023 it is
// nothing that can be named.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/units/convert.h"

#include <array>
#include <cmath>

namespace prism::formats {

namespace {

struct Distribution {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array distributions {
    Distribution { "ttft_s", "ttft", source::latencySeconds },
    Distribution { "end_to_end_latency_s", "e2e", source::latencySeconds },
    Distribution { "number_input_tokens", "isl", source::one },
    Distribution { "number_output_tokens", "osl", source::one },
};
constexpr Distribution tokenLatency { "inter_token_latency_s", "ntpot", source::latencySeconds };

constexpr std::array<std::string_view, 6> quantiles { "p25", "p50", "p75", "p90", "p95", "p99" };
constexpr std::array<std::pair<std::string_view, Stat>, 4> moments { {
    { "mean", Stat::mean() },
    { "min", Stat::min() },
    { "max", Stat::max() },
    { "stddev", Stat::std() },
} };

/// The producer writes "results_ttft_s_mean" at the root, forks a tree "results" { "ttft_s" { "mean" }}.
class Fields {
public:
    explicit Fields(const read::Node& root)
        : m_root(root)
        , m_tree(root.find("results"))
    {
    }
    const read::Node* single(std::string_view name) const
    {
        const read::Node* flat = m_root.find("results_" + std::string(name));
        return flat || !m_tree ? flat : m_tree->find(name);
    }
    const read::Node* moment(std::string_view metric, std::string_view name) const
    {
        return either(metric, "_" + std::string(name), "/" + std::string(name));
    }
    const read::Node* quantile(std::string_view metric, std::string_view name) const
    {
        return either(metric, "_quantiles_" + std::string(name), "/quantiles/" + std::string(name));
    }

private:
    const read::Node* either(std::string_view metric, const std::string& flat, const std::string& below) const
    {
        const read::Node* found = m_root.find("results_" + std::string(metric) + flat);
        return found || !m_tree ? found : m_tree->at('/' + std::string(metric) + below);
    }
    const read::Node& m_root;
    const read::Node* m_tree;
};

bool isSummary(const read::Node& node)
{
    const Fields fields(node);
    return node.isObject()
        && (fields.moment("ttft_s", "mean") || fields.quantile("ttft_s", "p50")
            || fields.quantile("end_to_end_latency_s", "p50"));
}

bool isRequest(const read::Node& node)
{
    return node.isObject() && node.find("inter_token_latency_s") && node.find("ttft_s");
}

void takeDistribution(PointWriter& out, const Fields& fields, const Distribution& d)
{
    for (const std::string_view name : quantiles) {
        out.measure(d.metric, *Stat::parse(name), fields.quantile(d.key, name), d.unit);
    }
    for (const auto& [name, stat] : moments) {
        out.measure(d.metric, stat, fields.moment(d.key, name), d.unit);
    }
}

/// The meaning of the inter-token latency changed at the end of 2023, the version in the file did not. The
/// file itself tells: stated and e2e / n of its means, in seconds. A date only says how close they must be,
/// for an old copy of the tool may have run later; it decides alone where there is nothing to compare.
struct TokenLatency {
    bool known = true; ///< it is e2e / n
    std::optional<double> stated;
    std::optional<double> each; ///< e2e / n
};

TokenLatency tokenLatencyOf(const Fields& fields, const read::Node* timestamp)
{
    constexpr double newYear2024 = 1704067200;
    constexpr double alike = 0.2; ///< ratio of means and mean of ratios, where lengths differ
    constexpr double theSame = 0.02; ///< where the date speaks against it
    const auto mean = [&fields](std::string_view metric) {
        const read::Node* node = fields.moment(metric, "mean");
        return node ? node->lenientNumber() : std::nullopt;
    };
    TokenLatency out;
    out.stated = mean("inter_token_latency_s");
    const auto latency = mean("end_to_end_latency_s"), tokens = mean("number_output_tokens");
    if (latency && tokens && *tokens > 0) {
        out.each = *latency / *tokens;
    }
    const auto written = timestamp ? timestamp->lenientNumber() : std::nullopt;
    const bool since2024 = written && *written >= newYear2024;
    const double tolerance = written && !since2024 ? theSame : alike;
    out.known
        = out.stated && out.each ? std::abs(*out.stated - *out.each) <= tolerance * *out.each : since2024;
    return out;
}

/// Why the inter-token latency is kept as an extra only.
std::string unclearText(const TokenLatency& latency)
{
    const auto number
        = [](double seconds) { return formatNumber(seconds * 1e3, Unit::Millisecond, NumberStyle::Reading); };
    return (latency.stated && latency.each
                   ? "llmperf's inter-token latency of " + number(*latency.stated)
                       + " is not the e2e / n of this file, " + number(*latency.each)
                       + ", as it is since 2024: it is kept as an extra"
                   : std::string(
                       "What llmperf's inter-token latency meant in 2023 is not known, and this file has "
                       "no e2e / n to compare it with: it is kept as an extra"))
        + " like its throughput of a request, and NTPOT and TPOT are computed.";
}

/// The means of latency, TTFT and tokens are over the same requests, so their ratio weighs each by its
/// tokens.
void deriveFromMeans(PointWriter& out, bool known)
{
    const auto mean = [&out](std::string_view metric) {
        const Measure* m = out.point().measure(metric, Stat::mean());
        return m && m->status == Status::Ok ? std::optional(m->value) : std::nullopt;
    };
    const auto latency = mean("e2e"), first = mean("ttft"), tokens = mean("osl");
    if (latency && first && tokens && *tokens > 1 && *latency >= *first) {
        out.derived("tpot", Stat::mean(), (*latency - *first) / (*tokens - 1),
            "(mean e2e - mean ttft) / (mean osl - 1)", "token-weighted");
    }
    if (!known && latency && tokens && *tokens > 0) {
        out.derived("ntpot", Stat::mean(), *latency / *tokens, "mean e2e / mean osl", "token-weighted");
    }
}

LoadPoint summaryPoint(const read::Node& root, std::uint32_t index)
{
    PointWriter out(index);
    const Fields fields(root);
    out.attribute("model", root.find("model"));
    if (const read::Node* users = root.find("num_concurrent_requests"); users && users->lenientNumber()) {
        out.attribute("concurrency", users);
        out.attribute("load_mode", std::string("concurrency"), {}, users->pointer());
    }
    out.attribute("isl_target", root.find("mean_input_tokens"));
    out.attribute("osl_target", root.find("mean_output_tokens"));
    out.measure("requests", Stat::value(), fields.single("num_requests_started"), source::one);
    out.measure("requests_ok", Stat::value(), fields.single("num_completed_requests"), source::one);
    out.measure("requests_failed", Stat::value(), fields.single("number_errors"), source::one);
    out.measure("request_throughput", Stat::value(), fields.single("num_completed_requests_per_min"),
        source::requestsPerMinute);
    out.measure("output_throughput", Stat::value(), fields.single("mean_output_throughput_token_per_s"),
        source::tokensPerSecond);
    for (const Distribution& d : distributions) {
        takeDistribution(out, fields, d);
    }
    const TokenLatency latency = tokenLatencyOf(fields, root.find("timestamp"));
    if (latency.known) {
        takeDistribution(out, fields, tokenLatency);
    } else if (const read::Node* stated = fields.moment(tokenLatency.key, "mean")) {
        out.warn("token-latency-unclear", unclearText(latency), stated->pointer());
    }
    deriveFromMeans(out, latency.known);
    claimSecrets(root);
    out.extras(root);
    return out.take();
}

/// Files printed one behind the other hold a list of requests and a summary.
class Shapes : public read::DocumentHandler {
public:
    Result<void> document(const read::Node& root, std::size_t) override
    {
        arrays = arrays || root.isArray();
        objects = objects || root.isObject();
        return {};
    }
    bool arrays = false;
    bool objects = false;
};

class Reader : public read::DocumentHandler {
public:
    explicit Reader(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> element(const read::Node& element) override
    {
        if (isRequest(element)) {
            request(element);
        } else if (isSummary(element)) {
            m_sink.point(summaryPoint(element, m_points++));
        }
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.isArray()) { // requests that were not streamed
            for (const read::Node& element : root) {
                if (isRequest(element)) {
                    request(element);
                }
            }
        }
        endRequests();
        if (isSummary(root)) {
            m_sink.point(summaryPoint(root, m_points++));
            return {};
        }
        for (const read::Node& level : root) { // keyed by concurrency
            if (isSummary(level)) {
                m_sink.point(summaryPoint(level, m_points++));
            }
        }
        return {};
    }

    /// Also for an array that is cut off behind complete requests.
    void endRequests()
    {
        if (!m_rows) {
            return;
        }
        m_rows->finish();
        PointWriter out(m_points++);
        m_statistics.write(out);
        out.warn("from-requests",
            "All numbers are computed from the requests; the summary beside this file tells model and load.",
            {}, Severity::Note);
        m_sink.point(out.take());
        m_rows.reset();
        m_statistics = {};
    }
    std::uint32_t points() const { return m_points; }

private:
    void request(const read::Node& node)
    {
        if (!m_rows) {
            m_rows.emplace(m_sink, m_points);
        }
        const auto number = [&node](std::string_view key) {
            const read::Node* found = node.find(key);
            return found ? found->lenientNumber() : std::nullopt;
        };
        RequestRow row;
        const read::Node* code = node.find("error_code");
        row.ok = !code || code->isNull() || code->status() == Status::NotANumber;
        // A failed request has zeros or nulls for everything that was not measured.
        if (!row.ok) {
            const read::Node* message = node.find("error_msg");
            row.error = std::string(code->text());
            if (message && !message->text().empty()) {
                row.error += ": " + std::string(message->text().substr(0, 500));
            }
        } else {
            const auto ttft = number("ttft_s"), e2e = number("end_to_end_latency_s");
            // 0 until the first token came, and for good where none did.
            row.ttft = ttft && *ttft > 0
                ? std::optional(Milliseconds { convert(*ttft, source::latencySeconds) })
                : std::nullopt;
            row.e2e
                = e2e ? std::optional(Milliseconds { convert(*e2e, source::latencySeconds) }) : std::nullopt;
            const auto output = number("number_output_tokens");
            row.osl = wholeNumber(output);
        }
        const auto input = number("number_input_tokens");
        if (input && (row.ok || *input > 0)) {
            row.isl = wholeNumber(input);
        }
        m_statistics.add(row, std::nullopt, std::nullopt);
        m_rows->add(std::move(row), std::nullopt, std::nullopt);
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
    std::optional<RequestRows> m_rows;
    RequestStatistics m_statistics;
};

class Llmperf : public Importer {
public:
    ImporterInfo info() const override { return { "llmperf", "LLMPerf", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = sample.document;
        if (!root) {
            return std::nullopt;
        }
        const read::Node* first = root->begin() != root->end() ? &*root->begin() : nullptr;
        if (first && root->isArray() && isRequest(*first)) {
            return Match { Match::Certain, "its elements have inter_token_latency_s and ttft_s" };
        }
        if (isSummary(*root) || (first && isSummary(*first))) {
            return Match { Match::Certain, "has the results of ttft_s with quantiles and mean" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Shapes shapes;
        read::Plan look;
        look.skip = { "/*" };
        if (const auto looked = input.documents(look, shapes); !looked) {
            return looked.error();
        }
        read::Plan plan;
        if (shapes.arrays && !shapes.objects) {
            plan.stream = { "" }; // requests one by one; an object's members would come alone, too
        }
        Reader reader(sink);
        const auto report = input.documents(plan, reader);
        if (!report) {
            return report.error();
        }
        reader.endRequests();
        if (reader.points() == 0) {
            return Error { input.name(), {}, "the document holds no result of llmperf",
                "Drop the file whose name ends in _summary.json or _individual_responses.json" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<Llmperf> registered;

} // namespace

} // namespace prism::formats
