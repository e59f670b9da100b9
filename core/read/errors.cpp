// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/errors.h"

#include <array>

namespace prism::read {

Error cancelled()
{
    return { {}, {}, "the reading was cancelled", {} };
}

Error overBudget(const std::string& what, std::string place)
{
    return { {}, std::move(place), "the file holds " + what,
        "Split the file, or check that it is the result of a benchmark" };
}

std::string sizeText(std::uint64_t bytes)
{
    constexpr std::array<const char*, 4> units { " bytes", " KiB", " MiB", " GiB" };
    std::size_t unit = 0;
    while (unit + 1 < units.size() && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes) + units[unit];
}

} // namespace prism::read
