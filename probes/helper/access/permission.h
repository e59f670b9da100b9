// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/access/polkit.h"

#include <functional>

namespace prism::probes {

struct Decision {
    bool allowed = false;
    std::string text; ///< of a refusal: what, why, and what would change it; ends with a full stop
};

/// May this user watch this process? Asked anew for every attach.
///
/// Allowed without a question: root, and the owner of the process, that is when its real, effective and saved
/// user are all the peer's, it is dumpable (it did not change its user and runs no set-uid program), and its
/// user namespace is the peer's or was made within it. All else is an administrator's decision through polkit
/// (action org.prismbench.prism.attach-other-user). Each decision is written to the system log.
///
/// The target is held by the caller for the whole attach (TargetProcess), so what was decided for it cannot
/// come to be true of another process with its number; whether it changed its user meanwhile is asked once
/// more after polkit's answer.
class AttachPermission {
public:
    /// Both are used until the decision is there.
    AttachPermission(const Peer& peer, const TargetProcess& target);

    /// Becomes readable when take() should be called; -1 when it need not be waited for.
    int descriptor() const;
    /// Never blocks; empty while a person decides. Destroy this to take the question back.
    std::optional<Decision> take();

private:
    std::optional<Decision> decide(std::optional<PolkitAnswer> polkit);
    Decision closed(bool allowed, const std::string& text, const char* by);

    const Peer m_peer;
    const TargetProcess& m_target;
    Uids m_uids; ///< of the target, when the question was put
    std::string m_why; ///< why the owner's way is closed
    std::unique_ptr<PolkitQuestion> m_question;
    std::optional<Decision> m_decision;
};

inline constexpr const char* attachOtherUserAction = "org.prismbench.prism.attach-other-user";

/// Where lines about decisions go: the system log (facility authpriv). Tests listen in.
using AccessLog = std::function<void(const std::string& line)>;
void setAccessLog(AccessLog log);

} // namespace prism::probes
