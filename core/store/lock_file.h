// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <functional>
#include <stop_token>
#include <string>

namespace prism::store {

/// The right to write to a database: an open-file-description lock on `<database>.lock`, freed by the kernel
/// when its holder dies. The file tells who holds it and is never deleted, because a deleted name could be
/// locked twice.
class LockFile {
public:
    /// Waits until the lock is free. `waiting` is called at once and then about every 100 ms with the
    /// holder's description. A stop request ends the wait within a few milliseconds.
    static Result<LockFile> take(const std::string& database, const std::string& job,
        const std::function<void(const std::string& holder)>& waiting = {}, const std::stop_token& stop = {});
    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) noexcept;
    ~LockFile();

private:
    explicit LockFile(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor = -1;
};

} // namespace prism::store
