// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/proc.h"

namespace prism::probes {

/// Who looks, and with what: the caller's user, and what this program may do on this kernel.
struct Observer {
    uid_t caller = 0;
    std::uint64_t capabilities = 0; ///< CapEff
    bool btf = true; ///< the kernel describes its types
    bool asksPolkit = false; ///< another user's process can be allowed by an administrator
    unsigned offered = 0; ///< bits 1 << tier that this version of the helper has

    bool can(int capability) const { return (capabilities >> capability & 1) != 0; }
    /// Of this process; `caller` is who is answered.
    static Observer current(uid_t caller, unsigned offered, bool asksPolkit);
};

/// One tier of a target. `reason` says why not, or what to expect; `remedy` what would change it. Sentences
/// without a full stop.
struct Tier {
    int number = 0;
    bool possible = false;
    std::string reason;
    std::string remedy;
    bool needsRights = false; ///< not possible, but to the same program with its rights
};

struct TierQuestion {
    Uids uids;
    std::string user; ///< of the target
    std::string_view engine;
    bool tls = false;
};

std::vector<Tier> tiersOf(const TierQuestion& target, const Observer& observer);

/// Name of a user, else the number.
std::string userName(uid_t uid);

} // namespace prism::probes
