// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/body_framing.h"

#include <algorithm>
#include <array>

namespace prism::probes::http {

namespace {
/// Value of a hexadecimal digit, or -1.
int hexValue(std::uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    const auto lower = static_cast<std::uint8_t>(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The bytes [at, at + 2) of a write are CRLF, and both were seen.
bool seenLineEnd(Bytes prefix, Bytes tail, std::uint64_t total, std::uint64_t at)
{
    const auto byteAt = [&](std::uint64_t i) -> int {
        if (i < prefix.size()) {
            return prefix[i];
        }
        return i >= total - tail.size() && i < total ? tail[i - (total - tail.size())] : -1;
    };
    return byteAt(at) == '\r' && byteAt(at + 1) == '\n';
}
} // namespace

BodyFraming BodyFraming::lostChunked()
{
    BodyFraming framing = chunked();
    framing.m_state = State::Lost;
    return framing;
}

BodyFraming BodyFraming::unknown()
{
    BodyFraming framing = untilClose();
    framing.m_state = State::Lost;
    return framing;
}

BodyFraming::Step BodyFraming::take(Bytes bytes)
{
    if (m_state != State::Within || bytes.empty()) {
        return {};
    }
    if (m_kind == Kind::UntilClose) {
        return { bytes.size(), bytes };
    }
    if (m_kind == Kind::Length || m_place == Place::Data) {
        const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(m_remaining, bytes.size()));
        m_remaining -= taken;
        if (m_remaining == 0) {
            if (m_kind == Kind::Length) {
                m_state = State::Done;
            } else {
                m_place = Place::DataEnd;
            }
        }
        return { taken, bytes.first(taken) };
    }
    std::size_t taken = 0;
    while (taken < bytes.size() && m_state == State::Within && m_place != Place::Data) {
        frame(bytes[taken++]);
    }
    return { taken, {} };
}

void BodyFraming::sizeLineEnded()
{
    m_place = m_remaining == 0 ? Place::TrailerStart : Place::Data;
    m_digits = 0;
}

void BodyFraming::frame(std::uint8_t byte)
{
    constexpr std::uint8_t mostDigits = 16; // a size of 2^64 and more cannot be meant
    switch (m_place) {
    case Place::Size:
    case Place::Digits:
        if (const int value = hexValue(byte); value >= 0) {
            // Leading zeros are allowed but not without end.
            m_state = ++m_digits > mostDigits ? State::Malformed : m_state;
            m_remaining = (m_place == Place::Size ? 0 : m_remaining << 4) | static_cast<unsigned>(value);
            m_place = Place::Digits;
        } else if (m_place == Place::Size) {
            m_state = State::Malformed;
        } else if (byte == '\r') {
            m_place = Place::SizeEnd;
        } else if (byte == ';' || byte == ' ' || byte == '\t') {
            m_place = Place::Extension;
        } else {
            m_state = State::Malformed;
        }
        return;
    case Place::Extension:
        m_place = byte == '\r' ? Place::SizeEnd : Place::Extension;
        return;
    case Place::SizeEnd:
        if (byte == '\n') {
            sizeLineEnded();
        } else {
            m_state = State::Malformed;
        }
        return;
    case Place::DataEnd:
        m_place = Place::DataLineEnd;
        m_state = byte == '\r' ? m_state : State::Malformed;
        return;
    case Place::DataLineEnd:
        m_place = Place::Size;
        m_state = byte == '\n' ? m_state : State::Malformed;
        return;
    case Place::TrailerStart:
        if (m_tentative && byte != '\r') {
            m_state = State::Lost;
        }
        m_place = byte == '\r' ? Place::LastLineEnd : Place::Trailer;
        return;
    case Place::Trailer:
        m_place = byte == '\n' ? Place::TrailerStart : Place::Trailer;
        return;
    case Place::LastLineEnd:
        m_state = byte == '\n' ? State::Done : State::Malformed;
        return;
    case Place::Data:
        return;
    }
}

BodyFraming::Skip BodyFraming::skip(std::uint64_t bytes)
{
    Skip skip;
    if (m_state != State::Within) {
        return skip;
    }
    if (m_kind == Kind::UntilClose) {
        return { bytes, bytes };
    }
    if (m_kind == Kind::Length || m_place == Place::Data) {
        skip.taken = skip.content = std::min(m_remaining, bytes);
        m_remaining -= skip.taken;
        if (m_remaining == 0 && m_kind == Kind::Length) {
            m_state = State::Done;
            return skip;
        }
        m_place = m_remaining == 0 ? Place::DataEnd : m_place;
    }
    // The line end behind the data can be nothing else: two unseen bytes there lose nothing.
    while (skip.taken < bytes && (m_place == Place::DataEnd || m_place == Place::DataLineEnd)) {
        frame(m_place == Place::DataEnd ? '\r' : '\n');
        ++skip.taken;
    }
    if (skip.taken < bytes) {
        m_state = State::Lost;
    }
    return skip;
}

bool BodyFraming::resynchronise(Bytes prefix, Bytes tail, std::uint64_t total)
{
    if (m_state != State::Lost || m_kind != Kind::Chunked) {
        return false;
    }
    BodyFraming trial = chunked();
    std::size_t at = 0;
    while (at < prefix.size() && trial.m_state == State::Within && trial.m_place != Place::Data
        && trial.m_place != Place::TrailerStart) {
        trial.frame(prefix[at++]);
    }
    if (trial.m_state != State::Within) {
        return false;
    }
    if (trial.m_place == Place::TrailerStart) {
        // "0\r\n" and no more, or the whole end.
        const bool whole = total == at + 2 && seenLineEnd(prefix, tail, total, at);
        if (total != at && !whole) {
            return false;
        }
        *this = chunked();
        m_tentative = true;
        return true;
    }
    if (trial.m_place != Place::Data || trial.m_remaining > total - at
        || !seenLineEnd(prefix, tail, total, at + trial.m_remaining)) {
        return false;
    }
    *this = chunked();
    return true;
}

bool BodyFraming::endsIn(Bytes tail)
{
    static constexpr std::array<std::uint8_t, 7> end { '\r', '\n', '0', '\r', '\n', '\r', '\n' };
    if (m_state != State::Lost || tail.size() < end.size()
        || !std::equal(end.begin(), end.end(), tail.end() - end.size())) {
        return false;
    }
    m_state = State::Done;
    return true;
}

Bytes contentOfChunk(Bytes bytes)
{
    BodyFraming framing = BodyFraming::chunked();
    const auto head = framing.take(bytes);
    const auto data = framing.take(bytes.subspan(head.taken));
    return data.content;
}

} // namespace prism::probes::http
