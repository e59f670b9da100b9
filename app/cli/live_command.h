// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"
#include "core/model/result.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace prism::cli {

/// The command of `record -- COMMAND…`: runs beside the recording. When it is a benchmark client that leaves
/// a result which can be imported (a file that its words name or that appears in the working folder
/// meanwhile), its numbers and ours are compared.
class LiveCommand {
public:
    explicit LiveCommand(std::vector<std::string> words);
    ~LiveCommand();
    LiveCommand(const LiveCommand&) = delete;
    LiveCommand& operator=(const LiveCommand&) = delete;

    Result<void> start();
    bool ended();
    /// Asks it to end when it still runs, and waits for it: SIGINT unless it `knows` (the terminal told it
    /// too), SIGTERM after 30 s, SIGKILL after 10 s more.
    void stop(bool knows);
    /// SIGKILL when it still runs; from any thread.
    void killNow();
    bool runs() const { return m_runs; } ///< from any thread
    int exitStatus() const { return m_status; }
    /// Prints the table of their percentiles and ours, or says on standard error why there is none.
    void compare(live::Session& session, bool json);

private:
    std::vector<std::string> m_words;
    pid_t m_pid = -1;
    std::atomic<int> m_descriptor = -1; ///< of the process: names it even after it has ended
    std::atomic<bool> m_runs = false;
    int m_status = -1;
    std::int64_t m_startedAt = 0; ///< seconds since 1970
};

} // namespace prism::cli
