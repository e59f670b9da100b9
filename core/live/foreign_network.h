// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <cstdint>
#include <memory>

namespace prism::live {

/// The network of a process in a container, held open: a number that comes to mean another process leads
/// nowhere else.
class ForeignNetwork {
public:
    enum class Relation {
        Ours,
        Foreign,
        Unknown, ///< of another user's process it is not told
    };
    static Relation relation(std::uint32_t pid);

    /// Fails with a sentence where this program may not go there: that takes root (CAP_SYS_ADMIN).
    /// `startTicks` of the process, 0: whatever has the number now.
    static Result<std::shared_ptr<const ForeignNetwork>> open(std::uint32_t pid, std::uint64_t startTicks);
    ~ForeignNetwork();
    ForeignNetwork(const ForeignNetwork&) = delete;
    ForeignNetwork& operator=(const ForeignNetwork&) = delete;

    /// A stream socket made in it, non-blocking; -1 with errno. The calling thread stays where it is.
    int makeSocket(int family) const;

private:
    explicit ForeignNetwork(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor;
};

} // namespace prism::live
