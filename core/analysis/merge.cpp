// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/merge.h"

#include <algorithm>

namespace prism {

std::string MergeDoubt::text() const
{
    std::string out = category + " (";
    for (std::size_t i = 0; i < values.size(); ++i) {
        out += (i == 0 ? "" : ", ") + (values[i].empty() ? "not stated" : values[i]);
    }
    return out + ')';
}

std::vector<MergeDoubt> mergeDoubts(const ColumnTable& table, std::span<const RunId> runs)
{
    std::vector<Row> rows;
    for (Row row = 0; row < table.rows(); ++row) {
        if (std::find(runs.begin(), runs.end(), table.run(row)) != runs.end()) {
            rows.push_back(row);
        }
    }
    const auto identifies = [](const std::string& name) {
        const auto names = attributeNames();
        return name == "producer"
            || (std::find(names.begin(), names.end(), name) != names.end() && !isLoadAttribute(name));
    };
    std::vector<MergeDoubt> doubts;
    for (const CategoryColumn& column : table.categories()) {
        if (!identifies(column.name)) {
            continue;
        }
        std::vector<Code> codes;
        for (const Row row : rows) {
            if (std::find(codes.begin(), codes.end(), column.codes[row]) == codes.end()) {
                codes.push_back(column.codes[row]);
            }
        }
        if (codes.size() > 1) {
            MergeDoubt& doubt = doubts.emplace_back(MergeDoubt { column.name, {} });
            for (const Code code : codes) {
                doubt.values.push_back(column.dictionary[code]);
            }
        }
    }
    return doubts;
}

} // namespace prism
