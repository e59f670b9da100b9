// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/collector.h"
#include "core/import/run_parts.h"
#include "core/store/writer.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace prism {

/// A text made of files that came together, which is read as a file of this name.
struct JoinedText {
    std::string name;
    std::string text;
};

/// What came together in one import and is read as a file of its own: snapshots of a server's metrics, which
/// are the measurement between them, and files with parts of one run.
class Together {
public:
    /// Keeps a result that was told where something may be made of it and of others; `hasWord`: the user has
    /// decided what becomes of it.
    void keep(FileResult&& result, bool hasWord);
    /// The texts to read. `asked`: what the user named.
    Result<std::vector<JoinedText>> make(
        StoreWriter& writer, const std::string& database, const std::vector<std::string>& asked);

    /// What does not belong together is told where it was asked for, and is nothing where it only lay
    /// together: then it is true.
    bool isNoPair(FileResult& result) const;
    /// The bytes of this file are stored: those of a whole run are known from then on.
    void stored(const FileResult& result);
    /// The parts of a whole run that was imported stand behind it, also those that an earlier import stored;
    /// the twins that they make are added to those that the finder found.
    Result<void> mergeParts(std::vector<TwinFinder::Twin>& twins, const FileResult& result,
        StoreWriter& writer, BundleCollector& bundle);
    /// When all points are in their runs. True where anything was written.
    Result<bool> linkWholes(StoreWriter& writer) const;

private:
    struct Whole {
        std::vector<WholeRun::Part> parts;
        std::string sha256; ///< once it is stored
    };
    std::vector<FileResult> m_snapshots; ///< of servers' metrics
    std::vector<FileResult> m_runParts; ///< files with parts of runs
    std::unordered_map<std::string, bool> m_asked; ///< whether the user named both, by the pair's name
    std::unordered_map<std::string, Whole> m_wholes; ///< by name
};

} // namespace prism
