// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <map>
#include <string>
#include <unordered_set>

namespace prism {

/// What one import has stored, and whether what was stored before it still stands as this one would read it.
class Batch {
public:
    explicit Batch(const ImportRequest& request);

    bool contains(const std::string& sha256) const { return m_stored.contains(sha256); }
    void insert(const std::string& sha256) { m_stored.insert(sha256); }

    /// The user said by which importer or mapping the files are read.
    bool isForced() const { return !m_forced.empty(); }

    /// False when the importer that is linked now is newer than the one that read the source, when its
    /// mapping has changed, or when the user asks for another importer: its bytes are to be read anew, for
    /// they may give other rows.
    bool isCurrent(const SourceRecord& source) const;

private:
    std::unordered_set<std::string> m_stored; ///< sha256
    std::string m_forced;
    std::map<std::string, int> m_mappings; ///< versions by importer id
};

} // namespace prism
