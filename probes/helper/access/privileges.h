// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace prism::probes {

/// Bits of the capabilities that the helper needs: CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
/// CAP_CHECKPOINT_RESTORE.
extern const std::uint64_t neededCapabilities;

/// Bits of those that this process may use.
std::uint64_t permittedCapabilities();

/// Gives up for good what the helper does not need: started as root it goes on as the user prism-probe, where
/// that exists, with exactly the needed capabilities; no program that it might start can have more. To be
/// called before a byte of a client is read, and while there is one thread. Returns a sentence when that
/// failed: then end.
std::string keepOnlyNeeded();

} // namespace prism::probes
