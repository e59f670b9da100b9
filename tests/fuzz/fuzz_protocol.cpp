// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/protocol.h"
#include "tests/fuzz/frame_job.h"

#include <algorithm>
#include <cstring>

using namespace prism;

namespace {

/// Makes headers of frames right, so that what stands behind them is reached.
void repair(std::string& stream)
{
    constexpr std::uint32_t mostBytes = 2048;
    for (std::size_t at = 0; stream.size() - at >= protocol::headerBytes;) {
        std::uint32_t length = 0;
        std::memcpy(&length, stream.data() + at, sizeof length);
        const std::size_t left = stream.size() - at - protocol::headerBytes;
        const std::size_t bytes = std::min<std::size_t>(length % mostBytes, left);
        const int type
            = 1 + static_cast<unsigned char>(stream[at + 4]) % static_cast<int>(protocol::Type::End);
        stream.replace(at, protocol::headerBytes,
            protocol::header(static_cast<protocol::Type>(type), fuzz::FrameJob::file, bytes));
        at += protocol::headerBytes + bytes;
    }
}

} // namespace

/// Frames of a parser that was taken over: the first byte says in which pieces they come, and whether their
/// headers are made right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzz::FrameJob job;
    if (size == 0) {
        return 0;
    }
    std::string stream(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] % 2 == 0) {
        repair(stream);
    }
    const std::size_t piece = data[0] / 2 == 0 ? stream.size() + 1 : data[0] / 2;
    (void)job.hear(stream, piece);
    return 0;
}
