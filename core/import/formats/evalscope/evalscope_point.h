// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// evalscope perf names its numbers alike in documents and on the console, "Average latency (s)" until early
/// 2026 and "Avg TTFT (ms)" since, with the unit in the name; only what it means by a time per output token
/// changed without a new name.
namespace prism::formats::evalscope {

/// A number as the file names it: a member of a document, or a cell of a table.
struct Entry {
    std::string title; ///< "Avg TTFT (ms)"
    std::string text;
    std::string path;
    const read::Node* node = nullptr; ///< null for cells; must live until PointBuilder::write()
};
Entry entryOf(const read::Node& member);

/// True for the titles of a summary that are ours.
bool isSummaryTitle(std::string_view title);

/// "25%", "min", "max".
std::optional<Stat> percentileOf(std::string_view label);

/// Collects what one load level is told of and writes it when all is there: whether answers were streamed and
/// what a time per output token means shows only in several numbers together.
class PointBuilder {
public:
    void summary(Entry entry) { m_summary.push_back(std::move(entry)); }
    void percentile(Stat stat, Entry entry) { m_percentiles.push_back({ stat, std::move(entry) }); }
    void model(std::string name, std::string path);
    void dataset(std::string name, std::string path);
    /// The file is of a version that means (e2e - ttft) / (n - 1) by its time per output token.
    void current() { m_current = true; }
    bool empty() const { return m_summary.empty() && m_percentiles.empty(); }

    /// Why the percentiles are not of the requests that the summary counts; empty where nothing speaks
    /// against it. No mean of numbers that are not negative is below x(p) * (1 - p), nor is one outside of
    /// the least and the greatest.
    std::string contradiction() const;
    /// Writes everything into `out` and is empty then.
    void write(PointWriter& out);

private:
    struct Percentile {
        Stat stat;
        Entry entry;
    };
    enum class TokenTime { Tpot, Ntpot, Unclear };

    void take(PointWriter& out, const Entry& entry);
    void load(PointWriter& out) const;
    bool streamed() const;
    TokenTime tokenTime() const;
    const Entry* find(std::string_view metric) const; ///< in the summary
    /// In the metric's unit; empty when it is absent or stands for "not computed".
    std::optional<double> value(std::string_view metric) const;

    std::vector<Entry> m_summary;
    std::vector<Percentile> m_percentiles;
    std::string m_model, m_modelPath, m_dataset, m_datasetPath;
    bool m_current = false;
};

} // namespace prism::formats::evalscope
