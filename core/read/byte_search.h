// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#ifdef __SSE2__
#include <bit>
#include <emmintrin.h>
#endif

namespace prism::read {

/// Position of the first of the bytes `wanted` in [from, size), else size. Sixteen bytes at a time where
/// the machine can: this runs over every byte of every JSON file.
template <char... wanted>
std::size_t findAnyOf(const char* data, std::size_t from, std::size_t size)
{
#ifdef __SSE2__
    for (; from + 16 <= size; from += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + from));
        __m128i hits = _mm_setzero_si128();
        ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)))), ...);
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
        if (mask != 0) {
            return from + static_cast<std::size_t>(std::countr_zero(mask));
        }
    }
#endif
    while (from < size && !((data[from] == wanted) || ...)) {
        ++from;
    }
    return from;
}

} // namespace prism::read
