// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/distributions.h"
#include "core/import/formats/guidellm/guidellm_terms.h"
#include "core/read/numbers.h"

#include <algorithm>
#include <utility>

namespace prism::formats::guidellm {

namespace {

/// A column by the header rows above it, joined with "/" from the outermost on, lower case; a title goes
/// first where two tables share a name.
struct ConsoleTerm {
    std::string_view header;
    std::string_view metric;
    SourceUnit unit;
};

constexpr std::string_view secondsCalledMs = "req latency (ms)";

constexpr ConsoleTerm latencies[] = {
    // up to 0.3; 0.2 prints seconds under "(ms)"
    { "req latency (sec)", "e2e", source::latencySeconds },
    { secondsCalledMs, "e2e", source::latencySeconds },
    { "ttft (ms)", "ttft", source::latencyMilliseconds },
    { "itl (ms)", "tpot", source::latencyMilliseconds },
    // 0.4 and later
    { "request latency/sec", "e2e", source::latencySeconds },
    { "ttft/ms", "ttft", source::latencyMilliseconds },
    { "itl/ms", "tpot", source::latencyMilliseconds },
    { "tpot/ms", "ntpot", source::latencyMilliseconds },
    { "input tok/per req", "isl", source::one },
    { "output tok/per req", "osl", source::one },
};

/// Single numbers, by the whole header.
constexpr ConsoleTerm numbers[] = {
    // up to 0.3
    { "metadata/duration (s)", "duration", source::seconds },
    { "requests made/comp", "requests_ok", source::one },
    { "requests made/inc", "requests_incomplete", source::one },
    { "requests made/err", "requests_failed", source::one },
    // 0.4 and later
    { "timings/dur/sec", "duration", source::seconds },
    { "requests/comp/tot", "requests_ok", source::one },
    { "requests/inc/tot", "requests_incomplete", source::one },
    { "requests/err/tot", "requests_failed", source::one },
};
constexpr ConsoleTerm means[] = {
    { "prompt tok/req/comp", "isl", source::one },
    { "output tok/req/comp", "osl", source::one },
};

struct ConsoleTotal {
    std::string_view group;
    std::string_view metric;
    std::string_view last;
};
constexpr ConsoleTotal totals[] = {
    { "prompt tok total", "input_tokens", "" },
    { "output tok total", "output_tokens", "" },
    { "input tokens", "input_tokens", "/tot" },
    { "output tokens", "output_tokens", "/tot" },
};

struct ConsoleRate {
    std::string_view header;
    std::optional<double> Rates::*number;
    std::string_view metric;
    SourceUnit unit;
};
constexpr ConsoleRate rates[] = {
    { "request stats/per second", &Rates::requests, "request_throughput", source::requestsPerSecond },
    { "out tok/sec/mean", &Rates::output, "output_throughput", source::tokensPerSecond },
    { "tot tok/sec/mean", &Rates::total, "total_throughput", source::tokensPerSecond },
    { "requests/per sec/mean", &Rates::requests, "request_throughput", source::requestsPerSecond },
    { "input tokens/per sec/mean", &Rates::input, "input_throughput", source::tokensPerSecond },
    { "output tokens/per sec/mean", &Rates::output, "output_throughput", source::tokensPerSecond },
    { "total tokens/per sec/mean", &Rates::total, "total_throughput", source::tokensPerSecond },
};

/// From 0.6 on, the console's rates count requests that failed or did not end; those of the files do not.
constexpr std::string_view allRequests = "all-requests";

std::string lower(std::string_view text)
{
    std::string out(read::trimmed(text));
    for (char& c : out) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

struct Cell {
    std::string text;
    std::string path;
    std::size_t span = 1; ///< columns it covers: one for each bar behind it
    bool all = false; ///< of a table over all requests, not of those that succeeded
};

/// Cells of a row. A header that covers n columns has n bars behind it; in the layout up to 0.3, which begins
/// and ends without a bar, the last cell has one less.
std::vector<Cell> cellsOf(const read::TextLine& line)
{
    std::vector<Cell> cells;
    const std::string_view text = line.text.substr(0, line.text.find_last_not_of(" \t") + 1);
    std::size_t at = std::min(text.find_first_not_of(' '), text.size());
    const bool framed = at < text.size() && text[at] == '|';
    at += framed ? 1 : 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('|', at), text.size());
        const std::size_t next = std::min(text.find_first_not_of('|', end), text.size());
        const std::size_t begin = std::min(text.find_first_not_of(" \t", at), end);
        const bool last = next == text.size() && !framed;
        cells.push_back({ std::string(read::trimmed(text.substr(begin, end - begin))), line.at(begin).text(),
            next - end + (last ? 1 : 0) });
        at = next;
    }
    return cells;
}

/// "-----|-----", "|=====|=====|", "=======".
bool isRule(std::string_view text)
{
    text = read::trimmed(text);
    return text.size() > 3 && text.find_first_not_of("|-=+") == std::string_view::npos
        && text.find_first_of("-=") != std::string_view::npos;
}

/// "21.7 ± 11.0" is a mean with half of its confidence interval, "63.7*" a number whose interval is unknown.
std::string_view numberOf(std::string_view text)
{
    text = text.substr(0, text.find(" ±"));
    return text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
}

/// "mdn", "median", "mean", "p95", behind the last "/" of a header.
std::optional<Stat> statOfHeader(std::string_view header)
{
    const std::string_view last = header.substr(header.rfind('/') + 1);
    return last == "mdn" ? Stat::percentile(50) : plainStat(last);
}

/// Everything that the tables of one run say about one benchmark.
struct Benchmark {
    std::string name;
    std::string namePath;
    std::vector<std::pair<std::string, Cell>> cells; ///< by header
};

/// Text before the tables, lines joined by blanks, and where each line stands.
struct Preamble {
    std::string text;
    std::vector<std::pair<std::size_t, read::Place>> lines;

    void add(std::string_view line, read::Place place)
    {
        lines.emplace_back(text.size(), place);
        text += line;
        text += ' ';
    }
    std::string pathAt(std::size_t offset) const
    {
        for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
            if (line->first <= offset) {
                read::Place place = line->second;
                place.column += static_cast<std::uint32_t>(offset - line->first);
                return place.text();
            }
        }
        return {};
    }
};

class ConsoleReader {
public:
    explicit ConsoleReader(Sink& sink)
        : m_sink(sink)
    {
    }
    void line(const read::TextLine& line);
    std::uint32_t finish();

private:
    void text(const read::TextLine& line);
    void header(const std::vector<Cell>& cells);
    void row(std::vector<Cell> cells);
    void flush();
    void point(const Benchmark& benchmark);
    void throughputs(PointWriter& out, const Benchmark& benchmark);
    void tokenTotals(PointWriter& out, const Benchmark& benchmark);

    enum class Where { Text, Header, Rows };

    Sink& m_sink;
    Where m_where = Where::Text;
    std::vector<std::string> m_headers;
    std::size_t m_row = 0;
    bool m_all = false; ///< the last title says "(All Requests)"
    std::vector<Benchmark> m_benchmarks;
    Preamble m_preamble, m_nextPreamble;
    std::uint32_t m_points = 0;
};

void ConsoleReader::text(const read::TextLine& line)
{
    constexpr std::size_t enough = 256u << 10;
    const std::string_view trimmed = read::trimmed(line.text);
    // Each report begins with one of these.
    if (trimmed.ends_with("Run Summary Info") || trimmed == "Benchmarks Info:") {
        flush();
    }
    if (trimmed.ends_with(" Info") || trimmed.find(" Statistics") != std::string_view::npos) {
        m_all = trimmed.ends_with("(All Requests)");
    }
    // What stands behind the tables belongs to the next report.
    Preamble& preamble = m_benchmarks.empty() ? m_preamble : m_nextPreamble;
    if (preamble.text.size() < enough && !trimmed.empty()) {
        preamble.add(trimmed, line.at(static_cast<std::size_t>(trimmed.data() - line.text.data())));
    }
}

void ConsoleReader::line(const read::TextLine& line)
{
    const bool rule = isRule(line.text);
    const bool cells = !rule && line.text.find('|') != std::string_view::npos;
    if (!rule && (!cells || m_where == Where::Text)) {
        m_where = Where::Text;
        text(line);
        return;
    }
    if (rule && m_where == Where::Text) {
        // A frame of "=" opens a table, or ends one whose last row was just read.
        m_where = Where::Header;
        m_headers.clear();
        m_row = 0;
    } else if (rule) {
        const bool opens = line.text.find('=') != std::string_view::npos;
        m_where = opens ? Where::Header : Where::Rows;
        if (opens) {
            m_headers.clear();
            m_row = 0;
        }
    } else if (m_where == Where::Header) {
        header(cellsOf(line));
    } else {
        row(cellsOf(line));
    }
}

void ConsoleReader::header(const std::vector<Cell>& cells)
{
    std::size_t column = 0;
    for (const Cell& cell : cells) {
        for (std::size_t i = 0; i < cell.span; ++i, ++column) {
            if (column >= m_headers.size()) {
                m_headers.emplace_back();
            }
            std::string& joined = m_headers[column];
            const std::string part = lower(cell.text);
            if (!part.empty()) {
                joined += joined.empty() ? part : '/' + part;
            }
        }
    }
}

void ConsoleReader::row(std::vector<Cell> cells)
{
    if (cells.size() < 2 || cells[0].text.empty() || m_headers.empty()) {
        return;
    }
    if (m_row >= m_benchmarks.size()) {
        m_benchmarks.push_back({ cells[0].text, cells[0].path, {} });
    }
    Benchmark& benchmark = m_benchmarks[m_row++];
    for (std::size_t i = 1; i < cells.size() && i < m_headers.size(); ++i) {
        cells[i].all = m_all;
        benchmark.cells.emplace_back(m_headers[i], std::move(cells[i]));
    }
}

void ConsoleReader::throughputs(PointWriter& out, const Benchmark& benchmark)
{
    Rates found;
    if (const Measure* isl = out.point().measure("isl", Stat::mean()); isl && isl->status == Status::Ok) {
        found.isl = isl->value;
    }
    const auto each = [&](auto use) {
        for (const auto& [header, cell] : benchmark.cells) {
            for (const ConsoleRate& rate : rates) {
                if (header == rate.header) {
                    use(rate, cell);
                }
            }
        }
    };
    each([&found](const ConsoleRate& rate, const Cell& cell) {
        found.*rate.number = read::parseDecimal(numberOf(cell.text));
    });
    each([&](const ConsoleRate& rate, const Cell& cell) {
        if (rate.number != &Rates::total || totalHolds(found, out, cell.path)) {
            out.measure(rate.metric, Stat::value(), numberOf(cell.text), cell.path, rate.header, rate.unit,
                cell.all ? allRequests : std::string_view());
        } else {
            out.extra(cell.path, cell.text);
        }
    });
}

void ConsoleReader::tokenTotals(PointWriter& out, const Benchmark& benchmark)
{
    const auto find = [&](const std::string& header) -> const Cell* {
        const auto it = std::find_if(benchmark.cells.begin(), benchmark.cells.end(),
            [&](const auto& cell) { return cell.first == header; });
        return it == benchmark.cells.end() ? nullptr : &it->second;
    };
    for (const ConsoleTotal& total : totals) {
        const auto column = [&](std::string_view status) {
            return find(std::string(total.group) + '/' + std::string(status) + std::string(total.last));
        };
        const Cell* complete = column("comp");
        const Cell* incomplete = column("inc");
        const Cell* errored = column("err");
        const auto none = [](const Cell* cell) { return !cell || read::parseDecimal(cell->text) == 0.0; };
        // Where failed requests have tokens too, this is not the total of the point.
        if (complete && none(incomplete) && none(errored)) {
            out.measure(total.metric, Stat::value(), complete->text, complete->path,
                std::string(total.group) + " comp", source::one);
        }
    }
}

void ConsoleReader::point(const Benchmark& benchmark)
{
    PointWriter out(m_points++);
    out.point().label = benchmark.name;
    describeName(out, benchmark.name, benchmark.namePath);
    const auto model = [&](std::string_view key, char end) {
        const auto at = m_preamble.text.find(key);
        if (at != std::string::npos && !out.point().attribute("model")) {
            const std::size_t begin = at + key.size();
            out.attribute("model", m_preamble.text.substr(begin, m_preamble.text.find(end, begin) - begin),
                {}, m_preamble.pathAt(begin));
        }
    };
    model("backend_model='", '\'');
    model("backend validated with model ", ' ');
    if (const auto data = m_preamble.text.find("prompt_tokens"); data != std::string::npos) {
        describeData(out, m_preamble.text, m_preamble.pathAt(data));
    }
    bool misnamed = false;
    for (const auto& [header, cell] : benchmark.cells) {
        const auto put
            = [&, header = std::string_view(header), &cell = cell](const ConsoleTerm& term, Stat stat) {
                  const bool weighted = term.metric == "tpot" || term.metric == "ntpot";
                  if (!out.point().measure(term.metric, stat)) {
                      out.measure(term.metric, stat, numberOf(cell.text), cell.path, header, term.unit,
                          weighted ? tokenWeighted : std::string_view());
                  }
              };
        for (const ConsoleTerm& term : numbers) {
            if (header == term.header) {
                put(term, Stat::value());
            }
        }
        for (const ConsoleTerm& term : means) {
            if (header == term.header) {
                put(term, Stat::mean());
            }
        }
        const auto stat = statOfHeader(header);
        for (const ConsoleTerm& term : latencies) {
            if (!stat || header.substr(0, header.rfind('/')) != term.header) {
                continue;
            }
            // Printed with one or two decimals: a zero is a number that was rounded away.
            if (read::parseDecimal(numberOf(cell.text)) == 0.0) {
                out.extra(cell.path, header + ": " + cell.text);
            } else {
                put(term, *stat);
                misnamed = misnamed || term.header == secondsCalledMs;
            }
        }
    }
    if (misnamed) {
        out.warn("unit-misnamed",
            "GuideLLM 0.2 prints the request latency in seconds under a title that says milliseconds: it is "
            "read as seconds.",
            benchmark.namePath, Severity::Note);
    }
    tokenTotals(out, benchmark);
    throughputs(out, benchmark);
    m_sink.point(out.take());
}

void ConsoleReader::flush()
{
    for (const Benchmark& benchmark : m_benchmarks) {
        point(benchmark);
    }
    if (!m_benchmarks.empty()) {
        m_benchmarks.clear();
        m_preamble = std::exchange(m_nextPreamble, {});
    }
}

std::uint32_t ConsoleReader::finish()
{
    flush();
    return m_points;
}

} // namespace

Result<void> readConsole(Input& input, Sink& sink)
{
    ConsoleReader reader(sink);
    auto report = input.lines([&reader](const read::TextLine& line) -> Result<void> {
        reader.line(line);
        return {};
    });
    if (!report) {
        return report.error();
    }
    sink.report(*report);
    if (reader.finish() == 0) {
        return Error { input.name(), {}, "the text has no complete table of GuideLLM",
            "Import the JSON file of the same run" };
    }
    return {};
}

} // namespace prism::formats::guidellm
