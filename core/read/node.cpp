// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/node.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace prism::read {

namespace {

template <class Integer>
std::optional<Integer> parseInteger(std::string_view text)
{
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
        text.remove_prefix(1);
    }
    Integer value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> finite(std::optional<double> value)
{
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<double> parseLenient(std::string_view text)
{
    text = trimmed(text);
    if (const auto plain = parseDecimal(text)) {
        return plain;
    }
    const auto digits = withoutThousands(text);
    return digits ? parseDecimal(*digits) : std::nullopt;
}

/// One step of a JSON pointer against a key: "~1" stands for a slash, "~0" for a tilde.
bool stepIs(std::string_view step, std::string_view key)
{
    if (step.find('~') == std::string_view::npos) {
        return step == key;
    }
    std::size_t k = 0;
    for (std::size_t i = 0; i < step.size(); ++i, ++k) {
        char c = step[i];
        if (c == '~' && i + 1 < step.size()) {
            c = step[++i] == '1' ? '/' : '~';
        }
        if (k >= key.size() || key[k] != c) {
            return false;
        }
    }
    return k == key.size();
}

void appendStep(std::string& out, std::string_view key)
{
    out += '/';
    // A plain loop: find_first_of() calls memchr() for each character of these short keys.
    if (std::none_of(key.begin(), key.end(), [](char c) { return c == '~' || c == '/'; })) {
        out += key;
        return;
    }
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
}

} // namespace

std::optional<double> Node::number() const
{
    return m_kind == Kind::Number ? finite(parseDecimal(text())) : std::nullopt;
}

std::optional<double> Node::lenientNumber() const
{
    if (m_kind == Kind::String) {
        return finite(parseLenient(text()));
    }
    return number();
}

std::optional<std::int64_t> Node::integer() const
{
    if (m_kind != Kind::Number && m_kind != Kind::String) {
        return std::nullopt;
    }
    if (const auto exact = parseInteger<std::int64_t>(text())) {
        return exact;
    }
    constexpr double exactlyHeld = 9007199254740992.0;
    const auto value = number();
    if (!value || std::abs(*value) > exactlyHeld || std::trunc(*value) != *value) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*value);
}

std::optional<bool> Node::boolean() const
{
    if (m_kind != Kind::Bool && m_kind != Kind::String) {
        return std::nullopt;
    }
    if (equalsIgnoringCase(text(), "true")) {
        return true;
    }
    return equalsIgnoringCase(text(), "false") ? std::optional(false) : std::nullopt;
}

Status Node::status() const
{
    if (m_kind != Kind::Number && m_kind != Kind::String) {
        return Status::Missing;
    }
    if (const auto value = parseLenient(text())) {
        return std::isfinite(*value) ? Status::Ok : Status::Infinite;
    }
    return nonFiniteWord(trimmed(text()));
}

const Node* Node::find(std::string_view wanted) const
{
    if (m_kind != Kind::Object) {
        return nullptr;
    }
    for (const Node& child : *this) {
        if (child.key() == wanted) {
            return &child;
        }
    }
    return nullptr;
}

const Node* Node::at(std::string_view pointer) const
{
    const Node* node = this;
    while (node && !pointer.empty()) {
        if (pointer.front() != '/') {
            return nullptr;
        }
        const std::string_view step = pointer.substr(1, pointer.find('/', 1) - 1);
        pointer.remove_prefix(step.size() + 1);
        const bool array = node->m_kind == Kind::Array;
        const auto index = array ? parseInteger<std::uint32_t>(step) : std::nullopt;
        const Node* found = nullptr;
        for (const Node& child : *node) {
            if (array ? index == child.index() : stepIs(step, child.key())) {
                found = &child;
                break;
            }
        }
        node = found;
    }
    return node;
}

void Node::appendOwnStep(std::string& out) const
{
    if (m_parent ? m_parent->isArray() : m_numbered) {
        out += '/';
        out += std::to_string(m_index);
    } else if (m_parent) {
        appendStep(out, key());
    }
}

void Node::appendPointer(std::string& out) const
{
    // The reader's budget of depth bounds the recursion.
    if (m_parent) {
        m_parent->appendPointer(out);
    }
    appendOwnStep(out);
}

std::string Node::pointer() const
{
    std::string out;
    out.reserve(96);
    appendPointer(out);
    return out;
}

std::string Node::pointerBelow(std::string_view parentPointer) const
{
    std::string out;
    out.reserve(parentPointer.size() + m_keySize + 2);
    out += parentPointer;
    appendOwnStep(out);
    return out;
}

} // namespace prism::read
