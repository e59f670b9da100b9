// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/http/json_walk.h"

namespace prism::probes::http {

void JsonWalk::skipSpace()
{
    while (m_at < m_text.size()
        && (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n' || m_text[m_at] == '\r')) {
        ++m_at;
    }
}

std::optional<std::string_view> JsonWalk::string(bool& complete)
{
    if (m_at >= m_text.size() || m_text[m_at] != '"') {
        return std::nullopt;
    }
    const std::size_t begin = ++m_at;
    while (m_at < m_text.size() && m_text[m_at] != '"') {
        m_at += m_text[m_at] == '\\' ? 2 : 1;
    }
    complete = m_at < m_text.size();
    if (!complete) {
        m_at = m_text.size();
        return m_text.substr(begin);
    }
    return m_text.substr(begin, m_at++ - begin);
}

std::optional<JsonWalk::Item> JsonWalk::open(Item item, bool object)
{
    if (m_depth == mostDepth) {
        m_stopped = true;
        return std::nullopt;
    }
    ++m_at;
    m_isObject[m_depth++] = object;
    m_afterValue = false;
    item.kind = object ? Kind::ObjectBegin : Kind::ArrayBegin;
    return item;
}

std::optional<JsonWalk::Item> JsonWalk::close(char bracket)
{
    if (m_isObject[m_depth - 1] != (bracket == '}')) {
        m_stopped = true;
        return std::nullopt;
    }
    ++m_at;
    --m_depth;
    m_afterValue = true;
    m_whole = m_depth == 0;
    Item item;
    item.kind = bracket == '}' ? Kind::ObjectEnd : Kind::ArrayEnd;
    return item;
}

std::optional<JsonWalk::Item> JsonWalk::value(std::string_view key)
{
    Item item;
    item.key = key;
    if (m_at >= m_text.size()) {
        m_stopped = true;
        return std::nullopt;
    }
    const char first = m_text[m_at];
    if (first == '{' || first == '[') {
        return open(item, first == '{');
    }
    m_afterValue = true;
    if (first == '"') {
        item.kind = Kind::String;
        item.text = *string(item.complete);
    } else {
        const std::size_t begin = m_at;
        while (m_at < m_text.size()
            && std::string_view(",]} \t\r\n").find(m_text[m_at]) == std::string_view::npos) {
            ++m_at;
        }
        item.kind = first == '-' || (first >= '0' && first <= '9') ? Kind::Number : Kind::Word;
        item.text = m_text.substr(begin, m_at - begin);
        item.complete = m_at < m_text.size(); // more digits may follow
        m_stopped = item.text.empty();
    }
    m_whole = m_depth == 0 && item.complete;
    return m_stopped ? std::nullopt : std::optional(item);
}

std::optional<JsonWalk::Item> JsonWalk::next()
{
    if (m_stopped || m_whole) {
        return std::nullopt;
    }
    skipSpace();
    if (m_depth == 0) {
        return value({});
    }
    if (m_at < m_text.size() && (m_text[m_at] == '}' || m_text[m_at] == ']')) {
        return close(m_text[m_at]);
    }
    if (m_afterValue) {
        if (m_at >= m_text.size() || m_text[m_at] != ',') {
            m_stopped = true;
            return std::nullopt;
        }
        ++m_at;
        m_afterValue = false;
        skipSpace();
    }
    std::string_view key;
    if (m_isObject[m_depth - 1]) {
        bool complete = false;
        const auto name = string(complete);
        skipSpace();
        if (!name || !complete || m_at >= m_text.size() || m_text[m_at] != ':') {
            m_stopped = true;
            return std::nullopt;
        }
        key = *name;
        ++m_at;
        skipSpace();
    }
    return value(key);
}

} // namespace prism::probes::http
