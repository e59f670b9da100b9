// SPDX-License-Identifier: GPL-3.0-or-later
// `vllm bench throughput`: one object; tokens_per_second counts input and output together.
#include "core/import/importer.h"
#include "core/import/point_writer.h"

namespace prism::formats {

class VllmThroughput : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-throughput", "vLLM bench throughput", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const bool ours
            = sample.has("/elapsed_time") && sample.has("/num_requests") && sample.has("/tokens_per_second");
        return ours
            ? std::optional(Match { Match::Certain, "has elapsed_time, num_requests and tokens_per_second" })
            : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        const auto report = input.documents([&](const read::Node& root, std::size_t number) -> Result<void> {
            PointWriter point(static_cast<std::uint32_t>(number));
            point.measure("duration", Stat::value(), root.find("elapsed_time"), source::seconds);
            point.measure("requests", Stat::value(), root.find("num_requests"), source::one);
            point.measure("request_throughput", Stat::value(), root.find("requests_per_second"),
                source::requestsPerSecond);
            point.measure(
                "total_throughput", Stat::value(), root.find("tokens_per_second"), source::tokensPerSecond);
            point.attribute("model", root.find("model_id"));
            point.attribute("load_mode", std::string("offline"));
            point.extras(root);
            sink.point(point.take());
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<VllmThroughput> registered;

} // namespace prism::formats
