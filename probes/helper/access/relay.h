// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prism::probes {

/// Where the helper that systemd starts listens.
inline constexpr const char* servicePath = "/run/prism/probed.sock";

/// A connection to the service at `path` for a program without rights of its own; -1 when this process has
/// the rights to observe by itself, or nobody listens there. The service sees this process's user.
int serviceInstead(const char* path);

/// Carries bytes between a client (descriptors `in` and `out`) and the service until either hangs up; what
/// was on its way is delivered. Takes 128 KiB, and stops reading from a side while the other does not.
void relay(int in, int out, int service);

} // namespace prism::probes
