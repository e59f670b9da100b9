// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/yaml_events.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <new>

namespace prism::read {

namespace {

using Type = YamlEvent::Type;

std::string_view textOf(const yaml_char_t* text)
{
    return text ? reinterpret_cast<const char*>(text) : "";
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool isNonFinite(std::string_view text)
{
    const bool sign = !text.empty() && (text.front() == '-' || text.front() == '+');
    const std::string_view word = text.substr(sign ? 1 : 0);
    return isOneOf(word, { ".inf", ".Inf", ".INF" }) || isOneOf(text, { ".nan", ".NaN", ".NAN" });
}

/// What a plain scalar is by YAML 1.2's core schema, without its octal and hexadecimal numbers: "yes" and
/// "no" are texts, as are dates and versions of three parts.
Kind plainKind(std::string_view text)
{
    if (isOneOf(text, { "", "~", "null", "Null", "NULL" })) {
        return Kind::Null;
    }
    if (isOneOf(text, { "true", "True", "TRUE", "false", "False", "FALSE" })) {
        return Kind::Bool;
    }
    return isNonFinite(text) || parseDecimal(text) ? Kind::Number : Kind::String;
}

Kind scalarKind(const yaml_event_t& event)
{
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string_view tag = textOf(scalar.tag);
    if (tag == YAML_STR_TAG || tag == "!") {
        return Kind::String;
    }
    const bool typed = isOneOf(tag, { YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG, YAML_NULL_TAG });
    return typed || scalar.style == YAML_PLAIN_SCALAR_STYLE ? plainKind(text) : Kind::String;
}

} // namespace

YamlEvents::YamlEvents(TextBuffer& text, const Budgets& budgets, std::stop_token stop)
    : m_text(text)
    , m_budgets(budgets)
    , m_stop(std::move(stop))
{
    if (!yaml_parser_initialize(&m_parser)) {
        throw std::bad_alloc();
    }
    yaml_parser_set_encoding(&m_parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&m_parser, &YamlEvents::readMore, this);
}

YamlEvents::~YamlEvents()
{
    yaml_parser_delete(&m_parser);
}

/// libyaml gathers a scalar as a whole before it tells of it, so the bytes since the last event are bounded
/// here.
int YamlEvents::readMore(void* self, unsigned char* buffer, std::size_t size, std::size_t* got)
{
    auto& events = *static_cast<YamlEvents*>(self);
    if (events.m_stop.stop_requested()) {
        events.m_error = cancelled();
        return 0;
    }
    if (events.m_given - events.m_cursor.offset > events.m_budgets.stringBytes + (1u << 20)) {
        events.m_error = overBudget(
            "a text longer than " + sizeText(events.m_budgets.stringBytes), events.m_cursor.place().text());
        return 0;
    }
    events.m_text.release(events.m_cursor.offset);
    if (auto wanted = events.m_text.want(events.m_given, 1); !wanted) {
        events.m_error = wanted.error();
        return 0;
    }
    *got = std::min(size, events.m_text.left(events.m_given));
    if (*got > 0) {
        std::memcpy(buffer, events.m_text.at(events.m_given), *got);
    }
    events.m_given += *got;
    return 1;
}

/// Marks of events never go back; one that did would get the place of the event before it.
TextCursor YamlEvents::moveTo(const yaml_mark_t& mark)
{
    TextCursor at = m_cursor;
    std::uint64_t characters = m_characters;
    while (characters < mark.index && at.offset < m_given) {
        const char c = *m_text.at(at.offset);
        if (c == '\n') {
            at.nextLine();
        } else {
            ++at.offset;
            while (
                at.offset < m_given && (static_cast<unsigned char>(*m_text.at(at.offset)) & 0xC0) == 0x80) {
                ++at.offset;
            }
        }
        ++characters;
    }
    return at;
}

Result<const YamlEvent*> YamlEvents::next()
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&m_parser, &event)) {
            return failure();
        }
        const bool ignored = event.type == YAML_STREAM_START_EVENT || event.type == YAML_NO_EVENT;
        if (!ignored) {
            convert(event);
        }
        yaml_event_delete(&event);
        if (!ignored) {
            return &m_event;
        }
    }
}

void YamlEvents::convert(const yaml_event_t& event)
{
    m_cursor = moveTo(event.start_mark);
    m_characters = std::max<std::uint64_t>(m_characters, event.start_mark.index);
    m_event.place = m_cursor.place();
    m_event.anchor.clear();
    m_event.text.clear();
    m_event.endByte = moveTo(event.end_mark).offset;
    switch (event.type) {
    case YAML_SCALAR_EVENT:
        m_event.type = Type::Scalar;
        m_event.kind = scalarKind(event);
        m_event.text.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
        m_event.anchor = textOf(event.data.scalar.anchor);
        break;
    case YAML_SEQUENCE_START_EVENT:
        m_event.type = Type::BeginArray;
        m_event.anchor = textOf(event.data.sequence_start.anchor);
        break;
    case YAML_MAPPING_START_EVENT:
        m_event.type = Type::BeginObject;
        m_event.anchor = textOf(event.data.mapping_start.anchor);
        break;
    case YAML_ALIAS_EVENT:
        m_event.type = Type::Alias;
        m_event.text = textOf(event.data.alias.anchor);
        break;
    case YAML_DOCUMENT_START_EVENT:
        m_event.type = Type::BeginDocument;
        break;
    case YAML_DOCUMENT_END_EVENT:
        m_event.type = Type::EndDocument;
        break;
    case YAML_STREAM_END_EVENT:
        m_event.type = Type::EndStream;
        break;
    default:
        m_event.type = Type::End;
        break;
    }
}

Error YamlEvents::failure()
{
    if (m_error) {
        return *m_error;
    }
    TextCursor at = m_cursor;
    if (m_parser.error != YAML_READER_ERROR) {
        at = moveTo(m_parser.problem_mark);
    } else if (m_parser.problem_offset > at.offset && m_parser.problem_offset <= m_given) {
        at.advance(m_text.at(at.offset), static_cast<std::size_t>(m_parser.problem_offset - at.offset));
    }
    m_failedAtEnd = m_text.ended() && at.offset >= m_text.end();
    std::string reason = "the text is no valid YAML here";
    if (m_parser.problem) {
        reason += std::string(": ") + m_parser.problem;
    }
    return { {}, at.place().text(), reason, "Mend the file at this place, or write it again" };
}

} // namespace prism::read
