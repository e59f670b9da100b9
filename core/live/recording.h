// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "core/live/recent_texts.h"
#include "core/model/result.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// A session's stream as it came, in blocks that stand by themselves: in memory within a budget, and in a
/// file (.prismlive). The file is a text line of 64 bytes and then blocks, each written at once behind what
/// is there: a crash or a full disk costs the last block, and a reader plays up to the first block that does
/// not fit its checksum and says where that is.
namespace prism::live {

inline constexpr std::string_view recordingMagic = "prism-live recording ";
inline constexpr std::string_view recordingProducer = "prism-live"; ///< what imports are by
inline constexpr std::size_t recordingHeadBytes = 64;
inline constexpr int recordingVersion = 1;
inline constexpr std::uint32_t mostBlockBytes = 2u << 20; ///< stored or raw

enum class BlockKind : std::uint32_t {
    Records = 1, ///< {u32 length, payload of a Records frame} repeated, compressed (zstd)
    /// Records that were told earlier and are still needed (texts, open connections), where the oldest part
    /// of the stream is missing. Their sequence numbers say nothing.
    Known = 2,
    Target = 3, ///< {u32 length, ServerKey fields}{u32 length, AttachKey fields}
    Detached = 4, ///< fields, RecordingKey
    Mark = 5, ///< fields, RecordingKey; an empty text removes it
    Session = 6, ///< fields, RecordingKey: where the stream comes from
    Closed = 7, ///< the recording was ended in good order
    Limits = 8, ///< fields, RecordingKey::Limit of each: those in force from here on
};

enum class RecordingKey : std::uint16_t {
    Helper = 1,
    Where = 2,
    Target = 3,
    Id = 4,
    At = 5,
    Until = 6,
    Text = 7,
    Limit = 8 ///< as limitText() writes it; repeats
};

struct BlockHead {
    std::uint32_t magic; ///< blockMagic
    std::uint32_t kind; ///< BlockKind
    std::uint32_t stored; ///< bytes that follow
    std::uint32_t raw; ///< bytes when decompressed; equal to stored where nothing is compressed
    std::int64_t firstNs; ///< of its records
    std::int64_t lastNs;
    std::uint32_t reserved;
    std::uint32_t checksum; ///< CRC-32C of the head with this field 0, then of the stored bytes
};
static_assert(sizeof(BlockHead) == 40);
inline constexpr std::uint32_t blockMagic = 0x4b4c4250; ///< "PBLK"

/// A block as it stands in a file, head included.
struct Block {
    BlockKind kind = BlockKind::Records;
    Nanoseconds first {}, last {};
    std::vector<std::byte> bytes;
};

Block makeBlock(BlockKind kind, std::span<const std::byte> raw, Nanoseconds first, Nanoseconds last);
/// Checks a block's stored bytes and unpacks them. Empty when they do not fit.
std::optional<std::vector<std::byte>> unpack(const BlockHead& head, std::span<const std::byte> stored);

/// Collects a session's stream. For one thread.
class Recording {
public:
    explicit Recording(std::size_t memoryBudget);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    void session(const std::string& helper, const std::string& where);
    void target(const Target& target);
    void detached(TargetNumber target);
    void mark(const Mark& mark);
    void limits(const std::vector<SloLimit>& limits);
    /// The payload of a Records frame.
    void records(std::span<const std::byte> payload);
    /// Closes the block that is being filled when it is older than a second: what a crash may cost.
    void tick(Nanoseconds now);

    /// Writes what memory holds to a new file and everything that follows behind it. Only its owner may read
    /// it; by sudo that is the user who typed it.
    Result<void> open(const std::string& file);
    struct Written {
        std::uint64_t bytes = 0;
        bool complete = true; ///< false: the oldest blocks had been dropped already
    };
    Result<Written> close();

    std::uint64_t memoryBytes() const { return m_bytes; }
    std::optional<Nanoseconds> droppedUntil() const { return m_droppedUntil; }
    const std::string& file() const { return m_file; }
    /// Why writing stopped: the file then ends with what was written before.
    const std::string& problem() const { return m_problem; }

private:
    void add(Block block);
    void closeBlock();
    void dropOldest();
    void remember(const Block& dropped);
    void write(const Block& block);

    std::size_t m_budget;
    std::deque<Block> m_blocks;
    std::uint64_t m_bytes = 0;
    std::vector<Block> m_facts; ///< sessions, targets and marks of blocks that were dropped
    std::vector<std::byte> m_open; ///< raw bytes of the block that is being filled
    Nanoseconds m_first {}, m_last {};
    std::optional<Nanoseconds> m_droppedUntil;
    /// Texts and open connections of dropped blocks, as records.
    RecentTexts m_texts;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<std::byte>> m_connections;

    std::string m_file;
    int m_descriptor = -1;
    std::uint64_t m_written = 0;
    bool m_writtenComplete = true;
    std::string m_problem;
};

} // namespace prism::live
