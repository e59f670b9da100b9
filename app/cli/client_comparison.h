// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prism::cli {

/// Where the command that these words ran, since `since` (seconds since 1970), left a result of a benchmark
/// client that can be imported (a file that its words name or that appeared in the working folder), prints
/// the percentiles of its requests and of the same ones as the session saw them; else says on standard error
/// why there are none. A recording of ours is no client's.
void compareWithClient(
    const std::vector<std::string>& words, std::int64_t since, live::Session& session, bool json);

} // namespace prism::cli
