// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/body_reader.h"

#include <algorithm>
#include <numeric>

namespace prism::probes::http {

namespace {
constexpr std::size_t mostKept = 1024;
constexpr std::size_t longestName = 8; // of a field
constexpr std::size_t longestEvent = 64;
} // namespace

std::uint32_t EventCounts::all() const
{
    return std::accumulate(byClass.begin(), byClass.end(), 0u);
}

void BodyReader::wipe(std::string& text)
{
    std::fill(text.begin(), text.end(), '\0');
    text.clear();
}

void BodyReader::start(Format format)
{
    wipe(m_data);
    std::string().swap(m_data); // an idle connection holds no buffer
    m_name.clear();
    m_event.clear();
    *this = BodyReader();
    m_format = format;
}

void BodyReader::append(std::string& to, std::string_view text, std::size_t most)
{
    const std::size_t room = most - std::min(most, to.size());
    to.append(text.substr(0, room));
    m_cut = m_cut || (&to == &m_data && text.size() > room);
}

void BodyReader::content(Bytes bytes)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    switch (m_format) {
    case Format::Opaque:
        return;
    case Format::EventStream:
        return eventStream(text);
    case Format::JsonLines:
        return jsonLines(text);
    case Format::Json:
        return document(text);
    }
}

void BodyReader::gap(std::uint64_t bytes)
{
    if (bytes == 0 || m_format == Format::Opaque) {
        return;
    }
    if (m_format == Format::Json) {
        lookForUsage();
        wipe(m_data);
        return;
    }
    m_unseen = m_cut = true;
    m_hasOther = true; // whatever ends next has begun at the latest in here
    m_lineKnown = m_afterCarriageReturn = false;
    m_place = Place::Unknown;
}

void BodyReader::eventBegins()
{
    wipe(m_data);
    wipe(m_event);
    m_name.clear();
    m_hasData = m_hasOther = m_cut = m_afterCarriageReturn = false;
    m_place = Place::Name;
    m_lineEmpty = m_lineKnown = true;
}

void BodyReader::end()
{
    if (m_format == Format::Json) {
        lookForUsage();
    } else if (m_format == Format::JsonLines) {
        if (!m_data.empty() || m_hasOther) {
            eventEnded();
        }
    } else if (m_format == Format::EventStream) {
        if (m_lineKnown && !m_lineEmpty) {
            lineEnded();
        }
        if (m_hasData) {
            eventEnded();
        }
    }
    wipe(m_data);
    wipe(m_event);
}

void BodyReader::eventStream(std::string_view text)
{
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '\n' && m_afterCarriageReturn) {
            m_afterCarriageReturn = false;
            ++at;
            continue;
        }
        m_afterCarriageReturn = c == '\r';
        if (c == '\n' || c == '\r') {
            lineEnded();
            ++at;
            continue;
        }
        m_lineEmpty = false;
        if (m_place == Place::Name) {
            if (c == ':') {
                nameEnded(true);
            } else if (m_name.size() < longestName) {
                m_name.push_back(c);
            }
            ++at;
        } else if (m_place == Place::SpaceMaybe) {
            m_place = Place::Value;
            at += c == ' ' ? 1 : 0;
        } else {
            const auto end = std::min(text.find_first_of("\r\n", at), text.size());
            if (m_place == Place::Value && m_field == Field::Data && !m_cut) {
                append(m_data, text.substr(at, end - at), mostKept);
            } else if (m_place == Place::Value && m_field == Field::Event) {
                append(m_event, text.substr(at, end - at), longestEvent);
            }
            at = end;
        }
    }
}

void BodyReader::nameEnded(bool colon)
{
    m_field = m_name == "data"    ? Field::Data
        : m_name == "event"       ? Field::Event
        : m_name.empty() && colon ? Field::Comment
                                  : Field::Other;
    if (m_field == Field::Data) {
        if (m_hasData && !m_cut) {
            append(m_data, "\n", mostKept);
        }
        m_hasData = true;
    } else {
        m_hasOther = true;
    }
    if (m_field == Field::Event) {
        m_event.clear();
    }
    m_name.clear();
    m_place = Place::SpaceMaybe;
}

void BodyReader::lineEnded()
{
    if (m_lineKnown && m_lineEmpty) {
        if (m_hasData || m_hasOther) {
            eventEnded();
        }
    } else if (m_lineKnown && m_place == Place::Name) {
        nameEnded(false);
    }
    m_place = Place::Name;
    m_field = Field::None;
    m_lineEmpty = m_lineKnown = true;
}

void BodyReader::jsonLines(std::string_view text)
{
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (!m_cut) {
            append(m_data, text.substr(0, end), mostKept);
        }
        if (end == std::string_view::npos) {
            return;
        }
        text.remove_prefix(end + 1);
        if (m_data.find_first_not_of(" \t\r") != std::string::npos || m_hasOther) {
            m_hasData = true;
            eventEnded();
        }
        wipe(m_data);
        m_cut = m_hasOther = false;
    }
}

void BodyReader::document(std::string_view text)
{
    constexpr std::size_t step = mostKept / 2;
    while (!text.empty()) {
        if (m_data.size() == mostKept) {
            lookForUsage();
            m_data.erase(0, step);
        }
        const auto part = text.substr(0, mostKept - m_data.size());
        m_data.append(part);
        text.remove_prefix(part.size());
    }
}

void BodyReader::lookForUsage()
{
    m_usage.take(usageWithin(m_data));
}

void BodyReader::countEvent(EventClass kind)
{
    auto& count = m_counts.byClass[static_cast<std::size_t>(kind)];
    count = static_cast<std::uint16_t>(std::min(count + 1, 0xffff));
}

void BodyReader::eventEnded()
{
    EventFacts facts;
    if (m_hasData || (m_format == Format::JsonLines && !m_data.empty())) {
        facts = classifyEvent(m_event, m_data, m_cut);
    }
    m_usage.take(facts.usage);
    m_usageNews = m_usageNews || facts.usage.known != 0;
    m_failed = m_failed || facts.error;
    m_id = m_id != 0 ? m_id : facts.id;
    countEvent(facts.kind);
    wipe(m_data);
    wipe(m_event);
    m_hasData = m_hasOther = m_cut = false;
}

EventCounts BodyReader::takeCounts()
{
    const EventCounts counts = m_counts;
    m_counts = {};
    return counts;
}

bool BodyReader::takeUsageNews()
{
    const bool news = m_usageNews;
    m_usageNews = false;
    return news;
}

std::uint64_t BodyReader::takeId()
{
    const std::uint64_t id = m_idTaken ? 0 : m_id;
    m_idTaken = m_idTaken || id != 0;
    return id;
}

bool BodyReader::takeUnseen()
{
    const bool unseen = m_unseen;
    m_unseen = false;
    return unseen;
}

bool beginsEvent(Bytes content, BodyReader::Format format)
{
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (format == BodyReader::Format::JsonLines) {
        return text.starts_with("{\"");
    }
    return format == BodyReader::Format::EventStream
        && (text.starts_with("data:") || text.starts_with("event:") || text.starts_with("id:")
            || text.starts_with(": "));
}

} // namespace prism::probes::http
