// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <map>
#include <string>
#include <vector>

namespace prism::test {

/// A point for tests: attributes by name, measures by "metric stat".
struct SyntheticPoint {
    RunId run = 1;
    std::map<std::string, std::string> attributes {};
    std::map<std::string, double> measures {};
    std::map<std::string, std::string> semantics {}; ///< of measures, by the same key
    std::map<std::string, Origin> origins {}; ///< likewise; of the attribute accelerator_count too
};

/// A column table without a store. Point ids are 1, 2, 3 …
std::shared_ptr<const ColumnTable> syntheticTable(const std::vector<SyntheticPoint>& points);

} // namespace prism::test
