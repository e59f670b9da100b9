// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/permission.h"

#include "probes/helper/discovery/tiers.h"

#include <syslog.h>

namespace prism::probes {

namespace {

AccessLog& accessLog()
{
    static AccessLog log
        = [](const std::string& line) { ::syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s", line.c_str()); };
    return log;
}

/// Names come from the process itself: nothing in them may look like another line of the log.
std::string printable(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return out;
}

std::string named(const TargetProcess& target)
{
    return "process " + std::to_string(target.pid()) + " (" + printable(target.name()) + ')';
}

/// Empty when the owner's way is open.
std::string whyNotOwner(const Peer& peer, const TargetProcess& target, const Uids& uids)
{
    if (!uids.allAre(peer.uid)) {
        const bool mixed = uids.real == peer.uid || uids.effective == peer.uid || uids.saved == peer.uid;
        return mixed ? "it has changed its user and runs with rights that you do not have"
                     : "it belongs to " + userName(uids.effective) + ", and you are " + userName(peer.uid);
    }
    if (const auto dumpable = target.dumpable(); !dumpable.value_or(false)) {
        return "its kernel protects it from other processes of yours (it is not dumpable)";
    }
    if (peer.pid <= 0 || !target.insideUserNamespaceOf(peer.pid).value_or(false)) {
        return "it lives in a user namespace that is not yours or within yours";
    }
    return {};
}

constexpr std::string_view remedy = " Run Prism as that user, or ask an administrator to allow it.";

std::string sentence(PolkitAnswer answer)
{
    switch (answer) {
    case PolkitAnswer::Challenge:
        return " An administrator's password would allow it, but nobody can be asked for it in this session. "
               "Start "
               "Prism in a desktop session, or run pkttyagent beside it.";
    case PolkitAnswer::Unreachable:
        return " Polkit could not be asked to allow it: install polkitd and Prism's policy, or run Prism as "
               "that "
               "user.";
    case PolkitAnswer::No:
        return " The administrator's permission was not given." + std::string(remedy);
    case PolkitAnswer::Yes:
        break;
    }
    return {};
}

} // namespace

void setAccessLog(AccessLog log)
{
    accessLog() = std::move(log);
}

AttachPermission::AttachPermission(const Peer& peer, const TargetProcess& target)
    : m_peer(peer)
    , m_target(target)
{
    const auto uids = target.uids();
    if (!uids) {
        m_decision = closed(false, "Process " + std::to_string(target.pid()) + " has just ended.", "its end");
        return;
    }
    m_uids = *uids;
    if (peer.uid == 0) {
        m_decision = closed(true, {}, "root");
        return;
    }
    m_why = whyNotOwner(peer, target, *uids);
    if (m_why.empty()) {
        m_decision = closed(true, {}, "its owner");
        return;
    }
    m_question = std::make_unique<PolkitQuestion>(peer, attachOtherUserAction,
        PolkitQuestion::Details { { "pid", std::to_string(target.pid()) },
            { "program", printable(target.name()) }, { "user", userName(uids->effective) } });
}

int AttachPermission::descriptor() const
{
    return m_question ? m_question->descriptor() : -1;
}

std::optional<Decision> AttachPermission::take()
{
    if (!m_decision && m_question) {
        m_decision = decide(m_question->answer());
    }
    return m_decision;
}

std::optional<Decision> AttachPermission::decide(std::optional<PolkitAnswer> polkit)
{
    if (!polkit) {
        return std::nullopt;
    }
    if (polkit != PolkitAnswer::Yes) {
        return closed(
            false, "You may not watch " + named(m_target) + ": " + m_why + '.' + sentence(*polkit), "polkit");
    }
    if (!m_target.stillThere() || m_target.uids() != m_uids) {
        return closed(false,
            "Process " + std::to_string(m_target.pid())
                + " ended or changed its user while you were asked. Look for servers again.",
            "a change");
    }
    return closed(true, {}, "polkit");
}

Decision AttachPermission::closed(bool allowed, const std::string& text, const char* by)
{
    accessLog()(std::string(allowed ? "attach allowed" : "attach refused") + " by " + by + ": "
        + describe(m_peer.uid) + " in process " + std::to_string(m_peer.pid) + " to " + named(m_target)
        + " of " + describe(m_uids.effective));
    return { allowed, text };
}

} // namespace prism::probes
