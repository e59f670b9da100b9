// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <functional>
#include <span>
#include <stop_token>
#include <string>

namespace prism::store {

class Database;

/// "Prsm" in the header of our files.
inline constexpr unsigned applicationId = 0x5072736d;

/// One step of the schema; its version becomes the file's user_version. Released steps are never changed.
struct Migration {
    int version;
    const char* sql;
};
std::span<const Migration> migrations();
int schemaVersion();

/// States of a source. Readers see Ready only.
enum class SourceState : int { Building = 0, Ready = 1, Removed = 2, Superseded = 3 };

/// Makes the file if it is not there, brings an older one to the newest schema (after a backup beside it,
/// "NAME.backup-vN.db") and the journal mode to what its file system bears. The caller holds the lock.
Result<void> prepareFile(const std::string& file, std::span<const Migration> steps = migrations());

enum class FileState { Current, NeedsPreparation };
/// Looks at the header and refuses what is not ours, newer, or not in our page format.
Result<FileState> inspectFile(const Database& database, int newest = schemaVersion());

/// Refuses folders and files with several names (hard links), for which two journals could exist. Makes the
/// folder of a file that is yet to come: the user's own is not there on the first start.
Result<void> checkPath(const std::string& file);
bool existsWithContent(const std::string& file);

} // namespace prism::store
