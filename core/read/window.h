// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace prism::read {

/// How many bytes of a file are looked at at once. Fuzz targets see files of some kilobytes: they are built
/// with windows so small that the edges of windows are met, and that a try costs no large allocation.
constexpr std::size_t windowOf(std::size_t bytes)
{
#ifdef PRISM_SMALL_WINDOWS
    return bytes / 256;
#else
    return bytes;
#endif
}

} // namespace prism::read
