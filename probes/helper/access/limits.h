// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace prism::probes {

/// What one client may ask for: 64 targets at once, and 20 questions a second with bursts of 100.
class ClientLimits {
public:
    static constexpr std::size_t mostTargets = 64;
    static constexpr std::uint64_t questionsPerSecond = 20;
    static constexpr std::uint64_t burst = 100;

    /// Counts a question; false when there are too many, and then it is not counted.
    bool mayAsk(std::uint64_t nowNs);
    bool mayAttach(std::size_t targets) const { return targets < mostTargets; }

    static std::string tooManyQuestions();
    static std::string tooManyTargets();

private:
    std::uint64_t m_leftNs = burst * perQuestionNs; ///< time saved up
    std::uint64_t m_lastNs = 0;

    static constexpr std::uint64_t perQuestionNs = 1'000'000'000 / questionsPerSecond;
};

} // namespace prism::probes
