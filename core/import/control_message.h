// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace prism {

/// What the job tells prism-import: read this open file. One packet of a Unix socket, with the descriptor.
struct ControlMessage {
    std::uint32_t file = 0; ///< the job's number, repeated in every frame
    std::string name; ///< as the user gave it: a label, never opened
    std::string forced; ///< importer id, empty to recognise
    int descriptor = -1;
};

Result<void> sendControl(int socket, const ControlMessage& message);
/// Empty when the job closed its end. The caller closes the descriptor.
Result<std::optional<ControlMessage>> receiveControl(int socket);

} // namespace prism
