// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace prism::probes {

/// `prism-probed doctor [--json]`, arguments behind the word "doctor". Exit status 0 when all that is needed
/// works, 1 when not, 2 on wrong usage.
int runDoctor(std::span<char* const> arguments);

} // namespace prism::probes
