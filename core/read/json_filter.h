// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace prism::read {

/// A place at which the text of a document was changed, or counted, in front of the parser.
struct JsonFixup {
    enum class Kind : std::uint8_t { NonFinite, Surrogate, Nul };
    static constexpr std::size_t longest = 9; ///< "-Infinity"

    std::uint64_t offset = 0; ///< of the first byte in the decoded text
    Kind kind = Kind::NonFinite;
    std::uint8_t size = 0;
    std::array<char, longest> original {};

    std::string_view text() const { return { original.data(), size }; }
};

/// Makes strict JSON of what producers write, in place and without moving a byte: bare NaN and infinities
/// become numbers of the same length, escapes of lone surrogates become U+FFFD. What was changed is listed,
/// so that the number's true text can be given back and text that was no JSON after all can be restored.
class JsonFilter {
public:
    /// Begins a document; fixups are forgotten.
    void reset();

    /// Filters `size` bytes that follow those of the last call, except that bytes which that call left over
    /// come again. Returns how many of them are ready for the parser: never a part of a number, a word or an
    /// escape, unless `last` says that nothing follows. `offset` is the place of `data` in the text.
    std::size_t run(char* data, std::size_t size, std::uint64_t offset, bool last);

    /// Fixups from the first that was not dropped.
    const JsonFixup* next() const { return m_next < m_fixups.size() ? &m_fixups[m_next] : nullptr; }
    void drop();
    /// Undoes and forgets what was changed at or behind `from`; `data` begins at `offset`.
    void restore(char* data, std::uint64_t offset, std::uint64_t from);

private:
    struct Block; ///< the bytes of one run()
    std::size_t runOutside(Block& block, std::size_t at);
    std::size_t runInString(Block& block, std::size_t at);
    std::size_t escape(Block& block, std::size_t at);
    void word(Block& block, std::size_t at);
    void change(Block& block, std::size_t at, std::size_t size, JsonFixup::Kind kind);

    std::vector<JsonFixup> m_fixups;
    std::size_t m_next = 0;
    bool m_inString = false;
};

} // namespace prism::read
