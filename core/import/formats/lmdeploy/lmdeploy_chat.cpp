// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/lmdeploy/lmdeploy_chat.h"

#include "core/import/document_shape.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/point_writer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/text.h"
#include "core/units/convert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>

namespace prism::formats::lmdeploy {

namespace {

struct Single {
    std::string_view key;
    std::string_view metric;
    SourceUnit unit;
};
constexpr std::array singles {
    Single { "total", "requests", source::one },
    Single { "completed", "requests_ok", source::one },
    Single { "failed", "requests_failed", source::one },
    Single { "duration_s", "duration", source::seconds },
    Single { "total_input_tokens", "input_tokens", source::one },
    Single { "total_output_tokens", "output_tokens", source::one },
    Single { "total_cached_tokens", "cached_tokens", source::one },
    Single { "cache_hit_rate", "prefix_cache_hit_rate", source::ratio },
    Single { "request_throughput_req_s", "request_throughput", source::requestsPerSecond },
    Single { "input_throughput_tok_s", "input_throughput", source::tokensPerSecond },
    Single { "output_throughput_tok_s", "output_throughput", source::tokensPerSecond },
};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> latencies { {
    { "ttft", "ttft" },
    { "itl", "itl" },
    { "tpot", "tpot" },
    { "e2e_latency", "e2e" },
} };
constexpr std::array<std::pair<std::string_view, Stat>, 7> statistics { {
    { "ave", Stat::mean() },
    { "min", Stat::min() },
    { "max", Stat::max() },
    { "p50", Stat::percentile(50) },
    { "p75", Stat::percentile(75) },
    { "p95", Stat::percentile(95) },
    { "p99", Stat::percentile(99) },
} };

/// One row, from a document or a table.
class Row {
public:
    explicit Row(const read::Node& node)
        : m_node(&node)
    {
    }
    Row(const std::vector<std::string>& columns, const read::CsvRow& cells)
        : m_columns(&columns)
        , m_cells(&cells)
    {
    }

    void measure(
        PointWriter& out, std::string_view metric, Stat stat, const std::string& key, SourceUnit unit) const
    {
        if (m_node) {
            out.measure(metric, stat, m_node->find(key), unit);
        } else if (const read::Cell* found = cell(key); found && !found->text.empty()) {
            out.measure(metric, stat, *found, key, unit);
        }
    }
    std::optional<double> number(std::string_view key) const
    {
        if (m_node) {
            const read::Node* found = m_node->find(key);
            return found ? found->lenientNumber() : std::nullopt;
        }
        const read::Cell* found = cell(key);
        return found ? found->value() : std::nullopt;
    }
    std::string text(std::string_view key) const
    {
        if (m_node) {
            const read::Node* found = m_node->find(key);
            return found ? std::string(found->text()) : std::string();
        }
        const read::Cell* found = cell(key);
        return found ? std::string(found->text) : std::string();
    }
    std::string place(std::string_view key) const
    {
        if (m_node) {
            const read::Node* found = m_node->find(key);
            return found ? found->pointer() : std::string();
        }
        const read::Cell* found = cell(key);
        return found ? found->place.text() : std::string();
    }
    void claim(std::string_view key) const
    {
        if (const read::Node* found = m_node ? m_node->find(key) : nullptr) {
            found->claim();
        }
    }
    const read::Node* node() const { return m_node; }

private:
    const read::Cell* cell(std::string_view key) const
    {
        const auto it = std::find(m_columns->begin(), m_columns->end(), key);
        const auto at = static_cast<std::size_t>(it - m_columns->begin());
        return at < m_cells->size() && it != m_columns->end() ? &(*m_cells)[at] : nullptr;
    }

    const read::Node* m_node = nullptr;
    const std::vector<std::string>* m_columns = nullptr;
    const read::CsvRow* m_cells = nullptr;
};

/// `setting` is the number of the mode: requests at once, or requests a second.
void load(PointWriter& out, const Row& row)
{
    const std::string mode = row.text("mode");
    const auto setting = row.number("setting");
    if (setting && mode == "concurrency") {
        wholeAttribute(out, "concurrency", setting, row.place("setting"));
        out.attribute("load_mode", std::string("concurrency"), {}, row.place("mode"));
    } else if (setting && mode == "request-rate") {
        out.attribute("request_rate", *setting, {}, row.place("setting"));
        out.attribute("load_mode", std::string("rate"), {}, row.place("mode"));
    } else {
        return;
    }
    row.claim("setting");
    row.claim("mode");
    if (const std::string dataset = row.text("dataset"); !dataset.empty()) {
        out.attribute("dataset", dataset, {}, row.place("dataset"));
        row.claim("dataset");
    }
    if (const auto repeat = row.number("repeat")) {
        wholeAttribute(out, "repeat", repeat, row.place("repeat"));
        row.claim("repeat");
    }
}

LoadPoint summaryPoint(const Row& row, std::uint32_t index)
{
    PointWriter out(index);
    load(out, row);
    for (const Single& single : singles) {
        row.measure(out, single.metric, Stat::value(), std::string(single.key), single.unit);
    }
    for (const auto& [prefix, metric] : latencies) {
        for (const auto& [name, stat] : statistics) {
            row.measure(out, metric, stat, std::string(name) + '_' + std::string(prefix) + "_ms",
                source::latencyMilliseconds);
        }
    }
    if (row.node()) {
        out.extras(*row.node());
    }
    return out.take();
}

/// Requests of all levels, told apart by what they were sent under.
class Requests {
public:
    explicit Requests(Sink& sink)
        : m_sink(sink)
    {
    }

    void add(const Row& row)
    {
        std::string key = row.text("dataset") + '\n' + row.text("mode") + '\n' + row.text("setting") + '\n'
            + row.text("repeat");
        const auto [at, isNew] = m_numbers.try_emplace(std::move(key), m_levels.size());
        if (isNew) {
            m_levels.push_back(std::make_unique<Level>(m_sink, static_cast<std::uint32_t>(m_levels.size())));
            load(m_levels.back()->point, row);
        }
        Level& level = *m_levels[at->second];
        RequestRow request = requestOf(row);
        const auto clock = [&row](std::string_view name) {
            const auto value = row.number(name);
            return value && *value > 0 ? value : std::nullopt; // 0 where the request was never sent
        };
        const auto start = clock("start_time");
        level.statistics.add(request, start, clock("end_time"));
        level.rows.add(std::move(request), start, std::nullopt);
    }

    std::uint32_t finish()
    {
        for (const std::unique_ptr<Level>& level : m_levels) {
            level->rows.finish();
            level->statistics.write(level->point);
            level->point.warn("from-requests",
                "All numbers are computed from the requests; summary.json beside this file has the tool's "
                "own.",
                {}, Severity::Note);
            m_sink.point(level->point.take());
        }
        return static_cast<std::uint32_t>(m_levels.size());
    }

private:
    struct Level {
        Level(Sink& sink, std::uint32_t index)
            : point(index)
            , rows(sink, index)
        {
        }
        PointWriter point;
        RequestRows rows;
        RequestStatistics statistics;
    };

    static RequestRow requestOf(const Row& row)
    {
        RequestRow request;
        const std::string success = row.text("success");
        request.ok = success == "true" || success == "True";
        const auto tokens = [&row](std::string_view key) {
            const auto value = row.number(key);
            return value && *value > 0 ? wholeNumber(value) : std::nullopt;
        };
        request.isl = tokens("prompt_tokens");
        if (!request.ok) {
            request.error = row.text("error").substr(0, 500);
            request.error = request.error.empty() ? "failed" : request.error;
            return request;
        }
        // 0 s to the first token: none came.
        const auto latency = [&row](std::string_view key) {
            const auto value = row.number(key);
            return value && *value > 0
                ? std::optional(Milliseconds { convert(*value, source::latencySeconds) })
                : std::nullopt;
        };
        request.ttft = latency("ttft_s");
        request.e2e = latency("e2e_latency_s");
        request.osl = tokens("completion_tokens");
        const read::Node* gaps = row.node() ? row.node()->find("itls_s") : nullptr;
        for (const double gap : gaps ? gaps->numbers() : std::span<const double>()) {
            request.gapsMs.push_back(convert(gap, source::latencySeconds));
        }
        return request;
    }

    Sink& m_sink;
    std::map<std::string, std::size_t> m_numbers; ///< what a level is sent under, and its place below
    std::vector<std::unique_ptr<Level>> m_levels; ///< in the order in which they first stand in the file
};

bool has(const read::CsvRow& header, std::string_view name)
{
    return std::any_of(
        header.begin(), header.end(), [name](const read::Cell& cell) { return cell.text == name; });
}

Result<void> none(const Input& input)
{
    return Error { input.name(), {}, "the file holds no row of LMDeploy's chat benchmark",
        "Check whether the benchmark ended" };
}

class Documents : public read::DocumentHandler {
public:
    explicit Documents(Sink& sink)
        : m_sink(sink)
        , m_requests(sink)
    {
    }
    Result<void> element(const read::Node& element) override
    {
        row(element);
        return {};
    }
    Result<void> document(const read::Node& root, std::size_t) override
    {
        if (root.isObject()) {
            row(root);
        }
        return {};
    }
    std::uint32_t finish() { return m_points + m_requests.finish(); }

private:
    void row(const read::Node& node)
    {
        if (isChatSummary(node)) {
            m_sink.point(summaryPoint(Row(node), m_points++));
        } else if (isChatRequest(node)) {
            m_requests.add(Row(node));
        }
    }

    Sink& m_sink;
    std::uint32_t m_points = 0;
    Requests m_requests;
};

} // namespace

bool isChatSummary(const read::Node& node)
{
    return node.find("output_throughput_tok_s") && node.find("request_throughput_req_s")
        && node.find("setting");
}

bool isChatRequest(const read::Node& node)
{
    return node.find("ttft_s") && node.find("e2e_latency_s") && node.find("setting")
        && node.find("request_id");
}

bool isChatSummary(const read::CsvRow& header)
{
    return has(header, "output_throughput_tok_s") && has(header, "request_throughput_req_s")
        && has(header, "setting");
}

bool isChatRequests(const read::CsvRow& header)
{
    return has(header, "ttft_s") && has(header, "e2e_latency_s") && has(header, "setting")
        && has(header, "request_id");
}

Result<void> readChatDocuments(Input& input, Sink& sink)
{
    read::Plan plan;
    // Lines are documents and small; only an array of them is long.
    plan.skip = { "/generated_text", "/reasoning_text", "/*/generated_text", "/*/reasoning_text",
        "/*/chunk_times", "/chunk_times" };
    Documents documents(sink);
    const auto array = rootIsArray(input);
    if (!array) {
        return array.error();
    }
    if (*array) {
        plan.stream = { "" };
    }
    const auto report = input.documents(plan, documents);
    if (!report) {
        return report.error();
    }
    if (documents.finish() == 0) {
        return none(input);
    }
    sink.report(*report);
    return {};
}

Result<void> readChatTable(Input& input, Sink& sink)
{
    std::vector<std::string> columns;
    bool requests = false;
    std::uint32_t points = 0;
    Requests rows(sink);
    const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
        if (isChatSummary(row) || isChatRequests(row)) {
            requests = isChatRequests(row);
            columns.clear();
            for (const read::Cell& cell : row) {
                columns.emplace_back(cell.text);
            }
        } else if (!columns.empty() && row.size() == columns.size()) {
            if (requests) {
                rows.add(Row(columns, row));
            } else {
                sink.point(summaryPoint(Row(columns, row), points++));
            }
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (points + rows.finish() == 0) {
        return none(input);
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats::lmdeploy
