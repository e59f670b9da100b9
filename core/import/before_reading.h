// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/import/paths.h"
#include "core/model/result.h"

#include <optional>
#include <set>
#include <string>

namespace prism {

/// Why a file that was found is not read; nothing where it is to be. `databases`: filesOfOpenDatabases().
std::optional<FileResult> notRead(const FoundFile& found, const std::set<FileIdentity>& databases);

/// Opens a file to read it; the caller owns the descriptor. Does not wait for what is no plain file.
Result<int> openToRead(const std::string& path);

} // namespace prism
