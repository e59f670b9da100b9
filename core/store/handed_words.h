// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"

namespace prism::store {

/// Before removed sources are deleted for good: what the user said of their points and runs moves to the
/// sources that are shown in their place. Within a transaction of the caller.
Result<void> handWordsOn(Database& database);

} // namespace prism::store
