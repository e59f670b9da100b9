// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/http/connection.h"

#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>
#include <vector>

namespace prism::probes::http {

struct HttpOptions {
    /// Connections that are followed at a time. One more, and the one that was silent longest is forgotten
    /// and counted. About 1.5 KiB each.
    std::size_t mostConnections = 32768;
    std::uint32_t firstText = 1; ///< first number for strings: others may have been given out before
    std::uint32_t firstRequest = 0; ///< first number of a request on a connection, likewise
};

/// Turns the socket events of attached targets into wire records (Source::Http): connections, requests,
/// answers, writes with their events, token counts, ends, losses. Makes no system call, keeps no body, and
/// its memory is bounded whatever comes. One thread.
class HttpMachine {
public:
    explicit HttpMachine(const HttpOptions& options = {});

    /// Events of targets that are not attached are ignored.
    void attach(std::uint32_t target, std::uint64_t timeNs);
    /// Ends what runs as Detached and tells the losses of the whole time.
    void detach(std::uint32_t target, std::uint64_t timeNs);
    void event(const SocketEvent& event);
    /// To be called every 20 ms or so: sends what has waited long enough, tells losses once a second.
    void tick(std::uint64_t nowNs);

    /// Records since the last call, in order; whole ones, not yet in frames.
    std::vector<std::byte>& records() { return m_recorder.out; }
    const HttpCounts& counts(std::uint32_t target) { return m_recorder.counts(target); }
    std::size_t connections() const { return m_connections.size(); }

private:
    struct Target {
        HttpCounts told; ///< what the last Loss records told
        std::uint64_t sinceNs = 0;
        std::uint64_t toldNs = 0;
    };
    struct Entry {
        Entry(Recorder& recorder, const SocketEvent& first, std::uint32_t firstRequest)
            : number(first.connection)
            , connection(recorder, first, firstRequest)
        {
        }
        std::uint64_t number;
        bool waits = false; ///< listed in m_waiting
        Connection connection;
    };
    using Entries = std::list<Entry>;

    Entries::iterator entryOf(const SocketEvent& event);

    HttpOptions m_options;
    Recorder m_recorder;
    std::map<std::uint32_t, Target> m_targets;
    Entries m_entries; ///< the one that was silent longest first
    std::unordered_map<std::uint64_t, Entries::iterator> m_connections;
    std::vector<std::uint64_t> m_waiting; ///< connections with records that wait
    /// Connections that have closed, oldest first: a call that returns late must not bring them back.
    std::list<std::pair<std::uint64_t, std::uint64_t>> m_closed; ///< time, number
};

} // namespace prism::probes::http
