// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sample.h"

#include <string>
#include <vector>

namespace prism {

/// Why a file that no importer knows is refused: what it looks like, and what would help. `keys` are those of
/// its first document.
Error describeUnknown(const Sample& sample, const std::vector<std::string>& keys);

/// True of the refusal of a file whose columns or values the user could map.
bool offersMapping(const Error& refusal);

} // namespace prism
