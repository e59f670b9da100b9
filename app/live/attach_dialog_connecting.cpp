// SPDX-License-Identifier: GPL-3.0-or-later
// What the attach dialog does on worker threads: it touches no widget.
#include "app/live/attach_dialog.h"

#include "app/live/live_session.h"

#include <utility>

namespace prism::app {

AttachDialog::Connection AttachDialog::connectTo(
    const FindWays& findWays, const std::string& overrule, const std::stop_token& stop)
{
    const auto ways = findWays(overrule);
    if (!ways) {
        return { nullptr, {}, errorText(ways.error()) };
    }
    auto session = live::Session::connect(ways->list, {}, stop);
    if (!session) {
        return { nullptr, {}, errorText(session.error()) };
    }
    return { endsElsewhere(std::move(*session)), ways->attach, {} };
}

AttachDialog::Connection AttachDialog::connectAlone(std::uint16_t port, const std::stop_token& stop)
{
    const auto nobody = live::findHelper("none");
    auto session = nobody ? live::Session::connect(*nobody, {}, stop) : nobody.error();
    if (!session) {
        return { nullptr, {}, errorText(session.error()) };
    }
    if (const auto watched = (*session)->watchMetrics(port, stop); !watched) {
        return { nullptr, {}, errorText(watched.error()) };
    }
    return { endsElsewhere(std::move(*session)), {}, {} };
}

/// All of them or none: what is attached is always shown.
AttachDialog::Connection AttachDialog::attachAll(const std::shared_ptr<live::Session>& listed,
    const std::optional<live::HelperAddress>& withRights, const std::vector<live::AttachRequest>& requests,
    const std::stop_token& stop)
{
    std::shared_ptr<live::Session> session = listed;
    if (withRights) {
        auto other = live::Session::connect(*withRights, {}, stop);
        if (!other) {
            return { nullptr, {}, errorText(other.error()) };
        }
        session = endsElsewhere(std::move(*other));
    }
    std::vector<live::TargetNumber> targets;
    for (const live::AttachRequest& request : requests) {
        const auto target = session->attach(request, stop);
        if (target) {
            targets.push_back(target->number);
            continue;
        }
        for (const live::TargetNumber attached : targets) {
            (void)session->detach(attached);
        }
        const QString why = errorText(target.error());
        return { nullptr, {},
            targets.empty() ? why
                            : tr("The router: %1 The server alone can be attached without it.").arg(why),
            !targets.empty() && session == listed };
    }
    return { session, {}, {} };
}

} // namespace prism::app
