// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/store.h"

#include <string>
#include <vector>

namespace prism::cli {

/// The run that a user means: by its number or uid, else by its name or the producer's. An error names all of
/// which that is true; `none` is what it says of nobody.
Result<RunId> runNamed(const std::vector<RunRecord>& runs, const std::string& text,
    const std::string& none = "there is no such run");

/// The stored file that a user means: by its path, the beginning of its SHA-256 (six digits at least) or its
/// number, else by the end of its path ("gpu.csv"). An error names all of which that is true.
Result<SourceRecord> sourceNamed(const std::vector<SourceRecord>& sources, const std::string& text);

/// Whether `text` is the path, the beginning of the SHA-256 or the number.
bool isNamed(const SourceRecord& source, const std::string& text);

} // namespace prism::cli
