// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <stop_token>
#include <string>

namespace prism {

/// Bytes without a file become an anonymous one in memory, so that the parser gets a descriptor like any
/// other. The caller owns it.
Result<int> spoolText(const std::string& name, const std::string& text);

/// The same for a descriptor that may never end, such as standard input: `stop` ends the waiting for its next
/// byte within 50 ms.
Result<int> spoolDescriptor(const std::string& name, int from, const std::stop_token& stop);

Error cannotRead(const std::string& path, const std::string& why);

} // namespace prism
