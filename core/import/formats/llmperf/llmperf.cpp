// SPDX-License-Identifier: GPL-3.0-or-later
// llmperf of Ray: a flat summary a load level, alone or keyed by concurrency, an array of the requests, and
// what it prints. Times are in seconds. What it calls inter-token latency is e2e / n, our NTPOT; in files of
// 2023 it is nothing that can be named.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/llmperf/llmperf_terms.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/units/convert.h"

#include <array>
#include <cmath>

namespace prism::formats::llmperf {

namespace {

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

TokenLatency tokenLatencyOf(const Fields& fields, const read::Node* timestamp)
{
    const auto mean = [&fields](std::string_view metric) {
        const read::Node* node = fields.moment(metric, "mean");
        return node ? node->lenientNumber() : std::nullopt;
    };
    return { mean(tokenLatency.key), mean("end_to_end_latency_s"), mean("number_output_tokens"),
        timestamp ? timestamp->lenientNumber() : std::nullopt };
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
        out.warn("token-latency-unclear", latency.unclearText(), stated->pointer());
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
        // A log may hold a document; what the tool prints counts more.
        if (isConsole(sample)) {
            return Match { Match::Certain, "prints inter_token_latency_s and Number Of Completed Requests" };
        }
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
        if (input.family() != Family::Json) {
            return readConsole(input, sink);
        }
        Shapes shapes;
        read::Plan look;
        look.skip = { "/*" };
        if (const auto looked = input.documents(look, shapes); !looked) {
            // Something in a log looked like a document.
            return readConsole(input, sink) ? Result<void>() : Result<void>(looked.error());
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
            if (readConsole(input, sink)) { // a log that holds another document
                return {};
            }
            return Error { input.name(), {}, "the document holds no result of llmperf",
                "Drop the file whose name ends in _summary.json or _individual_responses.json" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<Llmperf> registered;

} // namespace

TokenLatency::TokenLatency(std::optional<double> statedMean, std::optional<double> latency,
    std::optional<double> tokens, std::optional<double> written)
    : stated(statedMean)
{
    constexpr double newYear2024 = 1704067200;
    constexpr double alike = 0.2; ///< ratio of means and mean of ratios, where lengths differ
    constexpr double theSame = 0.02; ///< where the date speaks against it
    if (latency && tokens && *tokens > 0) {
        each = *latency / *tokens;
    }
    const bool since2024 = written && *written >= newYear2024;
    const double tolerance = written && !since2024 ? theSame : alike;
    known = stated && each ? std::abs(*stated - *each) <= tolerance * *each : since2024;
}

std::string TokenLatency::unclearText() const
{
    const auto number
        = [](double seconds) { return formatNumber(seconds * 1e3, Unit::Millisecond, NumberStyle::Reading); };
    return (stated && each
                   ? "llmperf's inter-token latency of " + number(*stated)
                       + " is not the e2e / n of this file, " + number(*each)
                       + ", as it is since 2024: it is kept as an extra"
                   : std::string(
                       "What llmperf's inter-token latency meant in 2023 is not known, and this file has "
                       "no e2e / n to compare it with: it is kept as an extra"))
        + " like its throughput of a request, and NTPOT and TPOT are computed.";
}

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

} // namespace prism::formats::llmperf
