// SPDX-License-Identifier: GPL-3.0-or-later
// InferenceX (before: InferenceMAX): rows of fixed lengths, flat agentic rows, and nested agentic ones, alone
// in a file or as the elements of an array, and the table that its web page saves. Results of its client that
// were only converted to seconds are read as those of vLLM, whose fields they have.
#include "core/import/formats/inferencex/inferencex_table.h"
#include "core/import/formats/inferencex/inferencex_terms.h"
#include "core/import/importer.h"

#include <array>

namespace prism::formats {

namespace {

struct Number {
    std::string_view path;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array flatAgentic {
    Number { "/num_requests_total", "requests", source::one },
    Number { "/num_requests_successful", "requests_ok", source::one },
    Number { "/duration_seconds", "duration", source::seconds },
    Number { "/input_tput_tps", "input_throughput", source::tokensPerSecond },
    Number { "/output_tput_tps", "output_throughput", source::tokensPerSecond },
    Number { "/total_tput_tps", "total_throughput", source::tokensPerSecond },
};
/// The total counts the warm-up, so that it is no count of requests of the measured part.
constexpr std::array nestedAgentic {
    Number { "/num_requests_successful", "requests_ok", source::one },
    Number { "/request_metrics/throughput/duration_seconds", "duration", source::seconds },
    Number {
        "/request_metrics/throughput/input/tokens_per_second", "input_throughput", source::tokensPerSecond },
    Number { "/request_metrics/throughput/output/tokens_per_second", "output_throughput",
        source::tokensPerSecond },
    Number {
        "/request_metrics/throughput/total/tokens_per_second", "total_throughput", source::tokensPerSecond },
};
/// Of the whole system; `avg_power_w` is that of one GPU.
constexpr std::array power {
    Number { "/avg_total_gpu_power_w", "power", source::watts },
    Number { "/total_gpu_energy_j", "energy", source::joules },
    Number { "/joules_per_output_token", "energy_per_output_token", source::joulesPerToken },
};

bool isRow(const read::Node& node)
{
    return node.find("hw") && node.find("framework") && node.find("precision")
        && (node.find("tput_per_gpu") || node.find("request_metrics"));
}

const read::Node* firstRow(const read::Node& root)
{
    if (isRow(root)) {
        return &root;
    }
    for (const read::Node& element : root) {
        if (isRow(element)) {
            return &element;
        }
    }
    return nullptr;
}

template <class Numbers>
void take(PointWriter& out, const read::Node& row, const Numbers& numbers)
{
    for (const Number& number : numbers) {
        const read::Node* node = row.at(number.path);
        if (node && node->lenientNumber() != 0.0) {
            out.measure(number.metric, Stat::value(), node, number.unit);
        }
    }
}

void systemThroughputs(PointWriter& out, const read::Node& row, double gpus)
{
    const auto number = [&](std::string_view key) {
        const read::Node* node = row.find(key);
        return node ? node->lenientNumber().value_or(0) : 0;
    };
    InferencexPerGpu rates;
    rates.total = number("tput_per_gpu");
    rates.input = number("input_tput_per_gpu");
    rates.output = number("output_tput_per_gpu");
    rates.inputIsZero = row.find("input_tput_per_gpu") && rates.input == 0;
    rates.gpus = gpus;
    rates.prefill = number("num_prefill_gpu");
    rates.decode = number("num_decode_gpu");
    inferencexThroughputs(out, rates);
}

void takePower(PointWriter& out, const read::Node& row)
{
    const read::Node* valid = row.find("power_valid");
    // A boolean first, 0 or 1 since.
    if (valid && (valid->boolean() == false || valid->number() == 0.0)) {
        out.warn("power-invalid", "The benchmark calls its own power measurement invalid: it is not read.",
            valid->pointer(), Severity::Note);
    } else {
        take(out, row, power);
    }
}

/// A ratio, although its name says percent. Above 1 its unit is not settled.
void takeCacheUsage(PointWriter& out, const read::Node& row)
{
    const read::Node* usage = row.at("/server_metrics/kv_cache/gpu_usage_pct");
    const auto ratio = usage ? usage->number() : std::nullopt;
    if (ratio && *ratio >= 0 && *ratio <= 1) {
        out.measure("kv_cache_usage", Stat::value(), usage, source::ratio);
    }
}

LoadPoint pointOf(std::uint32_t index, const read::Node& row)
{
    PointWriter out(index);
    const auto gpus = inferencexSystem(out, row);
    const bool agentic = row.find("scenario_type") != nullptr;
    if (const read::Node* metrics = row.find("request_metrics")) {
        take(out, row, nestedAgentic);
        if (const read::Node* latency = metrics->find("latency")) {
            inferencexNestedLatencies(out, *latency);
        }
        if (const read::Node* tokens = metrics->find("tokens")) {
            inferencexNestedLengths(out, *tokens);
        }
        takeCacheUsage(out, row);
    } else {
        inferencexFlatLatencies(out, row, agentic);
        if (agentic) {
            take(out, row, flatAgentic);
            inferencexFlatLengths(out, row);
        } else if (gpus) {
            systemThroughputs(out, row, static_cast<double>(*gpus));
        }
    }
    takePower(out, row);
    out.extras(row);
    return out.take();
}

class InferenceX : public Importer {
public:
    ImporterInfo info() const override { return { "inferencex", "InferenceX", 5, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (!sample.document && isInferencexTable(sample)) {
            return Match { Match::Certain, "has the columns of InferenceX's charts" };
        }
        const read::Node* row = sample.document ? firstRow(*sample.document) : nullptr;
        return row
            ? std::optional(Match { Match::Certain, "has hw, framework, precision and throughput per GPU" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        // The license above the table makes it look like a text.
        if (input.family() == Family::Csv || input.family() == Family::Text) {
            return readInferencexTable(input, sink);
        }
        std::uint32_t points = 0;
        std::size_t others = 0;
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            if (isRow(root)) {
                sink.point(pointOf(points++, root));
                return {};
            }
            for (const read::Node& element : root) {
                if (isRow(element)) {
                    sink.point(pointOf(points++, element));
                } else {
                    ++others;
                }
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        if (points == 0) {
            return Error { input.name(), {}, "no row of InferenceX is in the file",
                "Drop its agg_*.json files" };
        }
        sink.report(*report);
        if (others > 0) {
            sink.warn({ "rows-left-out",
                std::to_string(others) + " elements are no rows of a result and are not read.", {},
                Severity::Note });
        }
        return {};
    }
};

const RegisterImporter<InferenceX> registered;

} // namespace

} // namespace prism::formats
