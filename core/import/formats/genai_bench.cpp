// SPDX-License-Identifier: GPL-3.0-or-later
// genai-bench of the SGLang project: one file a scenario and load level, which holds the statistics and then
// every request, and metadata beside them. Its latencies are in the unit that stands at the end of the file.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/read/numbers.h"
#include "core/units/convert.h"

#include <array>
#include <cmath>

namespace prism::formats {

namespace {

/// What the requests are read by, known only after the whole file was looked at once.
struct Terms {
    SourceUnit latency = source::latencySeconds;
    bool unitKnown = true;
    bool streamed = true; ///< the first token has a time of its own
};

struct Single {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array singles {
    Single { "run_duration", "duration", source::seconds },
    Single { "num_requests", "requests", source::one },
    Single { "num_completed_requests", "requests_ok", source::one },
    Single { "num_error_requests", "requests_failed", source::one },
    Single { "requests_per_second", "request_throughput", source::requestsPerSecond },
    Single { "mean_input_throughput_tokens_per_s", "input_throughput", source::tokensPerSecond },
    Single { "mean_output_throughput_tokens_per_s", "output_throughput", source::tokensPerSecond },
    Single { "mean_total_tokens_throughput_tokens_per_s", "total_throughput", source::tokensPerSecond },
};

std::optional<double> number(const read::Node& at, std::string_view pointer)
{
    const read::Node* node = at.at(pointer);
    return node ? node->lenientNumber() : std::nullopt;
}

bool isRun(const read::Node& root)
{
    return root.has("/aggregated_metrics/stats") && root.find("individual_request_metrics");
}

bool isMetadata(const read::Node& root)
{
    return root.find("traffic_scenario") && (root.find("server_engine") || root.find("benchmark_version"));
}

/// Without streaming, the tool writes 1 ms for the first token of every request, or the whole latency.
bool isStreamed(const read::Node& stats, double secondsPerUnit)
{
    const auto least = number(stats, "/ttft/min"), most = number(stats, "/ttft/max");
    if (!least || !most) {
        return true;
    }
    const bool constant = std::abs(*most - *least) <= 1e-9 && std::abs(*least * secondsPerUnit - 1e-3) < 1e-6;
    const auto same = [&](std::string_view stat) {
        const auto first = number(stats, "/ttft" + std::string(stat)),
                   last = number(stats, "/e2e_latency" + std::string(stat));
        return first && last && *first == *last;
    };
    return !constant && !(same("/min") && same("/max") && same("/mean"));
}

Terms termsOf(const read::Node& root)
{
    Terms terms;
    if (const read::Node* unit = root.find("_time_unit"); unit && !unit->isNull()) {
        const auto stated = sourceUnit(unit->text(), Unit::Millisecond);
        terms.unitKnown = stated.has_value();
        terms.latency = stated.value_or(source::latencySeconds);
    }
    const read::Node* stats = root.at("/aggregated_metrics/stats");
    terms.streamed = !stats || isStreamed(*stats, terms.latency.factor * 1e-3);
    return terms;
}

/// "D(8000,700)": the only scenario whose lengths are the same for each request.
void targets(PointWriter& out, const read::Node* scenario)
{
    const std::string_view text = scenario ? scenario->text() : std::string_view();
    const std::size_t comma = text.find(',');
    if (!text.starts_with("D(") || !text.ends_with(')') || comma == std::string_view::npos) {
        return;
    }
    const auto length = [&](std::string_view name, std::string_view digits) {
        if (const auto n = read::parseDecimal(read::trimmed(digits)); n && *n > 0) {
            wholeAttribute(out, name, n, scenario->pointer());
        }
    };
    length("isl_target", text.substr(2, comma - 2));
    length("osl_target", text.substr(comma + 1, text.size() - comma - 2));
}

/// `num_concurrency` holds the asked rate where requests arrive by a clock, and nothing else says so: the
/// requests in flight on average tell, where the file counts arrivals at all.
void load(PointWriter& out, const read::Node& metrics)
{
    const read::Node* type = metrics.find("iteration_type");
    if (type && type->text() == "batch_size") {
        out.attribute("batch_size", metrics.find("batch_size"));
    }
    if (type && type->text() == "request_rate") {
        // The level is then a rate, or a number of workers behind one: never how many are in flight.
        const read::Node* rate = metrics.find("target_arrival_rate");
        const auto asked = rate ? rate->lenientNumber() : std::nullopt;
        if (asked && *asked > 0) {
            out.attribute("request_rate", rate);
        }
        out.attribute("load_mode", std::string("rate"), {}, type->pointer());
        return;
    }
    const read::Node* level = metrics.find("num_concurrency");
    const auto asked = level ? level->lenientNumber() : std::nullopt;
    if (!asked || *asked <= 0) {
        return;
    }
    const auto arrivals = number(metrics, "/arrival_requests_per_second");
    const auto rate = number(metrics, "/requests_per_second");
    const Measure* latency = out.point().measure("e2e", Stat::mean());
    const double flying = rate && latency ? *rate * latency->value * 1e-3 : 0;
    if (!arrivals || std::abs(flying - *asked) <= 0.25 * *asked) {
        out.attribute("concurrency", level);
        out.attribute("load_mode", std::string("concurrency"), {}, level->pointer());
    } else if (std::abs(*arrivals - *asked) <= 0.25 * *asked) {
        out.attribute("request_rate", level);
        out.attribute("load_mode", std::string("rate"), {}, level->pointer());
    } else {
        out.warn("load-unclear",
            "num_concurrency is neither the requests in flight nor the rate at which they arrived; it may be "
            "either, so neither is set.",
            level->pointer());
    }
}

/// The tool divides by the number of requests before it has counted them.
void checkErrorRate(PointWriter& out, const read::Node& metrics)
{
    const auto stated = number(metrics, "/error_rate"), failed = number(metrics, "/num_error_requests"),
               all = number(metrics, "/num_requests");
    if (stated && failed && all && *all > 0 && std::abs(*stated - *failed / *all) > 0.005) {
        out.warn("error-rate-disagrees",
            "The file states an error rate of " + std::string(metrics.find("error_rate")->text()) + ", but "
                + std::string(metrics.find("num_error_requests")->text()) + " of "
                + std::string(metrics.find("num_requests")->text())
                + " requests failed; the counts are shown.",
            metrics.find("error_rate")->pointer());
    }
}

/// With a part of the requests cut off as warm-up, statistics and throughputs are over the rest.
void checkCoverage(PointWriter& out, const read::Node& metrics)
{
    const auto sum = number(metrics, "/stats/num_output_tokens/sum"),
               mean = number(metrics, "/stats/num_output_tokens/mean"),
               done = number(metrics, "/num_completed_requests");
    if (!sum || !mean || !done || *mean <= 0) {
        return;
    }
    const double covered = std::round(*sum / *mean);
    if (covered < *done) {
        out.warn("warm-up",
            "Statistics, tokens and token throughputs cover " + std::to_string(std::llround(covered)) + " of "
                + std::to_string(std::llround(*done))
                + " successful requests: the rest was cut off as warm-up or cool-down.",
            {}, Severity::Note);
    }
}

void statistics(PointWriter& out, const read::Node& stats, const Terms& terms)
{
    const auto block = [&stats](std::string_view key) { return stats.find(key); };
    if (terms.unitKnown) {
        distribution(out, "e2e", block("e2e_latency"), terms.latency);
        if (terms.streamed) {
            distribution(out, "ttft", block("ttft"), terms.latency);
            distribution(out, "tpot", block("tpot"), terms.latency);
        }
    }
    if (terms.streamed) {
        distribution(
            out, "output_throughput_per_user", block("output_inference_speed"), source::tokensPerSecond);
    }
    distribution(out, "isl", block("num_input_tokens"), source::one);
    distribution(out, "osl", block("num_output_tokens"), source::one);
    out.measure("input_tokens", Stat::value(), stats.at("/num_input_tokens/sum"), source::one);
    out.measure("output_tokens", Stat::value(), stats.at("/num_output_tokens/sum"), source::one);
}

LoadPoint pointOf(const read::Node& root, std::uint32_t index, const Terms& terms)
{
    PointWriter out(index);
    const read::Node& metrics = *root.find("aggregated_metrics");
    for (const Single& s : singles) {
        out.measure(s.metric, Stat::value(), metrics.find(s.key), s.unit);
    }
    statistics(out, *metrics.find("stats"), terms);
    targets(out, metrics.find("scenario"));
    load(out, metrics);
    checkErrorRate(out, metrics);
    checkCoverage(out, metrics);
    if (!terms.unitKnown) {
        out.warn("unit-unknown",
            "The file states its latencies in \"" + std::string(root.find("_time_unit")->text())
                + "\", which is no unit of time; they are left out.",
            root.find("_time_unit")->pointer());
    } else if (!terms.streamed) {
        out.warn("not-streamed",
            "The answers were not streamed: the time to the first token is a constant of the tool, so TTFT "
            "and "
            "what was computed from it (TPOT, speed of a user) are left out.",
            metrics.at("/stats/ttft")->pointer(), Severity::Note);
    }
    claimSecrets(root);
    out.extras(root);
    return out.take();
}

/// First reading: everything but the requests.
class Runs : public read::DocumentHandler {
public:
    explicit Runs(Sink& sink)
        : m_sink(sink)
    {
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.has("/aggregated_metrics/stats")) {
            m_terms.push_back(termsOf(root));
            m_sink.point(pointOf(root, static_cast<std::uint32_t>(m_terms.size() - 1), m_terms.back()));
        } else if (isMetadata(root)) {
            m_sink.attach({ { "rows", root.size() } });
            m_attached = true;
        }
        return {};
    }
    const std::vector<Terms>& terms() const { return m_terms; }
    bool attached() const { return m_attached; }

private:
    Sink& m_sink;
    std::vector<Terms> m_terms; ///< of each point
    bool m_attached = false;
};

/// Second reading: the requests alone.
class Requests : public read::DocumentHandler {
public:
    Requests(Sink& sink, const std::vector<Terms>& terms)
        : m_sink(sink)
        , m_terms(terms)
    {
    }
    Result<void> element(const read::Node& request) override
    {
        if (m_point >= m_terms.size()) {
            return {};
        }
        if (!m_rows) {
            m_rows.emplace(m_sink, static_cast<std::uint32_t>(m_point));
        }
        m_rows->add(rowOf(request, m_terms[m_point]), std::nullopt, std::nullopt);
        return {};
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        finish();
        m_point += root.has("/aggregated_metrics/stats") ? 1 : 0;
        return {};
    }
    void finish()
    {
        if (m_rows) {
            m_rows->finish();
            m_rows.reset();
        }
    }

private:
    static RequestRow rowOf(const read::Node& request, const Terms& terms)
    {
        RequestRow row;
        const read::Node* code = request.find("error_code");
        row.ok = !code || code->isNull() || code->lenientNumber() == 200.0;
        if (!row.ok) {
            const read::Node* message = request.find("error_message");
            row.error = std::string(code->text());
            if (message && !message->text().empty()) {
                row.error += ": " + std::string(message->text().substr(0, 500));
            }
        }
        const auto latency = [&](std::string_view pointer) {
            const auto value = terms.unitKnown ? number(request, pointer) : std::nullopt;
            return value ? std::optional(Milliseconds { convert(*value, terms.latency) }) : std::nullopt;
        };
        row.e2e = latency("/e2e_latency");
        row.ttft = terms.streamed ? latency("/ttft") : std::nullopt;
        const auto tokens = [&](std::string_view pointer) {
            const auto value = number(request, pointer);
            return wholeNumber(value);
        };
        row.isl = tokens("/num_input_tokens");
        row.osl = tokens("/num_output_tokens");
        return row;
    }

    Sink& m_sink;
    const std::vector<Terms>& m_terms;
    std::size_t m_point = 0;
    std::optional<RequestRows> m_rows;
};

class GenaiBench : public Importer {
public:
    ImporterInfo info() const override { return { "genai-bench", "genai-bench", 2, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        const read::Node* root = sample.document;
        if (root && isRun(*root)) {
            return Match { Match::Certain,
                "has aggregated_metrics with stats and individual_request_metrics" };
        }
        if (root && isMetadata(*root)) {
            return Match { Match::Certain, "has traffic_scenario, server_engine and benchmark_version" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        Runs runs(sink);
        read::Plan plan;
        plan.skip = { "/individual_request_metrics" };
        const auto report = input.documents(plan, runs);
        if (!report) {
            return report.error();
        }
        if (runs.terms().empty()) {
            return runs.attached() ? Result<void>()
                                   : Error { input.name(), {}, "the document holds no aggregated_metrics",
                                         "Drop the file whose name holds num_concurrency" };
        }
        Requests requests(sink, runs.terms());
        read::Plan second;
        second.stream = { "/individual_request_metrics" };
        second.skip = { "/aggregated_metrics/stats/*" };
        if (const auto again = input.documents(second, requests); !again) {
            return again.error();
        }
        requests.finish();
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<GenaiBench> registered;

} // namespace

} // namespace prism::formats
