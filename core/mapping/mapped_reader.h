// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"
#include "core/mapping/mapping.h"

namespace prism {

/// Reads a file as the mapping says. Columns are `reported` with their place, constants are the user's.
/// Rows that are requests become one point a combination of the columns that are attributes, with totals and
/// distributions derived from them. An error when a mapped column is not in the file, or the mapping is not
/// in order.
Result<void> readMapped(const Mapping& mapping, Input& input, Sink& sink);

} // namespace prism
