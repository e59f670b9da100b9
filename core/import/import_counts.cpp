// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/import_counts.h"

namespace prism {

void ImportCounts::add(const FileResult& result)
{
    switch (result.outcome) {
    case Outcome::Imported:
        ++m_summary.imported;
        break;
    case Outcome::Unchanged:
        ++m_summary.unchanged;
        break;
    case Outcome::Attached:
        ++m_summary.attached;
        break;
    case Outcome::Refused:
        ++m_summary.refused;
        break;
    case Outcome::Skipped:
        ++m_summary.skipped;
        break;
    }
    if (!isPoorerTwin(result)) {
        m_summary.runs += result.runs;
        m_summary.points += result.points;
        m_counted.emplace(result.source, std::pair(result.runs, result.points));
    }
    for (std::size_t i = 1; i < result.sources.size(); ++i) {
        withdraw(result.sources[i]);
    }
    const auto [first, last] = m_behind.equal_range(result.source);
    for (auto it = first; it != last; ++it) {
        withdraw(it->second);
    }
    m_summary.requests += result.requests;
}

void ImportCounts::behind(const std::string& maker, const std::string& poorer)
{
    m_behind.emplace(maker, poorer);
}

void ImportCounts::withdraw(const std::string& source)
{
    if (const auto before = m_counted.extract(source)) {
        m_summary.runs -= before.mapped().first;
        m_summary.points -= before.mapped().second;
    }
}

} // namespace prism
