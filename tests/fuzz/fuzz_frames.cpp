// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/protocol/message.h"

#include <algorithm>
#include <cstdlib>

using namespace prism::wire;

namespace {
/// Makes checksums right, so that the bytes behind them are reached; a lead byte of 0 leaves them as they
/// are.
std::vector<std::byte> repaired(std::span<const std::byte> bytes)
{
    std::vector<std::byte> out(bytes.begin(), bytes.end());
    std::size_t at = 0;
    FrameHeader header;
    while (out.size() - at >= sizeof header) {
        std::memcpy(&header, out.data() + at, sizeof header);
        header.magic = frameMagic;
        header.version = protocolVersion;
        header.type = static_cast<std::uint16_t>(1 + header.type % 5);
        header.bytes = static_cast<std::uint32_t>(
            std::min<std::size_t>(header.bytes % 4096, out.size() - at - sizeof header));
        header.checksum = crc32c(std::span(out).subspan(at + sizeof header, header.bytes));
        std::memcpy(out.data() + at, &header, sizeof header);
        at += sizeof header + header.bytes;
    }
    return out;
}

void walk(const Frame& frame)
{
    if (frame.type == FrameType::Records) {
        RecordWalk records(frame.payload);
        while (const auto record = records.next()) {
            if (record->body.size() > frame.payload.size() || record->text().size() > record->body.size()) {
                std::abort();
            }
        }
        return;
    }
    FieldWalk fields(frame.payload);
    while (const auto field = fields.next()) {
        if (field->text.size() > frame.payload.size()) {
            std::abort();
        }
    }
}
} // namespace

/// A stream from the other side, in pieces whose size the first byte says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::size_t piece = 1 + data[0] % 64;
    const auto given = std::as_bytes(std::span(data + 1, size - 1));
    const std::vector<std::byte> stream
        = data[0] % 2 == 0 ? std::vector(given.begin(), given.end()) : repaired(given);
    FrameReader reader;
    for (std::size_t at = 0; at < stream.size();) {
        const auto space = reader.space();
        const std::size_t bytes = std::min({ piece, stream.size() - at, space.size() });
        std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(at), bytes, space.begin());
        reader.arrived(bytes);
        at += bytes;
        while (const auto frame = reader.next()) {
            walk(*frame);
        }
        if (reader.fault() != FrameFault::None) {
            break;
        }
    }
    return 0;
}
