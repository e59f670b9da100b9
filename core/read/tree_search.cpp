// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TreeBuilder that finds one value instead of building a tree.
#include "core/read/tree_builder.h"

#include <algorithm>
#include <charconv>

namespace prism::read {

TreeBuilder::Search::Search(std::string_view pointer, const std::uint64_t* at)
    : patterns(std::vector<std::string>())
    , position(at)
{
    std::vector<std::string> pointers { std::string(pointer) };
    if (!pointer.empty()) {
        const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
        std::size_t value = 0;
        const auto [last, error] = std::from_chars(pointer.data() + 1, pointer.data() + end, value);
        if (error == std::errc() && last == pointer.data() + end) {
            number = value;
            pointers.emplace_back(pointer.substr(end));
        }
    }
    patterns = PathPatterns(pointers);
}

void TreeBuilder::locate(std::string_view pointer, const std::uint64_t* position)
{
    m_search.emplace(pointer, position);
}

std::optional<Located> TreeBuilder::located(bool severalDocuments) const
{
    if (!m_search) {
        return std::nullopt;
    }
    return severalDocuments && m_search->numbered.value ? m_search->numbered.value : m_search->first.value;
}

/// Only what lies on the way to the pointer's value is kept; the value itself is passed over from its first
/// byte to its last.
TreeBuilder::Fate TreeBuilder::arriveInSearch(PathPatterns::Set& alive, Place place)
{
    Search& search = *m_search;
    const std::size_t number = m_number.value_or(0);
    if (m_open.empty()) {
        alive = (number == 0 ? search.first.pattern : 0)
            | (search.number == number ? search.numbered.pattern : 0);
        alive &= search.patterns.all();
    } else {
        alive = stepToChild(search.patterns);
    }
    for (Search::Hit* hit : { &search.first, &search.numbered }) {
        if (search.patterns.streams(alive & hit->pattern, m_open.size())) {
            *hit = { hit->pattern, Located { place, 0 }, m_open.size(), true };
        }
    }
    const bool within = search.first.open || search.numbered.open;
    if (m_open.empty() || (alive != 0 && !within)) {
        return Fate::Keep;
    }
    Open& parent = m_open.back();
    parent.run = false;
    ++parent.next;
    return Fate::Skip;
}

void TreeBuilder::searchEnds()
{
    if (!m_search) {
        return;
    }
    for (Search::Hit* hit : { &m_search->first, &m_search->numbered }) {
        if (hit->open && hit->depth == m_open.size()) {
            hit->value->endByte = *m_search->position;
            hit->open = false;
        }
    }
}

} // namespace prism::read
