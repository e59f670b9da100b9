// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace prism::probes {

/// Numbers of the helper's own strings, from 1 on: names of programs, sentences. Only for a bounded number of
/// different ones.
class Texts {
public:
    std::uint32_t number(std::string_view text)
    {
        const auto found = m_numbers.find(text);
        if (found != m_numbers.end()) {
            return found->second;
        }
        const auto number = static_cast<std::uint32_t>(m_numbers.size() + 1);
        m_numbers.emplace(text, number);
        return number;
    }

private:
    std::map<std::string, std::uint32_t, std::less<>> m_numbers;
};

} // namespace prism::probes
