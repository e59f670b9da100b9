// SPDX-License-Identifier: GPL-3.0-or-later
// llm-load-test of OpenShift PSAP: requests, configuration and summary in one document, in milliseconds. Its
// words are not ours: itl is (tn - t1) / (n - 1) of a request, our TPOT, and tpot is (tn - t0) / n, our
// NTPOT.
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/importer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/units/convert.h"

#include <array>
#include <cmath>

namespace prism::formats {

namespace {

struct Distribution {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array distributions {
    Distribution { "ttft", "ttft", source::latencyMilliseconds },
    Distribution { "itl", "tpot", source::latencyMilliseconds },
    Distribution { "tpot", "ntpot", source::latencyMilliseconds },
    Distribution { "response_time", "e2e", source::latencyMilliseconds },
    Distribution { "input_tokens", "isl", source::one },
    Distribution { "output_tokens", "osl", source::one },
};

/// "percentile_80" beside "median", "mean", "min" and "max".
std::optional<Stat> spelling(std::string_view key)
{
    constexpr std::string_view prefix = "percentile_";
    return plainStat(
        key.starts_with(prefix) ? "p" + std::string(key.substr(prefix.size())) : std::string(key));
}

bool isReport(const read::Node& root)
{
    const read::Node* first = root.at("/results/0");
    return root.find("summary") && root.find("config") && first && first->find("user_id")
        && (first->find("ttft") || first->find("tt_ack") || first->find("ack_time") || first->find("tpot"));
}

std::optional<double> number(const read::Node& at, std::string_view key)
{
    const read::Node* node = at.find(key);
    return node ? node->lenientNumber() : std::nullopt;
}

RequestRow rowOf(const read::Node& request)
{
    RequestRow row;
    const read::Node* code = request.find("error_code");
    const read::Node* text = request.find("error_text");
    const bool failed = (code && !code->isNull()) || (text && !text->isNull());
    const auto tokens = [&request](std::string_view key) {
        const auto value = number(request, key);
        return wholeNumber(value);
    };
    row.isl = tokens("input_tokens");
    if (failed) {
        row.ok = false;
        row.error = code && !code->isNull() ? std::string(code->text()) : std::string();
        if (text && !text->text().empty()) {
            row.error += (row.error.empty() ? "" : ": ") + std::string(text->text().substr(0, 500));
        }
        row.error = row.error.empty() ? "failed" : row.error;
        return row;
    }
    const auto latency = [&request](std::string_view key) {
        const auto value = number(request, key);
        return value ? std::optional(Milliseconds { *value }) : std::nullopt;
    };
    row.ttft = latency("ttft");
    row.e2e = latency("response_time");
    const auto start = number(request, "start_time"), end = number(request, "end_time");
    if (!row.e2e && start && end) {
        row.e2e = Milliseconds { millisecondsBetween(*start, *end) };
    }
    row.osl = tokens("output_tokens");
    return row;
}

class Reader : public read::DocumentHandler {
public:
    explicit Reader(Sink& sink)
        : m_sink(sink)
    {
    }

    Result<void> element(const read::Node& request) override
    {
        if (!m_rows) {
            m_rows.emplace(m_sink, m_points);
        }
        RequestRow row = rowOf(request);
        const auto start = number(request, "start_time");
        m_statistics.add(row, start, number(request, "end_time"));
        m_rows->add(std::move(row), start, std::nullopt);
        return {};
    }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        const read::Node* summary = root.find("summary");
        if (m_rows) {
            m_rows->finish();
        }
        if (!m_rows || !summary) {
            m_rows.reset();
            m_statistics = {};
            return {};
        }
        PointWriter out(m_points++);
        settings(out, root);
        totals(out, *summary);
        for (const Distribution& d : distributions) {
            distribution(out, d.metric, summary->find(d.key), d.unit, spelling);
        }
        // An interrupted test has an empty summary.
        if (!out.point().measure("e2e", Stat::mean()) && !out.point().measure("ntpot", Stat::mean())) {
            m_statistics.write(out);
        }
        deadline(out, *summary);
        claimSecrets(root);
        out.extras(root);
        m_sink.point(out.take());
        m_rows.reset();
        m_statistics = {};
        return {};
    }
    std::uint32_t points() const { return m_points; }

private:
    static void settings(PointWriter& out, const read::Node& root)
    {
        out.attribute("model", root.at("/config/plugin_options/model_name"));
        if (const read::Node* users = root.at("/config/load_options/concurrency");
            users && users->lenientNumber()) {
            out.attribute("concurrency", users);
            out.attribute("load_mode", std::string("concurrency"), {}, users->pointer());
        }
    }

    /// The headline rate counts the tokens that came within the asked duration, over that duration.
    static void totals(PointWriter& out, const read::Node& summary)
    {
        out.measure("requests", Stat::value(), summary.find("total_requests"), source::one);
        out.measure("requests_failed", Stat::value(), summary.find("total_failures"), source::one);
        out.measure("duration", Stat::value(), summary.find("full_duration"), source::seconds);
        out.measure("output_throughput", Stat::value(), summary.find("throughput"), source::tokensPerSecond);
    }

    /// TTFT, TPOT and NTPOT leave out what ended behind the asked duration, E2E and lengths do not.
    static void deadline(PointWriter& out, const read::Node& summary)
    {
        const auto all = number(summary, "total_requests"), failed = number(summary, "total_failures"),
                   within = number(summary, "req_completed_within_test_duration");
        if (all && within && *within < *all - failed.value_or(0)) {
            out.warn("deadline",
                "TTFT, TPOT and NTPOT cover the " + std::to_string(std::llround(*within))
                    + " requests that ended within the asked duration, E2E and lengths all "
                    + std::to_string(std::llround(*all - failed.value_or(0))) + " successful ones.",
                summary.find("req_completed_within_test_duration")->pointer(), Severity::Note);
        }
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
    std::optional<RequestRows> m_rows;
    RequestStatistics m_statistics;
};

class LlmLoadTest : public Importer {
public:
    ImporterInfo info() const override { return { "llm-load-test", "llm-load-test", 2, 30 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.document && isReport(*sample.document)) {
            return Match { Match::Certain, "has results with user_id, config and summary" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        read::Plan plan;
        plan.stream = { "/results" };
        plan.skip = { "/results/*/output_text" };
        Reader reader(sink);
        const auto report = input.documents(plan, reader);
        if (!report) {
            return report.error();
        }
        if (reader.points() == 0) {
            return Error { input.name(), {}, "the document holds no results with a summary",
                "Check whether the test ended" };
        }
        sink.report(*report);
        return {};
    }
};

const RegisterImporter<LlmLoadTest> registered;

} // namespace

} // namespace prism::formats
