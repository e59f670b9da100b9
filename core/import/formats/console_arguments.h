// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace prism::formats {

/// A line without blanks around it and without what stands before it where people paste one: "# ", "> ".
std::string_view pastedLine(std::string_view line);

/// A line from `words` on: logs lead it with a container's name, the time or a progress bar. Empty without
/// them.
std::string_view lineFrom(std::string_view line, std::string_view words);

/// A line without what stands before every one of its block, such as a container's name, a process or the
/// time: equal to `prefix` but for its numbers. The whole line where it is not there.
std::string_view withoutPrefix(std::string_view text, std::string_view prefix);

/// The value of `key=` in what Python prints of a client's arguments, "Namespace(a='b', c=1)"; quotes are
/// taken off; None and an absent key are empty.
std::string namespaceArgument(std::string_view space, std::string_view key);

/// "X" of "--model X" or "--model=X" in a command line, without its quotes; empty without it.
std::string commandOption(std::string_view line, std::string_view name);

/// A whole number in a console's text as an attribute; any other text adds nothing.
void wholeAttribute(PointWriter& point, std::string_view name, const std::string& text);
void wholeAttribute(
    PointWriter& point, std::string_view name, std::optional<double> number, const std::string& path);

/// A count that a double holds exactly; empty for fractions and for what is beyond that.
std::optional<std::int64_t> wholeNumber(std::optional<double> number);

} // namespace prism::formats
