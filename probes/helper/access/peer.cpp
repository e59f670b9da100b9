// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/peer.h"

#include "probes/helper/discovery/proc.h"
#include "probes/helper/discovery/tiers.h"

#include <cstdlib>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 // since Linux 6.5; Debian 12's headers do not have it
#endif

namespace prism::probes {

namespace {

std::uint64_t startTicksOf(pid_t pid)
{
    const auto facts = ProcFolder().read(pid);
    return facts ? facts->startTicks : 0;
}

bool hasEnded(int pidfd)
{
    pollfd waiting { pidfd, POLLIN, 0 };
    return ::poll(&waiting, 1, 0) != 0;
}

} // namespace

std::optional<Peer> peerOfSocket(int socket)
{
    ucred credentials {};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0
        || credentials.uid == static_cast<uid_t>(-1)) {
        return std::nullopt;
    }
    Peer peer { credentials.uid, credentials.pid, 0 };
    int pidfd = -1;
    size = sizeof pidfd;
    const bool held = ::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0;
    if (peer.pid > 0) {
        peer.startTicks = startTicksOf(peer.pid);
    }
    if (held && hasEnded(pidfd)) {
        peer.startTicks = 0; // what we read may be another process's
    }
    if (held) {
        ::close(pidfd);
    }
    if (peer.startTicks == 0) {
        peer.pid = 0;
    }
    return peer;
}

Peer peerOfStdio()
{
    Peer peer { ::getuid(), ::getppid(), 0 };
    const char* caller = std::getenv("PKEXEC_UID");
    if (caller && ::getuid() == 0 && ::geteuid() == 0) {
        const auto uid = numberIn<unsigned>(caller);
        peer.uid = uid.value_or(static_cast<uid_t>(-1));
    }
    peer.startTicks = startTicksOf(peer.pid);
    return peer;
}

std::string describe(uid_t uid)
{
    return "user " + userName(uid) + " (uid " + std::to_string(uid) + ')';
}

} // namespace prism::probes
