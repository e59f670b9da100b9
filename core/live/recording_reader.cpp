// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/recording_reader.h"

#include "core/live/assembly.h"
#include "core/live/limits.h"
#include "core/live/messages.h"

#include <array>
#include <charconv>
#include <cstring>

namespace prism::live {

namespace {

/// Takes {u32 length, bytes} off the front; empty when there is none left or it does not fit.
std::optional<std::span<const std::byte>> part(std::span<const std::byte>& rest)
{
    std::uint32_t length = 0;
    if (rest.size() < sizeof length) {
        return std::nullopt;
    }
    std::memcpy(&length, rest.data(), sizeof length);
    if (length > rest.size() - sizeof length) {
        return std::nullopt;
    }
    const auto out = rest.subspan(sizeof length, length);
    rest = rest.subspan(sizeof length + length);
    return out;
}

struct Facts {
    std::string helper, where, text;
    TargetNumber target = 0;
    Mark mark;
    std::vector<SloLimit> limits;
};

constexpr std::size_t mostLimits = 32; ///< Request::broken has a bit each

Facts readFacts(std::span<const std::byte> raw)
{
    Facts facts;
    wire::FieldWalk walk(raw);
    while (const auto field = walk.next()) {
        switch (static_cast<RecordingKey>(field->key)) {
        case RecordingKey::Helper:
            facts.helper = field->text;
            break;
        case RecordingKey::Where:
            facts.where = field->text;
            break;
        case RecordingKey::Target:
            facts.target = static_cast<TargetNumber>(field->integer);
            break;
        case RecordingKey::Id:
            facts.mark.id = field->integer;
            break;
        case RecordingKey::At:
            facts.mark.at = instant(field->integer);
            break;
        case RecordingKey::Until:
            facts.mark.until = instant(field->integer);
            break;
        case RecordingKey::Text:
            facts.mark.text = field->text;
            break;
        case RecordingKey::Limit:
            if (const auto limit = limitFromText(std::string(field->text.substr(0, 128)));
                limit && facts.limits.size() < mostLimits) {
                facts.limits.push_back(*limit);
            }
            break;
        }
    }
    return facts;
}

} // namespace

Result<std::unique_ptr<RecordingReader>> RecordingReader::open(
    std::unique_ptr<read::ByteSource> source, std::string name)
{
    std::unique_ptr<RecordingReader> reader(new RecordingReader(std::move(source), std::move(name)));
    std::array<std::byte, recordingHeadBytes> head {};
    const std::size_t size = reader->fill(head);
    const std::string_view text(reinterpret_cast<const char*>(head.data()), size);
    if (size < head.size() || !text.starts_with(recordingMagic)) {
        return Error { reader->m_name, {}, "this is no recording of a live session",
            "Choose a .prismlive file" };
    }
    int version = 0;
    (void)std::from_chars(text.data() + recordingMagic.size(), text.data() + text.size(), version);
    if (version != recordingVersion) {
        return Error { reader->m_name, {},
            "the recording has version " + std::to_string(version) + ", this program reads version "
                + std::to_string(recordingVersion),
            "Open it with the Prism that recorded it" };
    }
    return reader;
}

std::size_t RecordingReader::fill(std::span<std::byte> to)
{
    std::size_t filled = 0;
    while (filled < to.size()) {
        const auto more = m_source->read({ reinterpret_cast<char*>(to.data()) + filled, to.size() - filled });
        if (!more) {
            m_problem = more.error().text();
            break;
        }
        if (*more == 0) {
            break;
        }
        filled += *more;
    }
    m_at += filled;
    return filled;
}

bool RecordingReader::damaged(const std::string& what)
{
    if (m_problem.empty()) {
        m_problem = what + " at byte " + std::to_string(m_block) + " of " + m_name
            + "; what stands before it was played";
    }
    return false;
}

bool RecordingReader::next(RecordingHandler& handler)
{
    if (m_closed || !m_problem.empty()) {
        return false;
    }
    m_block = m_at;
    BlockHead head {};
    const std::size_t size = fill(std::as_writable_bytes(std::span(&head, 1)));
    if (size == 0) {
        return damaged("The recording was not ended in good order: it stops");
    }
    if (size < sizeof head) {
        return damaged("The recording is cut off");
    }
    if (head.magic != blockMagic || head.stored > mostBlockBytes) {
        return damaged("The recording is altered");
    }
    std::vector<std::byte> stored(head.stored);
    if (fill(stored) < stored.size()) {
        return damaged("The recording is cut off");
    }
    const auto raw = unpack(head, stored);
    if (!raw) {
        return damaged("The recording is altered");
    }
    if (!hand(static_cast<BlockKind>(head.kind), *raw, { head.lastNs }, handler)) {
        return damaged("The recording holds what no recording holds");
    }
    return !m_closed;
}

bool RecordingReader::hand(
    BlockKind kind, std::span<const std::byte> raw, Nanoseconds last, RecordingHandler& handler)
{
    switch (kind) {
    case BlockKind::Records:
    case BlockKind::Known:
        while (!raw.empty()) {
            const auto payload = part(raw);
            if (!payload) {
                return false;
            }
            if (kind == BlockKind::Known) {
                handler.known(*payload);
            } else if (!handler.records(*payload, last)) {
                return false;
            }
        }
        return true;
    case BlockKind::Target: {
        const auto server = part(raw);
        const auto attach = part(raw);
        if (!server || !attach) {
            return false;
        }
        Target target = readTarget(*attach);
        target.server = readServer(*server);
        handler.target(target);
        return true;
    }
    case BlockKind::Detached:
        handler.detached(readFacts(raw).target);
        return true;
    case BlockKind::Mark:
        handler.mark(readFacts(raw).mark);
        return true;
    case BlockKind::Limits:
        handler.limits(readFacts(raw).limits);
        return true;
    case BlockKind::Session: {
        const Facts facts = readFacts(raw);
        handler.session(facts.helper, facts.where);
        return true;
    }
    case BlockKind::Closed:
        m_closed = true;
        return true;
    }
    return true; // of a later version
}

} // namespace prism::live
