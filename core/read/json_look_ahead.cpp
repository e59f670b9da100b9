// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/json_look_ahead.h"

#include "core/read/json_events.h"
#include "core/read/json_filter.h"

#include <algorithm>

namespace prism::read {

namespace {

/// How far a candidate is looked at before it is believed to be a document.
constexpr std::size_t probeSize = 4u << 10;
/// How far a first document with streamed arrays is searched for its end, to know whether others follow.
constexpr std::size_t lookAheadSize = 1u << 20;

/// Looks at a document without keeping it.
struct JsonProbeEvents : JsonHandlerLimits {
    using Code = boost::json::error_code;
    using Text = boost::json::string_view;

    std::size_t depth = 0;
    bool complete = false; ///< the root is closed; the parser was stopped there
    bool sawObject = false;
    bool sawScalar = false;

    bool scalar() { return sawScalar = true; }
    bool end(Code& code)
    {
        complete = --depth == 0;
        if (complete) {
            code = boost::json::error::incomplete;
        }
        return !complete;
    }
    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return ++depth, sawObject = true; }
    bool on_object_end(std::size_t, Code& code) { return end(code); }
    bool on_array_begin(Code&) { return ++depth, true; }
    bool on_array_end(std::size_t, Code& code) { return end(code); }
    bool on_key_part(Text, std::size_t, Code&) { return true; }
    bool on_key(Text, std::size_t, Code&) { return true; }
    bool on_string_part(Text, std::size_t, Code&) { return true; }
    bool on_string(Text, std::size_t, Code&) { return scalar(); }
    bool on_number_part(Text, Code&) { return true; }
    bool on_int64(std::int64_t, Text, Code&) { return scalar(); }
    bool on_uint64(std::uint64_t, Text, Code&) { return scalar(); }
    bool on_double(double, Text, Code&) { return scalar(); }
    bool on_bool(bool, Code&) { return scalar(); }
    bool on_null(Code&) { return scalar(); }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }
};

} // namespace

boost::json::parse_options jsonOptions(const Budgets& budgets, bool forgiving)
{
    boost::json::parse_options options;
    options.max_depth = budgets.depth;
    options.allow_trailing_commas = forgiving;
    options.allow_invalid_utf8 = true; // the encoding filter replaced what is invalid
    return options;
}

Result<bool> JsonLookAhead::opensDocument(std::uint64_t offset)
{
    constexpr int enough = 16; // of them on one line leave no doubt
    for (int documents = 0; documents < enough; ++documents) {
        const auto found = probe(offset, probeSize);
        if (!found) {
            return found.error();
        }
        if (found->state != Probe::Complete || found->sawObject) {
            return found->state != Probe::Failed;
        }
        offset = found->end;
        char next = ' ';
        while (next == ' ' || next == '\t' || next == '\r') {
            if (auto wanted = m_buffer.want(offset, 1); !wanted) {
                return wanted.error();
            }
            next = m_buffer.left(offset) > 0 ? *m_buffer.at(offset++) : '\n';
        }
        if (next != '{' && next != '[') {
            return next == '\n';
        }
        --offset;
    }
    return true;
}

/// Parses up to `limit` bytes without keeping anything.
Result<JsonLookAhead::Probe> JsonLookAhead::probe(std::uint64_t offset, std::size_t limit)
{
    if (auto wanted = m_buffer.want(offset, limit); !wanted) {
        return wanted.error();
    }
    const std::size_t size = std::min(limit, m_buffer.left(offset));
    const bool last = m_buffer.ended() && size == m_buffer.left(offset);
    JsonFilter filter;
    boost::json::basic_parser<JsonProbeEvents> parser(jsonOptions(m_plan.budgets, m_plan.forgiving));
    boost::json::error_code code;
    const std::size_t ready = filter.run(m_buffer.at(offset), size, offset, last);
    const std::size_t taken = parser.write_some(true, m_buffer.at(offset), ready, code);
    filter.restore(m_buffer.at(offset), offset, offset);
    const JsonProbeEvents& seen = parser.handler();
    // With a value behind its first line it is a document, if a damaged one, by the rule of trackDoubt().
    // No line of a log opens so many brackets.
    const bool tooDeep = code == boost::json::error::too_deep;
    const bool inDoubt = !tooDeep && (!seen.sawScalar || !std::memchr(m_buffer.at(offset), '\n', taken));
    const auto state = seen.complete ? Probe::Complete
        : code && inDoubt            ? Probe::Failed
        : last                       ? Probe::CutOff
                                     : Probe::Open;
    return Probe { state, offset + taken + 1, seen.sawObject };
}

/// Whether a document begins behind `offset`, as far as the buffer tells.
Result<bool> JsonLookAhead::anotherFollows(std::uint64_t offset)
{
    bool inText = false;
    for (const std::uint64_t end = m_buffer.end(); offset < end; ++offset) {
        const char c = *m_buffer.at(offset);
        if (c == '\n') {
            inText = false;
        } else if (!inText && (c == '{' || c == '[')) {
            const auto opens = opensDocument(offset);
            if (!opens || *opens) {
                return opens;
            }
            inText = true;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            inText = true;
        }
    }
    return false;
}

Result<bool> JsonLookAhead::isOneOfSeveral(std::uint64_t offset)
{
    const auto first = probe(offset, lookAheadSize);
    if (!first) {
        return first.error();
    }
    return first->state == Probe::Complete ? anotherFollows(first->end) : Result<bool>(false);
}

} // namespace prism::read
