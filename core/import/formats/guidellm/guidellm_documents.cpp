// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/guidellm/guidellm_requests.h"
#include "core/import/formats/guidellm/guidellm_terms.h"

namespace prism::formats::guidellm {

namespace {

constexpr Term latencies[] = {
    { "request_latency", "e2e", source::latencySeconds },
    { "time_to_first_token_ms", "ttft", source::latencyMilliseconds },
    { "inter_token_latency_ms", "tpot", source::latencyMilliseconds },
    { "time_per_output_token_ms", "ntpot", source::latencyMilliseconds },
    { "prompt_token_count", "isl", source::one },
    { "output_token_count", "osl", source::one },
};

/// 0.1 states means and percentiles of the successful requests beside each other.
constexpr Term firstGeneration[] = {
    { "request_latency", "e2e", source::latencySeconds },
    { "time_to_first_token", "ttft", source::latencyMilliseconds },
    { "inter_token_latency", "tpot", source::latencyMilliseconds },
    { "prompt_token", "isl", source::one },
    { "output_token", "osl", source::one },
};

std::optional<double> numberAt(const read::Node& node, std::string_view pointer)
{
    const read::Node* at = node.at(pointer);
    return at ? at->number() : std::nullopt;
}

/// "50": the percentiles of 0.1 are keyed by bare numbers.
std::optional<Stat> bareNumber(std::string_view key)
{
    return plainStat("p" + std::string(key));
}

class Reader : public read::DocumentHandler {
public:
    /// `brackets`: the text has some, so that nothing can be cut off it unseen.
    Reader(Sink& sink, bool brackets)
        : m_sink(sink)
        , m_requests(sink)
        , m_brackets(brackets)
    {
    }

    Result<void> element(const read::Node& element) override
    {
        m_requests.element(element);
        return {};
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        m_requests.finish();
        const read::Node* benchmarks = root.find("benchmarks");
        const std::uint32_t first = m_next;
        if (!benchmarks) {
            return {};
        }
        for (const read::Node& benchmark : *benchmarks) {
            if (const read::Node* nested = benchmark.find("benchmarks")) {
                for (const read::Node& inner : *nested) {
                    point(first + nestedIndex(inner),
                        [&](PointWriter& out) { nestedPoint(out, benchmark, inner); });
                }
            } else if (benchmark.isObject()) {
                point(first + benchmark.index(),
                    [&](PointWriter& out) { benchmarkPoint(out, root, benchmark); });
            }
        }
        m_requests.startDocument(m_next);
        return {};
    }
    std::uint32_t points() const { return m_next; }

private:
    template <class Fill>
    void point(std::uint32_t index, Fill fill)
    {
        PointWriter out(index);
        fill(out);
        m_sink.point(out.take());
        m_next = std::max(m_next, index + 1);
    }

    void benchmarkPoint(PointWriter& out, const read::Node& root, const read::Node& benchmark);
    void nestedPoint(PointWriter& out, const read::Node& group, const read::Node& benchmark);
    void counts(PointWriter& out, const read::Node& benchmark);
    void distributions(PointWriter& out, const read::Node& metrics, bool firstLayout);
    void throughputs(PointWriter& out, const read::Node& benchmark, const read::Node& metrics);
    void describe(PointWriter& out, const read::Node& root, const read::Node& benchmark);
    void producerWarnings(PointWriter& out, const read::Node& benchmark);

    Sink& m_sink;
    Requests m_requests;
    bool m_brackets;
    std::uint32_t m_next = 0;
};

void Reader::counts(PointWriter& out, const read::Node& benchmark)
{
    const read::Node* totals = benchmark.at("/metrics/request_totals");
    if (!totals) {
        totals = benchmark.find("request_totals");
    }
    if (!totals) {
        return;
    }
    out.measure("requests", Stat::value(), totals->find("total"), source::one);
    out.measure("requests_ok", Stat::value(), totals->find("successful"), source::one);
    out.measure("requests_failed", Stat::value(), totals->find("errored"), source::one);
    out.measure("requests_incomplete", Stat::value(), totals->find("incomplete"), source::one);
}

void Reader::distributions(PointWriter& out, const read::Node& metrics, bool firstLayout)
{
    const auto requests = numberAt(metrics, "/request_latency/successful/count");
    for (const Term& term : latencies) {
        const read::Node* block = metrics.find(term.label);
        const read::Node* successful = block ? block->find("successful") : nullptr;
        // Up to 0.3 this is (last token - first token) / tokens, which no metric of ours is.
        if (!successful || (firstLayout && term.metric == "ntpot")) {
            continue;
        }
        std::string_view semantics;
        if (term.metric == "tpot" || term.metric == "ntpot") {
            // Weighted by tokens in all versions but early 0.4; from 0.5 on the count says so.
            semantics = firstLayout || numberAt(*successful, "/count") != requests ? tokenWeighted : "";
        }
        distribution(out, term.metric, successful, term.unit, statOf, semantics);
        distribution(out, term.metric, successful->find("percentiles"), term.unit, statOf, semantics);
    }
    const auto sum = [&](std::string_view metric, std::string_view block) {
        const read::Node* ok = metrics.at("/" + std::string(block) + "/successful/total_sum");
        const read::Node* all = metrics.at("/" + std::string(block) + "/total/total_sum");
        // Where failed requests have tokens too, neither sum is the total of the point.
        if (ok && all && ok->number() && ok->number() == all->number()) {
            out.measure(metric, Stat::value(), ok, source::one);
        }
    };
    sum("input_tokens", "prompt_token_count");
    sum("output_tokens", "output_token_count");
}

void Reader::throughputs(PointWriter& out, const read::Node& benchmark, const read::Node& metrics)
{
    const read::Node* request = metrics.at("/requests_per_second/successful/mean");
    const read::Node* input = metrics.at("/prompt_tokens_per_second/successful/mean");
    const read::Node* output = metrics.at("/output_tokens_per_second/successful/mean");
    const read::Node* total = metrics.at("/tokens_per_second/successful/mean");
    const auto value = [](const read::Node* node) { return node ? node->number() : std::nullopt; };
    Rates rates { value(request), value(input), value(output), value(total),
        numberAt(metrics, "/prompt_token_count/successful/mean"),
        numberAt(metrics, "/prompt_token_count/successful/total_sum"),
        numberAt(metrics, "/output_token_count/successful/total_sum"), numberAt(benchmark, "/duration") };
    out.measure("request_throughput", Stat::value(), request, source::requestsPerSecond);
    if (output && outputHolds(rates, out, output->pointer())) {
        out.measure("output_throughput", Stat::value(), output, source::tokensPerSecond);
    }
    if (input && inputHolds(rates, out, input->pointer())) {
        out.measure("input_throughput", Stat::value(), input, source::tokensPerSecond);
    } else {
        rates.input = std::nullopt;
    }
    if (total && totalHolds(rates, out, total->pointer())) {
        out.measure("total_throughput", Stat::value(), total, source::tokensPerSecond);
    }
    if (const read::Node* goodput = metrics.at("/request_goodput/successful/mean")) {
        out.measure("request_goodput", Stat::value(), goodput, source::requestsPerSecond);
    }
}

void Reader::describe(PointWriter& out, const read::Node& root, const read::Node& benchmark)
{
    const std::string settings = benchmark.has("/config/strategy") ? "/config" : "/args";
    describeStrategy(out, benchmark.at(settings + "/strategy"), benchmark.at(settings + "/profile"));
    describeModel(out,
        { benchmark.at("/worker/backend_model"), benchmark.at("/config/backend/model"),
            root.at("/args/model"), root.at("/args/backend/model"), root.at("/config/spec/backend/model") });
    for (const read::Node* data : { root.at("/config/spec/data"), root.at("/args/data"),
             benchmark.at("/request_loader/data"), benchmark.at("/config/requests/data") }) {
        if (data && !data->isNull()) {
            describeData(out, data);
            break;
        }
    }
    if (const read::Node* start = benchmark.find("start_time"); start && start->number()) {
        if (std::string at = utcText(*start->number()); !at.empty()) {
            out.attribute("started_at", std::move(at), std::string(start->text()), start->pointer());
            start->claim();
        }
    }
    for (const std::string_view pointer : { "/run_id", "/config/run_id" }) {
        if (const read::Node* run = benchmark.at(pointer); run && run->isString()) {
            out.point().group = run->text();
        }
    }
}

void Reader::producerWarnings(PointWriter& out, const read::Node& benchmark)
{
    const read::Node* warnings = benchmark.find("warnings");
    if (!warnings || !warnings->isArray()) {
        return;
    }
    for (const read::Node& warning : *warnings) {
        if (const read::Node* message = warning.find("message"); message && message->isString()) {
            const std::string_view text = message->text();
            out.warn("producer-warning",
                "GuideLLM says: " + std::string(text) + (text.ends_with('.') ? "" : "."), message->pointer(),
                Severity::Note);
        }
    }
    warnings->claim();
}

void Reader::benchmarkPoint(PointWriter& out, const read::Node& root, const read::Node& benchmark)
{
    describe(out, root, benchmark);
    counts(out, benchmark);
    out.measure("duration", Stat::value(), benchmark.find("duration"), source::seconds);
    if (const read::Node* metrics = benchmark.find("metrics")) {
        const bool firstLayout = benchmark.has("/run_stats") || benchmark.has("/request_loader");
        distributions(out, *metrics, firstLayout);
        throughputs(out, benchmark, *metrics);
        // The same numbers over failed and over all requests; the original keeps them.
        for (const read::Node& metric : *metrics) {
            for (const std::string_view status : { "errored", "incomplete", "total" }) {
                if (const read::Node* block = metric.find(status)) {
                    block->claim();
                }
            }
        }
    }
    producerWarnings(out, benchmark);
    // YAML that was cut off between two lines is whole YAML.
    for (const char* always : { "metrics", "start_time", "end_time" }) {
        if (!m_brackets && !benchmark.find(always)) {
            out.warn("incomplete-benchmark",
                "The benchmark has no " + std::string(always)
                    + ", which every version writes: the file may be cut off, and numbers missing.",
                benchmark.pointer());
            break;
        }
    }
    claimSecrets(root);
    for (const std::string_view key : { "metadata", "args", "config" }) {
        if (const read::Node* node = root.find(key)) {
            out.extras(*node);
        }
    }
    out.extras(benchmark);
}

void Reader::nestedPoint(PointWriter& out, const read::Node& group, const read::Node& benchmark)
{
    describeModel(out, { group.at("/args/model") });
    if (const read::Node* data = group.at("/args/data")) {
        describeData(out, data);
    }
    if (const read::Node* mode = benchmark.find("mode")) {
        const bool rate = mode->text() == "asynchronous";
        describeName(out, mode->text(), mode->pointer());
        mode->claim();
        if (const read::Node* asked = benchmark.find("rate"); rate && asked) {
            out.attribute("request_rate", asked);
        }
    }
    out.measure("requests", Stat::value(), benchmark.find("total_count"), source::one);
    out.measure("requests_ok", Stat::value(), benchmark.find("request_count"), source::one);
    out.measure("requests_failed", Stat::value(), benchmark.find("error_count"), source::one);
    out.measure("duration", Stat::value(), benchmark.find("duration"), source::seconds);
    out.measure("request_throughput", Stat::value(), benchmark.find("completed_request_rate"),
        source::requestsPerSecond);
    out.measure("output_throughput", Stat::value(), benchmark.find("output_token_throughput"),
        source::tokensPerSecond);
    for (const Term& term : firstGeneration) {
        const std::string_view semantics = term.metric == "tpot" ? tokenWeighted : std::string_view();
        out.measure(term.metric, Stat::mean(), benchmark.find(term.label), term.unit, semantics);
        distribution(out, term.metric, benchmark.find(std::string(term.label) + "_percentiles"), term.unit,
            bareNumber, semantics);
    }
    // The first version states nothing but its requests.
    const RequestStatistics* statistics = m_requests.statistics(out.point().index);
    if (statistics && !benchmark.has("/request_count")) {
        statistics->write(out);
    }
    claimSecrets(group);
    if (const read::Node* args = group.find("args")) {
        out.extras(*args);
    }
    out.extras(benchmark);
}

} // namespace

Result<void> readDocuments(Input& input, Sink& sink)
{
    read::Plan plan;
    plan.stream = { "/benchmarks/*/requests/successful", "/benchmarks/*/requests/errored",
        "/benchmarks/*/requests/incomplete", "/benchmarks/*/benchmarks/*/results",
        "/benchmarks/*/benchmarks/*/errors" };
    for (const std::string_view text :
        { "prompt", "output", "request_args", "reasoning_output", "tool_calls", "traceback" }) {
        plan.skip.push_back("/benchmarks/*/requests/*/*/" + std::string(text));
    }
    for (const std::string_view text : { "request", "prompt", "output" }) {
        plan.skip.push_back("/benchmarks/*/benchmarks/*/results/*/" + std::string(text));
    }
    plan.skip.push_back("/benchmarks/*/requests/*/*/info/traceback");
    plan.skip.push_back("/benchmarks/*/benchmarks/*/concurrencies");
    plan.skip.push_back("/benchmarks/*/requests/total");
    plan.skip.push_back("/benchmarks/*/metrics/*/*/pdf");
    plan.skip.push_back("/benchmarks/*/metrics/*/*/cumulative_distribution_function");
    // Words, characters and media, and the tokens once more.
    for (const std::string_view repeated : { "text", "image", "video", "audio" }) {
        plan.skip.push_back("/benchmarks/*/metrics/" + std::string(repeated));
    }
    Reader reader(sink, input.family() == Family::Json);
    auto report = input.documents(std::move(plan), reader);
    if (!report) {
        return report.error();
    }
    sink.report(*report);
    if (reader.points() == 0) {
        return Error { input.name(), "/benchmarks", "the file holds no benchmark",
            "Run GuideLLM again; the run ended before its first benchmark" };
    }
    return {};
}

} // namespace prism::formats::guidellm
