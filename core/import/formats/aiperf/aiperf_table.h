// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

namespace prism::formats {

/// The summary as CSV: a section of distributions ("Metric,avg,min,…"), one of single numbers
/// ("Metric,Value"), and what newer versions append.
bool isAiperfTable(const Sample& sample);
Result<void> readAiperfTable(Input& input, Sink& sink);

} // namespace prism::formats
