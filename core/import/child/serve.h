// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism {

/// Descriptors that the job leaves open in the child: files to read arrive on the first, frames leave on the
/// second.
inline constexpr int importControl = 3;
inline constexpr int importFrames = 4;

/// Reads files until the job closes its end. Returns the exit status.
int serveImports();

} // namespace prism
