// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace prism::probes {

/// Who asks. The kernel says it: nothing that a client sends changes it.
struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    pid_t pid = 0; ///< of the process that connected; 0 when it is gone
    std::uint64_t startTicks = 0; ///< of that process; 0 when it is gone
};

/// The process at the other end of a connected Unix socket, as it was when it connected. Where the kernel has
/// SO_PEERPIDFD the start time is taken while that descriptor keeps the number from being used again.
std::optional<Peer> peerOfSocket(int socket);

/// The user behind our own standard input: the one that called pkexec (PKEXEC_UID, believed only when we are
/// root, as whoever is root could act as that user anyway), else our own.
Peer peerOfStdio();

/// "user alice (uid 1000)".
std::string describe(uid_t uid);

} // namespace prism::probes
