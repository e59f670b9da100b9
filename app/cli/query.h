// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"

#include "core/analysis/filter.h"
#include "core/analysis/frontier.h"
#include "core/analysis/slo.h"
#include "core/store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace prism::cli {

/// The filter options that runs, points, facets, frontier and export share.
struct Query {
    Common common;
    std::vector<std::string> where; ///< "model=Llama-3.1-8B"; the same name twice means either
    std::vector<std::string> limits; ///< "ttft:p99<=500", "output_throughput>=1000"
    std::string text;
};
void addQuery(CLI::App& command, Query& query);

/// A database with its points as columns and the rows that pass.
struct Answer {
    std::unique_ptr<StoreReader> reader;
    std::shared_ptr<const ColumnTable> table;
    Filtered filtered;
    std::vector<std::pair<const Metric*, Stat>> limits; ///< what --limit judges by

    /// Limits that judged a point by a number of another meaning.
    std::vector<OtherMeaning> judgedOtherwise(Row row) const
    {
        return prism::judgedOtherwise(*table, limits, row);
    }
};
Result<Answer> answer(const Query& query);
/// Says on standard error how many points the user hid: they are in no answer.
void tellHidden(std::size_t hidden);

/// "ttft:p99", "output_throughput"; a distribution without a statistic means its p50.
Result<std::pair<const Metric*, Stat>> parseMeasure(const std::string& text);

} // namespace prism::cli
