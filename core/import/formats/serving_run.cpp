// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/serving_run.h"

#include "core/import/formats/console_arguments.h"
#include "core/import/formats/serving_fields.h"

#include <algorithm>
#include <cmath>

namespace prism::formats {

namespace {

double at(const read::Node* column, std::size_t index)
{
    return column && index < column->numbers().size() ? column->numbers()[index] : std::nan("");
}

} // namespace

read::Plan ServingRunReader::plan()
{
    read::Plan plan;
    plan.stream = { "/itls" };
    plan.skip = { "/generated_texts", "/*/generated_texts" };
    return plan;
}

/// itls: one array of gaps in seconds a request, in the order of submission.
Result<void> ServingRunReader::element(const read::Node& request)
{
    m_gapsMs.assign(request.numbers().begin(), request.numbers().end());
    double sum = 0;
    for (double& gap : m_gapsMs) {
        gap *= 1e3;
        sum += gap;
    }
    m_sums.push_back(sum);
    m_sink.gaps(m_point, static_cast<std::uint32_t>(m_sums.size() - 1), m_gapsMs);
    return {};
}

Result<void> ServingRunReader::document(const read::Node& root, std::size_t)
{
    if (root.isArray()) {
        for (const read::Node& child : root) {
            run(child);
        }
    } else {
        run(root);
    }
    m_sums.clear();
    return {};
}

void ServingRunReader::run(const read::Node& root)
{
    if (!m_dialect.isRun(root)) {
        return;
    }
    PointWriter point(m_point);
    m_dialect.map(root, point);
    warnWhenAllFailed(point);
    dropUncountedInput(point);
    derivedLengths(point);
    requests(root);
    point.extras(root);
    m_sink.point(point.take());
    ++m_point;
}

void ServingRunReader::requests(const read::Node& root)
{
    const read::Node* inputs = root.find("input_lens");
    const read::Node* outputs = root.find("output_lens");
    const read::Node* ttfts = root.find("ttfts");
    const read::Node* starts = root.find("start_times");
    const read::Node* latencies = root.find("latencies");
    latencies = latencies ? latencies : root.find("e2els");
    const read::Node* errors = root.find("errors");
    std::size_t count = m_sums.size();
    for (const read::Node* column : { inputs, outputs, ttfts, latencies, errors }) {
        if (column) {
            count = std::max(count, column->size());
            column->claim();
        }
    }
    for (const char* name : { "itls", "start_times", "queue_times" }) {
        if (const read::Node* column = root.find(name)) {
            column->claim();
        }
    }
    const double first = starts && !starts->numbers().empty()
        ? *std::min_element(starts->numbers().begin(), starts->numbers().end())
        : 0;
    auto nextError = errors ? errors->begin() : read::Node::Iterator(nullptr);
    for (std::size_t i = 0; i < count; ++i) {
        RequestRow row;
        row.index = static_cast<std::uint32_t>(i);
        if (errors && nextError != errors->end()) {
            row.error = std::string(nextError->text().substr(0, 500));
            ++nextError;
        }
        fill(row, at(inputs, i), at(outputs, i), at(ttfts, i), at(latencies, i), i);
        if (const double start = at(starts, i); !std::isnan(start)) {
            row.start = Seconds { start - first };
        }
        m_sink.request(m_point, std::move(row));
    }
}

void ServingRunReader::fill(
    RequestRow& row, double input, double output, double ttft, double latency, std::size_t i) const
{
    row.isl = wholeNumber(input);
    row.osl = wholeNumber(output);
    // A failed request stands in the columns with zeros.
    row.ok = row.error.empty() && !(ttft == 0 && output == 0) && latency != 0;
    if (!row.ok) {
        return;
    }
    // An answer that did not stream has no time of its first token: 0 keeps its place.
    if (!std::isnan(ttft) && ttft != 0) {
        row.ttft = toMilliseconds(Seconds { ttft });
    }
    if (!std::isnan(latency)) {
        row.e2e = toMilliseconds(Seconds { latency });
    } else if (row.ttft && i < m_sums.size()) {
        row.e2e = *row.ttft + Milliseconds { m_sums[i] };
    }
}

void mapNumbers(const read::Node& root, std::span<const ServingNumber> numbers, PointWriter& point)
{
    for (const ServingNumber& number : numbers) {
        if (!point.point().measure(number.metric, Stat::value())) {
            point.measure(number.metric, Stat::value(), root.find(number.key), number.unit);
        }
    }
}

Result<void> readServingRuns(Input& input, Sink& sink, const ServingDialect& dialect)
{
    ServingRunReader reader(sink, dialect);
    const auto report = input.documents(ServingRunReader::plan(), reader);
    if (!report) {
        return report.error();
    }
    if (reader.points() == 0) {
        return Error { input.name(), {}, "no document of the file is a result of this tool",
            "Check the file" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats
