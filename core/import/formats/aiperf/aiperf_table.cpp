// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_table.h"

#include "core/import/formats/aiperf/aiperf_tags.h"
#include "core/import/point_writer.h"

#include <algorithm>
#include <cctype>

namespace prism::formats {

namespace {

struct Title {
    std::string tag; ///< as the documents spell it
    std::string unit; ///< between the parentheses, empty for counts
};

/// "Time to First Token (ms)" is time_to_first_token in ms.
Title titleOf(std::string_view text)
{
    Title title;
    const std::size_t open = text.rfind(" (");
    if (open != std::string_view::npos && text.ends_with(')')) {
        title.unit = text.substr(open + 2, text.size() - open - 3);
        text = text.substr(0, open);
    }
    for (const char c : text) {
        title.tag += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (title.tag == "total_input_sequence_length") {
        title.tag = "total_isl";
    } else if (title.tag == "total_output_sequence_length") {
        title.tag = "total_osl";
    }
    return title;
}

class Table {
public:
    void row(const read::CsvRow& cells)
    {
        if (cells.size() < 2 || cells[0].text == "Endpoint") {
            m_columns.clear();
            return;
        }
        if (cells[0].text == "Metric") {
            m_columns.clear();
            for (const read::Cell& cell : cells) {
                m_columns.emplace_back(cell.text);
            }
            return;
        }
        if (m_columns.size() == 2 && m_columns[1] == "Value") {
            number(cells);
        } else if (m_columns.size() > 2) {
            distribution(cells);
        }
    }

    LoadPoint take() { return m_point.take(); }
    bool empty() { return m_point.point().measures.empty(); }

private:
    void distribution(const read::CsvRow& cells)
    {
        const Title title = titleOf(cells[0].text);
        for (const AiperfTag& tag : aiperfDistributions) {
            const auto unit
                = tag.key == title.tag ? sourceUnit(title.unit, findMetric(tag.metric)->unit) : std::nullopt;
            for (std::size_t i = 1; unit && i < std::min(cells.size(), m_columns.size()); ++i) {
                if (const auto stat = aiperfStat(m_columns[i]); stat && !cells[i].text.empty()) {
                    m_point.measure(
                        tag.metric, *stat, cells[i].text, cells[i].place.text(), cells[0].text, *unit);
                }
            }
        }
        single(title, cells);
        keep(cells);
    }

    void number(const read::CsvRow& cells)
    {
        single(titleOf(cells[0].text), cells);
        keep(cells);
    }

    void single(const Title& title, const read::CsvRow& cells)
    {
        for (const AiperfTag& tag : aiperfNumbers) {
            const Metric& metric = *findMetric(tag.metric);
            const auto unit = title.unit.empty() && metric.unit == Unit::One
                ? std::optional(source::one)
                : sourceUnit(title.unit, metric.unit);
            if (tag.key == title.tag && unit && !m_point.point().measure(tag.metric, Stat::value())) {
                m_point.measure(
                    tag.metric, Stat::value(), cells[1].text, cells[1].place.text(), cells[0].text, *unit);
            }
        }
    }

    void keep(const read::CsvRow& cells)
    {
        std::string text(cells[0].text);
        for (std::size_t i = 1; i < cells.size(); ++i) {
            text += (i == 1 ? " = " : ", ") + std::string(cells[i].text);
        }
        m_point.extra(cells[0].place.text(), text);
    }

    PointWriter m_point { 0 };
    std::vector<std::string> m_columns;
};

} // namespace

bool isAiperfTable(const Sample& sample)
{
    const auto header = std::find_if(
        sample.rows.begin(), sample.rows.end(), [](const read::CsvRow& row) { return !row.empty(); });
    if (header == sample.rows.end() || header->size() < 4 || (*header)[0].text != "Metric"
        || (*header)[1].text != "avg") {
        return false;
    }
    const bool spread = std::any_of(
        header->begin(), header->end(), [](const read::Cell& cell) { return cell.text == "std"; });
    const bool interval = std::any_of(
        header->begin(), header->end(), [](const read::Cell& cell) { return cell.text == "ci_low"; });
    return spread && !interval;
}

Result<void> readAiperfTable(Input& input, Sink& sink)
{
    Table table;
    const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
        table.row(row);
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (table.empty()) {
        return Error { input.name(), {}, "the table holds no metric of AIPerf",
            "Check whether the benchmark ended" };
    }
    sink.point(table.take());
    sink.report(*report);
    return {};
}

} // namespace prism::formats
