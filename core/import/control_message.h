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
    std::uint64_t bytes = 0; ///< size of the file: the parser cannot ask for it
    int descriptor = -1;
    std::uint64_t mostRows = 0; ///< of a preview, see Input::mostRows()
};

/// What the parser is told of a name: all of it, or of a very long one the end, which tells more.
std::string labelOf(const std::string& name);

/// Never waits; false when the socket holds as much as it can.
Result<bool> sendControl(int socket, const ControlMessage& message);
/// Empty when the job closed its end. The caller closes the descriptor.
Result<std::optional<ControlMessage>> receiveControl(int socket);

} // namespace prism
