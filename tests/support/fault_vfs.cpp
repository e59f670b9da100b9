// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fault_vfs.h"

#include <sqlite3.h>

#include <csignal>
#include <cstring>

#include <unistd.h>

namespace prism::test {

namespace {

Fault current;
long counted = 0;
sqlite3_vfs* disk = nullptr;

struct FaultyFile {
    sqlite3_file base;
    sqlite3_file* real;
};

sqlite3_file* real(sqlite3_file* file)
{
    return reinterpret_cast<FaultyFile*>(file)->real;
}

void die()
{
    kill(getpid(), SIGKILL);
}

/// Counts an operation; true when it is to fail. A full disk refuses only what takes space.
bool fails(bool takesSpace = false)
{
    ++counted;
    switch (current.kind) {
    case Fault::None:
        return false;
    case Fault::Once:
    case Fault::TornOnce:
        return counted == current.operation;
    case Fault::Forever:
    case Fault::TornForever:
        return counted >= current.operation;
    case Fault::Full:
        return takesSpace && counted >= current.operation;
    case Fault::Kill:
    case Fault::TornKill:
        return counted == current.operation;
    }
    return false;
}

int failed(int code)
{
    if (current.kind == Fault::Kill || current.kind == Fault::TornKill) {
        die();
    }
    return code;
}

int closeFile(sqlite3_file* file)
{
    const int rc = real(file)->pMethods->xClose(real(file));
    sqlite3_free(real(file));
    return rc;
}

int readFile(sqlite3_file* f, void* out, int n, sqlite3_int64 at)
{
    return real(f)->pMethods->xRead(real(f), out, n, at);
}

int writeFile(sqlite3_file* f, const void* in, int n, sqlite3_int64 at)
{
    if (!fails(true)) {
        return real(f)->pMethods->xWrite(real(f), in, n, at);
    }
    if (current.kind == Fault::TornOnce || current.kind == Fault::TornForever
        || current.kind == Fault::TornKill) {
        real(f)->pMethods->xWrite(real(f), in, n / 2, at);
    }
    return failed(current.kind == Fault::Full ? SQLITE_FULL : SQLITE_IOERR_WRITE);
}

int truncateFile(sqlite3_file* f, sqlite3_int64 n)
{
    return fails() ? failed(SQLITE_IOERR_TRUNCATE) : real(f)->pMethods->xTruncate(real(f), n);
}

int syncFile(sqlite3_file*, int)
{
    return fails() ? failed(SQLITE_IOERR_FSYNC) : SQLITE_OK;
}
int fileSize(sqlite3_file* f, sqlite3_int64* n)
{
    return real(f)->pMethods->xFileSize(real(f), n);
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
    if (extend && fails()) {
        return failed(SQLITE_IOERR_SHMMAP);
    }
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

int shmLock(sqlite3_file* f, int at, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
void shmBarrier(sqlite3_file* f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}
int shmUnmap(sqlite3_file* f, int remove)
{
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

const sqlite3_io_methods methods = { 2, closeFile, readFile, writeFile, truncateFile, syncFile, fileSize,
    lockFile, unlockFile, checkReserved, fileControl, sectorSize, characteristics, shmMap, shmLock,
    shmBarrier, shmUnmap, nullptr, nullptr };

int openFile(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* outFlags)
{
    auto* mine = reinterpret_cast<FaultyFile*>(file);
    mine->base.pMethods = nullptr;
    if ((flags & SQLITE_OPEN_CREATE) && fails()) {
        return failed(SQLITE_CANTOPEN);
    }
    mine->real = static_cast<sqlite3_file*>(sqlite3_malloc(disk->szOsFile));
    std::memset(mine->real, 0, static_cast<std::size_t>(disk->szOsFile));
    const int rc = disk->xOpen(disk, name, mine->real, flags, outFlags);
    if (rc != SQLITE_OK) {
        sqlite3_free(mine->real);
        return rc;
    }
    mine->base.pMethods = &methods;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs*, const char* name, int sync)
{
    return fails() ? failed(SQLITE_IOERR_DELETE) : disk->xDelete(disk, name, sync);
}

} // namespace

void installFaultVfs()
{
    static sqlite3_vfs vfs;
    if (disk) {
        return;
    }
    sqlite3_initialize();
    disk = sqlite3_vfs_find(nullptr);
    vfs = *disk;
    vfs.pNext = nullptr;
    vfs.zName = "faulty";
    vfs.szOsFile = sizeof(FaultyFile);
    vfs.xOpen = openFile;
    vfs.xDelete = deleteFile;
    sqlite3_vfs_register(&vfs, 1);
}

void setFault(Fault fault)
{
    current = fault;
    counted = 0;
}

long operationsSoFar()
{
    return counted;
}

} // namespace prism::test
