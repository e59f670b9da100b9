// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/sqlite_bytes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <sqlite3.h>
#include <unistd.h>

namespace prism::read {

namespace {

class DescriptorBytes : public RandomBytes {
public:
    DescriptorBytes(int descriptor, std::uint64_t size)
        : m_descriptor(descriptor)
        , m_size(size)
    {
    }
    std::uint64_t size() const override { return m_size; }
    std::int64_t readAt(std::uint64_t offset, std::span<char> buffer) const override
    {
        std::size_t done = 0;
        while (done < buffer.size()) {
            const ssize_t n = ::pread(
                m_descriptor, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n < 0) {
                return -1;
            }
            if (n == 0) {
                break;
            }
            done += static_cast<std::size_t>(n);
        }
        return static_cast<std::int64_t>(done);
    }

private:
    int m_descriptor;
    std::uint64_t m_size; ///< of when it was opened: a file that grows meanwhile is read as far as that
};

class MemoryBytes : public RandomBytes {
public:
    explicit MemoryBytes(std::string bytes)
        : m_bytes(std::move(bytes))
    {
    }
    std::uint64_t size() const override { return m_bytes.size(); }
    std::int64_t readAt(std::uint64_t offset, std::span<char> buffer) const override
    {
        if (offset >= m_bytes.size()) {
            return 0;
        }
        const std::size_t n = std::min<std::uint64_t>(buffer.size(), m_bytes.size() - offset);
        std::memcpy(buffer.data(), m_bytes.data() + offset, n);
        return static_cast<std::int64_t>(n);
    }

private:
    std::string m_bytes;
};

struct File {
    sqlite3_file base; ///< must be the first: SQLite sees only this
    const RandomBytes* bytes;
};

const RandomBytes& bytesOf(sqlite3_file* file)
{
    return *reinterpret_cast<File*>(file)->bytes;
}

int closeFile(sqlite3_file*)
{
    return SQLITE_OK;
}

int readFile(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset)
{
    const std::span<char> wanted { static_cast<char*>(buffer), static_cast<std::size_t>(size) };
    const std::int64_t n = bytesOf(file).readAt(static_cast<std::uint64_t>(offset), wanted);
    if (n < 0) {
        return SQLITE_IOERR_READ;
    }
    // SQLite reads zeros behind the end.
    std::fill(wanted.begin() + n, wanted.end(), '\0');
    return n == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int writeFile(sqlite3_file*, const void*, int, sqlite3_int64)
{
    return SQLITE_READONLY;
}

int truncateFile(sqlite3_file*, sqlite3_int64)
{
    return SQLITE_READONLY;
}

int syncFile(sqlite3_file*, int)
{
    return SQLITE_OK;
}

int sizeOfFile(sqlite3_file* file, sqlite3_int64* size)
{
    *size = static_cast<sqlite3_int64>(bytesOf(file).size());
    return SQLITE_OK;
}

int lockFile(sqlite3_file*, int)
{
    return SQLITE_OK;
}

int isReserved(sqlite3_file*, int* reserved)
{
    *reserved = 0;
    return SQLITE_OK;
}

int controlFile(sqlite3_file*, int, void*)
{
    return SQLITE_NOTFOUND;
}

int sectorSize(sqlite3_file*)
{
    return 4096;
}

/// Immutable: no locks, no journal, and a file in WAL mode opens without its shared memory.
int characteristics(sqlite3_file*)
{
    return SQLITE_IOCAP_IMMUTABLE;
}

constexpr sqlite3_io_methods methods = [] {
    sqlite3_io_methods m {};
    m.iVersion = 1;
    m.xClose = closeFile;
    m.xRead = readFile;
    m.xWrite = writeFile;
    m.xTruncate = truncateFile;
    m.xSync = syncFile;
    m.xFileSize = sizeOfFile;
    m.xLock = lockFile;
    m.xUnlock = lockFile;
    m.xCheckReservedLock = isReserved;
    m.xFileControl = controlFile;
    m.xSectorSize = sectorSize;
    m.xDeviceCharacteristics = characteristics;
    return m;
}();

int openFile(sqlite3_vfs* vfs, const char*, sqlite3_file* file, int flags, int* outFlags)
{
    auto* opened = reinterpret_cast<File*>(file);
    opened->base.pMethods = nullptr;
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) {
        return SQLITE_CANTOPEN;
    }
    opened->base.pMethods = &methods;
    opened->bytes = static_cast<const RandomBytes*>(vfs->pAppData);
    if (outFlags) {
        *outFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    }
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs*, const char*, int)
{
    return SQLITE_READONLY;
}

int accessFile(sqlite3_vfs*, const char*, int, int* found)
{
    *found = 0;
    return SQLITE_OK;
}

int fullName(sqlite3_vfs*, const char* name, int size, char* out)
{
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

/// Nothing that is read depends on chance.
int randomness(sqlite3_vfs*, int size, char* out)
{
    std::memset(out, 0, static_cast<std::size_t>(size));
    return size;
}

int sleepFor(sqlite3_vfs*, int)
{
    return 0;
}

int now(sqlite3_vfs*, double* days)
{
    constexpr double unixEpoch = 2440587.5;
    *days = unixEpoch + static_cast<double>(std::time(nullptr)) / 86400.0;
    return SQLITE_OK;
}

int lastError(sqlite3_vfs*, int, char*)
{
    return 0;
}

} // namespace

Result<std::unique_ptr<RandomBytes>> randomBytes(const OpenSource& source, std::uint64_t limit)
{
    auto opened = source();
    if (!opened) {
        return opened.error();
    }
    if (const int descriptor = (*opened)->descriptor(); descriptor >= 0) {
        // Behind its fences the parser may not ask for a file's status, but may go to its end.
        if (const off_t size = ::lseek(descriptor, 0, SEEK_END); size > 0) {
            return std::unique_ptr<RandomBytes>(
                std::make_unique<DescriptorBytes>(descriptor, static_cast<std::uint64_t>(size)));
        }
    }
    auto bytes = readAll(**opened, limit);
    if (!bytes) {
        Error error = bytes.error();
        error.remedy = "Unpack the database and drop the file itself";
        return error;
    }
    return std::unique_ptr<RandomBytes>(std::make_unique<MemoryBytes>(std::move(*bytes)));
}

SqliteBytesVfs::SqliteBytesVfs(std::unique_ptr<RandomBytes> bytes)
    : m_bytes(std::move(bytes))
    , m_vfs(std::make_unique<sqlite3_vfs>())
{
    std::array<char, 48> name {};
    sqlite3_snprintf(static_cast<int>(name.size()), name.data(), "prism-bytes-%p", static_cast<void*>(this));
    m_name = name.data();
    m_vfs->iVersion = 1;
    m_vfs->szOsFile = sizeof(File);
    m_vfs->mxPathname = 64;
    m_vfs->zName = m_name.c_str();
    m_vfs->pAppData = m_bytes.get();
    m_vfs->xOpen = openFile;
    m_vfs->xDelete = deleteFile;
    m_vfs->xAccess = accessFile;
    m_vfs->xFullPathname = fullName;
    m_vfs->xRandomness = randomness;
    m_vfs->xSleep = sleepFor;
    m_vfs->xCurrentTime = now;
    m_vfs->xGetLastError = lastError;
    sqlite3_vfs_register(m_vfs.get(), 0);
}

SqliteBytesVfs::~SqliteBytesVfs()
{
    sqlite3_vfs_unregister(m_vfs.get());
}

} // namespace prism::read
