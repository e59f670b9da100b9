// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/node.h"

#include <optional>
#include <string>
#include <string_view>

namespace prism::formats::otel {

/// The value of an attribute, in either of its shapes: OTLP's list of keys with typed values, or an object.
/// Null when it is not there.
const read::Node* attribute(const read::Node& owner, std::string_view key);
/// The first of several spellings.
const read::Node* attribute(const read::Node& owner, std::initializer_list<std::string_view> keys);
std::string attributeText(const read::Node& owner, std::initializer_list<std::string_view> keys);
std::optional<double> attributeNumber(const read::Node& owner, std::initializer_list<std::string_view> keys);

/// A member by its name in OTLP/JSON, or by the one in protocol buffers and in Python.
const read::Node* member(const read::Node& owner, std::string_view camel, std::string_view snake);
/// Whether an operation's name is that of a call that generates text.
bool generatesText(std::string_view operation);

/// Nanoseconds since 1970: a number, or digits in a string as OTLP/JSON has it.
std::optional<std::int64_t> unixNano(const read::Node* node);

/// The resource that an element of a stream below resourceSpans or resourceMetrics belongs to, or that it has
/// itself; null when the file tells it later.
const read::Node* resourceOf(const read::Node& element);
const read::Node* scopeOf(const read::Node& element);

} // namespace prism::formats::otel
