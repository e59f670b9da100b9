// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/lock_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

namespace prism::store {

namespace {

bool tryLock(int descriptor)
{
    struct flock whole { };
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

/// "prismctl (process 4711, importing)", as the holder wrote it.
std::string holderOf(int descriptor)
{
    char text[256];
    const ssize_t size = pread(descriptor, text, sizeof text, 0);
    std::string holder(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!holder.empty() && holder.back() == '\n') {
        holder.pop_back();
    }
    return holder.empty() ? "another program" : holder;
}

/// Who holds it is a courtesy to those who wait; a full disk must not stop a clean-up, so failures are passed
/// over.
void describeHolder(int descriptor, const std::string& job)
{
    const std::string text = std::string(program_invocation_short_name) + " (process "
        + std::to_string(getpid()) + (job.empty() ? "" : ", " + job) + ")\n";
    if (ftruncate(descriptor, 0) == 0) {
        [[maybe_unused]] const ssize_t written = pwrite(descriptor, text.data(), text.size(), 0);
    }
}

} // namespace

Result<LockFile> LockFile::take(const std::string& database, const std::string& job,
    const std::function<void(const std::string& holder)>& waiting, const std::stop_token& stop)
{
    const std::string file = database + ".lock";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0) {
        return Error { database, {},
            "the database cannot be written: no lock file beside it (" + std::string(std::strerror(errno))
                + ')',
            "Make the file and its folder writable, or work on a copy" };
    }
    LockFile lock(descriptor);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock held(mutex);
    auto nextNotice = std::chrono::steady_clock::now();
    while (!tryLock(descriptor)) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            return Error { database, {},
                "the database cannot be locked (" + std::string(std::strerror(errno)) + ')',
                "Keep the database on a local disk" };
        }
        if (stop.stop_requested()) {
            return Error { database, {}, "cancelled while " + holderOf(descriptor) + " was writing", {} };
        }
        if (waiting && std::chrono::steady_clock::now() >= nextNotice) {
            waiting(holderOf(descriptor));
            nextNotice = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
        }
        wake.wait_for(held, stop, std::chrono::milliseconds(20), [] { return false; });
    }
    describeHolder(descriptor, job);
    return lock;
}

LockFile::LockFile(LockFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

LockFile& LockFile::operator=(LockFile&& other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

LockFile::~LockFile()
{
    if (m_descriptor >= 0) {
        close(m_descriptor);
    }
}

} // namespace prism::store
