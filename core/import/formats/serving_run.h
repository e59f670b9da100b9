// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/point_writer.h"
#include "core/import/sink.h"

#include <span>
#include <vector>

/// Result documents of `vllm bench serve`, SGLang's bench_serving and their copies: one object a run, with
/// columns a request.
namespace prism::formats {

/// A scalar of the document and the metric that it is.
struct ServingNumber {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};

/// What is different between the producers.
struct ServingDialect {
    bool (*isRun)(const read::Node& root);
    void (*map)(const read::Node& root, PointWriter& point); ///< everything but the requests and the extras
};

/// Reads runs: documents, or the elements of an array of them. Columns of gaps (/itls) go to the sink as they
/// come, so that memory does not grow with the tokens.
class ServingRunReader : public read::DocumentHandler {
public:
    ServingRunReader(Sink& sink, const ServingDialect& dialect)
        : m_sink(sink)
        , m_dialect(dialect)
    {
    }
    static read::Plan plan();

    Result<void> element(const read::Node& request) override;
    Result<void> document(const read::Node& root, std::size_t number) override;
    std::uint32_t points() const { return m_point; }

private:
    void run(const read::Node& root);
    void requests(const read::Node& root);
    void fill(RequestRow& row, double input, double output, double ttft, double latency, std::size_t i) const;

    Sink& m_sink;
    const ServingDialect& m_dialect;
    std::uint32_t m_point = 0;
    std::vector<double> m_gapsMs;
    std::vector<double> m_sums; ///< of the gaps of each request of the document, ms
};

void mapNumbers(const read::Node& root, std::span<const ServingNumber> numbers, PointWriter& point);

/// Reads all runs of an input; an error when there is none.
Result<void> readServingRuns(Input& input, Sink& sink, const ServingDialect& dialect);

/// The mapping of vLLM, which its sweeps share.
extern const ServingDialect vllmDialect;

} // namespace prism::formats
