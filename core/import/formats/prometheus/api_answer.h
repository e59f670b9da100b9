// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/input.h"
#include "core/import/sink.h"

namespace prism::formats::prometheus {

/// An answer of Prometheus' HTTP API to a query: series over time, under the producer's names with their
/// labels, at seconds since 1970.
Result<void> readApiAnswer(Input& input, Sink& sink);

} // namespace prism::formats::prometheus
