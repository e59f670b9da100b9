// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/measure.h"

#include <array>

namespace prism {

namespace {
constexpr std::array<std::string_view, 4> originNames { "reported", "derived", "estimated", "user" };
constexpr std::array<std::string_view, 5> statusNames { "ok", "missing", "nan", "infinite", "failed" };

template <class Enum, std::size_t N>
std::optional<Enum> fromName(const std::array<std::string_view, N>& names, std::string_view name)
{
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) {
            return static_cast<Enum>(i);
        }
    }
    return std::nullopt;
}
} // namespace

std::string_view name(Origin origin)
{
    return originNames[static_cast<std::size_t>(origin)];
}
std::string_view name(Status status)
{
    return statusNames[static_cast<std::size_t>(status)];
}
std::optional<Origin> originFromName(std::string_view name)
{
    return fromName<Origin>(originNames, name);
}
std::optional<Status> statusFromName(std::string_view name)
{
    return fromName<Status>(statusNames, name);
}

} // namespace prism
