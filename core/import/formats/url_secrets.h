// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prism::formats {

/// A URL, or text with URLs in it, without what may hold keys: the query strings and the user before a host.
std::string withoutSecrets(std::string_view text);

} // namespace prism::formats
