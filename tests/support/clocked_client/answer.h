// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// One HTTP/1.1 answer as a client that sees every byte reads it. It shares no code with the observer, which
/// sees prefixes only: two readers that are wrong in the same way would agree.
namespace prism::test {

class Answer {
public:
    /// Takes bytes that one read returned at `stampNs`; gives back how many of them belong to this answer
    /// (with pipelining the rest begins the next one).
    std::size_t take(std::string_view bytes, std::int64_t stampNs);
    /// The connection was closed by the server: ends an answer without a length.
    void closed();

    bool complete() const { return m_state == State::Done; }
    /// An interim 100 has come and the final answer has not begun.
    bool continued() const { return m_continued; }
    /// The header of the final answer has come.
    bool begun() const { return m_state != State::Header; }

    int status = 0;
    bool streamed = false;
    bool chunked = false;
    bool closes = false; ///< the server announces that it closes
    std::uint64_t bytes = 0; ///< on the wire, interim answers included
    std::int64_t firstByteNs = 0; ///< of the final answer
    std::int64_t firstBodyNs = 0;
    std::int64_t endNs = 0; ///< of the last byte so far
    std::vector<std::int64_t> eventNs; ///< when the last byte of each server-sent event was read
    std::vector<std::string> events; ///< their data
    std::string body; ///< of an answer that is no event stream; at most its first 64 KiB

private:
    enum class State { Header, Length, ChunkSize, ChunkData, ChunkEnd, Trailer, UntilClose, Done };

    std::size_t takeHeader(std::string_view bytes, std::int64_t stampNs);
    void readHeader();
    void takeBody(std::string_view bytes, std::int64_t stampNs);
    void takeLine(std::string_view bytes, std::size_t& used);
    void endLine(std::int64_t stampNs);

    State m_state = State::Header;
    bool m_continued = false;
    std::string m_header;
    std::string m_line; ///< chunk size or trailer line
    std::uint64_t m_left = 0;
    std::string m_eventLine;
    std::string m_data;
    bool m_hasData = false;
};

/// What an event of an OpenAI-like stream carries, one letter: r role alone, t generated text (also reasoning
/// and tool calls), e token without text, f finish alone, u usage, d [DONE], o anything else.
char eventClass(const std::string& data);
/// completion_tokens of a usage event or of a plain JSON answer; -1 when it has none.
std::int64_t completionTokens(const std::string& data);

} // namespace prism::test
