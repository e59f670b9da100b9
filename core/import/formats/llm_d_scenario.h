// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

namespace prism::formats::llm_d {

/// Attributes of the `scenario` of a Benchmark Report 0.1: lists with one entry an engine instance.
void describeFirst(PointWriter& out, const read::Node& scenario);
/// The same of 0.2 and its draft: `stack`, one entry a component, and `load`.
void describeSecond(PointWriter& out, const read::Node& scenario);

} // namespace prism::formats::llm_d
