// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/mapping/mapping.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// A column of an unknown file as a proposal sees it: its name and what stands in its first rows.
struct ColumnSample {
    std::string name;
    std::vector<std::string> values;
};

/// What the words of a column's name say ("TTFT_p50 (ms)"): a metric or attribute, a statistic, a unit. Empty
/// when no word is known. `unit` is empty where the name has none: it is then for the user to state, and
/// `proposed` says what the values look like. Nothing here is a decision: every value of it is marked.
/// Synonyms: reference of formats, 11.14.
std::optional<MappedValue> proposeValue(const ColumnSample& column, Mapping::Row row);

/// A mapping of the columns that have a known word, each number's metric once. Rows are taken for requests
/// when a column counts or starts requests.
Mapping proposeMapping(
    const std::string& name, Mapping::Format format, const std::vector<ColumnSample>& columns);

} // namespace prism
