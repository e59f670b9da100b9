// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

namespace prism::formats {

/// The table that InferenceX's web page saves of a chart: lines of a license, then a row a benchmark.
bool isInferencexTable(const Sample& sample);
Result<void> readInferencexTable(Input& input, Sink& sink);

} // namespace prism::formats
