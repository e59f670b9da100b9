// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/before_reading.h"

#include "core/import/spool.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>

namespace prism {

std::optional<FileResult> notRead(const FoundFile& found, const std::set<FileIdentity>& databases)
{
    FileResult result;
    result.source = found.path;
    result.outcome = Outcome::Skipped;
    if (found.foreign) {
        result.reason = Error { found.path, {}, "no result is expected in a file of this kind",
            "Name it to have it read" };
    } else if (!found.problem.empty()) {
        result.outcome = Outcome::Refused;
        result.reason = cannotRead(found.path, found.problem);
    } else if (databases.contains(found.identity)) {
        result.reason = Error { found.path, {}, "this is the database itself", {} };
    } else {
        return std::nullopt;
    }
    return result;
}

Result<int> openToRead(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return descriptor < 0 ? Result<int>(cannotRead(path, std::strerror(errno))) : Result<int>(descriptor);
}

} // namespace prism
