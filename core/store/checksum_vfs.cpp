// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/checksum_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace prism::store {

namespace {

/// SQLite allocates szOsFile bytes for it; the real file follows on the heap, because the VFS below may
/// change.
struct CheckedFile {
    sqlite3_file base;
    sqlite3_file* real;
    bool pages; ///< the database itself; journals carry checksums of their own
};

CheckedFile* checked(sqlite3_file* file)
{
    return reinterpret_cast<CheckedFile*>(file);
}
sqlite3_file* real(sqlite3_file* file)
{
    return checked(file)->real;
}
sqlite3_vfs* below()
{
    return sqlite3_vfs_find(nullptr);
}

bool isPage(const CheckedFile* file, int amount, sqlite3_int64 offset)
{
    return file->pages && amount == pageBytes && offset % pageBytes == 0;
}

XXH64_hash_t checksumOf(const void* page, sqlite3_int64 offset)
{
    return XXH3_64bits_withSeed(page, pageBytes - checksumBytes, static_cast<XXH64_hash_t>(offset));
}

/// A page that was allocated but never written is a hole; SQLite never takes it for content.
bool isHole(const char* page)
{
    return std::all_of(page, page + pageBytes, [](char c) { return c == 0; });
}

int closeFile(sqlite3_file* file)
{
    const int rc = real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
    sqlite3_free(real(file));
    checked(file)->real = nullptr;
    return rc;
}

int readFile(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset)
{
    const int rc = real(file)->pMethods->xRead(real(file), out, amount, offset);
    if (rc != SQLITE_OK || !isPage(checked(file), amount, offset)) {
        return rc;
    }
    const char* page = static_cast<const char*>(out);
    XXH64_hash_t stored = 0;
    std::memcpy(&stored, page + pageBytes - checksumBytes, checksumBytes);
    return stored == checksumOf(page, offset) || isHole(page) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int writeFile(sqlite3_file* file, const void* in, int amount, sqlite3_int64 offset)
{
    if (!isPage(checked(file), amount, offset)) {
        return real(file)->pMethods->xWrite(real(file), in, amount, offset);
    }
    char page[pageBytes];
    std::memcpy(page, in, pageBytes - checksumBytes);
    const XXH64_hash_t sum = checksumOf(page, offset);
    std::memcpy(page + pageBytes - checksumBytes, &sum, checksumBytes);
    return real(file)->pMethods->xWrite(real(file), page, amount, offset);
}

int truncateFile(sqlite3_file* f, sqlite3_int64 size)
{
    return real(f)->pMethods->xTruncate(real(f), size);
}
int syncFile(sqlite3_file* f, int flags)
{
    return real(f)->pMethods->xSync(real(f), flags);
}
int fileSize(sqlite3_file* f, sqlite3_int64* size)
{
    return real(f)->pMethods->xFileSize(real(f), size);
}
int lockFile(sqlite3_file* f, int level)
{
    return real(f)->pMethods->xLock(real(f), level);
}
int unlockFile(sqlite3_file* f, int level)
{
    return real(f)->pMethods->xUnlock(real(f), level);
}
int checkReserved(sqlite3_file* f, int* out)
{
    return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
int fileControl(sqlite3_file* f, int op, void* arg)
{
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}
int sectorSize(sqlite3_file* f)
{
    return real(f)->pMethods->xSectorSize(real(f));
}
int characteristics(sqlite3_file* f)
{
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
int shmMap(sqlite3_file* f, int page, int size, int extend, void volatile** out)
{
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
int shmLock(sqlite3_file* f, int offset, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void shmBarrier(sqlite3_file* f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}
int shmUnmap(sqlite3_file* f, int remove)
{
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

/// Version 2: shared memory for WAL, but no memory mapping, which would read pages past the checksum.
const sqlite3_io_methods methods = { 2, closeFile, readFile, writeFile, truncateFile, syncFile, fileSize,
    lockFile, unlockFile, checkReserved, fileControl, sectorSize, characteristics, shmMap, shmLock,
    shmBarrier, shmUnmap, nullptr, nullptr };

int openFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* outFlags)
{
    sqlite3_vfs* vfs = below();
    CheckedFile* mine = checked(file);
    mine->base.pMethods = nullptr;
    mine->pages = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    mine->real = static_cast<sqlite3_file*>(sqlite3_malloc(vfs->szOsFile));
    if (!mine->real) {
        return SQLITE_NOMEM;
    }
    std::memset(mine->real, 0, static_cast<std::size_t>(vfs->szOsFile));
    const int rc = vfs->xOpen(vfs, name, mine->real, flags, outFlags);
    if (rc != SQLITE_OK) {
        if (mine->real->pMethods) {
            mine->real->pMethods->xClose(mine->real);
        }
        sqlite3_free(mine->real);
        mine->real = nullptr;
        return rc;
    }
    mine->base.pMethods = &methods;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs*, const char* name, int sync)
{
    return below()->xDelete(below(), name, sync);
}
int access(sqlite3_vfs*, const char* name, int flags, int* out)
{
    return below()->xAccess(below(), name, flags, out);
}
int fullPath(sqlite3_vfs*, const char* name, int size, char* out)
{
    return below()->xFullPathname(below(), name, size, out);
}
int randomness(sqlite3_vfs*, int size, char* out)
{
    return below()->xRandomness(below(), size, out);
}
int sleepFor(sqlite3_vfs*, int microseconds)
{
    return below()->xSleep(below(), microseconds);
}
int currentTime(sqlite3_vfs*, double* out)
{
    return below()->xCurrentTime(below(), out);
}
int lastError(sqlite3_vfs*, int size, char* out)
{
    return below()->xGetLastError(below(), size, out);
}
int currentTime64(sqlite3_vfs*, sqlite3_int64* out)
{
    return below()->xCurrentTimeInt64(below(), out);
}

} // namespace

const char* checksumVfs()
{
    static sqlite3_vfs vfs = [] {
        // Its count of bytes in use takes a lock at each allocation, and nothing here asks for it.
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_initialize();
        sqlite3_vfs v {};
        v.iVersion = 2;
        v.szOsFile = sizeof(CheckedFile);
        v.mxPathname = below()->mxPathname;
        v.zName = "prism-checksum";
        v.xOpen = openFile;
        v.xDelete = deleteFile;
        v.xAccess = access;
        v.xFullPathname = fullPath;
        v.xRandomness = randomness;
        v.xSleep = sleepFor;
        v.xCurrentTime = currentTime;
        v.xGetLastError = lastError;
        v.xCurrentTimeInt64 = currentTime64;
        return v;
    }();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    return registered == SQLITE_OK ? vfs.zName : nullptr;
}

} // namespace prism::store
