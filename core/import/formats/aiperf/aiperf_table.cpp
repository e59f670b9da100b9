// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_table.h"

#include "core/import/formats/aiperf/aiperf_aggregate.h"
#include "core/import/formats/aiperf/aiperf_tags.h"

#include <algorithm>

namespace prism::formats {

namespace {

class SummaryTable : public AiperfTable {
public:
    void row(const read::CsvRow& cells) override
    {
        if (cells.size() < 2) {
            m_columns.clear();
        } else if (cells[0].text == "Metric" || cells[0].text == "Endpoint") {
            m_columns.clear();
            for (const read::Cell& cell : cells) {
                m_columns.emplace_back(cell.text);
            }
        } else if (m_columns.size() > 1 && (m_columns[0] == "Endpoint" || m_columns[1] == "GPU")) {
            gpuRow(cells);
        } else if (!m_columns.empty()) {
            m_countsTokens = m_countsTokens || aiperf::countsTokens(cells[0].text);
            const std::vector<aiperf::Cell> numbers = from(cells, 1);
            if (!aiperf::takeRow(m_point, cells[0].text, numbers)) {
                m_point.extra(cells[0].place.text(), aiperf::rowText(cells[0].text, numbers));
            }
        }
    }

    bool send(Sink& sink) override
    {
        if (m_point.point().measures.empty()) {
            return false;
        }
        m_gpus.write(m_point);
        if (m_countsTokens) {
            aiperf::markUnclearTpot(m_point);
        }
        sink.point(m_point.take());
        return true;
    }

private:
    std::vector<aiperf::Cell> from(const read::CsvRow& cells, std::size_t first) const
    {
        std::vector<aiperf::Cell> numbers;
        for (std::size_t i = first; i < std::min(cells.size(), m_columns.size()); ++i) {
            numbers.push_back({ m_columns[i], read::KeptCell(cells[i]) });
        }
        return numbers;
    }

    std::string_view cellOf(const read::CsvRow& cells, std::string_view column) const
    {
        const auto at = std::find(m_columns.begin(), m_columns.end(), column) - m_columns.begin();
        return static_cast<std::size_t>(at) < cells.size() ? cells[static_cast<std::size_t>(at)].text
                                                           : read::FileText();
    }

    /// AIPerf: "Endpoint,GPU_Index,GPU_Name,…,Metric,avg,…"; GenAI-Perf: "Metric,GPU,avg,…".
    void gpuRow(const read::CsvRow& cells)
    {
        const bool named = m_columns[0] == "Endpoint";
        const std::string gpu = named
            ? std::string(cellOf(cells, "Endpoint")) + ' ' + std::string(cellOf(cells, "GPU_Index"))
            : std::string(cellOf(cells, "GPU"));
        const auto metric = std::find(m_columns.begin(), m_columns.end(), "Metric") - m_columns.begin();
        m_gpus.row(gpu, cellOf(cells, "GPU_Name"), cellOf(cells, "Metric"),
            from(cells, named ? static_cast<std::size_t>(metric) + 1 : 2));
    }

    PointWriter m_point { 0 };
    aiperf::Gpus m_gpus;
    std::vector<std::string> m_columns;
    bool m_countsTokens = false;
};

/// "task,correct,total,unparsed,accuracy": what a run with a quality benchmark answered right.
bool isAccuracyHeader(const read::CsvRow& row)
{
    return row.size() == 5 && row[0].text == "task" && row[1].text == "correct" && row[2].text == "total"
        && row[3].text == "unparsed" && row[4].text == "accuracy";
}

/// Timeslices, the server's metrics and scores: rows that belong to a run, counted.
class SidecarTable : public AiperfTable {
public:
    void row(const read::CsvRow& cells) override
    {
        const bool heading = cells.empty() || cells[0].text == "Timeslice" || cells[0].text == "Endpoint"
            || cells[0].text.starts_with('#') || isAccuracyHeader(cells);
        m_rows += heading ? 0 : 1;
    }
    bool send(Sink& sink) override
    {
        sink.attach({ { "rows", m_rows } });
        return true;
    }

private:
    std::uint64_t m_rows = 0;
};

enum class Shape { None, Summary, GenaiPerf, Confidence, Sweep, Sidecar };

/// The table that begins with this row.
Shape shapeOf(const read::CsvRow& row)
{
    if (row.empty()) {
        return Shape::None;
    }
    const auto has = [&row](std::string_view column) {
        return std::any_of(
            row.begin(), row.end(), [column](const read::Cell& c) { return c.text == column; });
    };
    if (row.size() > 3 && row[0].text == "Metric" && row[1].text == "avg" && (has("std") || has("p99"))) {
        return has("std") ? Shape::Summary : Shape::GenaiPerf;
    }
    if (row[0].text == "Aggregation Type" || isAiperfConfidenceHeader(row)) {
        return Shape::Confidence;
    }
    if (isAiperfSweepHeader(row)) {
        return Shape::Sweep;
    }
    const bool slices = row.size() > 4 && row[0].text == "Timeslice" && row.back().text == "Value";
    const bool server = row[0].text.starts_with("# AIPerf Server Metrics Export");
    return slices || server || isAccuracyHeader(row) ? Shape::Sidecar : Shape::None;
}

std::unique_ptr<AiperfTable> tableOf(Shape shape)
{
    switch (shape) {
    case Shape::Summary:
    case Shape::GenaiPerf:
        return std::make_unique<SummaryTable>();
    case Shape::Confidence:
        return aiperfConfidenceTable();
    case Shape::Sweep:
        return aiperfSweepTable();
    case Shape::Sidecar:
        return std::make_unique<SidecarTable>();
    case Shape::None:
        break;
    }
    return nullptr;
}

} // namespace

std::optional<std::string> aiperfTable(const Sample& sample)
{
    for (const read::CsvRow& row : sample.rows) {
        switch (shapeOf(row)) {
        case Shape::Summary:
            return "has AIPerf's columns Metric, avg, …, std";
        case Shape::Confidence:
        case Shape::Sweep:
            return "has AIPerf's columns of means over runs";
        case Shape::Sidecar:
            return "is a table beside AIPerf's results";
        case Shape::GenaiPerf:
        case Shape::None:
            break;
        }
    }
    return std::nullopt;
}

bool isGenaiPerfTable(const Sample& sample)
{
    return std::any_of(sample.rows.begin(), sample.rows.end(),
        [](const read::CsvRow& row) { return shapeOf(row) == Shape::GenaiPerf; });
}

Result<void> readAiperfTables(Input& input, Sink& sink)
{
    std::unique_ptr<AiperfTable> table;
    const auto report = input.csv([&](const read::CsvRow& row) -> Result<void> {
        if (!table) {
            table = tableOf(shapeOf(row));
        }
        if (table) {
            table->row(row);
        }
        return {};
    });
    if (!report) {
        return report.error();
    }
    if (!table || !table->send(sink)) {
        return Error { input.name(), {}, "the table holds no metric of AIPerf or GenAI-Perf",
            "Check whether the benchmark ended" };
    }
    sink.report(*report);
    return {};
}

} // namespace prism::formats
