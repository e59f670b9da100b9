// SPDX-License-Identifier: GPL-3.0-or-later
// `vllm bench latency`: the end-to-end time of a whole batch, a few iterations of it. Batch size and lengths
// stand in the name of the file at best, so they are left out.
#include "core/import/importer.h"
#include "core/import/point_writer.h"

namespace prism::formats {

class VllmLatency : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-latency", "vLLM bench latency", 1, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const bool ours
            = sample.has("/avg_latency") && sample.has("/latencies") && sample.has("/percentiles");
        return ours ? std::optional(Match { Match::Certain, "has avg_latency, latencies and percentiles" })
                    : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        const auto report = input.documents([&](const read::Node& root, std::size_t number) -> Result<void> {
            PointWriter point(static_cast<std::uint32_t>(number));
            point.measure("e2e", Stat::mean(), root.find("avg_latency"), source::latencySeconds);
            point.measure("e2e", Stat::std(), root.find("std_latency"), source::latencySeconds);
            if (const read::Node* percentiles = root.find("percentiles")) {
                for (const read::Node& p : *percentiles) {
                    if (const auto stat = Stat::parse("p" + std::string(p.key()))) {
                        point.measure("e2e", *stat, &p, source::latencySeconds);
                    }
                }
            }
            point.attribute("model", root.find("model_id"));
            point.extras(root);
            iterations(root, static_cast<std::uint32_t>(number), sink);
            sink.point(point.take());
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return {};
    }

private:
    /// Iterations of a batch are no requests: they are kept as a series, an iteration a sample.
    static void iterations(const read::Node& root, std::uint32_t point, Sink& sink)
    {
        const read::Node* latencies = root.find("latencies");
        if (!latencies || latencies->numbers().empty()) {
            return;
        }
        TimeSeries series { "e2e of an iteration", "s", latencies->pointer(), {}, {}, false };
        double at = 0;
        for (const double latency : latencies->numbers()) {
            series.seconds.push_back(at);
            series.values.push_back(latency);
            at += latency;
        }
        sink.series(point, std::move(series));
    }
};

const RegisterImporter<VllmLatency> registered;

} // namespace prism::formats
