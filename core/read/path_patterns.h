// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/documents.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prism::read {

/// The patterns of a Plan as a machine that walks down with the document: a set of bits says which patterns
/// still fit at a depth, so that a member costs one comparison a living pattern and most cost none.
class PathPatterns {
public:
    using Set = std::uint64_t;
    static constexpr std::size_t capacity = 64;

    explicit PathPatterns(const Plan& plan);
    /// Pointers without wildcards, all of them streams: pattern number i is bit i.
    explicit PathPatterns(const std::vector<std::string>& pointers);

    bool tooMany() const { return m_patterns.size() > capacity; }
    /// Patterns alive at the root.
    Set all() const { return m_all; }
    /// Those of `alive` that fit the child at `depth` (1 for members of the root) with this key.
    Set step(Set alive, std::size_t depth, std::string_view key) const;
    Set step(Set alive, std::size_t depth, std::uint32_t index) const;
    /// Whether one of `alive` ends at `depth`.
    bool streams(Set alive, std::size_t depth) const { return (alive & m_stream & endingAt(depth)) != 0; }
    bool skips(Set alive, std::size_t depth) const { return (alive & ~m_stream & endingAt(depth)) != 0; }

private:
    struct Step {
        std::string key;
        std::uint32_t index = noIndex;
        bool any = false;
    };
    static constexpr std::uint32_t noIndex = 0xFFFFFFFF;

    Set endingAt(std::size_t depth) const { return depth < m_endingAt.size() ? m_endingAt[depth] : 0; }
    void add(std::string_view pattern, bool wildcards);
    template <class Fits>
    Set filter(Set alive, std::size_t depth, Fits fits) const;

    std::vector<std::vector<Step>> m_patterns;
    std::vector<Set> m_endingAt;
    Set m_all = 0;
    Set m_stream = 0;
};

} // namespace prism::read
