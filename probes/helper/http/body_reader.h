// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/body_framing.h"
#include "probes/helper/http/event_class.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace prism::probes::http {

/// Events whose last byte has passed, by class.
struct EventCounts {
    std::array<std::uint16_t, 7> byClass {}; ///< index: EventClass

    std::uint32_t all() const;
    std::uint32_t tokens() const { return (*this)[EventClass::Text] + (*this)[EventClass::Empty]; }
    std::uint16_t operator[](EventClass kind) const { return byClass[static_cast<std::size_t>(kind)]; }
};

/// Looks at the content of an answer's body as it passes: counts and classifies the events of a stream, takes
/// the token counts that the server tells. Keeps at most 1 KiB of one event, wiped once it is classified.
class BodyReader {
public:
    enum class Format : std::uint8_t {
        Opaque, ///< compressed, or of no interest
        EventStream, ///< WHATWG server-sent events: LF, CRLF and CR lines, comments, data over several lines
        JsonLines,
        Json, ///< one document
    };

    /// Begins a body; what was kept of another is wiped.
    void start(Format format);
    void content(Bytes bytes);
    /// Bytes of content that were not seen, and whether whole writes are missing.
    void gap(std::uint64_t bytes);
    /// Behind a gap: the next content begins an event. One before it of which the end was not seen is
    /// dropped.
    void eventBegins();
    /// The body has ended: what stands there without its last line end is taken too.
    void end();

    Format format() const { return m_format; }
    /// What was found since the last call.
    EventCounts takeCounts();
    /// Some content since the last call was not seen: there may have been more events than were counted.
    bool takeUnseen();
    /// Token counts were told since the last call.
    bool takeUsageNews();
    const TokenUsage& usage() const { return m_usage; }
    /// Number of the id by which the events name their answer, once; 0 else.
    std::uint64_t takeId();
    bool failed() const { return m_failed; } ///< an event told that the answer failed

private:
    enum class Place : std::uint8_t { Name, SpaceMaybe, Value, Unknown };
    enum class Field : std::uint8_t { None, Data, Event, Comment, Other };

    void eventStream(std::string_view text);
    void jsonLines(std::string_view text);
    void document(std::string_view text);
    void lineEnded();
    void nameEnded(bool colon);
    void append(std::string& to, std::string_view text, std::size_t most);
    void eventEnded();
    void countEvent(EventClass kind);
    void lookForUsage();
    void wipe(std::string& text);

    Format m_format = Format::Opaque;
    Place m_place = Place::Name;
    Field m_field = Field::None;
    bool m_afterCarriageReturn = false;
    bool m_lineEmpty = true; ///< only meaningful when m_lineKnown
    bool m_lineKnown = true; ///< the line's start was seen
    bool m_hasData = false; ///< of the event
    bool m_hasOther = false; ///< of the event: a comment or a field that is no data
    bool m_cut = false; ///< of the event: a part of its data is not kept
    bool m_unseen = false;
    bool m_failed = false;
    bool m_usageNews = false;
    EventCounts m_counts;
    TokenUsage m_usage;
    std::uint64_t m_id = 0;
    bool m_idTaken = false;
    std::string m_name; ///< of the field, then unused
    std::string m_event;
    std::string m_data;
};

/// The content begins with an event of such a body.
bool beginsEvent(Bytes content, BodyReader::Format format);

} // namespace prism::probes::http
