// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/spool.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace prism {

namespace {

constexpr int patienceMilliseconds = 50;

/// An anonymous file; closed unless it is given away.
class Spool {
public:
    explicit Spool(std::string name)
        : m_name(std::move(name))
        , m_descriptor(memfd_create("prism-import", MFD_CLOEXEC))
    {
    }
    ~Spool()
    {
        if (m_descriptor >= 0) {
            close(m_descriptor);
        }
    }
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    Result<void> add(const char* data, std::size_t size)
    {
        while (size > 0) {
            const ssize_t wrote = ::write(m_descriptor, data, size);
            if (wrote < 0 && errno == EINTR) {
                continue;
            }
            if (wrote < 0) {
                return cannotRead(m_name, std::strerror(errno));
            }
            data += wrote;
            size -= static_cast<std::size_t>(wrote);
        }
        return {};
    }
    int give() { return std::exchange(m_descriptor, -1); }

private:
    std::string m_name;
    int m_descriptor;
};

/// True when a byte or the end is there, false after a while without.
Result<bool> isReady(const std::string& name, int from)
{
    pollfd wait { from, POLLIN, 0 };
    const int ready = ::poll(&wait, 1, patienceMilliseconds);
    if (ready < 0 && errno != EINTR) {
        return cannotRead(name, std::strerror(errno));
    }
    return ready > 0;
}

} // namespace

Error cannotRead(const std::string& path, const std::string& why)
{
    return { path, {}, why, "Check the path and its permissions" };
}

Result<int> spoolText(const std::string& name, const std::string& text)
{
    Spool spool(name);
    if (auto added = spool.add(text.data(), text.size()); !added) {
        return added.error();
    }
    return spool.give();
}

Result<int> spoolDescriptor(const std::string& name, int from, const std::stop_token& stop)
{
    Spool spool(name);
    std::vector<char> buffer(256u << 10);
    while (true) {
        const auto ready = isReady(name, from);
        if (!ready) {
            return ready.error();
        }
        if (stop.stop_requested()) {
            return Error { name, {}, "the import was cancelled", {} };
        }
        if (!*ready) {
            continue;
        }
        const ssize_t size = ::read(from, buffer.data(), buffer.size());
        if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (size < 0) {
            return cannotRead(name, std::strerror(errno));
        }
        if (size == 0) {
            return spool.give();
        }
        if (auto added = spool.add(buffer.data(), static_cast<std::size_t>(size)); !added) {
            return added.error();
        }
    }
}

} // namespace prism
