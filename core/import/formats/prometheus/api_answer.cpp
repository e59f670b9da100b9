// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/prometheus/api_answer.h"

#include <cmath>
#include <limits>

namespace prism::formats::prometheus {

namespace {

std::string nameOf(const read::Node& element)
{
    const read::Node* metric = element.find("metric");
    if (!metric || !metric->isObject()) {
        return "value";
    }
    const read::Node* name = metric->find("__name__");
    std::string labels;
    for (const read::Node& label : *metric) {
        if (label.key() != "__name__") {
            labels += (labels.empty() ? "" : ",") + std::string(label.key()) + "=\""
                + std::string(label.text()) + '"';
        }
    }
    return std::string(name ? name->text() : "") + (labels.empty() ? "" : '{' + labels + '}');
}

class ApiAnswer : public read::DocumentHandler {
public:
    explicit ApiAnswer(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> element(const read::Node& element) override
    {
        TimeSeries series;
        series.name = nameOf(element);
        series.path = element.pointer();
        series.absolute = true;
        if (const read::Node* values = element.find("values")) {
            for (const read::Node& pair : *values) {
                take(pair, series);
            }
        } else if (const read::Node* value = element.find("value")) {
            take(*value, series);
        }
        if (!series.seconds.empty()) {
            ++m_series;
            m_samples += series.seconds.size();
            m_sink.series(0, std::move(series));
        } else {
            ++m_withoutSample;
        }
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (const read::Node* status = root.find("status"); status && status->text() == "error") {
            const read::Node* error = root.find("error");
            return Error { {}, error ? error->pointer() : std::string(),
                "Prometheus answered with an error"
                    + (error ? ": " + std::string(error->text().substr(0, 300)) : ""),
                "Ask it again" };
        }
        return {};
    }

    void finish()
    {
        if (m_outOfOrder > 0) {
            m_sink.warn({ "unordered-times",
                std::to_string(m_outOfOrder) + " samples are older than the one before.", {} });
        }
        if (m_withoutSample > 0) {
            m_sink.warn({ "no-samples",
                std::to_string(m_withoutSample)
                    + " results hold no pair of a time and a number, as native histograms and scalars do: "
                      "they"
                      " are not shown.",
                {} });
        }
        m_sink.attach({ { "samples", m_samples }, { "series", m_series } });
    }

private:
    /// A time and its value as a text, which may be "NaN" or "+Inf": a gap.
    void take(const read::Node& pair, TimeSeries& series)
    {
        const read::Node* time = pair.at("/0");
        const read::Node* value = pair.at("/1");
        const auto numbers = pair.numbers(); // where a tool wrote plain numbers
        const std::optional<double> seconds = numbers.size() == 2 ? numbers[0]
            : time                                                ? time->number()
                                                                  : std::nullopt;
        if (!seconds || (!value && numbers.size() != 2)) {
            return;
        }
        const double number = numbers.size() == 2
            ? numbers[1]
            : value->lenientNumber().value_or(std::numeric_limits<double>::quiet_NaN());
        m_outOfOrder += !series.seconds.empty() && *seconds < series.seconds.back() ? 1 : 0;
        series.seconds.push_back(*seconds);
        series.values.push_back(number);
    }

    Sink& m_sink;
    std::uint64_t m_series = 0;
    std::uint64_t m_samples = 0;
    std::uint64_t m_outOfOrder = 0;
    std::uint64_t m_withoutSample = 0;
};

} // namespace

Result<void> readApiAnswer(Input& input, Sink& sink)
{
    ApiAnswer answer(sink);
    read::Plan plan;
    plan.stream = { "/data/result" };
    const auto report = input.documents(plan, answer);
    if (!report) {
        return report.error();
    }
    answer.finish();
    sink.report(*report);
    return {};
}

} // namespace prism::formats::prometheus
