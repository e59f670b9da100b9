// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/relay.h"

#include "probes/helper/access/privileges.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace prism::probes {

namespace {

/// One direction.
struct Flow {
    int from;
    int to;
    std::array<char, 65536> bytes {};
    std::size_t begin = 0;
    std::size_t end = 0;
    bool over = false; ///< nothing more comes

    bool empty() const { return begin == end; }

    /// False when `to` takes nothing any more.
    bool move(bool readable, bool writable)
    {
        if (empty() && readable) {
            const ssize_t got = ::read(from, bytes.data(), bytes.size());
            over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
            begin = 0;
            end = got > 0 ? static_cast<std::size_t>(got) : 0;
            writable = true;
        }
        if (!empty() && writable) {
            const ssize_t sent = ::write(to, bytes.data() + begin, end - begin);
            if (sent < 0 && errno != EAGAIN && errno != EINTR) {
                return false;
            }
            begin += sent > 0 ? static_cast<std::size_t>(sent) : 0;
        }
        return true;
    }
};

} // namespace

int serviceInstead(const char* path)
{
    if ((permittedCapabilities() & neededCapabilities) != 0) {
        return -1;
    }
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return fd;
    }
    ::close(fd);
    return -1;
}

void relay(int in, int out, int service)
{
    for (const int fd : { in, out, service }) {
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    }
    Flow asked { in, service };
    Flow told { service, out };
    while ((!asked.over || !asked.empty()) && (!told.over || !told.empty())) {
        std::array<pollfd, 4> waiting { pollfd { asked.empty() ? in : -1, POLLIN, 0 },
            pollfd { asked.empty() ? -1 : service, POLLOUT, 0 },
            pollfd { told.empty() ? service : -1, POLLIN, 0 },
            pollfd { told.empty() ? -1 : out, POLLOUT, 0 } };
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
            return;
        }
        if (!asked.move(waiting[0].revents != 0, waiting[1].revents != 0)
            || !told.move(waiting[2].revents != 0, waiting[3].revents != 0)) {
            return;
        }
    }
}

} // namespace prism::probes
