// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/engine/engine_outputs.h"

#include <algorithm>
#include <cstdlib>

using namespace prism;
using namespace prism::probes::engine;

/// Sends of an engine: { u8 flags, u16 length, bytes }. Flag 1: a part was not copied; 2: sends were lost
/// before; 4: the bytes are a message, a frame is put around them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::vector<std::byte> out;
    EngineOutputs outputs(1, out);
    while (size >= 3) {
        const std::size_t length = std::min<std::size_t>(data[1] | data[2] << 8, size - 3);
        std::vector<std::uint8_t> send;
        if ((data[0] & 4) != 0) {
            send = { 2, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(length >> 8),
                static_cast<std::uint8_t>(length) };
        }
        send.insert(send.end(), data + 3, data + 3 + length);
        if ((data[0] & 2) != 0) {
            outputs.lose();
        }
        outputs.send(send, send.size() + ((data[0] & 1) != 0 ? 1000 : 0), 1);
        data += 3 + length;
        size -= 3 + length;
    }
    wire::RecordWalk walk(out);
    while (walk.next()) { }
    if (!walk.wellFormed()) {
        std::abort();
    }
    return 0;
}
