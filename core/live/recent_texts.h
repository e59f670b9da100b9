// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace prism::live {

/// Texts of a stream by their numbers, in bounded memory: beyond the bound the one that was told or asked for
/// the longest ago goes. That costs a name, never a measurement: the helper tells a path or a name again
/// before that many others, and a request's key is taken out by the one record that needs it.
class RecentTexts {
public:
    static constexpr std::size_t most = 65536;
    static constexpr std::size_t mostBytes = 16u << 20;

    /// The first that is told for a number counts.
    void keep(std::uint32_t id, std::string_view text);
    std::string text(std::uint32_t id); ///< empty where it is not known
    std::string take(std::uint32_t id); ///< the same, and forgets it: nothing will ask again

    std::size_t size() const { return m_order.size(); }
    std::size_t bytes() const { return m_bytes; }
    struct Entry {
        std::uint32_t id;
        std::string text;
    };
    const std::list<Entry>& entries() const { return m_order; } ///< the one used the longest ago first

private:
    std::list<Entry> m_order;
    std::unordered_map<std::uint32_t, std::list<Entry>::iterator> m_byId;
    std::size_t m_bytes = 0;
};

} // namespace prism::live
