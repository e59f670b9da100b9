// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/json_filter.h"
#include "core/read/text_buffer.h"
#include "core/read/tree_builder.h"

#include <boost/json/basic_parser_impl.hpp>

#include <string>

namespace prism::read {

/// What every handler of Boost's parser has to declare. Our own budgets are checked in the events.
struct JsonHandlerLimits {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
};

/// Hands Boost's events to a TreeBuilder, with the place of each value.
///
/// Boost does not tell where it is. But the bytes between two tokens are only blanks, commas and colons, so
/// a cursor that follows from token to token finds each start exactly, brackets included, and meets every
/// line end on its way: strings cannot hold one. Numbers and words never reach the parser in two parts (the
/// filter sees to that); the end of a string with escapes is looked for in the bytes.
class JsonEvents : public JsonHandlerLimits {
public:
    using Code = boost::json::error_code;
    using Text = boost::json::string_view;

    JsonEvents(TreeBuilder& builder, JsonFilter& filter, const Budgets& budgets)
        : m_builder(builder)
        , m_filter(filter)
        , m_budgets(budgets)
    {
    }

    void beginDocument(const TextCursor& start);
    void beginChunk(const char* data, std::uint64_t offset, std::size_t size);
    /// After the parser took the whole chunk.
    void endChunk();
    /// Counts what the filter changed before the end of the document.
    void endDocument() { takeFixups(m_cursor.offset); }

    bool complete() const { return m_complete; } ///< the root is closed; the parser was stopped there
    std::uint64_t scalars() const { return m_scalars; }
    const TextCursor& cursor() const { return m_cursor; } ///< behind the last token
    std::uint64_t nonFinite() const { return m_nonFinite; }
    std::uint64_t nulCharacters() const { return m_nulCharacters; }

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code& code) { return begin(m_builder.beginObject(tokenPlace()), code); }
    bool on_array_begin(Code& code) { return begin(m_builder.beginArray(tokenPlace()), code); }
    bool on_object_end(std::size_t, Code& code) { return end(code); }
    bool on_array_end(std::size_t, Code& code) { return end(code); }
    bool on_key_part(Text text, std::size_t total, Code& code) { return part(text, total, true, code); }
    bool on_key(Text text, std::size_t total, Code& code);
    bool on_string_part(Text text, std::size_t total, Code& code) { return part(text, total, false, code); }
    bool on_string(Text text, std::size_t total, Code& code);
    bool on_number_part(Text, Code&) { return m_numberCut = true; }
    bool on_int64(std::int64_t, Text text, Code& code) { return number(text, code); }
    bool on_uint64(std::uint64_t, Text text, Code& code) { return number(text, code); }
    bool on_double(double, Text text, Code& code) { return number(text, code); }
    bool on_bool(bool value, Code& code) { return word(Kind::Bool, value ? "true" : "false", code); }
    bool on_null(Code& code) { return word(Kind::Null, "null", code); }
    bool on_comment_part(Text, Code& code) { return check(false, code); }
    bool on_comment(Text, Code& code) { return check(false, code); }

private:
    static bool check(bool fine, Code& code)
    {
        if (!fine) {
            code = boost::json::error::incomplete;
        }
        return fine;
    }
    bool begin(bool fine, Code& code);
    bool end(Code& code);
    bool number(Text text, Code& code);
    bool word(Kind kind, std::string_view text, Code& code);
    bool part(Text text, std::size_t total, bool isKey, Code& code);
    bool withinBudget(std::size_t total, bool isKey);
    std::string_view whole(Text text);
    void skipGap();
    Place tokenPlace();
    void moveBehindString(Text text, std::uint64_t start);
    void forgetParts();
    void takeFixups(std::uint64_t before);

    TreeBuilder& m_builder;
    JsonFilter& m_filter;
    const Budgets& m_budgets;
    const char* m_data = nullptr;
    std::uint64_t m_dataOffset = 0;
    std::size_t m_dataSize = 0;
    TextCursor m_cursor;
    bool m_tokenBegun = false; ///< a string began before this chunk, or some of it came already
    Place m_tokenPlace;
    bool m_numberCut = false; ///< by the end of the text, or it is longer than any number
    bool m_hasPart = false;
    bool m_keepPart = false;
    std::string m_part;
    std::uint64_t m_nextFixup = 0;
    std::size_t m_depth = 0;
    bool m_complete = false;
    std::uint64_t m_scalars = 0;
    std::uint64_t m_nonFinite = 0;
    std::uint64_t m_nulCharacters = 0;
};

} // namespace prism::read
