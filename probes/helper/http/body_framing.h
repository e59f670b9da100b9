// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace prism::probes::http {

using Bytes = std::span<const std::uint8_t>;

/// Finds the end of an HTTP/1.1 message body (RFC 9112 section 6) in bytes of which some were seen and of
/// others only the number is known. Where an unseen run may hold a chunk header the framing is Lost: only
/// resynchronise() leads out of that.
class BodyFraming {
public:
    enum class State : std::uint8_t {
        Within,
        Done,
        Lost, ///< where the next chunk begins is not known
        Malformed, ///< the sender broke the rules
    };

    static BodyFraming none() { return BodyFraming(Kind::Length, 0); }
    static BodyFraming length(std::uint64_t bytes) { return BodyFraming(Kind::Length, bytes); }
    static BodyFraming chunked() { return BodyFraming(Kind::Chunked, 0); }
    static BodyFraming untilClose() { return BodyFraming(Kind::UntilClose, 0); }
    /// A chunked body that is met in its middle.
    static BodyFraming lostChunked();
    /// A body whose header was not seen to its end.
    static BodyFraming unknown();

    State state() const { return m_state; }
    bool isChunked() const { return m_kind == Kind::Chunked; }
    bool endsWithConnection() const { return m_kind == Kind::UntilClose; }

    struct Step {
        std::size_t taken = 0; ///< bytes of the input that belong to this body; 0 only when not Within
        Bytes content {}; ///< the part of them that is content, not framing
    };
    /// Takes a first part of seen bytes. Call again with the rest while Within.
    Step take(Bytes bytes);

    struct Skip {
        std::uint64_t taken = 0; ///< less than asked: the body ended, or the framing is lost from there
        std::uint64_t content = 0;
    };
    Skip skip(std::uint64_t bytes);

    /// Lost, and a write begins: certain that it begins with a chunk? That is when it starts with a chunk
    /// header whose chunk ends, with its CRLF, inside the seen bytes of the same write, or when it is the
    /// last chunk. `tail` holds the last bytes of the `total` ones, `prefix` the first. On true the state is
    /// Within.
    bool resynchronise(Bytes prefix, Bytes tail, std::uint64_t total);
    /// Lost, and a write ended in an unseen run: do its last bytes end the body? Only for content that cannot
    /// hold `\r\n0\r\n\r\n` itself.
    bool endsIn(Bytes tail);
    void lose() { m_state = State::Lost; }

private:
    enum class Kind : std::uint8_t { Length, Chunked, UntilClose };
    enum class Place : std::uint8_t {
        Size, ///< before the first digit
        Digits,
        Extension,
        SizeEnd, ///< the LF of the size line
        Data,
        DataEnd, ///< the CR behind the data
        DataLineEnd, ///< and its LF
        TrailerStart,
        Trailer,
        LastLineEnd, ///< the LF of the empty line that ends the body
    };

    BodyFraming(Kind kind, std::uint64_t remaining)
        : m_kind(kind)
        , m_state(kind == Kind::Length && remaining == 0 ? State::Done : State::Within)
        , m_remaining(remaining)
    {
    }
    void frame(std::uint8_t byte);
    void sizeLineEnded();

    Kind m_kind;
    State m_state;
    Place m_place = Place::Size;
    std::uint8_t m_digits = 0;
    bool m_tentative = false; ///< resynchronised on a last chunk whose empty line is still to come
    std::uint64_t m_remaining; ///< of the body, or of the chunk
};

/// Content of the chunk with which these bytes begin; empty where they begin with none.
Bytes contentOfChunk(Bytes bytes);

} // namespace prism::probes::http
