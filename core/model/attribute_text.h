// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/result.h"

#include <string_view>

namespace prism {

/// The value that a person means by a text for an attribute of attributeNames(): a count or a rate is a
/// number of zero or more, prefix_caching is true or false, load_mode is one of the contract's, started_at is
/// UTC in RFC 3339, the others are a line of text. The error says what it must be; nothing is guessed.
Result<AttributeValue> attributeValue(std::string_view name, std::string_view text);

} // namespace prism
