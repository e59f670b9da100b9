// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/behind.h"

#include "core/import/run_parts.h"

#include <string_view>
#include <unordered_map>

namespace prism {

namespace {

constexpr std::size_t none = Told::nobody;

} // namespace

Behind::Behind(const BundleInput& input, const std::vector<Told>& told)
    : m_input(input)
    , m_told(told)
    , m_behind(input.files.size(), none)
    , m_isPart(input.files.size())
{
    findTwins();
    findParts();
}

void Behind::findTwins()
{
    for (const TwinFinder::Twin& twin : m_input.twins) {
        const auto poorer = static_cast<std::size_t>(twin.poorer - 1);
        const auto richer = static_cast<std::size_t>(twin.richer - 1);
        const Told& told = m_told[poorer];
        const bool stays = !told.decision || (told.is(Decision::Kind::ToRunOf) && told.target == richer);
        // The user's word turns them round.
        const bool turned = m_told[richer].is(Decision::Kind::TwinOf) && m_told[richer].target == poorer;
        if (!turned && (stays || told.is(Decision::Kind::LeaveOut))) {
            m_behind[poorer] = richer;
            m_differences[poorer] = twin.differences;
            m_isPart[poorer] = twin.part;
        }
    }
    for (std::size_t i = 0; i < m_input.files.size(); ++i) {
        const bool fits = m_told[i].is(Decision::Kind::TwinOf) && m_input.files[i].isResult()
            && m_input.files[m_told[i].target].isResult();
        if (fits && shownFor(m_told[i].target) != i) {
            m_behind[i] = m_told[i].target;
            m_isPart[i] = false;
        }
    }
}

/// Before anything is stored, parts of one run stand behind the file with its load, as they will behind
/// the whole that the import makes of them.
void Behind::findParts()
{
    std::unordered_map<std::string_view, std::size_t> waiting; ///< by path
    for (std::size_t i = 0; i < m_input.files.size(); ++i) {
        const bool free = m_input.files[i].isResult() && m_input.files[i].source == 0 && !m_told[i].decision;
        if (free && m_behind[i] == none && isRunPart(m_input.files[i].producer, m_input.files[i].path)) {
            waiting.emplace(m_input.files[i].path, i);
        }
    }
    for (const auto& [path, i] : waiting) {
        const auto lead = waiting.find(leadOfPart(m_input.files[i].producer, path));
        if (lead != waiting.end() && m_input.files[lead->second].producer == m_input.files[i].producer) {
            m_behind[i] = lead->second;
            m_isPart[i] = true;
        }
    }
}

std::vector<TwinDifference> Behind::differences(std::size_t file) const
{
    const auto found = m_differences.find(file);
    return found == m_differences.end() ? std::vector<TwinDifference>() : found->second;
}

std::size_t Behind::shownFor(std::size_t file) const
{
    // As long as the chain of twins may be: no word of the user closes it into a ring.
    for (std::size_t i = 0; i < m_input.files.size() && m_behind[file] != none; ++i) {
        file = m_behind[file];
    }
    return file;
}

} // namespace prism
