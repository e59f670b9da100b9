// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::read {

/// A part of a text around the place that a measure names, for people to read.
struct Excerpt {
    std::string text; ///< whole lines where they are short enough
    std::uint32_t firstLine = 1; ///< number of the first line in the whole text
    std::size_t markBegin = 0; ///< the value in `text`; equal to markEnd when the place was not found
    std::size_t markEnd = 0;
    bool cutBefore = false; ///< more text stands before it
    bool cutBehind = false;
};

/// `place` is a JSON pointer (in JSON or YAML) or "line:column"; empty shows the beginning. At most `window`
/// bytes. Reads the (compressed, encoded) source twice at the most, in constant memory.
Result<Excerpt> excerpt(const OpenSource& open, std::string_view place, std::size_t window = 256u << 10);

} // namespace prism::read
