// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/plan.h"

#include <string>
#include <vector>

namespace prism {

/// The plan of an import as `prismctl import --preview --json` prints it: one document a run, then one a file
/// that belongs to none, a line each (docs/command-line.md).
std::vector<std::string> toJson(const BundlePlan& plan, const std::vector<FileSummary>& files);

} // namespace prism
