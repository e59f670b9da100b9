// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/model/load_point.h"
#include "core/model/result.h"
#include "core/read/window.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What prism-import says to the job: typed frames on a pipe. The child has read untrusted bytes, so that the
/// job believes nothing: every length is bounded, every text and enumerator checked, and a frame that does
/// not fit ends the child.
namespace prism::protocol {

inline constexpr std::uint32_t mostFrameBytes = 64u << 20;
/// Rows of one Requests or Gaps frame; the child sends a frame when its rows are 64 KiB.
inline constexpr std::size_t mostRows = 8192;
/// Attributes, measures, extras or warnings of one point, and counts of an attached file.
inline constexpr std::size_t mostOfPoint = 1u << 16;
inline constexpr std::size_t mostWarnings = 10'000; ///< of one file
inline constexpr std::size_t mostReason = 16u << 10; ///< each part of why a file is refused

/// Raised when a frame changes: programs of two installations must not talk past each other.
inline constexpr int protocolVersion = 4;

enum class Type : std::uint8_t {
    Ready = 1, ///< the first frame of a child, of no file: what fences it in
    Recognised, ///< producer, importer version, why
    Point,
    Requests,
    Gaps,
    Series,
    Warn,
    Attach,
    Member, ///< a member of an archive begins; the frames up to its End are the member's
    Bytes, ///< original bytes of the member
    Spans, ///< of a timeline, see core/store/trace_blobs.h
    TraceSheet, ///< what they point to, once
    Progress, ///< bytes of the file read so far
    End, ///< outcome of the member or the file
};

struct Ready {
    int version = protocolVersion;
    int landlock = 0; ///< version of Landlock that is in force, 0 where the kernel has none
    std::string problem; ///< which fence could not be raised; then the child reads nothing
};

struct Recognised {
    std::string producer;
    int version = 0;
    std::string why;
};

struct End {
    Outcome outcome = Outcome::Imported; ///< Imported, Attached, Refused or Skipped
    bool ofMember = false;
    Error reason; ///< of Refused and Skipped
};

/// Appends values to a frame's payload: integers as variable-length, doubles as their eight bytes.
class Encoder {
public:
    void integer(std::uint64_t value);
    void number(double value);
    void numbers(std::span<const double> values);
    void text(std::string_view value);

    std::string bytes;
};

/// Reads them back; after the first thing that does not fit everything is zero and ok() is false.
class Decoder {
public:
    explicit Decoder(std::string_view bytes)
        : m_bytes(bytes)
    {
    }
    std::uint64_t integer();
    double number();
    std::vector<double> numbers();
    std::string_view view(std::size_t most = mostFrameBytes); ///< of a text, valid as long as the bytes
    std::string text(std::size_t most = mostFrameBytes);
    void text(std::string& into); ///< keeps its memory
    bool flag() { return integer() == 1; }
    /// An enumerator below `count`.
    template <class Enum>
    Enum choice(std::uint64_t count)
    {
        const std::uint64_t value = integer();
        if (value >= count) {
            fail();
        }
        return static_cast<Enum>(m_ok ? value : 0);
    }
    /// Number of elements that follow, each at least `leastBytes` long: never more than could stand in what
    /// is left, nor than `most`. Elements are many times larger in memory than in a frame, so that every list
    /// of them has its limit.
    std::size_t count(std::size_t leastBytes = 1, std::size_t most = mostFrameBytes);
    /// What was read cannot be: nothing behind it is believed either.
    void fail()
    {
        m_ok = false;
        m_bytes = {};
    }
    bool ok() const { return m_ok; }
    bool atEnd() const { return m_bytes.empty(); }

private:
    std::string_view m_bytes;
    bool m_ok = true;
};

void encode(Encoder& e, const LoadPoint& point);
void encode(Encoder& e, const RequestRow& row);
void encode(Encoder& e, const TimeSeries& series);
void encode(Encoder& e, const Warning& warning);
void encode(Encoder& e, const Ready& ready);
void encode(Encoder& e, const Recognised& recognised);
void encode(Encoder& e, const End& end);
LoadPoint decodePoint(Decoder& d);
/// Into a point that was used before: its hundreds of texts keep their memory.
void decodePoint(Decoder& d, LoadPoint& into);
RequestRow decodeRequest(Decoder& d);
TimeSeries decodeSeries(Decoder& d);
Warning decodeWarning(Decoder& d);
Ready decodeReady(Decoder& d);
Recognised decodeRecognised(Decoder& d);
End decodeEnd(Decoder& d);

struct Frame {
    Type type;
    std::uint32_t file; ///< the job's number of the file
    std::string_view payload; ///< valid during the call
};

inline constexpr std::size_t headerBytes = 9;
/// The header of a frame: payload length, type, file.
std::string header(Type type, std::uint32_t file, std::size_t payloadBytes);

/// Cuts a stream of bytes into frames. An error means that the child lies: stop reading it.
class FrameReader {
public:
    /// Space for the next bytes of the stream.
    std::span<char> space();
    Result<void> arrived(std::size_t bytes, const std::function<Result<void>(const Frame&)>& each);
    /// True when the stream ended within a frame.
    bool insideFrame() const { return m_end > m_begin; }

private:
    std::vector<char> m_buffer = std::vector<char>(read::windowOf(256u << 10));
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
};

} // namespace prism::protocol
