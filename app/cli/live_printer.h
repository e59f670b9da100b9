// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/live.h"

#include "core/live/session.h"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>

namespace prism::cli {

/// Prints what a session tells as it comes: with --json a document an event, else a line a request under one
/// head line. On standard error stands, each once, what is missing and why, and which target has ended.
class LivePrinter {
public:
    LivePrinter(live::Session& session, const LiveOptions& options);
    void print();
    /// Losses and the summary; call after the last print().
    void finish();

private:
    void attached(const live::Status& status);
    void tell(const live::Status& status, const live::Increment& news);
    void documents(
        const live::Status& status, const live::Increment& news, std::span<const live::RequestPtr> ended);
    void requestLine(const live::Request& request);
    void percentiles(const std::string& title, const live::Sketch& sketch);
    void metrics(const live::Target& target);
    void notes();

    live::Session& m_session;
    const LiveOptions& m_options;
    live::Cursor m_cursor;
    std::uint64_t m_untimed = 0; ///< requests without the time of each event, though asked for
    bool m_head = false; ///< the line above the requests is printed
    std::set<live::TargetNumber> m_told, m_toldEnd;
    std::set<std::string> m_hints; ///< what was said of probes, each once
    std::map<live::TargetNumber, std::string> m_metrics; ///< what was said of the server's own metrics
};

} // namespace prism::cli
