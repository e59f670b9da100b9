// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/phases.h"

#include <algorithm>
#include <cmath>

namespace prism::live {

namespace {

constexpr std::int64_t slotNs = 1'000'000'000;
constexpr std::size_t lookAhead = 5;
constexpr std::size_t leastSlots = 10;
constexpr double tolerance = 0.25;
constexpr double leastTolerance = 1;
constexpr double pause = 0.5;
/// A week; hostile times must not make more.
constexpr std::int64_t mostSlots = std::int64_t(7) * 86400;

double medianOf(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

void PhaseFinder::change(Nanoseconds at, int by)
{
    const std::int64_t key = at.value / slotNs;
    if (!m_slots.empty()
        && (key - m_slots.begin()->first >= mostSlots || m_slots.rbegin()->first - key >= mostSlots)) {
        return;
    }
    Slot& slot = m_slots[key];
    slot.change += by;
    slot.within += by * (1 - static_cast<double>(at.value % slotNs) / static_cast<double>(slotNs));
}

Nanoseconds PhaseFinder::begin() const
{
    return { m_slots.empty() ? 0 : m_slots.begin()->first * slotNs };
}

std::vector<double> PhaseFinder::slots() const
{
    std::vector<double> out;
    std::int64_t level = 0;
    for (const auto& [key, slot] : m_slots) {
        const auto at = static_cast<std::size_t>(key - m_slots.begin()->first);
        out.resize(at, static_cast<double>(level));
        out.push_back(static_cast<double>(level) + slot.within);
        level += slot.change;
    }
    return out;
}

std::vector<LoadPhase> PhaseFinder::phases() const
{
    const std::vector<double> levels = slots();
    std::vector<LoadPhase> out;
    const auto add = [&](std::size_t from, std::size_t to, double sum) {
        const double mean = sum / static_cast<double>(to - from);
        if (to - from >= leastSlots && mean >= pause) {
            out.push_back({ begin() + Nanoseconds { static_cast<std::int64_t>(from) * slotNs },
                begin() + Nanoseconds { static_cast<std::int64_t>(to) * slotNs }, mean });
        }
    };
    std::size_t from = 0;
    double sum = 0;
    double all = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        all += levels[i];
        if (i > from) {
            const double mean = sum / static_cast<double>(i - from);
            const std::size_t ahead = std::min(levels.size(), i + lookAhead);
            const double next = medianOf({ levels.begin() + static_cast<std::ptrdiff_t>(i),
                levels.begin() + static_cast<std::ptrdiff_t>(ahead) });
            // A slot ahead of a step belongs to the old level as long as it is at it.
            const bool leaves = std::abs(next - mean) > std::max(leastTolerance, tolerance * mean);
            const bool left = std::abs(levels[i] - mean) > std::max(leastTolerance, tolerance * mean);
            if (leaves && left) {
                add(from, i, sum);
                from = i;
                sum = 0;
            }
        }
        sum += levels[i];
    }
    if (!levels.empty()) {
        add(from, levels.size(), sum);
    }
    if (out.empty() && !levels.empty()) {
        out.push_back({ begin(), begin() + Nanoseconds { static_cast<std::int64_t>(levels.size()) * slotNs },
            all / static_cast<double>(levels.size()) });
    }
    return out;
}

} // namespace prism::live
