// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prism::test {

enum class Packing { None, Gzip, Zstd, Xz, Bzip2 };

/// One stream of bytes, compressed.
std::string packed(const std::string& bytes, Packing packing);

struct PackedMember {
    std::string name;
    std::string bytes;
    enum Kind { File, Symlink, Hardlink, Device, Folder } kind = File;
};
std::string zipOf(const std::vector<PackedMember>& members);
std::string tarOf(const std::vector<PackedMember>& members, Packing packing = Packing::None);

} // namespace prism::test
