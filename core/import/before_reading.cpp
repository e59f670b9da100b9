// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/before_reading.h"

#include "core/import/spool.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace prism {

namespace {

/// A workbook is an archive, and what would be said of its members says nothing of it.
bool isWorkbook(const std::string& path)
{
    static constexpr std::array<std::string_view, 3> endings { ".xlsx", ".xlsm", ".ods" };
    std::string ending = path.substr(std::min(path.rfind('.'), path.size()));
    std::transform(ending.begin(), ending.end(), ending.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::find(endings.begin(), endings.end(), ending) == endings.end()) {
        return false;
    }
    const auto descriptor = openToRead(path);
    if (!descriptor) {
        return false;
    }
    constexpr std::string_view zip = "PK\x03\x04";
    std::array<char, zip.size()> head {};
    const ssize_t size = ::read(*descriptor, head.data(), head.size());
    ::close(*descriptor);
    return size == static_cast<ssize_t>(zip.size()) && std::equal(zip.begin(), zip.end(), head.begin());
}

} // namespace

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
    } else if (isWorkbook(found.path)) {
        result.outcome = Outcome::Refused;
        result.reason = Error { found.path, {}, "this is a workbook of a spreadsheet",
            "Save the sheet with the results as CSV and drop that" };
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
