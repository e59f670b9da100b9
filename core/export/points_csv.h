// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/store/store.h"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace prism {

/// One cell by RFC 4180. Text that a spreadsheet would run as a formula (= + - @, tab, carriage return in
/// front) gets an apostrophe before it; numbers are passed with `isNumber` and stay as they are.
std::string csvCell(std::string_view text, bool isNumber = false);

/// A row a point: identity, the names of the attributes that the user set, of the measures that are derived
/// and of those that are estimated, attributes, then a column "metric stat (unit)" for every measure that
/// some point has. What a producer means otherwise than the contract has a column of its own, "ttft p50 (ms)
/// [since-start]". A measure without a number is an empty cell, a status other than missing stands as its
/// name. `wanted` null exports all points. Reads the store twice: once for the columns, once for the rows.
Result<void> writePointsCsv(
    StoreReader& reader, const std::set<PointId>* wanted, const std::function<void(std::string_view)>& write);

} // namespace prism
