// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/errors.h"
#include "core/read/node.h"
#include "core/read/text_buffer.h"

#include <yaml.h>

#include <optional>
#include <stop_token>
#include <string>

namespace prism::read {

/// One event of a YAML text, with values of ours instead of libyaml's.
struct YamlEvent {
    enum class Type { BeginObject, BeginArray, End, Scalar, Alias, BeginDocument, EndDocument, EndStream };

    Type type = Type::Scalar;
    Kind kind = Kind::Null; ///< of a scalar
    std::string text; ///< of a scalar; name of an alias
    std::string anchor;
    Place place;
    std::uint64_t endByte = 0; ///< behind a scalar, or behind the bracket of an End
};

/// Pulls events out of a text that is never in memory as a whole. libyaml counts characters; the bytes that
/// it was given and no event has passed yet are kept beside it to make places in bytes of that.
class YamlEvents {
public:
    YamlEvents(TextBuffer& text, const Budgets& budgets, std::stop_token stop);
    ~YamlEvents();
    YamlEvents(const YamlEvents&) = delete;
    YamlEvents& operator=(const YamlEvents&) = delete;

    /// The next event; valid until the next call.
    Result<const YamlEvent*> next();
    /// After an error: whether it was met where the text ends.
    bool failedAtEnd() const { return m_failedAtEnd; }

private:
    static int readMore(void* self, unsigned char* buffer, std::size_t size, std::size_t* got);
    void convert(const yaml_event_t& event);
    TextCursor moveTo(const yaml_mark_t& mark);
    Error failure();

    TextBuffer& m_text;
    const Budgets m_budgets;
    std::stop_token m_stop;
    yaml_parser_t m_parser {};
    YamlEvent m_event;
    TextCursor m_cursor; ///< of the last event
    std::uint64_t m_characters = 0; ///< before the cursor, as libyaml counts them
    std::uint64_t m_given = 0; ///< bytes that libyaml has
    std::optional<Error> m_error; ///< of the reading
    bool m_failedAtEnd = false;
};

} // namespace prism::read
