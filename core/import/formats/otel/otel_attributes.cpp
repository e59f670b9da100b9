// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/otel/otel_attributes.h"

#include <charconv>

namespace prism::formats::otel {

namespace {

/// Of the element itself, or of what it lies in.
const read::Node* nearestMember(const read::Node& element, std::string_view key)
{
    for (const read::Node* at = &element; at; at = at->parent()) {
        if (const read::Node* found = at->find(key)) {
            return found;
        }
    }
    return nullptr;
}

} // namespace

const read::Node* attribute(const read::Node& owner, std::string_view key)
{
    const read::Node* all = owner.find("attributes");
    if (!all || all->isObject()) {
        return all ? all->find(key) : nullptr;
    }
    for (const read::Node& entry : *all) {
        const read::Node* name = entry.find("key");
        const read::Node* value = entry.find("value");
        if (name && name->text() == key && value && value->isObject()) {
            return value->begin() != value->end() ? &*value->begin() : nullptr;
        }
    }
    return nullptr;
}

const read::Node* attribute(const read::Node& owner, std::initializer_list<std::string_view> keys)
{
    for (const std::string_view key : keys) {
        if (const read::Node* found = attribute(owner, key)) {
            return found;
        }
    }
    return nullptr;
}

std::string attributeText(const read::Node& owner, std::initializer_list<std::string_view> keys)
{
    const read::Node* found = attribute(owner, keys);
    return found && found->isScalar() && !found->isNull() ? std::string(found->text().substr(0, 512))
                                                          : std::string();
}

std::optional<double> attributeNumber(const read::Node& owner, std::initializer_list<std::string_view> keys)
{
    const read::Node* found = attribute(owner, keys);
    return found ? found->lenientNumber() : std::nullopt;
}

const read::Node* member(const read::Node& owner, std::string_view camel, std::string_view snake)
{
    const read::Node* found = owner.find(camel);
    return found ? found : owner.find(snake);
}

bool generatesText(std::string_view operation)
{
    return operation == "chat" || operation == "text_completion" || operation == "completion"
        || operation == "generate_content";
}

std::optional<std::int64_t> unixNano(const read::Node* node)
{
    if (!node || !node->isScalar()) {
        return std::nullopt;
    }
    const std::string_view text = node->text();
    std::int64_t ns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
    return error == std::errc() && end == text.data() + text.size() && ns > 0 ? std::optional(ns)
                                                                              : std::nullopt;
}

const read::Node* resourceOf(const read::Node& element)
{
    return nearestMember(element, "resource");
}

const read::Node* scopeOf(const read::Node& element)
{
    const read::Node* scope = nearestMember(element, "scope");
    return scope ? scope : nearestMember(element, "instrumentationLibrary");
}

} // namespace prism::formats::otel
