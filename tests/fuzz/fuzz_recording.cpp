// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/importer.h"
#include "core/live/recording.h"
#include "tests/fuzz/frame_job.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace prism;

namespace {

/// Blocks { u8 kind, u16 length, bytes } with the checksums that no fuzzer finds by itself.
std::string recordingOf(const std::uint8_t* data, std::size_t size)
{
    std::string out = std::string(live::recordingMagic) + std::to_string(live::recordingVersion) + '\n';
    out.resize(live::recordingHeadBytes - 1, ' ');
    out += '\n';
    constexpr std::size_t head = 3;
    while (size >= head) {
        const auto kind = static_cast<live::BlockKind>(1 + data[0] % 8);
        const std::size_t bytes = std::min<std::size_t>(data[1] + 256u * data[2], size - head);
        const auto block = live::makeBlock(
            kind, std::as_bytes(std::span(data + head, bytes)), { data[0] }, { 1'000'000'000 + data[0] });
        out.append(reinterpret_cast<const char*>(block.bytes.data()), block.bytes.size());
        data += head + bytes;
        size -= head + bytes;
    }
    return out;
}

} // namespace

/// A recording of a live session whose blocks are sound and hold anything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzz::FrameJob job;
    static const Importer* importer = findImporter("prism-live");
    const std::string file = recordingOf(data, size);
    Input input("session.prismlive", Family::Binary,
        [&file]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(file); }, {}, {});
    const std::string frames
        = fuzz::framesOf(*importer, [&](Sink& sink) { return importer->read(input, sink); });
    const std::string lie = job.hear(frames, frames.size() + 1);
    if (!lie.empty()) {
        std::fprintf(stderr, "an honest parser is taken for a liar: %s\n", lie.c_str());
        std::abort();
    }
    return 0;
}
