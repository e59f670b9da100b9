// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace prism::probes::engine {

using Bytes = std::span<const std::uint8_t>;

/// Reads msgpack by position: whoever knows the shape asks for what comes next. No allocation; never reads
/// beyond its bytes; a fault (another type, an end too early, nesting without end) makes every later answer
/// empty.
class Msgpack {
public:
    explicit Msgpack(Bytes bytes)
        : m_bytes(bytes)
    {
    }
    std::optional<std::uint32_t> array(); ///< its number of elements
    std::optional<std::uint32_t> map(); ///< its number of pairs
    std::optional<std::string_view> string();
    std::optional<std::int64_t> integer();
    std::optional<double> number(); ///< also of an integer
    /// True when nil comes next; then it is taken.
    bool nil();
    /// Passes over one value, however it is nested.
    bool skip();
    bool failed() const { return m_failed; }
    std::size_t position() const { return m_at; }

private:
    std::optional<std::uint64_t> bigEndian(std::size_t bytes);
    std::optional<std::uint8_t> peek();
    std::nullopt_t fail();
    bool skipBytes(std::uint64_t bytes);
    /// Passes over a head and the bytes of a value without elements; how many values follow as its elements.
    std::optional<std::uint64_t> skipOne();

    Bytes m_bytes;
    std::size_t m_at = 0;
    bool m_failed = false;
};

} // namespace prism::probes::engine
