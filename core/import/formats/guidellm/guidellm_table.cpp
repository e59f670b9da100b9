// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/console_arguments.h"
#include "core/import/formats/guidellm/guidellm_columns.h"
#include "core/import/formats/guidellm/guidellm_terms.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <map>
#include <span>

namespace prism::formats::guidellm {

namespace {

constexpr Term flatTerms[] = {
    { "request latency", "e2e", source::latencySeconds },
    { "time to first token ms", "ttft", source::latencyMilliseconds },
    { "inter token latency ms", "tpot", source::latencyMilliseconds },
    { "prompt token count", "isl", source::one },
    { "output token count", "osl", source::one },
};

/// 0.4 and later: group and unit, or group and quantity. Only here is the time per output token that from
/// the start of the request.
constexpr Term groupedTerms[] = {
    { "request latency sec", "e2e", source::latencySeconds },
    { "time to first token ms", "ttft", source::latencyMilliseconds },
    { "inter token latency ms", "tpot", source::latencyMilliseconds },
    { "time per output token ms", "ntpot", source::latencyMilliseconds },
    { "token metrics input tokens", "isl", source::one },
    { "token metrics output tokens", "osl", source::one },
};

struct Rate {
    std::string_view label;
    std::optional<double> Rates::*number;
    std::string_view metric;
    SourceUnit unit;
};
constexpr Rate rates[] = {
    { "requests per second", &Rates::requests, "request_throughput", source::requestsPerSecond },
    { "prompt tokens per second", &Rates::input, "input_throughput", source::tokensPerSecond },
    { "output tokens per second", &Rates::output, "output_throughput", source::tokensPerSecond },
    { "tokens per second", &Rates::total, "total_throughput", source::tokensPerSecond },
    { "server throughput requests/sec", &Rates::requests, "request_throughput", source::requestsPerSecond },
    { "token throughput input tokens/sec", &Rates::input, "input_throughput", source::tokensPerSecond },
    { "token throughput output tokens/sec", &Rates::output, "output_throughput", source::tokensPerSecond },
    { "token throughput total tokens/sec", &Rates::total, "total_throughput", source::tokensPerSecond },
};

constexpr Term counts[] = {
    { "total requests", "requests", source::one },
    { "successful requests", "requests_ok", source::one },
    { "errored requests", "requests_failed", source::one },
    { "incomplete requests", "requests_incomplete", source::one },
    { "request counts total", "requests", source::one },
    { "request counts successful", "requests_ok", source::one },
    { "request counts errored", "requests_failed", source::one },
    { "request counts incomplete", "requests_incomplete", source::one },
    { "duration", "duration", source::seconds },
    { "timings duration sec", "duration", source::seconds },
};

/// One item of a list cell "[1.0, 2.0]", or of its header "[min, 0.1, max]".
struct ListItem {
    std::string_view text;
    std::size_t offset = 0;
};
std::vector<ListItem> listItems(std::string_view text)
{
    std::vector<ListItem> items;
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
        return items;
    }
    for (std::size_t at = 1; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size() - 1);
        const std::size_t first = std::min(text.find_first_not_of(' ', at), end);
        items.push_back({ read::trimmed(text.substr(first, end - first)), first });
        at = end + 1;
    }
    return items;
}

/// JSON in a cell as a tree that lives as long as the callback.
void withJson(std::string_view cell, const std::function<void(const read::Node&)>& use)
{
    class Each : public read::DocumentHandler {
    public:
        explicit Each(const std::function<void(const read::Node&)>& each)
            : m_each(each)
        {
        }
        Result<void> document(const read::Node& root, std::size_t) override
        {
            m_each(root);
            return {};
        }

    private:
        const std::function<void(const read::Node&)>& m_each;
    };
    Each each(use);
    const auto source = read::memorySource(std::string(cell));
    // A cell that is no JSON describes nothing; its text stays an extra.
    (void)static_cast<bool>(read::readJson(*source, {}, each));
}

class TableReader {
public:
    explicit TableReader(Sink& sink)
        : m_sink(sink)
    {
    }
    void row(const read::CsvRow& row);
    std::uint32_t points() const { return m_points; }

private:
    void header(const read::CsvRow& row);
    void point(const read::CsvRow& row);
    bool measure(PointWriter& out, const Column& column, const read::Cell& cell);
    bool list(PointWriter& out, const Term& term, const Column& column, const read::Cell& cell);
    bool describe(PointWriter& out, const Column& column, const read::Cell& cell);
    std::size_t named(const read::CsvRow& row) const;
    void throughputs(PointWriter& out, const read::CsvRow& row, std::size_t width);

    Sink& m_sink;
    bool m_grouped = false;
    std::vector<std::vector<std::string>> m_headers;
    std::vector<Column> m_columns;
    Rates m_rates;
    std::optional<std::int64_t> m_runIndex; ///< of the row; stands before the profile
    std::uint32_t m_points = 0;
};

void TableReader::row(const read::CsvRow& row)
{
    if (row.empty()) {
        return;
    }
    if (m_columns.empty()) {
        header(row);
    } else if (row[0].text != "Type" && row[0].text != "Run Info") {
        point(row);
    }
}

void TableReader::header(const read::CsvRow& row)
{
    m_grouped = m_grouped || row[0].text == "Run Info";
    auto& texts = m_headers.emplace_back();
    for (const read::Cell& cell : row) {
        texts.emplace_back(cell.text);
    }
    if (!m_grouped) {
        for (const std::string& text : texts) {
            m_columns.push_back(flatColumn(text));
        }
    } else if (m_headers.size() == 3) {
        const auto text = [this](std::size_t line, std::size_t column) {
            return column < m_headers[line].size() ? std::string_view(m_headers[line][column])
                                                   : std::string_view();
        };
        for (std::size_t i = 0; i < m_headers[0].size(); ++i) {
            m_columns.push_back(groupedColumn(text(0, i), text(1, i), text(2, i)));
        }
    }
}

bool TableReader::list(PointWriter& out, const Term& term, const Column& column, const read::Cell& cell)
{
    const auto names = listItems(column.stat);
    const auto numbers = listItems(cell.text);
    if (names.size() != numbers.size()) {
        return false;
    }
    const bool weighted = term.metric == "tpot" || term.metric == "ntpot";
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool word = names[i].text == "min" || names[i].text == "max";
        const auto stat = plainStat(word ? std::string(names[i].text) : 'p' + std::string(names[i].text));
        if (!stat || out.point().measure(term.metric, *stat)) {
            continue;
        }
        // A cell with commas is quoted, and its place is that of the quote.
        const auto at = static_cast<std::uint32_t>(cell.place.column + 1 + numbers[i].offset);
        out.measure(term.metric, *stat, numbers[i].text,
            std::to_string(cell.place.line) + ':' + std::to_string(at),
            column.label + ' ' + std::string(names[i].text), term.unit,
            weighted ? tokenWeighted : std::string_view());
    }
    return true;
}

bool TableReader::measure(PointWriter& out, const Column& column, const read::Cell& cell)
{
    for (const Term& term : counts) {
        if (column.stat.empty()
            && term.label == (column.status.empty() ? column.metric : column.status + ' ' + column.metric)) {
            out.measure(term.metric, Stat::value(), cell, column.label, term.unit);
            return true;
        }
    }
    if (column.status != "successful") {
        return false;
    }
    for (const Term& term : m_grouped ? std::span<const Term>(groupedTerms) : flatTerms) {
        if (term.label != column.metric) {
            continue;
        }
        if (column.stat.starts_with('[')) {
            return list(out, term, column, cell);
        }
        const auto stat = plainStat(column.stat == "std dev" ? "std_dev" : column.stat);
        if (stat && !out.point().measure(term.metric, *stat)) {
            const bool weighted = term.metric == "tpot" || term.metric == "ntpot";
            out.measure(term.metric, *stat, cell, column.label, term.unit,
                weighted ? tokenWeighted : std::string_view());
            return true;
        }
    }
    return false;
}

bool TableReader::describe(PointWriter& out, const Column& column, const read::Cell& cell)
{
    const std::string path = cell.place.text();
    const std::string& name = column.label;
    if (name == "Name" || name == "Benchmark Strategy") {
        out.point().label = cell.text;
        if (!out.point().attribute("load_mode")) {
            describeName(out, cell.text, path);
        }
        return true;
    }
    if (name == "Run Id" || name == "Run Info Run ID") {
        out.point().group = cell.text;
        return true;
    }
    if (name == "Run Info Run Index") {
        m_runIndex = wholeNumber(cell.value());
        return false;
    }
    if (name == "Run Info Profile") {
        withJson(cell.text, [&](const read::Node& profile) {
            if (m_runIndex && *m_runIndex >= 0) {
                describeProfile(out, profile, static_cast<std::size_t>(*m_runIndex), path);
            }
        });
        return false;
    }
    if (name == "Args" || name == "Worker" || name == "Request Loader" || name == "Run Info Backend"
        || name == "Run Info Requests" || name == "Runtime Info Arguments") {
        withJson(cell.text, [&](const read::Node& root) {
            if (root.has("/strategy")) {
                describeStrategy(out, root.at("/strategy"), root.at("/profile"), path);
            }
            if (!out.point().attribute("model")) {
                describeModel(out,
                    { root.at("/backend_model"), root.at("/model"), root.at("/spec/backend/model") }, path);
            }
            for (const std::string_view data : { "/data", "/spec/data" }) {
                if (root.has(data) && !out.point().attribute("isl_target")) {
                    describeData(out, root.at(data), path);
                }
            }
        });
        return true;
    }
    return false;
}

/// How many cells of a row stand below their own name. 0.4 to 0.6 name the columns of the first benchmark
/// only, and a benchmark has columns for failed and incomplete requests just where it had such: behind the
/// first statistic of another one, a name may belong to another number.
std::size_t TableReader::named(const read::CsvRow& row) const
{
    const std::size_t width = std::min(row.size(), m_columns.size());
    if (!m_grouped) {
        return width;
    }
    const auto count = [&](const std::string& status) {
        for (std::size_t i = 0; i < width; ++i) {
            if (m_columns[i].metric == "request counts " + status) {
                return row[i].value();
            }
        }
        return std::optional<double>();
    };
    const auto fits = [&](const Column& column, std::string_view text) {
        // From 0.7 on, cells that a benchmark does not have are empty. An interval of a mean is a list too.
        return column.stat.empty() || text.empty() || column.metric.ends_with(" ci")
            || (column.stat.starts_with('[') == text.starts_with('[') && count(column.status) != 0.0);
    };
    bool shifted = row.size() != m_columns.size();
    for (std::size_t i = 0; i < width && !shifted; ++i) {
        shifted = !fits(m_columns[i], row[i].text);
    }
    if (!shifted) {
        return width;
    }
    const auto statistic = std::find_if(
        m_columns.begin(), m_columns.end(), [](const Column& column) { return !column.stat.empty(); });
    return std::min(width, static_cast<std::size_t>(statistic - m_columns.begin()));
}

void TableReader::throughputs(PointWriter& out, const read::CsvRow& row, std::size_t width)
{
    const auto find = [&](auto fits) -> const read::Cell* {
        for (std::size_t i = 0; i < width; ++i) {
            if (fits(m_columns[i])) {
                return &row[i];
            }
        }
        return nullptr;
    };
    m_rates = {};
    if (const Measure* isl = out.point().measure("isl", Stat::mean()); isl && isl->status == Status::Ok) {
        m_rates.isl = isl->value;
    }
    std::map<const Rate*, const read::Cell*> cells;
    for (const Rate& rate : rates) {
        const read::Cell* cell = find([&](const Column& column) {
            return column.status == "successful" && column.stat == "mean" && column.metric == rate.label;
        });
        if (cell) {
            m_rates.*rate.number = cell->value();
            cells[&rate] = cell;
        }
    }
    const Measure* requests = out.point().measure("requests_ok", Stat::value());
    const Measure* duration = out.point().measure("duration", Stat::value());
    const Measure* osl = out.point().measure("osl", Stat::mean());
    if (requests && duration && duration->status == Status::Ok) {
        m_rates.duration = duration->value;
        m_rates.inputTokens = m_rates.isl ? std::optional(*m_rates.isl * requests->value) : std::nullopt;
        m_rates.outputTokens = osl ? std::optional(osl->value * requests->value) : std::nullopt;
    }
    const auto put = [&](std::optional<double> Rates::*number, auto holds) {
        for (const auto& [rate, cell] : cells) {
            const std::string path = cell->place.text();
            if (rate->number != number) {
                continue;
            }
            if (holds(m_rates, out, path)) {
                out.measure(
                    rate->metric, Stat::value(), *cell, std::string(rate->label) + " mean", rate->unit);
            } else {
                out.extra(path, cell->text);
                m_rates.*number = std::nullopt;
            }
        }
    };
    put(&Rates::requests, [](const Rates&, PointWriter&, const std::string&) { return true; });
    put(&Rates::output, outputHolds);
    put(&Rates::input, inputHolds);
    put(&Rates::total, totalHolds);
}

void TableReader::point(const read::CsvRow& row)
{
    PointWriter out(m_points++);
    m_runIndex.reset();
    const std::size_t width = named(row);
    if (width < row.size() || row.size() < m_columns.size()) {
        out.warn("columns-shifted",
            "This version of GuideLLM names the columns of its first benchmark only, and this one has "
            "others: "
            "its latencies, lengths and rates are left out. Import the JSON file of the same run.",
            row[0].place.text());
    }
    for (std::size_t i = 0; i < width; ++i) {
        const Column& column = m_columns[i];
        if (!describe(out, column, row[i]) && !measure(out, column, row[i])
            && (column.status.empty() || column.status == "successful") && !row[i].text.empty()) {
            out.extra(row[i].place.text(), column.label + ": " + std::string(row[i].text));
        }
    }
    throughputs(out, row, width);
    m_sink.point(out.take());
}

} // namespace

bool beginsTable(Input& input)
{
    bool begins = false;
    const auto report = input.csv([&begins](const read::CsvRow& row) -> Result<void> {
        if (row.empty()) {
            return {};
        }
        begins
            = row[0].text == "Run Info" || (row.size() > 3 && row[0].text == "Type" && row[3].text == "Name");
        return Error { {}, {}, "the first row is enough", {} };
    });
    return !report && begins;
}

Result<void> readTable(Input& input, Sink& sink)
{
    TableReader reader(sink);
    auto report = input.csv([&reader](const read::CsvRow& row) -> Result<void> {
        reader.row(row);
        return {};
    });
    if (!report) {
        return report.error();
    }
    sink.report(*report);
    if (reader.points() == 0) {
        return Error { input.name(), {}, "the table has a header but no benchmark",
            "Run GuideLLM again; the run ended before its first benchmark" };
    }
    return {};
}

} // namespace prism::formats::guidellm
