// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/protocol.h"

namespace prism {

/// Descriptors that the job leaves open in the child: files to read arrive on the first, frames leave on the
/// second, the third holds the texts of mappings, one behind the other and each behind a zero byte.
inline constexpr int importControl = 3;
inline constexpr int importFrames = 4;
inline constexpr int importMappings = 5;

/// Makes importers of the mappings, and closes their descriptor. Before the fences, for it asks for the size.
void registerMappings();

/// Tells the job how it is fenced in, then reads files until the job closes its end. Returns the exit status.
int serveImports(const protocol::Ready& ready);

} // namespace prism
