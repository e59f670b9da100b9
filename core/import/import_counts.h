// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace prism {

/// What an import counts of the files that it tells: each result once, whatever its encodings and the order
/// in which they come.
class ImportCounts {
public:
    explicit ImportCounts(ImportSummary& summary)
        : m_summary(summary)
    {
    }

    void add(const FileResult& result);
    /// When `maker` is told, `poorer` stands behind another file: the text of a sweep behind all its stages.
    void behind(const std::string& maker, const std::string& poorer);
    /// What came before the richer file that it now stands behind is no point of its own any more.
    void withdraw(const std::string& source);

private:
    ImportSummary& m_summary;
    std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>>
        m_counted; ///< runs and points of each told file
    std::unordered_multimap<std::string, std::string> m_behind; ///< by the file that made others twins
};

} // namespace prism
