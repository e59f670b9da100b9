// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <QString>
#include <QStringList>

#include <map>
#include <set>

namespace prism::app {

/// What of a session's targets is not seen, or no more, by what their probes told, and which of their
/// processes are stopped. It stands as long as it is
/// so: until the probe is said to work, requests are seen again, or the process or the target has gone.
class LiveTroubles {
public:
    void clear()
    {
        m_facts.clear();
        m_stopped.clear();
    }
    void take(const live::Increment& increment);

    struct Shown {
        bool blind = false; ///< a target is not observed at all
        QString line; ///< one sentence for the status bar; empty where all is well
        QStringList all; ///< a sentence each, the gravest first
    };
    /// Of the targets that are attached.
    Shown of(const live::Status& status) const;

private:
    void take(const live::ProbeFact& fact);
    void goesOn(const live::Request& request);

    using Key = std::pair<live::TargetNumber, std::string>;
    std::map<Key, live::ProbeFact> m_facts;
    std::set<std::pair<live::TargetNumber, std::uint32_t>> m_stopped; ///< processes that run no code
};

} // namespace prism::app
