// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::probes::http {

/// Walks JSON that may be cut anywhere and may be hostile: no allocation, bounded depth, every byte looked at
/// once. It checks as much of the grammar as it needs to tell keys from text.
class JsonWalk {
public:
    enum class Kind : std::uint8_t { ObjectBegin, ObjectEnd, ArrayBegin, ArrayEnd, String, Number, Word };
    struct Item {
        Kind kind = Kind::Word;
        std::string_view key; ///< as written, escapes included; empty within an array
        std::string_view
            text; ///< of String (as written, without quotes), Number and Word (true, false, null)
        bool complete = true; ///< false: the text was cut within this value
    };

    explicit JsonWalk(std::string_view text)
        : m_text(text)
    {
    }
    /// The next value or end; empty when the outermost value has ended, at a cut, and at a fault.
    std::optional<Item> next();
    /// The outermost value was walked to its end.
    bool whole() const { return m_whole; }

private:
    std::optional<std::string_view> string(bool& complete);
    void skipSpace();
    std::optional<Item> value(std::string_view key);
    std::optional<Item> open(Item item, bool object);
    std::optional<Item> close(char bracket);

    static constexpr std::size_t mostDepth = 32;
    std::string_view m_text;
    std::size_t m_at = 0;
    std::array<bool, mostDepth> m_isObject {};
    std::size_t m_depth = 0;
    bool m_afterValue = false; ///< a comma or a closing bracket is due
    bool m_whole = false;
    bool m_stopped = false;
};

} // namespace prism::probes::http
