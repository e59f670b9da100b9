// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/read/place.h"

#include <string>

namespace prism::read {

/// The error of every reader that was asked to stop.
Error cancelled();

/// A bound of Budgets was passed: "holds more than 64 MiB in one string".
Error overBudget(const std::string& what, std::string place = {});

/// "64 MiB", "10000 bytes": a size as a sentence of an error names it.
std::string sizeText(std::uint64_t bytes);

} // namespace prism::read
