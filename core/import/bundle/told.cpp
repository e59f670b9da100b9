// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/told.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace prism {

namespace {

using Files = std::vector<std::size_t>;

std::size_t common(std::string_view a, std::string_view b)
{
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

/// Files that a pattern means, to find the nearest to another.
class Targets {
public:
    Targets(const Files& files, const std::vector<std::string_view>& below)
    {
        for (const std::size_t file : files) {
            m_sorted.emplace_back(below[file], file);
        }
        std::sort(m_sorted.begin(), m_sorted.end());
    }

    std::size_t nearestTo(std::size_t beside, std::string_view own)
    {
        // What has most in common with it stands next to it.
        std::size_t most = 0;
        bool any = false;
        const auto look = [&](const Entry& entry) {
            const bool other = entry.second != beside;
            most = other ? std::max(most, common(own, entry.first)) : most;
            any = any || other;
            return other;
        };
        const auto at = std::lower_bound(m_sorted.begin(), m_sorted.end(), Entry(own, 0));
        (void)std::find_if(at, m_sorted.end(), look);
        (void)std::find_if(std::make_reverse_iterator(at), m_sorted.rend(), look);
        if (!any) {
            return Told::nobody;
        }
        const auto [first, second] = lowest(own.substr(0, most));
        return first != beside ? first : second;
    }

private:
    using Entry = std::pair<std::string_view, std::size_t>;

    /// Of the files that begin so, the two that came first.
    std::pair<std::size_t, std::size_t> lowest(std::string_view prefix)
    {
        const auto [there, fresh] = m_lowest.try_emplace(prefix, Told::nobody, Told::nobody);
        auto& [first, second] = there->second;
        auto at = std::lower_bound(m_sorted.begin(), m_sorted.end(), Entry(prefix, 0));
        for (; fresh && at != m_sorted.end() && at->first.starts_with(prefix); ++at) {
            second = std::min(second, std::max(first, at->second));
            first = std::min(first, at->second);
        }
        return there->second;
    }

    std::vector<Entry> m_sorted;
    std::map<std::string_view, std::pair<std::size_t, std::size_t>> m_lowest; ///< by what they begin with
};

class Finder {
public:
    Finder(const std::vector<FileSummary>& files, const std::string& root)
    {
        for (std::size_t i = 0; i < files.size(); ++i) {
            const std::string_view path = files[i].path;
            m_below.push_back(path.starts_with(root) ? path.substr(root.size()) : path);
            m_byPath[m_below.back()].push_back(i);
            m_byPattern[patternOf(m_below.back())].push_back(i);
        }
    }

    Files filesOf(const std::string& pattern) const
    {
        Files found;
        if (const auto many = m_byPattern.find(pattern); many != m_byPattern.end()) {
            found = many->second;
        }
        if (const auto exact = m_byPath.find(pattern);
            exact != m_byPath.end() && patternOf(pattern) != pattern) {
            found.insert(found.end(), exact->second.begin(), exact->second.end());
        }
        return found;
    }

    std::size_t targetOf(const std::string& pattern, std::size_t beside)
    {
        if (pattern.empty()) {
            return Told::nobody;
        }
        auto there = m_targets.find(pattern);
        if (there == m_targets.end()) {
            there = m_targets.emplace(pattern, Targets(filesOf(pattern), m_below)).first;
        }
        return there->second.nearestTo(beside, m_below[beside]);
    }

private:
    std::vector<std::string_view> m_below;
    std::unordered_map<std::string_view, Files> m_byPath;
    std::unordered_map<std::string, Files> m_byPattern;
    std::unordered_map<std::string, Targets> m_targets;
};

} // namespace

std::vector<Told> toldOf(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<Decision>& decisions)
{
    std::vector<Told> told(files.size());
    if (decisions.empty()) {
        return told;
    }
    Finder finder(files, root);
    for (const Decision& decision : decisions) {
        const bool names
            = decision.kind == Decision::Kind::ToRunOf || decision.kind == Decision::Kind::TwinOf;
        for (const std::size_t file : finder.filesOf(decision.file)) {
            const std::size_t target = names ? finder.targetOf(decision.target, file) : Told::nobody;
            if (!names || target != Told::nobody) {
                told[file] = { &decision, target };
            }
        }
    }
    return told;
}

} // namespace prism
