// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism::store {

/// Every page of a database of ours ends in a checksum of its content and place, in bytes that SQLite
/// reserves for this. Without it a flipped bit inside a number would be read as another number.
inline constexpr int pageBytes = 8192;
inline constexpr int checksumBytes = 8;

/// Name of the VFS that writes and verifies the checksums on top of SQLite's default VFS of the moment (so
/// that tests can put a faulty one below). Registers it on first use. Thread-safe. A page that does not match
/// is SQLITE_IOERR_DATA.
const char* checksumVfs();

} // namespace prism::store
