// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prism::app {

/// The text of one event of a stored timeline, as the file has it, from its first byte to its end, at most
/// 16 KiB; empty where the file is no text.
std::string eventText(const std::string& database, const std::string& sha256, std::uint64_t place);

/// The first JSON value of a text: brackets in strings do not count.
std::string_view firstValue(std::string_view text);

} // namespace prism::app
