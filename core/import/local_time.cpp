// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/local_time.h"

#include "core/import/distributions.h"

#include <algorithm>

namespace prism::local {

namespace {

bool areDigits(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<double> epochOf(std::string_view text)
{
    constexpr std::size_t day = 8; // digits of 20260503
    std::string utc;
    if (text.size() > day + 1 && areDigits(text.substr(0, day))) {
        utc = std::string(text.substr(0, 4)) + '-' + std::string(text.substr(4, 2)) + '-'
            + std::string(text.substr(6, 2)) + 'T';
        text.remove_prefix(day + 1);
        constexpr std::size_t clock = 6; // digits of 063041
        utc += text.size() == clock && areDigits(text) ? std::string(text.substr(0, 2)) + ':'
                + std::string(text.substr(2, 2)) + ':' + std::string(text.substr(4))
                                                       : std::string(text);
    } else {
        for (const char c : text) {
            utc += c == '/' ? '-' : c == ' ' ? 'T' : c;
        }
    }
    return epochOfUtcText(utc + 'Z');
}

Warning noteOfSeries(const std::string& text, const std::string& place)
{
    return { "local-time",
        "The times are of a local clock and name no zone: the series begin at 0, which is " + text
            + " on that clock.",
        place, Severity::Note };
}

std::optional<TimeSpan> measured(const LoadPoint& point)
{
    constexpr std::size_t length = 15; // of 20260503-063041
    const auto date = std::find_if(point.extras.begin(), point.extras.end(), [](const Extra& extra) {
        return extra.path.ends_with("/date") && extra.text.size() == length && extra.text[8] == '-';
    });
    const auto end = date == point.extras.end() ? std::nullopt : epochOf(date->text);
    if (!end) {
        return std::nullopt;
    }
    const Measure* duration = point.measure("duration", Stat::value());
    const bool told = duration && duration->status == Status::Ok && duration->value > 0;
    return TimeSpan { *end - (told ? duration->value : 0), *end };
}

} // namespace prism::local
