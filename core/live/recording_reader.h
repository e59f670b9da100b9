// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/recording.h"
#include "core/read/byte_source.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace prism::live {

/// What a recording holds, in its order.
class RecordingHandler {
public:
    virtual ~RecordingHandler() = default;
    virtual void session(const std::string& helper, const std::string& where) { (void)helper, (void)where; }
    virtual void target(const Target&) { }
    virtual void detached(TargetNumber) { }
    virtual void mark(const Mark&) { }
    virtual void limits(const std::vector<SloLimit>&) { }
    /// Told earlier and still needed; the oldest part of the stream is missing.
    virtual void known(std::span<const std::byte> payload) { (void)payload; }
    /// False: the payload is malformed, which ends the reading.
    virtual bool records(std::span<const std::byte> payload, Nanoseconds last) = 0;
};

/// Reads a .prismlive file from front to back, as hostile bytes.
class RecordingReader {
public:
    /// `name` is for errors. An error: these bytes are no recording, or of a later version.
    static Result<std::unique_ptr<RecordingReader>> open(
        std::unique_ptr<read::ByteSource> source, std::string name);

    /// Hands on the next block; false at the end. After damage the end comes early and problem() tells.
    bool next(RecordingHandler& handler);

    /// Empty after a recording that was ended in good order; else what is missing or altered and where: a
    /// sentence.
    const std::string& problem() const { return m_problem; }
    std::uint64_t bytesRead() const { return m_at; }

private:
    RecordingReader(std::unique_ptr<read::ByteSource> source, std::string name)
        : m_source(std::move(source))
        , m_name(std::move(name))
    {
    }
    /// How many bytes were there; fewer than asked for at the end.
    std::size_t fill(std::span<std::byte> to);
    bool hand(BlockKind kind, std::span<const std::byte> raw, Nanoseconds last, RecordingHandler& handler);
    bool damaged(const std::string& what);

    std::unique_ptr<read::ByteSource> m_source;
    std::string m_name;
    std::string m_problem;
    std::uint64_t m_at = 0;
    std::uint64_t m_block = 0; ///< where the current block begins
    bool m_closed = false;
};

} // namespace prism::live
