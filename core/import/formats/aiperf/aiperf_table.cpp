// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_table.h"

#include "core/import/formats/aiperf/aiperf_tags.h"

#include <algorithm>

namespace prism::formats {

namespace {

class Table {
public:
    void row(const read::CsvRow& cells)
    {
        if (cells.size() < 2 || cells[0].text == "Endpoint") {
            m_columns.clear();
        } else if (cells[0].text == "Metric") {
            m_columns.clear();
            // Sections of GPUs have a column for the GPU: they describe the machine, not the run.
            for (const read::Cell& cell : cells[1].text == "GPU" ? read::CsvRow {} : cells) {
                m_columns.emplace_back(cell.text);
            }
        } else {
            metric(cells);
        }
    }

    LoadPoint take() { return m_point.take(); }
    bool empty() { return m_point.point().measures.empty(); }

private:
    void metric(const read::CsvRow& cells)
    {
        std::vector<AiperfCell> values;
        std::string text(cells[0].text);
        for (std::size_t i = 1; i < cells.size(); ++i) {
            text += (i == 1 ? " = " : ", ") + std::string(cells[i].text);
            if (i < m_columns.size()) {
                values.push_back({ m_columns[i], cells[i].text, cells[i].place.text() });
            }
        }
        aiperfRow(m_point, cells[0].text, values);
        m_point.extra(cells[0].place.text(), text);
    }

    PointWriter m_point { 0 };
    std::vector<std::string> m_columns;
};

} // namespace

AiperfTable aiperfTableOf(const Sample& sample)
{
    const auto header = std::find_if(
        sample.rows.begin(), sample.rows.end(), [](const read::CsvRow& row) { return !row.empty(); });
    if (header == sample.rows.end() || header->size() < 4 || (*header)[0].text != "Metric"
        || (*header)[1].text != "avg") {
        return AiperfTable::None;
    }
    const auto has = [&](std::string_view column) {
        return std::any_of(
            header->begin(), header->end(), [&](const read::Cell& cell) { return cell.text == column; });
    };
    return has("std") ? AiperfTable::Aiperf : has("p99") ? AiperfTable::GenaiPerf : AiperfTable::None;
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
        return Error { input.name(), {}, "the table holds no metric of AIPerf or GenAI-Perf",
            "Check whether the benchmark ended" };
    }
    sink.point(table.take());
    sink.report(*report);
    return {};
}

} // namespace prism::formats
