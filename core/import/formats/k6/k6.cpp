// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/k6/k6_terms.h"
#include "core/read/numbers.h"

#include <algorithm>

namespace prism::formats::k6 {

namespace {

/// The numbers of a metric: members of its own, or of `values`.
const read::Node* valuesOf(const read::Node* metric)
{
    const read::Node* values = metric ? metric->find("values") : nullptr;
    return values && values->isObject() ? values : metric;
}

const read::Node* value(const read::Node& root, std::string_view metric, std::string_view key)
{
    const read::Node* values = valuesOf(summaryMetric(root, metric));
    return values ? values->find(key) : nullptr;
}

std::optional<double> numberOf(const read::Node* node)
{
    return node ? node->number() : std::nullopt;
}

/// The list of metrics has no rates and tells the duration, in seconds.
void listed(
    PointWriter& out, const read::Node& root, std::optional<double> requests, std::optional<double> failed)
{
    const read::Node* duration = root.at("/config/duration");
    out.measure("duration", Stat::value(), duration, source::seconds);
    if (const auto seconds = numberOf(duration); seconds && *seconds > 0 && requests) {
        out.derived("request_throughput", Stat::value(), (*requests - failed.value_or(0)) / *seconds,
            "(http_reqs - http_req_failed) / duration");
    }
    const read::Node* written = root.at("/metadata/generatedAt");
    if (written) {
        out.extra(written->pointer(), "written " + std::string(written->text()));
        written->claim();
    }
}

/// What a script's setup() returned may be a key, and so may a part of a URL in the name of a metric.
void hideSecrets(const read::Node& root)
{
    claimSecrets(root);
    if (const read::Node* setup = root.find("setup_data")) {
        setup->claim();
    }
    const read::Node* metrics = root.find("metrics");
    for (auto it = metrics ? metrics->begin() : read::Node::Iterator(nullptr);
         it != read::Node::Iterator(nullptr); ++it) {
        if (it->key().find("://") != std::string_view::npos) {
            it->claim();
        }
    }
}

class K6 : public Importer {
public:
    ImporterInfo info() const override { return { "k6", "k6", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document) {
            if (isStreamLine(*sample.document)) {
                return Match { Match::Certain, "has type, metric and data of a k6 sample" };
            }
            return isSummary(*sample.document)
                ? std::optional(Match { Match::Certain, "has the metrics http_req_duration or iterations" })
                : std::nullopt;
        }
        if (!sample.rows.empty() && isCsvHeader(sample.rows.front())) {
            return Match { Match::Certain, "has the columns metric_name, timestamp and metric_value" };
        }
        return sample.textContains("http_req_duration..") && sample.textContains("avg=")
            ? std::optional(Match { Match::Certain, "holds the line http_req_duration… avg=" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json) {
            return readDocuments(input, sink);
        }
        bool table = false;
        (void)input.rawCsv([&](const read::CsvRow& row) -> Result<void> {
            table = isCsvHeader(row);
            return Error { {}, {}, "enough", {} };
        });
        return table ? readCsv(input, sink) : readConsole(input, sink);
    }
};

const RegisterImporter<K6> registered;

} // namespace

bool isSummary(const read::Node& root)
{
    const read::Node* latency = valuesOf(summaryMetric(root, "http_req_duration"));
    const read::Node* other = valuesOf(summaryMetric(root, "iterations"));
    return (latency && latency->find("avg")) || (other && other->find("rate") && other->find("count"))
        || (root.has("/results/metrics") && root.has("/metadata/k6Version"));
}

LoadPoint summaryPoint(const read::Node& root, std::uint32_t index)
{
    PointWriter out(index);
    if (const read::Node* latency = valuesOf(summaryMetric(root, "http_req_duration"))) {
        distribution(out, "e2e", latency, source::latencyMilliseconds, &statOf);
    }
    const read::Node* requests = value(root, "http_reqs", "count");
    out.measure("requests", Stat::value(), requests, source::one);
    // k6 calls a request that failed a pass of this metric. The list of metrics since 1.5 says "matches".
    const read::Node* failed = value(root, "http_req_failed", "passes");
    failed = failed ? failed : value(root, "http_req_failed", "matches");
    out.measure("requests_failed", Stat::value(), failed, source::one);
    if (numberOf(failed).value_or(0) == 0) {
        out.measure(
            "request_throughput", Stat::value(), value(root, "http_reqs", "rate"), source::requestsPerSecond);
    }
    out.measure("duration", Stat::value(), root.at("/state/testRunDurationMs"), source::milliseconds);
    if (root.find("results")) {
        listed(out, root, numberOf(requests), numberOf(failed));
    }
    judge(out, numberOf(requests), numberOf(failed), numberOf(value(root, "iterations", "count")));
    const read::Node* dropped = value(root, "dropped_iterations", "count");
    if (numberOf(dropped).value_or(0) > 0) {
        out.warn("dropped-iterations",
            "k6 could not start " + std::string(dropped->text())
                + " iterations in time: the load was less than asked.",
            dropped->pointer());
    }
    hideSecrets(root);
    out.extras(root);
    return out.take();
}

std::optional<Stat> statOf(std::string_view word)
{
    if (word == "avg") {
        return Stat::mean();
    }
    if (word == "med") {
        return Stat::percentile(50);
    }
    if (word.starts_with("p(") && word.ends_with(')')) {
        return Stat::parse('p' + std::string(word.substr(2, word.size() - 3)));
    }
    return word == "min"  ? std::optional(Stat::min())
        : word == "max"   ? std::optional(Stat::max())
        : word == "count" ? std::optional(Stat::count())
                          : std::nullopt;
}

void judge(PointWriter& out, std::optional<double> requests, std::optional<double> failed,
    std::optional<double> iterations)
{
    if (requests && failed) {
        out.derived("requests_ok", Stat::value(), *requests - *failed, "http_reqs - http_req_failed");
    }
    if (failed && *failed > 0) {
        for (Measure& m : out.point().measures) {
            if (m.metric->id == "e2e") {
                m.semantics = "includes-failed";
            }
        }
        out.warn("failures-included",
            "The latencies and k6's rate count failed requests too, of which there are "
                + formatNumber(*failed, Unit::One, NumberStyle::Full) + '.');
    }
    constexpr double severalCalls = 1.01; // set-up may send one or two more
    if (requests && iterations && *iterations > 0 && *requests > *iterations * severalCalls) {
        out.warn("mixed-requests",
            "The script sends several requests an iteration ("
                + formatNumber(*requests, Unit::One, NumberStyle::Full) + " in "
                + formatNumber(*iterations, Unit::One, NumberStyle::Full) + "): E2E mixes kinds of call.");
    }
}

const read::Node* summaryMetric(const read::Node& root, std::string_view name)
{
    if (const read::Node* metrics = root.find("metrics")) {
        return metrics->find(name);
    }
    const read::Node* list = root.at("/results/metrics");
    for (auto it = list ? list->begin() : read::Node::Iterator(nullptr); it != read::Node::Iterator(nullptr);
         ++it) {
        const read::Node* called = it->find("name");
        if (called && called->text() == name) {
            return &*it;
        }
    }
    return nullptr;
}

} // namespace prism::formats::k6
