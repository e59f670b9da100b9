// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace prism {

/// Device and inode: two paths of the same identity are one file.
using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;
/// Empty when there is no file of that path.
std::optional<FileIdentity> identityOf(const std::string& path);

/// The files of all databases that this process has open, their logs, shared memories and locks among them.
/// Asked before any other file is opened: SQLite's locks are the process's as a whole, and closing a second
/// descriptor of such a file drops them. Any thread.
std::set<FileIdentity> filesOfOpenDatabases();

namespace store {

/// Says that a database is open for as long as this lives. Any thread.
class OpenDatabase {
public:
    explicit OpenDatabase(const std::string& file);
    ~OpenDatabase();
    OpenDatabase(const OpenDatabase&) = delete;
    OpenDatabase& operator=(const OpenDatabase&) = delete;

private:
    std::list<std::string>::iterator m_entry;
};

} // namespace store

} // namespace prism
