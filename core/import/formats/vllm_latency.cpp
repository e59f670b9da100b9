// SPDX-License-Identifier: GPL-3.0-or-later
// `vllm bench latency`: the end-to-end time of a whole batch, a few iterations of it; one object, or what it
// prints. Batch size and lengths stand in printed arguments or in the name of the file at best; names are not
// believed.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

constexpr std::string_view average = "Avg latency: ";
constexpr std::string_view deviation = "Std latency: ";
constexpr std::string_view percentile = "% percentile latency: ";
constexpr std::string_view unit = " seconds";

bool isDocument(const read::Node& root)
{
    return root.find("avg_latency") && root.find("latencies") && root.find("percentiles");
}

bool printsSeconds(std::string_view text)
{
    const std::size_t at = text.find(average);
    return at != std::string_view::npos
        && pastedLine(text.substr(at, text.find('\n', at) - at)).ends_with(unit);
}

/// A log of one run or several: "Avg latency: 0.07 seconds", then "99% percentile latency: 0.1 seconds".
class Log {
public:
    explicit Log(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = pastedLine(line.text);
        if (const std::string_view space = lineFrom(text, "Namespace("); !space.empty()) {
            m_arguments = space;
        } else if (!text.ends_with(unit)) {
            return;
        } else if (const std::string_view mean = lineFrom(text, average); !mean.empty()) {
            finish();
            m_point.emplace(m_points);
            take(line, mean, average.size(), Stat::mean());
        } else if (const std::string_view spread = lineFrom(text, deviation); m_point && !spread.empty()) {
            take(line, spread, deviation.size(), Stat::std());
        } else if (const std::size_t at = text.find(percentile); m_point && at != std::string_view::npos) {
            const std::size_t word = text.find_last_of(' ', at) + 1; // 0 without a blank
            if (const auto stat = Stat::parse("p" + std::string(text.substr(word, at - word)))) {
                take(line, text.substr(word), at - word + percentile.size(), *stat);
            }
        }
    }

    void finish()
    {
        if (!m_point) {
            return;
        }
        PointWriter& point = *m_point;
        if (const std::string model = namespaceArgument(m_arguments, "model"); !model.empty()) {
            point.attribute("model", model);
        }
        static constexpr std::array<std::pair<const char*, const char*>, 4> known {
            { { "batch_size", "batch_size" }, { "input_len", "isl_target" }, { "output_len", "osl_target" },
                { "tensor_parallel_size", "tp" } }
        };
        for (const auto& [argument, attribute] : known) {
            wholeAttribute(point, attribute, namespaceArgument(m_arguments, argument));
        }
        m_sink.point(point.take());
        ++m_points;
        m_point.reset();
        m_arguments.clear();
    }
    std::uint32_t points() const { return m_points; }

private:
    /// `text` is a label up to ": ", a number from `from` on, and the unit.
    void take(const read::TextLine& line, std::string_view text, std::size_t from, Stat stat)
    {
        const std::string_view value = text.substr(from, text.size() - from - unit.size());
        const auto offset = static_cast<std::size_t>(value.data() - line.text.data());
        m_point->measure(
            "e2e", stat, value, line.at(offset).text(), text.substr(0, from - 2), source::latencySeconds);
    }

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    std::string m_arguments; ///< "Namespace(…)" above the point
    std::uint32_t m_points = 0;
};

} // namespace

class VllmLatency : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-latency", "vLLM bench latency", 4, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        // People gather runs in an array.
        const read::Node* root = sample.document;
        const read::Node* first = root && root->isArray() ? root->at("/0") : root;
        if (first && isDocument(*first)) {
            return Match { Match::Certain, "has avg_latency, latencies and percentiles" };
        }
        if (!sample.document && sample.textContains(average) && sample.textContains(percentile)) {
            return Match { Match::Likely, "prints Avg latency and its percentiles in seconds" };
        }
        // The first versions printed no percentiles.
        if (!sample.document && printsSeconds(sample.head) && sample.textContains(" batch_size=")) {
            return Match { Match::Likely, "prints Avg latency in seconds and the batch's size" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json || input.family() == Family::Yaml
            ? readDocuments(input, sink)
            : readConsoleLog(input, sink, Log(sink), R"(no line "Avg latency: … seconds" holds a number)");
    }

private:
    static Result<void> readDocuments(Input& input, Sink& sink)
    {
        std::uint32_t points = 0;
        const auto take = [&](const read::Node& run) {
            if (isDocument(run)) {
                iterations(run, points, sink);
                sink.point(pointOf(run, points++));
            }
        };
        const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
            if (root.isArray()) {
                std::for_each(root.begin(), root.end(), take);
            } else {
                take(root);
            }
            return {};
        });
        if (!report) {
            return report.error();
        }
        sink.report(*report);
        return points > 0 ? Result<void>()
                          : Error { input.name(), {}, "no document of the file is a result of this tool",
                                "Check the file" };
    }

    static LoadPoint pointOf(const read::Node& root, std::uint32_t index)
    {
        PointWriter point(index);
        point.measure("e2e", Stat::mean(), root.find("avg_latency"), source::latencySeconds);
        point.measure("e2e", Stat::std(), root.find("std_latency"), source::latencySeconds);
        for (const read::Node& p : *root.find("percentiles")) {
            if (const auto stat = Stat::parse("p" + std::string(p.key()))) {
                point.measure("e2e", *stat, &p, source::latencySeconds);
            }
        }
        point.attribute("model", root.find("model_id"));
        point.extras(root);
        return point.take();
    }

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
