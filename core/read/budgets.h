// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace prism::read {

/// Bounds on what one file may ask of us. Passing one ends the file with an error that names it;
/// nothing of the file is stored then.
struct Budgets {
    std::size_t depth = 64;
    std::size_t nodes = 4'000'000; ///< nodes alive at once in one tree
    std::size_t stringBytes = 64u << 20; ///< one string; strings of skipped values do not count
    std::size_t keyBytes = 64u << 10;
    std::size_t treeBytes = 64u << 20; ///< one tree: its nodes (72 bytes each), numbers and texts
    std::size_t aliasNodes = 1'000'000; ///< nodes made by expanding YAML aliases
    std::size_t lineBytes = 16u << 20; ///< one line of text or CSV
    std::uint64_t totalBytes = 64ull << 30; ///< decompressed bytes of a plain or compressed file
    std::uint64_t archiveBytes = 1ull << 30; ///< decompressed bytes of all members of an archive
    std::uint64_t databaseBytes = 256ull << 20; ///< an SQLite file that is packed is unpacked into memory
    std::uint64_t archiveMembers = 10'000;
    double compressionRatio = 200; ///< checked after the first 16 MiB of output
};

} // namespace prism::read
