// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sample.h"

#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Why a file that no importer knows is refused: what it looks like, and what would help. `keys` are those of
/// its first document.
Error describeUnknown(const Sample& sample, const std::vector<std::string>& keys);

/// What a text that no importer knows is, where such texts are written beside results and hold none: a list
/// of packages, what nvidia-smi prints, the log of a server. Told by the content alone; empty for anything
/// else.
std::optional<Error> describeBeside(const Sample& sample);

/// True of the refusal of a file whose columns or values the user could map.
bool offersMapping(const Error& refusal);

} // namespace prism
