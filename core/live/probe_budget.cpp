// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/probe_budget.h"

#include "core/settings/settings.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace prism::live::budget {

namespace {
constexpr std::string_view keep = "keep";
constexpr double mostPercent = 100;
} // namespace

Result<double> fromText(std::string_view text)
{
    if (text == keep) {
        return std::numeric_limits<double>::infinity();
    }
    const std::string_view number = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
    double percent = 0;
    const char* const last = number.data() + number.size();
    const auto read = std::from_chars(number.data(), last, percent);
    if (read.ec != std::errc() || read.ptr != last || !(percent > 0) || percent > mostPercent) {
        return Error { std::string(text), {}, "this is no share of a core",
            "Write percent of one core, above 0 and up to 100, such as 0.5, or keep" };
    }
    return percent / 100;
}

std::string text(double cores)
{
    if (std::isinf(cores)) {
        return std::string(keep);
    }
    char digits[32];
    const auto end
        = std::to_chars(digits, digits + sizeof digits, 100 * cores, std::chars_format::general, 6).ptr;
    return { digits, end };
}

double fromSettings()
{
    const auto read = fromText(setting("live_probe_budget").value);
    return read ? *read : shipped;
}

} // namespace prism::live::budget
