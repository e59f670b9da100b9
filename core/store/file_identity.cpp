// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/file_identity.h"

#include <mutex>

#include <sys/stat.h>

namespace prism {

namespace {

struct Open {
    std::mutex guard;
    std::list<std::string> files;
};

Open& open()
{
    static Open all;
    return all;
}

} // namespace

std::optional<FileIdentity> identityOf(const std::string& path)
{
    struct stat status { };
    return stat(path.c_str(), &status) == 0 ? std::optional(FileIdentity { status.st_dev, status.st_ino })
                                            : std::nullopt;
}

std::set<FileIdentity> filesOfOpenDatabases()
{
    std::set<FileIdentity> identities;
    const std::lock_guard lock(open().guard);
    for (const std::string& file : open().files) {
        for (const char* suffix : { "", "-wal", "-shm", "-journal", ".lock" }) {
            if (const auto identity = identityOf(file + suffix)) {
                identities.insert(*identity);
            }
        }
    }
    return identities;
}

namespace store {

OpenDatabase::OpenDatabase(const std::string& file)
{
    const std::lock_guard lock(open().guard);
    m_entry = open().files.insert(open().files.end(), file);
}

OpenDatabase::~OpenDatabase()
{
    const std::lock_guard lock(open().guard);
    open().files.erase(m_entry);
}

} // namespace store

} // namespace prism
