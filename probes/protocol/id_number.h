// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace prism::wire {

/// Number for the id of a request (HttpAnswerKey, EngineRequest): FNV-1a, 64 bits. A server's own id is not
/// kept.
constexpr std::uint64_t idNumber(std::string_view id)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : id) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    }
    return hash;
}

} // namespace prism::wire
