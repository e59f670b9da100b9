// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/file_identity.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// A file that an import shall look at.
struct FoundFile {
    std::string path;
    std::uint64_t bytes = 0;
    bool given = false; ///< named by the user: never skipped without a reason
    bool foreign = false; ///< a picture, a script, a hidden file: nobody expects a result in it
    std::string problem; ///< why it cannot be read, empty when it can
    FileIdentity identity; ///< zero where there is no file: standard input, pasted text
};

/// Files below the given paths: folders are walked in natural order ("c2" before "c10") without following a
/// link twice, globs are expanded, "-" stays as it is. `stop` returning true ends the walk.
std::vector<FoundFile> findFiles(const std::vector<std::string>& paths, const std::function<bool()>& stop);

/// What `foreign` is for a folder's files, of a member of an archive by its name in it.
bool isForeignMember(std::string_view name);

/// "run2" before "run10".
bool naturalLess(const std::string& a, const std::string& b);

} // namespace prism
