// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"

#include <functional>
#include <stop_token>
#include <string>

namespace prism::read {

/// True when the (decompressed) head is that of a zip or tar.
bool looksLikeArchive(std::string_view head);

struct ArchiveMember {
    std::string name; ///< a label; never becomes a path
    std::uint64_t number = 0; ///< position among the regular files
};

/// Walks the regular files of a zip or tar (also compressed) in memory, in order; nothing is written to disk.
/// `reopen` for a member starts the archive again and skips to it. Bombs, too many members and archives
/// within archives deeper than one (walked within `member`) are refused; links and devices are passed over,
/// except that a link in a zip, read forward, is a file that holds a name. A member's source ends with the
/// call of `member`.
Result<void> walkArchive(const OpenSource& open, const Budgets& budgets,
    const std::function<Result<void>(
        const ArchiveMember&, std::unique_ptr<ByteSource>, const OpenSource& reopen)>& member,
    std::stop_token stop = {});

} // namespace prism::read
