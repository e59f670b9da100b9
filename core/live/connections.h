// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/hops.h"
#include "core/live/request.h"
#include "probes/protocol/record.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <utility>

namespace prism::live {

/// The connections of all targets, as far as they were told of or used; the one that was met first goes when
/// there are too many.
class Connections {
public:
    struct Key {
        TargetNumber target;
        std::uint64_t connection;
        auto operator<=>(const Key&) const = default;
    };
    struct Connection {
        ConnectionRole role = ConnectionRole::Server;
        bool known = false; ///< its record came
        bool noHttp = false; ///< its first bytes were seen, and neither HTTP nor TLS
        std::optional<Endpoints> endpoints;
        std::optional<std::uint32_t> done; ///< highest request number handed on
    };

    /// `hops` is told of connections that a router opens and closes.
    Connections(std::size_t most, Hops& hops);

    void told(TargetNumber target, const wire::Connection& body);
    /// What is known of a connection; a new one is made where nothing is.
    Connection& at(const Key& key);
    /// Forgotten to bound memory, since the last call.
    std::uint64_t takeForgotten() { return std::exchange(m_forgotten, 0); }

private:
    struct Kept {
        Connection connection;
        std::list<Key>::iterator age;
    };
    void closed(const Connection& connection);

    std::size_t m_most;
    Hops& m_hops;
    std::map<Key, Kept> m_connections;
    std::list<Key> m_ages;
    std::uint64_t m_forgotten = 0;
};

} // namespace prism::live
