// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What AIPerf and GenAI-Perf, which it grew out of, share: names of metrics, in documents as tags
/// ("time_to_first_token") and in tables as titles ("Time to First Token (ms)"). Their inter-token latency is
/// (tn - t1) / (n - 1) of a request, our TPOT; the inter-chunk latency is our ITL.
namespace prism::formats::aiperf {

struct Tag {
    std::string_view key;
    std::string_view metric;
};

/// The metric of a tag that is a distribution, or that is one number; empty for tags that we do not map.
std::string_view distributionOf(std::string_view tag);
std::string_view numberOf(std::string_view tag);

/// "avg", "p99", "std": the keys of a metric object and the columns of a table.
std::optional<Stat> statOf(std::string_view key);

struct Title {
    std::string tag;
    std::string unit; ///< between the parentheses, empty where there are none
};
/// "Time to First Token (ms)" is time_to_first_token in ms, "Num output token" is output_sequence_length.
Title titleOf(std::string_view text);

/// A unit as these programs write it; empty when it is unknown or does not measure the same thing.
std::optional<SourceUnit> unitOf(std::string_view text, const Metric& metric);

/// Every metric object {"unit": …, "avg": …, "p99": …} among the members of `root` that we map.
void takeObjects(PointWriter& out, const read::Node& root);

struct Cell {
    std::string column; ///< "avg", "p99", or "Value" in a table of single numbers
    read::KeptCell value;
};
/// A row of a table. False when its title is none of ours; then nothing was taken.
bool takeRow(PointWriter& out, std::string_view title, std::span<const Cell> cells);
/// True when `title` names a metric of ours with a unit that we know.
bool isMetric(std::string_view title);
/// The row "Num output token" of early GenAI-Perf. What those versions call inter-token latency changed from
/// the gaps between chunks, over the tokens of a chunk, to the contract's TPOT, and nothing else tells which.
bool countsTokens(std::string_view title);
void markUnclearTpot(PointWriter& out);
/// A row as text, for what is kept beside the metrics.
std::string rowText(std::string_view title, std::span<const Cell> cells);

/// Rows about the GPUs that were watched. Names make the accelerator when they are all of one kind (how many
/// were watched says nothing of how many served). Power, utilization and memory become metrics of the point
/// only where one GPU was watched: these programs give no number for several together.
class Gpus {
public:
    void row(std::string_view gpu, std::string_view name, std::string_view title, std::vector<Cell> cells);
    bool empty() const { return m_rows.empty(); }
    std::size_t rows() const { return m_rows.size(); }
    /// Writes what was collected and forgets it.
    void write(PointWriter& out);

private:
    struct Row {
        std::string title;
        std::vector<Cell> cells;
    };
    std::vector<std::string> m_gpus;
    std::vector<std::string> m_names;
    std::vector<Row> m_rows;
};

/// The same from a document: one metric object of the only GPU.
void takeGpuObject(PointWriter& out, std::string_view tag, const read::Node& object, const read::Node* unit);

} // namespace prism::formats::aiperf
