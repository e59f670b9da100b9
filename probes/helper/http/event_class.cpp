// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/event_class.h"

#include "probes/protocol/id_number.h"

#include "probes/helper/http/json_walk.h"
#include "probes/helper/http/usage_object.h"

#include <array>

namespace prism::probes::http {

namespace {

/// Names of the objects around a value, outermost first; an object within an array goes by the array's name.
class Path {
public:
    void enter(JsonWalk::Kind kind, std::string_view key)
    {
        if (m_depth < m_levels.size()) {
            const std::string_view name = key.empty() && m_depth > 0 ? m_levels[m_depth - 1].name : key;
            m_levels[m_depth] = { name, kind == JsonWalk::Kind::ObjectBegin };
        }
        ++m_depth;
    }
    void leave() { --m_depth; }

    /// The innermost objects, without the outermost, are exactly these.
    template <class... Names>
    bool is(Names... names) const
    {
        const std::array<std::string_view, sizeof...(names)> wanted { names... };
        if (m_depth > m_levels.size()) {
            return false;
        }
        std::size_t matched = 0;
        for (std::size_t i = 1; i < m_depth; ++i) {
            if (m_levels[i].object) {
                if (matched == wanted.size() || m_levels[i].name != wanted[matched]) {
                    return false;
                }
                ++matched;
            }
        }
        return matched == wanted.size() && m_depth > 0;
    }
    bool inArray() const
    {
        return m_depth > 0 && m_depth <= m_levels.size() && !m_levels[m_depth - 1].object;
    }
    std::string_view innermost() const
    {
        return m_depth > 0 && m_depth <= m_levels.size() ? m_levels[m_depth - 1].name : std::string_view {};
    }

private:
    struct Level {
        std::string_view name;
        bool object = false;
    };
    std::array<Level, 12> m_levels {};
    std::size_t m_depth = 0;
};

/// What one walk over an event found.
struct Found {
    bool object = false;
    bool choices = false;
    bool choicesEmpty = false;
    bool choicesFilled = false;
    bool delta = false;
    bool deltaWhole = false;
    bool deltaFilled = false;
    bool role = false;
    bool generated = false;
    bool empty = false; ///< text is there and empty
    bool special = false; ///< TGI: a token that is no text
    bool tokenWhole = true;
    bool finish = false;
    bool usage = false;
    bool timings = false;
    bool stop = false; ///< llama.cpp's /completion, Ollama
    bool error = false;
    std::string_view type;
    std::string_view id;
};

bool isText(const JsonWalk::Item& item)
{
    return item.kind == JsonWalk::Kind::String;
}
bool isTrue(const JsonWalk::Item& item)
{
    return item.text == "true" && !isText(item);
}
bool isNull(const JsonWalk::Item& item)
{
    return item.text == "null" && !isText(item);
}

template <class... Names>
bool oneOf(std::string_view key, Names... names)
{
    return ((key == names) || ...);
}

void text(Found& found, const JsonWalk::Item& item)
{
    if (!isText(item)) {
        return;
    }
    if (!item.text.empty()) {
        found.generated = true;
    } else if (item.complete) {
        found.empty = true;
    }
}

void valueOfDelta(Found& found, const JsonWalk::Item& item)
{
    found.deltaFilled = true;
    if (item.key == "role") {
        found.role = found.role || isText(item);
    } else if (oneOf(item.key, "content", "reasoning_content", "reasoning", "thinking", "refusal")) {
        text(found, item);
    } else if (item.key == "function_call") {
        found.generated = found.generated || item.kind == JsonWalk::Kind::ObjectBegin;
    }
}

void valueOfRoot(Found& found, const JsonWalk::Item& item)
{
    if (item.key == "choices") {
        found.choices = item.kind == JsonWalk::Kind::ArrayBegin;
    } else if (item.key == "type" && isText(item) && item.complete) {
        found.type = item.text;
    } else if (item.key == "id" && isText(item) && item.complete) {
        found.id = item.text;
    } else if (oneOf(item.key, "content", "text", "response", "text_output", "delta")) {
        text(found, item); // a "delta" that is an object is Anthropic's and is looked into
    } else if (oneOf(item.key, "stop", "done")) {
        found.stop = found.stop || isTrue(item);
    } else if (item.key == "error") {
        found.error = !isNull(item);
    } else if (item.key == "usage") {
        found.usage = item.kind == JsonWalk::Kind::ObjectBegin;
    } else if (item.key == "timings") {
        found.timings = true;
    }
}

void value(Found& found, const Path& path, const JsonWalk::Item& item)
{
    if (path.inArray()) {
        found.choicesFilled = found.choicesFilled || (path.innermost() == "choices" && path.is());
        // A tool call, whatever it says, is generated.
        if (path.innermost() == "tool_calls" && (path.is("choices", "delta") || path.is("message"))) {
            found.generated = true;
        }
        return;
    }
    if (path.is()) {
        valueOfRoot(found, item);
    } else if (path.is("choices", "delta")) {
        valueOfDelta(found, item);
    } else if (path.is("choices")) {
        if (item.key == "delta") {
            found.delta = item.kind == JsonWalk::Kind::ObjectBegin;
        } else if (item.key == "text") {
            text(found, item);
        } else if (item.key == "finish_reason") {
            found.finish = found.finish || (isText(item) && !item.text.empty());
        }
    } else if (path.is("choices", "delta", "content")) { // content in parts
        if (item.key == "text") {
            text(found, item);
        }
    } else if (path.is("message")) { // Ollama's chat
        if (oneOf(item.key, "content", "thinking")) {
            text(found, item);
        }
    } else if (path.is("delta")) { // Anthropic
        if (oneOf(item.key, "text", "partial_json", "thinking")) {
            text(found, item);
        }
    } else if (path.is("token")) { // TGI
        found.tokenWhole = false;
        if (item.key == "text") {
            text(found, item);
        } else if (item.key == "special") {
            found.special = isTrue(item);
        }
    }
}

Found walk(std::string_view data, UsageObject& usage, bool& whole)
{
    Found found;
    Path path;
    JsonWalk json(data);
    while (const auto item = json.next()) {
        using Kind = JsonWalk::Kind;
        if (item->kind == Kind::ObjectEnd || item->kind == Kind::ArrayEnd) {
            if (item->kind == Kind::ArrayEnd && path.innermost() == "choices" && path.is()) {
                found.choicesEmpty = !found.choicesFilled;
            } else if (item->kind == Kind::ObjectEnd && path.is("choices", "delta")) {
                found.deltaWhole = true;
            } else if (item->kind == Kind::ObjectEnd && path.is("token")) {
                found.tokenWhole = true;
            }
            usage.leave();
            path.leave();
            continue;
        }
        value(found, path, *item);
        usage.value(*item);
        if (item->kind == Kind::ObjectBegin || item->kind == Kind::ArrayBegin) {
            found.object = found.object || item->kind == Kind::ObjectBegin;
            path.enter(item->kind, item->key);
            usage.enter(*item);
        }
    }
    whole = json.whole();
    return found;
}

/// Events that say by name what they are: Anthropic's Messages, OpenAI's Responses.
bool namedEvent(std::string_view type, const Found& found, EventFacts& facts)
{
    if (type == "message_start") {
        facts.kind = EventClass::Role;
        // The count of output tokens in it is where counting begins, no result.
        facts.usage.known &= ~static_cast<std::uint32_t>(TokenUsage::Completion);
    } else if (type == "message_delta") {
        facts.kind = EventClass::Finish;
    } else if (type == "message_stop") {
        facts.kind = EventClass::Done;
    } else if (oneOf(type, "response.completed", "response.incomplete", "response.failed")) {
        facts.kind = EventClass::Finish;
        facts.error = facts.error || type == "response.failed";
    } else if (type == "error") {
        facts.error = true;
    } else if (type == "content_block_delta" || (type.starts_with("response.") && type.ends_with(".delta"))) {
        facts.kind = found.generated ? EventClass::Text : found.empty ? EventClass::Empty : EventClass::Other;
    } else if (type == "ping" || type.starts_with("content_block_") || type.starts_with("response.")) {
        facts.kind = EventClass::Other;
    } else {
        return false;
    }
    return true;
}

EventClass unnamedEvent(const Found& found, bool usageKnown, bool whole)
{
    if (found.choicesEmpty) {
        return found.usage || usageKnown || !whole ? EventClass::Usage : EventClass::Other;
    }
    const bool finished = found.finish || found.stop;
    if (found.generated && found.tokenWhole) {
        return found.special ? EventClass::Empty : EventClass::Text;
    }
    const bool deltaTold = !found.delta || found.deltaWhole;
    if (found.role && deltaTold) {
        return finished ? EventClass::Finish : EventClass::Role;
    }
    if (found.empty && deltaTold) {
        if (found.stop) {
            return usageKnown ? EventClass::Usage : EventClass::Finish;
        }
        // llama.cpp closes a text completion with an empty text and its counts: no token. vLLM's last token
        // carries the reason too, and may have no text.
        return found.finish && (found.usage || found.timings) ? EventClass::Finish : EventClass::Empty;
    }
    if ((found.delta && found.deltaWhole && !found.deltaFilled) || finished) {
        return found.stop && usageKnown ? EventClass::Usage : EventClass::Finish;
    }
    return EventClass::Other;
}

} // namespace

void TokenUsage::take(const TokenUsage& later)
{
    known |= later.known;
    prompt = later.known & Prompt ? later.prompt : prompt;
    completion = later.known & Completion ? later.completion : completion;
    cached = later.known & Cached ? later.cached : cached;
    reasoning = later.known & Reasoning ? later.reasoning : reasoning;
}

EventFacts classifyEvent(std::string_view name, std::string_view data, bool cut)
{
    EventFacts facts;
    if (data == "[DONE]" && !cut) {
        facts.kind = EventClass::Done;
        return facts;
    }
    UsageObject usage;
    bool whole = false;
    const Found found = walk(data, usage, whole);
    facts.error = found.error || name == "error";
    if (!found.object) {
        return facts;
    }
    facts.usage = usage.counts();
    facts.id = found.id.empty() ? 0 : wire::idNumber(found.id);
    if (!namedEvent(found.type.empty() ? name : found.type, found, facts)) {
        facts.kind
            = found.error ? EventClass::Other : unnamedEvent(found, facts.usage.known != 0, whole && !cut);
    }
    return facts;
}

TokenUsage usageWithin(std::string_view body)
{
    // The piece may begin anywhere: look for the keys. Inside a string their quotes would be escaped.
    TokenUsage usage;
    for (std::size_t at = body.find("\"usage\""); at != std::string_view::npos;
         at = body.find("\"usage\"", at + 1)) {
        const auto brace = body.find_first_not_of(" \t\r\n:", at + 7);
        if (brace == std::string_view::npos || body[brace] != '{' || (at > 0 && body[at - 1] == '\\')) {
            continue;
        }
        UsageObject object;
        object.beginUsage();
        JsonWalk json(body.substr(brace));
        while (const auto item = json.next()) {
            if (item->kind == JsonWalk::Kind::ObjectEnd || item->kind == JsonWalk::Kind::ArrayEnd) {
                object.leave();
                continue;
            }
            object.value(*item);
            if (item->kind == JsonWalk::Kind::ObjectBegin || item->kind == JsonWalk::Kind::ArrayBegin) {
                object.enter(*item);
            }
        }
        usage.take(object.counts());
    }
    if (usage.known == 0) {
        usage = ollamaCounts(body);
    }
    return usage;
}

} // namespace prism::probes::http
