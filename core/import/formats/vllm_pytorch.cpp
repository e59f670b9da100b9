// SPDX-License-Identifier: GPL-3.0-or-later
// What vLLM's benchmarks write for the PyTorch benchmark database (*.pytorch.json): an array with a record a
// metric. All records of a file are one run; what is no metric stands in each record's extra_info again.
#include "core/import/distributions.h"
#include "core/import/formats/serving_fields.h"
#include "core/import/formats/serving_run.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <array>

namespace prism::formats {

namespace {

/// Rates are metrics in records of `bench throughput`, and extra_info in those of `bench serve`.
constexpr ServingNumber numbers[] = {
    { "requests_per_second", "request_throughput", source::requestsPerSecond },
    { "tokens_per_second", "total_throughput", source::tokensPerSecond },
    { "elapsed_time", "duration", source::seconds },
    { "num_requests", "requests", source::one },
};

struct Argument {
    std::string_view key; ///< of the command line
    std::string_view attribute;
};
constexpr std::array arguments {
    Argument { "tensor_parallel_size", "tp" },
    Argument { "pipeline_parallel_size", "pp" },
    Argument { "data_parallel_size", "dp" },
    Argument { "quantization", "precision" },
    Argument { "batch_size", "batch_size" },
};

/// Clients that talk to a server name its data set; the others make their prompts by these lengths.
void describe(const read::Node& args, PointWriter& point)
{
    for (const Argument& argument : arguments) {
        point.attribute(argument.attribute, args.find(argument.key));
    }
    const read::Node* dataset = args.find("dataset_name");
    const bool serving = args.find("random_input_len") != nullptr;
    const bool random = dataset && dataset->text() == "random";
    if (dataset && dataset->isString()) {
        point.attribute("dataset", dataset);
    }
    if (serving && random) {
        point.attribute("isl_target", args.find("random_input_len"));
        point.attribute("osl_target", args.find("random_output_len"));
    } else if (!serving && (!dataset || random)) {
        point.attribute("isl_target", args.find("input_len"));
        point.attribute("osl_target", args.find("output_len"));
    }
}

/// One metric: a number, or the iterations of `bench latency`, whose mean and percentiles stand in
/// extra_info.
void metric(const read::Node& record, PointWriter& point)
{
    const read::Node* name = record.at("/metric/name");
    const read::Node* values = record.at("/metric/benchmark_values");
    if (!name || !values || values->numbers().size() != 1) {
        return;
    }
    const std::string value = formatNumber(values->numbers().front(), Unit::One, NumberStyle::Full);
    const std::string path = values->pointer() + "/0";
    for (const ServingNumber& number : numbers) {
        if (number.key == name->text()) {
            point.measure(number.metric, Stat::value(), value, path, name->text(), number.unit);
            values->claim();
        }
    }
    if (const auto latency = servingLatency(name->text()); latency && name->text().ends_with("_ms")) {
        point.measure(latency->metric, latency->stat, value, path, name->text(), source::latencyMilliseconds,
            latency->semantics);
        values->claim();
    }
}

void iterations(const read::Node& extra, PointWriter& point)
{
    point.measure("e2e", Stat::mean(), extra.find("avg_latency"), source::latencySeconds);
    const read::Node* percentiles = extra.find("percentiles");
    if (!percentiles || !percentiles->isObject()) {
        return;
    }
    for (const read::Node& p : *percentiles) {
        if (const auto stat = Stat::parse("p" + std::string(p.key()))) {
            point.measure("e2e", *stat, &p, source::latencySeconds);
        }
    }
}

/// The only array of the file; nothing of it is told before all of it is there.
void run(const read::Node& root, PointWriter& point)
{
    const read::Node& first = *root.begin();
    point.attribute("model", first.at("/model/name"));
    if (const read::Node* extra = first.at("/metric/extra_info")) {
        vllmDialect.map(*extra, point);
        mapNumbers(*extra, numbers, point);
        iterations(*extra, point);
        warnWhenAllFailed(point);
    }
    if (const read::Node* args = first.at("/benchmark/extra_info/args")) {
        describe(*args, point);
    }
    for (const read::Node& record : root) {
        metric(record, point);
    }
    // The other records repeat the first one's.
    for (const read::Node& record : root) {
        for (const char* repeated : { "/benchmark", "/model", "/metric/extra_info", "/metric/name" }) {
            if (const read::Node* node = record.at(repeated); node && &record != &first) {
                node->claim();
            }
        }
    }
}

bool isRecord(const read::Node* record)
{
    const read::Node* name = record ? record->at("/benchmark/name") : nullptr;
    return name && name->text() == "vLLM benchmark" && record->has("/metric/name")
        && record->has("/metric/benchmark_values");
}

} // namespace

class VllmPytorch : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-pytorch", "vLLM bench, PyTorch records", 3, 25 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = sample.document;
        return root && root->isArray() && isRecord(root->at("/0"))
            ? std::optional(Match { Match::Certain, "its records name the vLLM benchmark and a metric" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        std::uint32_t points = 0;
        std::string other; ///< metric of a file that is of no load, as `bench startup` writes them
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            if (root.isArray() && isRecord(root.at("/0"))) {
                PointWriter point(points);
                run(root, point);
                if (point.point().measures.empty()) {
                    other = root.at("/0/metric/name")->text();
                    return {};
                }
                ++points;
                claimSecrets(root);
                point.extras(root);
                sink.point(point.take());
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {},
                other.empty() ? "the file holds no records of the vLLM benchmark"
                              : "its records tell no latency, throughput or count of requests, but \""
                        + other.substr(0, 100) + '"',
                "Drop what bench serve, throughput or latency wrote" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<VllmPytorch> registered;

} // namespace prism::formats
