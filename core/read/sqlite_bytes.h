// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct sqlite3_vfs;

namespace prism::read {

/// Bytes that can be read at any place.
class RandomBytes {
public:
    virtual ~RandomBytes() = default;
    virtual std::uint64_t size() const = 0;
    /// Number of bytes read, fewer only at the end; negative on failure.
    virtual std::int64_t readAt(std::uint64_t offset, std::span<char> buffer) const = 0;
};

/// Through the source's descriptor where it has one, else all of its bytes in memory, `limit` at most.
Result<std::unique_ptr<RandomBytes>> randomBytes(const OpenSource& source, std::uint64_t limit);

/// SQLite's way to one file that never changes: what it opens by this VFS is `bytes`, whatever the name, and
/// there is nothing else. Registered under name() while it lives; several may live at once.
class SqliteBytesVfs {
public:
    explicit SqliteBytesVfs(std::unique_ptr<RandomBytes> bytes);
    ~SqliteBytesVfs();
    SqliteBytesVfs(const SqliteBytesVfs&) = delete;
    SqliteBytesVfs& operator=(const SqliteBytesVfs&) = delete;

    const char* name() const { return m_name.c_str(); }
    const RandomBytes& bytes() const { return *m_bytes; }

private:
    std::unique_ptr<RandomBytes> m_bytes;
    std::string m_name;
    std::unique_ptr<sqlite3_vfs> m_vfs;
};

} // namespace prism::read
