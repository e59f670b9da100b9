// SPDX-License-Identifier: GPL-3.0-or-later
// What Locust prints: a table of all names, again and again while it runs with the rates of the last seconds,
// and at the end with those of the whole run and a table of percentiles below it. Times are whole
// milliseconds.
#include "core/import/formats/console_log.h"
#include "core/import/formats/locust/locust_point.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>

namespace prism::formats::locust {

namespace {

constexpr std::string_view percentilesMark = "Response time percentiles";
constexpr std::string_view oldPercentilesMark = "Percentage of the requests completed within given times";

/// The words of the header and the titles of the CSV.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> words { {
    { "Avg", "Average Response Time" },
    { "Min", "Min Response Time" },
    { "Max", "Max Response Time" },
    { "Med", "Median Response Time" },
    { "Median", "Median Response Time" },
    { "req/s", "Requests/s" },
    { "failures/s", "Failures/s" },
} };

struct Token {
    std::string_view text;
    std::size_t offset = 0; ///< in its line
};

std::vector<Token> tokensOf(std::string_view line)
{
    std::vector<Token> out;
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t begin = line.find_first_not_of(" \t|", at);
        if (begin == std::string_view::npos) {
            break;
        }
        at = std::min(line.find_first_of(" \t|", begin), line.size());
        out.push_back({ line.substr(begin, at - begin), begin });
    }
    return out;
}

bool isStatsHeader(std::string_view line)
{
    return line.find("# reqs") != std::string_view::npos && line.find("# fails") != std::string_view::npos
        && line.find("Avg") != std::string_view::npos;
}

class Console {
public:
    explicit Console(Sink& sink)
        : m_sink(sink)
    {
    }

    void line(const read::TextLine& line)
    {
        const std::string_view text = read::trimmed(line.text);
        if (isStatsHeader(line.text)) {
            beginStats(line.text);
        } else if (text.starts_with(percentilesMark) || text.starts_with(oldPercentilesMark)) {
            m_table = Table::None;
            m_titles.clear();
            m_whole = m_whole || !m_rows.empty();
        } else if (line.text.find(" 50%") != std::string_view::npos
            && line.text.find("# reqs") != std::string_view::npos) {
            beginPercentiles(line.text);
        } else if (text.empty() || text.starts_with("--") || text.starts_with("|-")) {
            m_table = text.empty() && m_inRows ? Table::None : m_table;
        } else if (m_table == Table::Stats) {
            statsRow(line);
        } else if (m_table == Table::Percentiles) {
            percentilesRow(line);
        }
    }

    void finish()
    {
        // The last table may be cut off; of one without its end the sum of all is not known.
        std::vector<Row>& rows = m_whole || m_complete ? m_rows : m_before;
        if (std::any_of(rows.begin(), rows.end(),
                [](const Row& row) { return row.number("Request Count").value_or(0) > 0; })) {
            send(rows);
        }
        m_rows.clear();
        m_before.clear();
        m_whole = false;
        m_complete = false;
        m_table = Table::None;
    }
    std::uint32_t points() const { return m_points; }

private:
    enum class Table { None, Stats, Percentiles };

    void beginStats(std::string_view header)
    {
        if (m_whole) {
            finish(); // another run
        } else if (m_complete) {
            m_before = std::move(m_rows);
        }
        m_rows.clear();
        m_complete = false;
        m_inRows = false;
        m_table = Table::Stats;
        m_titles.clear();
        for (const Token& token : tokensOf(header.substr(header.find("# fails") + 7))) {
            const auto it = std::find_if(
                words.begin(), words.end(), [&token](const auto& word) { return word.first == token.text; });
            m_titles.push_back(it == words.end() ? std::string(token.text) : std::string(it->second));
        }
    }

    void beginPercentiles(std::string_view header)
    {
        m_table = Table::Percentiles;
        m_inRows = false;
        m_titles.clear();
        for (const Token& token : tokensOf(header)) {
            if (token.text.ends_with('%') || token.text == "#") { // of "# reqs"
                m_titles.emplace_back(token.text);
            }
        }
    }

    /// The type, where there is one, and the name: "POST     /v1/chat", " Aggregated", "None     Aggregated".
    static Row named(std::string_view text)
    {
        Row row;
        text = read::trimmed(text);
        const std::string_view first = text.substr(0, text.find(' '));
        const bool type = first.size() < text.size()
            && first.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
        row.type = type ? first : std::string_view();
        row.name = read::trimmed(text.substr(first == "None" ? first.size() : row.type.size()));
        return row;
    }

    static void put(Row& row, std::string title, std::string_view number, std::string place)
    {
        row.cells.push_back({ std::move(title), read::KeptCell(number, std::move(place)) });
    }

    void statsRow(const read::TextLine& line)
    {
        const std::size_t bar = line.text.find('|');
        const std::vector<Token> counts = tokensOf(line.text.substr(0, bar));
        const std::vector<Token> numbers
            = bar == std::string_view::npos ? std::vector<Token>() : tokensOf(line.text.substr(bar));
        if (counts.size() < 3 || numbers.size() != m_titles.size()) {
            return;
        }
        const Token& requests = counts[counts.size() - 2];
        const Token& failures = counts.back();
        const std::string_view failed = failures.text.substr(0, failures.text.find('('));
        if (!read::consoleNumber(requests.text) || !read::consoleNumber(failed)) {
            return;
        }
        Row row = named(line.text.substr(0, requests.offset));
        put(row, "Request Count", requests.text, line.at(requests.offset).text());
        put(row, "Failure Count", failed, line.at(failures.offset).text());
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            put(row, m_titles[i], numbers[i].text, line.at(bar + numbers[i].offset).text());
        }
        m_inRows = true;
        m_complete = m_complete || row.isTotal();
        m_rows.push_back(std::move(row));
    }

    void percentilesRow(const read::TextLine& line)
    {
        const std::vector<Token> tokens = tokensOf(line.text);
        if (tokens.size() <= m_titles.size()) {
            return;
        }
        const std::size_t first = tokens.size() - m_titles.size();
        const Row wanted = named(line.text.substr(0, tokens[first].offset));
        const auto row = std::find_if(m_rows.begin(), m_rows.end(), [&wanted](const Row& candidate) {
            return candidate.type == wanted.type && candidate.name == wanted.name;
        });
        for (std::size_t i = 0; row != m_rows.end() && i < m_titles.size(); ++i) {
            const Token& token = tokens[first + i];
            if (m_titles[i] != "#") {
                put(*row, m_titles[i], token.text, line.at(token.offset).text());
            }
        }
        m_inRows = true;
    }

    void send(std::vector<Row>& rows)
    {
        Rows all;
        for (Row& row : rows) {
            for (Cell& cell : row.cells) {
                cell.title += !m_whole && cell.title.ends_with("/s") ? " of the last seconds" : "";
            }
            all.add(std::move(row));
        }
        LoadPoint point = all.point(m_points++);
        if (!m_whole) {
            point.warnings.push_back({ "unfinished",
                "The log ends before Locust's last table: the numbers are those of the run so far, and its "
                "rates are of the last seconds and left out.",
                {}, Severity::Warning });
        }
        m_sink.point(std::move(point));
    }

    Sink& m_sink;
    Table m_table = Table::None;
    bool m_inRows = false; ///< the table has begun
    bool m_complete = false; ///< its last row was there
    bool m_whole = false; ///< percentiles stood below it: it is the one of the end
    std::vector<std::string> m_titles; ///< of the numbers
    std::vector<Row> m_rows;
    std::vector<Row> m_before; ///< the last complete table
    std::uint32_t m_points = 0;
};

} // namespace

bool isConsole(const Sample& sample)
{
    return sample.textContains("# reqs") && sample.textContains("# fails") && sample.textContains("Avg")
        && sample.textContains("req/s");
}

Result<void> readConsole(Input& input, Sink& sink)
{
    return readConsoleLog(input, sink, Console(sink), "Locust's tables in the text hold no request",
        "Save what Locust prints at the end of a run");
}

} // namespace prism::formats::locust
