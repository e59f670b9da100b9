// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/socket_event.h"

#include <cstddef>
#include <optional>
#include <span>

namespace prism::probes {

/// An event of the payload ring as the HTTP machine takes it; it points into `bytes`. Empty for kinds that
/// are not of a socket and for what is too short for its kind.
std::optional<SocketEvent> socketEvent(std::span<const std::byte> bytes);

} // namespace prism::probes
