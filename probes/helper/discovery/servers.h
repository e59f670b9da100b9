// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/accelerators.h"
#include "probes/helper/discovery/containers.h"
#include "probes/helper/discovery/families.h"
#include "probes/helper/discovery/listeners.h"
#include "probes/helper/discovery/tiers.h"

namespace prism::probes {

struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// An inference server, or a router in front of some, on this machine.
struct Server {
    int pid = 0;
    std::uint64_t startTicks = 0;
    Uids uids;
    std::string user;
    std::string engine; ///< as in wire::ServerKey::Engine
    std::string engineVersion;
    std::string model;
    Role role = Role::Server;
    std::vector<Endpoint>
        endpoints; ///< where it answers HTTP; empty while it starts, or where we may not look
    std::vector<std::string> accelerators;
    Container container;
    int innerPid = 0; ///< 0: the same as pid
    std::vector<int> processes; ///< further ones of the same server, ascending
    std::string command; ///< allow-listed; empty for other users' processes
    std::vector<int> upstreams; ///< of a router: pids of servers found that it forwards to
    std::vector<Tier> tiers;
    std::vector<std::string> notes; ///< what could not be found out and why, a sentence each
    std::uint64_t netNamespace = 0;
    bool unasked = false; ///< it may be one: nobody has asked it yet
    bool modelUnasked = false; ///< it is one whose model is not known: nobody has asked it yet
};

struct DiscoveryOptions {
    Observer observer;
    /// Ask sockets of what looks like a server GET /v1/models: finds servers that are not known by name, and
    /// models that the command line does not tell.
    bool askModels = false;
    int askMilliseconds = 500;
    /// What is not or could not be asked is told, for somebody else to ask.
    bool tellUnasked = false;
    std::size_t mostProcesses = 65536;
    std::size_t mostFiles = 1u << 20; ///< open files that are looked at in all
    std::string root; ///< "" is this machine; else a folder with proc/, sys/ and var/ as on one
};

struct Discovery {
    std::vector<Server> servers; ///< by pid
    std::vector<std::string> limits; ///< what was left out, a sentence each
};

/// Reads /proc once. Takes some 20 µs a process and 1 µs an open file; nothing is written anywhere, nothing
/// is executed, and no process is stopped.
Discovery findServers(const DiscoveryOptions& options);

} // namespace prism::probes
