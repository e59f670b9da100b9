// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/path_patterns.h"

#include <bit>
#include <charconv>

namespace prism::read {

namespace {

std::string unescaped(std::string_view step)
{
    std::string out;
    for (std::size_t i = 0; i < step.size(); ++i) {
        const bool escape = step[i] == '~' && i + 1 < step.size();
        out += !escape ? step[i] : step[++i] == '1' ? '/' : '~';
    }
    return out;
}

} // namespace

PathPatterns::PathPatterns(const Plan& plan)
{
    for (const std::string& pattern : plan.stream) {
        add(pattern, true);
    }
    const std::size_t streams = m_patterns.size();
    m_stream = streams >= capacity ? ~Set { 0 } : (Set { 1 } << streams) - 1;
    for (const std::string& pattern : plan.skip) {
        add(pattern, true);
    }
}

PathPatterns::PathPatterns(const std::vector<std::string>& pointers)
    : m_stream(~Set { 0 })
{
    for (const std::string& pointer : pointers) {
        add(pointer, false);
    }
}

void PathPatterns::add(std::string_view pattern, bool wildcards)
{
    std::vector<Step> steps;
    while (!pattern.empty() && pattern.front() == '/') {
        const std::string_view text = pattern.substr(1, pattern.find('/', 1) - 1);
        pattern.remove_prefix(text.size() + 1);
        Step step { unescaped(text), noIndex, wildcards && text == "*" };
        std::uint32_t index = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error == std::errc() && end == text.data() + text.size()) {
            step.index = index;
        }
        steps.push_back(std::move(step));
    }
    if (m_patterns.size() < capacity) {
        const Set bit = Set { 1 } << m_patterns.size();
        m_endingAt.resize(std::max(m_endingAt.size(), steps.size() + 1));
        m_endingAt[steps.size()] |= bit;
        m_all |= bit;
    }
    m_patterns.push_back(std::move(steps));
}

template <class Fits>
PathPatterns::Set PathPatterns::filter(Set alive, std::size_t depth, Fits fits) const
{
    Set out = 0;
    while (alive) {
        const auto number = static_cast<std::size_t>(std::countr_zero(alive));
        alive &= alive - 1;
        const std::vector<Step>& steps = m_patterns[number];
        if (steps.size() >= depth && (steps[depth - 1].any || fits(steps[depth - 1]))) {
            out |= Set { 1 } << number;
        }
    }
    return out;
}

PathPatterns::Set PathPatterns::step(Set alive, std::size_t depth, std::string_view key) const
{
    return alive ? filter(alive, depth, [key](const Step& step) { return step.key == key; }) : 0;
}

PathPatterns::Set PathPatterns::step(Set alive, std::size_t depth, std::uint32_t index) const
{
    return alive ? filter(alive, depth, [index](const Step& step) { return step.index == index; }) : 0;
}

} // namespace prism::read
