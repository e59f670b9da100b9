// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace prism::read {

/// Where something stands in the decoded text. Lines and columns start at 1 and count bytes of UTF-8.
struct Place {
    std::uint64_t byte = 0;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    std::string text() const { return std::to_string(line) + ':' + std::to_string(column); }
};

} // namespace prism::read
