// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/collector.h"
#include "core/import/job.h"
#include "core/import/paths.h"
#include "core/store/store.h"
#include "core/store/writer.h"

#include <optional>
#include <string>
#include <vector>

namespace prism {

/// Where the files of an import lie, by which decisions name them and are remembered.
struct BundleFolder {
    std::string root; ///< with its separator
    std::string shape;
};
/// Of what an import found; files in which nobody expects a result are no part of the shape.
BundleFolder folderOf(const std::vector<FoundFile>& files);
/// What the user agreed to for a folder of this shape; nothing where there was none, or where another Prism
/// wrote what cannot be read here.
Result<std::optional<std::vector<Decision>>> rememberedDecisions(
    StoreReader& reader, const BundleFolder& folder);

/// Attached files of the database that wait for their run join the files of the import.
Result<void> addPending(BundleCollector& bundle, StoreReader& reader);
/// Results of the database are told to the bundle, where those of the import may belong to their runs.
Result<void> addStored(BundleCollector& bundle, StoreReader& reader);
/// Runs of the database to which attached files of the bundle may belong.
Result<std::vector<RunPlace>> knownRuns(const BundleCollector& bundle, StoreReader& reader);

struct BundleOrder {
    const BundleFolder& folder;
    const std::vector<Decision>& decisions;
    ImportRequest::Memory memory = ImportRequest::Memory::Leave;
};
struct StoredBundle {
    std::uint64_t linked = 0; ///< files that were given to their runs
    std::vector<std::string> questions;
    std::vector<MergedTwin> twins;
    std::optional<std::int64_t> remembered;
    std::string note; ///< what was decided by memory, and how it is taken back
    std::optional<std::uint64_t> runs; ///< that the files hold, unless they were too many to tell
};
/// Plans what belongs together of files that were stored, and stores it.
Result<StoredBundle> storeBundle(
    BundleCollector& bundle, const BundleOrder& order, StoreWriter& writer, const std::string& database);

} // namespace prism
