// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/words.h"

#include "core/import/distributions.h"

#include <cmath>

namespace prism::words {

std::string counted(std::size_t count, const std::string& one)
{
    return std::to_string(count) + ' ' + one + (count == 1 ? "" : "s");
}

std::string duration(double seconds)
{
    constexpr double minute = 60;
    constexpr double hour = 60 * minute;
    constexpr double day = 24 * hour;
    return seconds < 2 * minute ? std::to_string(std::llround(seconds)) + " s"
        : seconds < 2 * hour    ? std::to_string(std::llround(seconds / minute)) + " min"
        : seconds < 2 * day     ? std::to_string(std::llround(seconds / hour)) + " hours"
                                : std::to_string(std::llround(seconds / day)) + " days";
}

std::string span(const TimeSpan& span, const char* zone)
{
    constexpr std::size_t dateLength = 10;
    constexpr std::size_t clockLength = 8;
    const std::string begin = utcText(span.begin);
    const std::string end = utcText(span.end);
    if (begin.empty() || end.empty()) {
        return "a time that is none";
    }
    const std::string from = begin.substr(0, dateLength) + ' ' + begin.substr(dateLength + 1, clockLength);
    const std::string to = end.substr(dateLength + 1, clockLength);
    const bool sameDay = begin.compare(0, dateLength, end, 0, dateLength) == 0;
    return from + " to " + (sameDay ? to : end.substr(0, dateLength) + ' ' + to) + zone;
}

std::string lastTwo(const std::string& path)
{
    const std::size_t file = path.rfind('/');
    if (file == std::string::npos || file == 0) {
        return path;
    }
    const std::size_t folder = path.rfind('/', file - 1);
    return folder == std::string::npos ? path : path.substr(folder + 1);
}

std::string lastFolders(const std::string& path, int most)
{
    const std::size_t end = path.find_last_of("/!");
    if (end == std::string::npos || end == 0) {
        return {};
    }
    std::size_t begin = end;
    for (int taken = 0; taken < most && begin != 0; ++taken) {
        const std::size_t slash = path.find_last_of("/!", begin - 1);
        begin = slash == std::string::npos ? 0 : slash;
    }
    const bool isSlash = path[begin] == '/' || path[begin] == '!';
    return path.substr(begin + (isSlash ? 1 : 0), end - begin - (isSlash ? 1 : 0));
}

std::string runTitle(const std::string& measured, const std::string& stage, const std::string& tool)
{
    std::string title = measured;
    for (const std::string& part : { stage, tool }) {
        if (!part.empty() && part != measured) {
            title += (title.empty() ? "" : " · ") + part;
        }
    }
    return title;
}

} // namespace prism::words
