// SPDX-License-Identifier: GPL-3.0-or-later
// `vllm bench throughput`: one object, in which tokens_per_second counts input and output together, or what
// it prints. Only the console tells the output rate apart.
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/console_log.h"
#include "core/import/importer.h"
#include "core/import/point_writer.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <array>

namespace prism::formats {

namespace {

constexpr std::string_view marker = "Throughput: ";

struct Rate {
    std::string_view unit; ///< as printed behind the number
    std::string_view metric;
    SourceUnit factor;
};
/// Before 0.6.2 the only token rate was "tokens/s", of input and output together.
constexpr std::array rates {
    Rate { "requests/s", "request_throughput", source::requestsPerSecond },
    Rate { "total tokens/s", "total_throughput", source::tokensPerSecond },
    Rate { "tokens/s", "total_throughput", source::tokensPerSecond },
    Rate { "output tokens/s", "output_throughput", source::tokensPerSecond },
};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> totals { {
    { "Total num prompt tokens:", "input_tokens" },
    { "Total num output tokens:", "output_tokens" },
} };

bool isResult(std::string_view line)
{
    return line.starts_with(marker) && line.find(" requests/s") != std::string_view::npos
        && line.find("tokens/s") != std::string_view::npos;
}

bool isDocument(const read::Node& root)
{
    return root.find("elapsed_time") && root.find("num_requests") && root.find("tokens_per_second");
}

LoadPoint pointOf(const read::Node& root, std::uint32_t index)
{
    PointWriter point(index);
    point.measure("duration", Stat::value(), root.find("elapsed_time"), source::seconds);
    point.measure("requests", Stat::value(), root.find("num_requests"), source::one);
    point.measure(
        "request_throughput", Stat::value(), root.find("requests_per_second"), source::requestsPerSecond);
    point.measure("total_throughput", Stat::value(), root.find("tokens_per_second"), source::tokensPerSecond);
    point.attribute("model", root.find("model_id"));
    point.attribute("load_mode", std::string("offline"));
    point.extras(root);
    return point.take();
}

/// A log of one run or several: each "Throughput:" line is a point, the totals below it are its own.
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
        } else if (const std::string_view result = lineFrom(text, marker); isResult(result)) {
            finish();
            m_point.emplace(m_points);
            takeRates(line, result);
        } else if (m_point) {
            takeTotal(line, text);
        }
    }

    void finish()
    {
        if (!m_point) {
            return;
        }
        describe();
        m_sink.point(m_point->take());
        ++m_points;
        m_point.reset();
        m_arguments.clear();
    }
    std::uint32_t points() const { return m_points; }

private:
    static std::string placeOf(const read::TextLine& line, std::string_view part)
    {
        return line.at(static_cast<std::size_t>(part.data() - line.text.data())).text();
    }

    void takeRates(const read::TextLine& line, std::string_view text)
    {
        text.remove_prefix(marker.size());
        while (!text.empty()) {
            // A comma within a number has no blank behind it.
            const std::size_t end = std::min(text.find(", "), text.size());
            const std::string_view part = read::trimmed(text.substr(0, end));
            text.remove_prefix(std::min(end + 2, text.size()));
            const std::size_t blank = part.find(' ');
            for (const Rate& rate : rates) {
                if (blank != std::string_view::npos && part.substr(blank + 1) == rate.unit) {
                    m_point->measure(rate.metric, Stat::value(), part.substr(0, blank), placeOf(line, part),
                        rate.unit, rate.factor);
                }
            }
        }
    }

    void takeTotal(const read::TextLine& line, std::string_view text)
    {
        for (const auto& [label, metric] : totals) {
            if (const std::string_view total = lineFrom(text, label); total.size() > label.size()) {
                const std::string_view value = read::trimmed(total.substr(label.size()));
                m_point->measure(metric, Stat::value(), value, placeOf(line, value),
                    label.substr(0, label.size() - 1), source::one);
            }
        }
    }

    void describe()
    {
        PointWriter& point = *m_point;
        point.attribute("load_mode", std::string("offline"));
        if (const std::string model = namespaceArgument(m_arguments, "model"); !model.empty()) {
            point.attribute("model", model);
        }
        wholeAttribute(point, "tp", namespaceArgument(m_arguments, "tensor_parallel_size"));
        // With a data set of its own the lengths are those of the data, whatever the arguments say. Without a
        // path the prompts are random, also under the default's name.
        const std::string dataset = namespaceArgument(m_arguments, "dataset_name");
        const bool ofData = !namespaceArgument(m_arguments, "dataset_path").empty()
            || !namespaceArgument(m_arguments, "dataset").empty();
        if (!ofData && (dataset.empty() || dataset == "random" || dataset == "sharegpt")) {
            length("isl_target", "input_len");
            length("osl_target", "output_len");
        }
    }

    /// The options for all data sets go before those for random prompts.
    void length(const char* attribute, const std::string& argument)
    {
        const std::string general = namespaceArgument(m_arguments, argument);
        wholeAttribute(*m_point, attribute,
            general.empty() ? namespaceArgument(m_arguments, "random_" + argument) : general);
    }

    Sink& m_sink;
    std::optional<PointWriter> m_point;
    std::string m_arguments; ///< "Namespace(…)" above the point
    std::uint32_t m_points = 0;
};

} // namespace

class VllmThroughput : public Importer {
public:
    ImporterInfo info() const override { return { "vllm-throughput", "vLLM bench throughput", 3, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        // People gather runs in an array.
        const read::Node* root = sample.document;
        const read::Node* first = root && root->isArray() ? root->at("/0") : root;
        if (first && isDocument(*first)) {
            return Match { Match::Certain, "has elapsed_time, num_requests and tokens_per_second" };
        }
        if (sample.document) {
            return std::nullopt;
        }
        for (std::size_t at = sample.head.find(marker); at != std::string_view::npos;
             at = sample.head.find(marker, at + 1)) {
            if (isResult(sample.head.substr(at, sample.head.find('\n', at) - at))) {
                return Match { Match::Likely, "prints Throughput in requests/s and tokens/s" };
            }
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        return input.family() == Family::Json || input.family() == Family::Yaml
            ? readDocuments(input, sink)
            : readConsoleLog(input, sink, Log(sink), R"(no line "Throughput: … requests/s" holds numbers)");
    }

private:
    static Result<void> readDocuments(Input& input, Sink& sink)
    {
        std::uint32_t points = 0;
        const auto take = [&](const read::Node& run) {
            if (isDocument(run)) {
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
};

const RegisterImporter<VllmThroughput> registered;

} // namespace prism::formats
