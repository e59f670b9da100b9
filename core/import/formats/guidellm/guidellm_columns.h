// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prism::formats::guidellm {

/// What a column holds, whichever layout names it.
struct Column {
    std::string label; ///< the producer's name of it
    std::string metric; ///< lower case, without status and statistic
    std::string stat; ///< "mean", "median", "std dev", or the list of percentiles in brackets
    std::string status; ///< "successful", "errored" …
};

/// "Successful Time to first token ms mean", one header row.
Column flatColumn(std::string_view label);
/// Three header rows: group, status with unit or quantity, statistic. The unit has also stood in brackets
/// behind the group, and the statistic behind the status.
Column groupedColumn(std::string_view group, std::string_view field, std::string_view last);

} // namespace prism::formats::guidellm
