// SPDX-License-Identifier: GPL-3.0-or-later
// Every sample of a run: lines of {"type":"Point","metric":…,"data":{"time":…,"value":…,"tags":{…}}}, or rows
// of metric_name,timestamp,metric_value and tags. A sample of http_req_duration is a request, dated at its
// end.
#include "core/import/distributions.h"
#include "core/import/formats/k6/k6_terms.h"
#include "core/import/formats/telemetry_csv/telemetry_columns.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/import/secrets.h"
#include "core/read/number_marks.h"
#include "core/read/numbers.h"

#include <algorithm>

namespace prism::formats::k6 {

namespace {

/// What a sample says besides its value.
struct Tags {
    std::string_view expected; ///< "true", "false", or empty in old versions
    std::string_view status;
    std::string_view error;
};

class Samples {
public:
    explicit Samples(Sink& sink)
        : m_rows(sink, 0)
        , m_sink(sink)
    {
    }

    void add(std::string_view metric, std::optional<double> end, double value, const Tags& tags)
    {
        if (metric == "http_req_duration") {
            request(end, value, tags);
        } else if (metric == "iterations") {
            m_iterations += value;
        } else if (metric == "dropped_iterations") {
            m_dropped += value;
        } else if (metric == "vus" && end) {
            m_users.seconds.push_back(*end);
            m_users.values.push_back(value);
        } else {
            ++m_others;
        }
    }

    bool finish()
    {
        m_rows.finish();
        if (m_rows.count() == 0) {
            return false;
        }
        PointWriter out(0);
        m_statistics.write(out);
        judge(out, static_cast<double>(m_rows.count()), std::nullopt,
            m_iterations > 0 ? std::optional(m_iterations) : std::nullopt);
        if (m_dropped > 0) {
            out.warn("dropped-iterations",
                "k6 could not start " + formatNumber(m_dropped, Unit::One, NumberStyle::Full)
                    + " iterations in time: the load was less than asked.");
        }
        if (m_others > 0) {
            out.warn("other-samples",
                std::to_string(m_others) + " samples of other metrics are kept only in the original text.",
                {}, Severity::Note);
        }
        if (m_first) {
            if (const std::string utc = utcText(*m_first); !utc.empty()) {
                out.attribute("started_at", utc);
            }
        }
        m_sink.point(out.take());
        if (!m_users.seconds.empty()) {
            m_users.name = "vus";
            m_users.unit = "1";
            m_users.absolute = true;
            m_sink.series(0, std::move(m_users));
        }
        return true;
    }

private:
    void request(std::optional<double> end, double ms, const Tags& tags)
    {
        RequestRow row;
        row.e2e = Milliseconds { ms };
        const auto status = read::parseDecimal(tags.status);
        row.ok = tags.expected.empty() ? status && *status >= 200 && *status < 400 : tags.expected == "true";
        if (!row.ok) {
            row.error
                = tags.error.empty() ? "status " + std::string(tags.status) : withoutSecrets(tags.error);
        }
        const auto start = end ? std::optional(*end - ms * 1e-3) : std::nullopt;
        if (start && (!m_first || *start < *m_first)) {
            m_first = start;
        }
        m_statistics.add(row, start, end);
        m_rows.add(std::move(row), start, std::nullopt);
    }

    RequestRows m_rows;
    Sink& m_sink;
    RequestStatistics m_statistics;
    TimeSeries m_users;
    std::optional<double> m_first;
    double m_iterations = 0;
    double m_dropped = 0;
    std::uint64_t m_others = 0;
};

std::string_view textOf(const read::Node* node)
{
    return node && node->isScalar() ? node->text() : std::string_view();
}

void addLine(Samples& samples, const read::Node& root)
{
    const read::Node* value = root.at("/data/value");
    const auto number = value ? value->number() : std::nullopt;
    if (textOf(root.find("type")) != "Point" || !number) {
        return;
    }
    const Tags tags { textOf(root.at("/data/tags/expected_response")), textOf(root.at("/data/tags/status")),
        textOf(root.at("/data/tags/error")) };
    samples.add(textOf(root.find("metric")), epochOfUtcText(textOf(root.at("/data/time"))), *number, tags);
}

/// K6_CSV_TIME_FORMAT: seconds, or thousandths, millionths or billionths of them since 1970, or RFC 3339.
std::optional<double> endOf(std::string_view timestamp)
{
    const auto instant = telemetry::instantOf(timestamp, 1);
    return instant && instant->kind != telemetry::TimeKind::Local ? std::optional(instant->seconds)
                                                                  : std::nullopt;
}

} // namespace

bool isStreamLine(const read::Node& root)
{
    const std::string_view type = textOf(root.find("type"));
    return (type == "Metric" || type == "Point") && root.find("metric") && root.find("data");
}

Result<void> readDocuments(Input& input, Sink& sink)
{
    Samples samples(sink);
    std::uint32_t summaries = 0;
    const auto report = input.documents([&](const read::Node& root, std::size_t) -> Result<void> {
        if (isStreamLine(root)) {
            addLine(samples, root);
        } else if (isSummary(root)) {
            sink.point(summaryPoint(root, summaries++));
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (summaries == 0 && !samples.finish()) {
        return Error { input.name(), {}, "the file holds no request of k6",
            "Check whether the test sent any" };
    }
    sink.report(*report);
    return {};
}

bool isCsvHeader(const read::CsvRow& row)
{
    return row.size() >= 3 && row[0].text == "metric_name" && row[1].text == "timestamp"
        && row[2].text == "metric_value";
}

Result<void> readCsv(Input& input, Sink& sink)
{
    Samples samples(sink);
    std::vector<std::string> titles;
    const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
        if (isCsvHeader(row)) {
            titles.clear();
            for (const read::Cell& cell : row) {
                titles.emplace_back(cell.text);
            }
            return {};
        }
        const auto cell = [&](std::string_view title) {
            const auto at
                = static_cast<std::size_t>(std::find(titles.begin(), titles.end(), title) - titles.begin());
            return at < titles.size() && at < row.size() ? row[at] : read::Cell({}, {});
        };
        if (const auto value = cell("metric_value").value()) {
            const Tags tags { cell("expected_response").text, cell("status").text, cell("error").text };
            samples.add(cell("metric_name").text, endOf(cell("timestamp").number), *value, tags);
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (!samples.finish()) {
        return Error { input.name(), {}, "the table holds no request of k6",
            "Check whether the test sent any" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::k6
