// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats {

/// benchmark_data.db: a row a request, in seconds, in one table. Prompts and answers are not read.
bool isEvalscopeDatabase(const Sample& sample);
Result<void> readEvalscopeDatabase(Input& input, Sink& sink);

} // namespace prism::formats
