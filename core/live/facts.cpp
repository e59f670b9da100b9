// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/facts.h"

namespace prism::live {

bool LossGap::missing() const
{
    return dropped > 0 && reason != wire::LossReason::Truncated && reason != wire::LossReason::Sampled
        && reason != wire::LossReason::BeforeAttach;
}

} // namespace prism::live
