// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace prism::probes {

/// Number for an id that a server gives a request: FNV-1a, 64 bits. The id itself is not kept.
constexpr std::uint64_t idNumber(std::string_view id)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : id) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    }
    return hash;
}

} // namespace prism::probes
