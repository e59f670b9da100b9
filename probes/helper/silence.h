// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/loss.h"

#include <cstdint>

namespace prism::probes {

/// Notices that traffic flows on a target's connections and none of its calls is seen: the probe that is
/// attached and never fires, as after an upgrade, or a server that another process answers for.
class SilenceWatch {
public:
    /// Once a second, with the counts so far. True the first time that packets have arrived in three calls in
    /// a row without a read, a write or bytes by another way.
    bool fellSilent(const ProgramCounts& counts);

private:
    std::uint64_t m_packets = 0;
    std::uint64_t m_calls = 0;
    int m_silent = 0;
    bool m_told = false;
};

} // namespace prism::probes
