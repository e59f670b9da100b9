// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/llm_d_scenario.h"
#include "core/import/importer.h"
#include "core/read/text.h"

#include <algorithm>

namespace prism::formats {

namespace {

struct Entry {
    std::string_view key;
    std::string_view metric;
};
constexpr Entry latencies[] = {
    { "request_latency", "e2e" },
    { "normalized_time_per_output_token", "ntpot" },
    { "time_per_output_token", "tpot" },
    { "time_to_first_token", "ttft" },
    { "inter_token_latency", "itl" },
};
/// Of generators whose inter-token latency is that of a request, (last token - first) / (tokens - 1). What
/// GuideLLM calls time per output token begins with the request, or divides by all tokens, by its version.
constexpr Entry requestLatencies[] = {
    { "request_latency", "e2e" },
    { "time_to_first_token", "ttft" },
    { "inter_token_latency", "tpot" },
};
/// Of fmperf the converter computes the time per output token and repeats it as the inter-token latency.
constexpr Entry computedLatencies[] = {
    { "request_latency", "e2e" },
    { "time_per_output_token", "tpot" },
    { "time_to_first_token", "ttft" },
};
constexpr Entry lengths[] = { { "input_length", "isl" }, { "output_length", "osl" } };
/// 0.1 states plain numbers whose unit is in the key, 0.2 statistics with units.
constexpr Entry rates[] = {
    { "input_tokens_per_sec", "input_throughput" },
    { "output_tokens_per_sec", "output_throughput" },
    { "total_tokens_per_sec", "total_throughput" },
    { "requests_per_sec", "request_throughput" },
    { "input_token_rate", "input_throughput" },
    { "output_token_rate", "output_throughput" },
    { "total_token_rate", "total_throughput" },
    { "request_rate", "request_throughput" },
};

/// The load generator that a report was converted from: its numbers keep the meaning that they have there.
/// The converter keeps the generator's own settings; a report without them was written as the schema says.
enum class Generator { Other, GuideLlm, Aiperf, Fmperf };

Generator generatorOf(const read::Node& root)
{
    const read::Node* load = root.at("/scenario/load");
    const read::Node* tool = load ? load->at("/standardized/tool") : nullptr;
    tool = tool && load->has("/native") ? tool : load ? load->find("name") : nullptr;
    const std::string_view name = tool && tool->isScalar() ? tool->text() : std::string_view();
    return name == "guidellm" ? Generator::GuideLlm
        : name == "aiperf"    ? Generator::Aiperf
        : name == "fmperf"    ? Generator::Fmperf
                              : Generator::Other;
}

std::span<const Entry> latenciesOf(Generator generator)
{
    return generator == Generator::Other ? std::span<const Entry>(latencies)
        : generator == Generator::Fmperf ? std::span<const Entry>(computedLatencies)
                                         : std::span<const Entry>(requestLatencies);
}

/// The first reports spell 0.1 and 99.9 without a point, as GuideLLM does; p01 is 1.
std::optional<Stat> statOf(std::string_view key)
{
    return key == "p001" ? Stat::percentile(0.1) : key == "p999" ? Stat::percentile(99.9) : plainStat(key);
}

Unit unitOfMetric(std::string_view metric)
{
    return findMetric(metric)->unit;
}

/// The unit that a block of statistics states, as a factor to ours. None is guessed: without it the numbers
/// are left out.
std::optional<SourceUnit> statedUnit(PointWriter& out, const read::Node& block, std::string_view metric)
{
    const read::Node* units = block.find("units");
    const auto unit = units ? sourceUnit(units->text(), unitOfMetric(metric)) : std::nullopt;
    if (unit) {
        units->claim();
    } else {
        out.warn("unit-unknown",
            units ? "The unit \"" + std::string(units->text()) + "\" of " + std::string(block.key())
                    + " is not one of this quantity; its numbers are left out."
                  : std::string(block.key()) + " states no unit; its numbers are left out.",
            block.pointer());
    }
    return unit;
}

void statistics(PointWriter& out, const read::Node* group, std::span<const Entry> entries)
{
    for (const Entry& entry : entries) {
        const read::Node* block = group ? group->find(entry.key) : nullptr;
        if (!block || !block->isObject()) {
            continue;
        }
        if (const auto unit = statedUnit(out, *block, entry.metric)) {
            distribution(out, entry.metric, block, *unit, statOf);
        }
    }
}

void latencyStatistics(PointWriter& out, const read::Node* group, Generator generator)
{
    if (generator != Generator::GuideLlm) {
        statistics(out, group, latenciesOf(generator));
        return;
    }
    for (const Entry& entry : requestLatencies) {
        const read::Node* block = group ? group->find(entry.key) : nullptr;
        auto unit = block && block->isObject() ? statedUnit(out, *block, entry.metric) : std::nullopt;
        if (!unit) {
            continue;
        }
        const read::Node* stated = block->find("units");
        if (entry.metric == "e2e" && stated && stated->text() == "ms") {
            unit = source::latencySeconds;
            out.warn("unit-misnamed",
                "The report calls the request latency milliseconds, but it holds GuideLLM's seconds: it is "
                "read as seconds.",
                stated->pointer(), Severity::Note);
        }
        distribution(out, entry.metric, block, *unit, statOf,
            entry.metric == "tpot" ? std::string_view("token-weighted") : std::string_view());
    }
}

void throughputs(PointWriter& out, const read::Node* group)
{
    for (const Entry& entry : rates) {
        const read::Node* block = group ? group->find(entry.key) : nullptr;
        if (!block || out.point().measure(entry.metric, Stat::value())) {
            continue;
        }
        if (block->isObject()) {
            const auto unit = statedUnit(out, *block, entry.metric);
            if (unit) {
                // Spreads over time of a rate of the whole system are extras.
                out.measure(entry.metric, Stat::value(), block->find("mean"), *unit);
            }
        } else if (entry.key.ends_with("_per_sec")) {
            out.measure(entry.metric, Stat::value(), block, SourceUnit { unitOfMetric(entry.metric), 1 });
        } else {
            statedUnit(out, *block, entry.metric);
        }
    }
}

void requests(PointWriter& out, const read::Node* group, Generator generator)
{
    if (!group) {
        return;
    }
    // Of AIPerf the converter takes the requests that succeeded, and how many kinds of errors there were.
    const bool succeeded = generator == Generator::Aiperf;
    const read::Node* failures = group->find("failures");
    out.measure(succeeded ? "requests_ok" : "requests", Stat::value(), group->find("total"), source::one);
    if (!succeeded || (failures && failures->number() == 0.0)) {
        out.measure("requests_failed", Stat::value(), failures, source::one);
    }
    out.measure("requests_incomplete", Stat::value(), group->find("incomplete"), source::one);
    statistics(out, group, lengths);
}

/// YAML that was cut off between two lines is whole YAML: a report of requests has all three groups.
void doubtCut(PointWriter& out, const read::Node* results)
{
    for (const char* group : { "requests", "latency", "throughput" }) {
        const read::Node* node = results ? results->find(group) : nullptr;
        if (!node || !node->isObject() || node->size() == 0) {
            out.warn("incomplete-report",
                "The report has no " + std::string(group) + ": it may be cut off, and numbers missing.",
                results ? results->pointer() : std::string());
            return;
        }
    }
}

/// "PT49.97S", or seconds as a number.
void duration(PointWriter& out, const read::Node* node)
{
    if (!node) {
        return;
    }
    const auto seconds = node->isString() ? read::isoDurationSeconds(node->text()) : std::nullopt;
    if (!seconds) {
        out.measure("duration", Stat::value(), node, source::seconds);
        return;
    }
    // The file's own text, for the number is not it.
    out.measure("duration", Stat::value(), formatNumber(*seconds, Unit::Second, NumberStyle::Full),
        node->pointer(), node->text(), source::seconds);
    node->claim();
}

void startedAt(PointWriter& out, const read::Node* node)
{
    if (!node) {
        return;
    }
    const auto epoch = node->number() ? node->number() : epochOfUtcText(node->text());
    if (std::string text = epoch ? utcText(*epoch) : std::string(); !text.empty()) {
        out.attribute("started_at", std::move(text), std::string(node->text()), node->pointer());
        node->claim();
    }
}

/// One statistic of a metric over time.
struct Line {
    Stat stat;
    TimeSeries series;
};

void timeSeries(std::vector<TimeSeries>& all, const read::Node& block, const Entry& entry)
{
    const read::Node* units = block.find("units");
    const auto unit = units ? sourceUnit(units->text(), unitOfMetric(entry.metric)) : std::nullopt;
    const read::Node* samples = block.find("series");
    if (!unit || !samples || !samples->isArray()) {
        return;
    }
    std::vector<Line> lines;
    for (const read::Node& sample : *samples) {
        const read::Node* at = sample.find("ts");
        const auto seconds = !at ? std::nullopt : at->number() ? at->number() : epochOfUtcText(at->text());
        if (!seconds) {
            continue;
        }
        for (const read::Node& value : sample) {
            const bool plain = value.key() == "value" || value.key() == "mean";
            const auto stat = plain ? Stat::mean() : plainStat(value.key());
            if (!stat || !value.number()) {
                continue;
            }
            auto line = std::find_if(
                lines.begin(), lines.end(), [&](const Line& known) { return known.stat == *stat; });
            if (line == lines.end()) {
                TimeSeries series;
                series.name = std::string(entry.metric) + (plain ? std::string() : ' ' + stat->name());
                series.unit = symbol(unit->target);
                series.path = samples->pointer();
                series.absolute = true;
                line = lines.insert(lines.end(), { *stat, std::move(series) });
            }
            if (!line->series.seconds.empty() && line->series.seconds.back() == *seconds) {
                continue;
            }
            line->series.seconds.push_back(*seconds);
            line->series.values.push_back(*value.number() * unit->factor);
        }
    }
    for (Line& line : lines) {
        all.push_back(std::move(line.series));
    }
    block.claim();
}

std::vector<TimeSeries> timeSeries(const read::Node* group, Generator generator)
{
    std::vector<TimeSeries> all;
    const auto each = [&](const read::Node* blocks, std::span<const Entry> entries) {
        for (const Entry& entry : entries) {
            const read::Node* block = blocks ? blocks->find(entry.key) : nullptr;
            if (block && block->isObject()) {
                timeSeries(all, *block, entry);
            }
        }
    };
    if (group) {
        each(group->find("latency"), latenciesOf(generator));
        each(group->find("throughput"), rates);
    }
    return all;
}

std::string_view version(const read::Node& root)
{
    const read::Node* node = root.find("version");
    std::string_view text = node && node->isScalar() ? node->text() : std::string_view();
    if (text.starts_with('v')) {
        text.remove_prefix(1);
    }
    return text;
}

bool isFirst(const read::Node& root)
{
    return version(root) == "0.1" && root.has("/metrics")
        && (root.has("/scenario") || root.has("/metrics/latency"));
}

bool isSecond(const read::Node& root)
{
    const std::string_view text = version(root);
    return (text == "0.2" || text.starts_with("0.2."))
        && (root.has("/results/request_performance") || (root.has("/run") && root.has("/results")));
}

void first(PointWriter& out, const read::Node& root)
{
    if (const read::Node* scenario = root.find("scenario")) {
        llm_d::describeFirst(out, *scenario);
    }
    const read::Node& metrics = *root.find("metrics");
    const Generator generator = generatorOf(root);
    requests(out, metrics.find("requests"), generator);
    duration(out, metrics.at("/time/duration"));
    startedAt(out, metrics.at("/time/start"));
    latencyStatistics(out, metrics.find("latency"), generator);
    throughputs(out, metrics.find("throughput"));
}

std::vector<TimeSeries> second(PointWriter& out, const read::Node& root)
{
    if (const read::Node* scenario = root.find("scenario")) {
        llm_d::describeSecond(out, *scenario);
    }
    if (const read::Node* run = root.find("run")) {
        startedAt(out, run->at("/time/start"));
        duration(out, run->at("/time/duration"));
        if (const read::Node* experiment = run->find("eid")) {
            out.point().group = experiment->text();
        }
        if (const read::Node* label = run->find("description")) {
            out.point().label = label->text();
        }
    }
    const read::Node* performance = root.at("/results/request_performance");
    if (!performance) {
        return {};
    }
    const Generator generator = generatorOf(root);
    requests(out, performance->at("/aggregate/requests"), generator);
    latencyStatistics(out, performance->at("/aggregate/latency"), generator);
    throughputs(out, performance->at("/aggregate/throughput"));
    return timeSeries(performance->find("time_series"), generator);
}

/// Benchmark Reports of llm-d, versions 0.1, 0.2 and 0.2.1, as YAML or JSON, one load stage each.
constexpr Habit habits[] = { { "total-disagrees", "Published example reports hold made-up values." } };

class LlmDBenchmark : public Importer {
public:
    ImporterInfo info() const override
    {
        return { "llm-d-benchmark", "llm-d Benchmark Report", 3, 20, habits };
    }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document) {
            return std::nullopt;
        }
        if (isFirst(*sample.document)) {
            return Match { Match::Certain, "has version 0.1, scenario and metrics" };
        }
        if (isSecond(*sample.document)) {
            return Match { Match::Certain, "has version 0.2, run and results" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            const bool old = isFirst(root);
            if (!old && !isSecond(root)) {
                return {};
            }
            PointWriter out(points);
            std::vector<TimeSeries> series;
            if (old) {
                first(out, root);
            } else {
                series = second(out, root);
            }
            if (input.family() == Family::Yaml) {
                doubtCut(out, old ? root.find("metrics") : root.at("/results/request_performance/aggregate"));
            }
            claimSecrets(root);
            out.extras(root);
            sink.point(out.take());
            for (TimeSeries& one : series) {
                sink.series(points, std::move(one));
            }
            ++points;
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return points > 0 ? Result<void>()
                          : Error { input.name(), "/version", "the file holds no Benchmark Report 0.1 or 0.2",
                                "Convert it with a current llm-d-benchmark" };
    }
};

const RegisterImporter<LlmDBenchmark> registered;

} // namespace

} // namespace prism::formats
