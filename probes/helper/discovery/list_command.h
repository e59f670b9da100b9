// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace prism::probes {

/// `prism-probed list [--json] [--no-ask]`, arguments behind the word "list". `offeredTiers`: bits 1 << tier
/// that this helper has. Returns the exit status.
int runList(std::span<char* const> arguments, unsigned offeredTiers);

} // namespace prism::probes
