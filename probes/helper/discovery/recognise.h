// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/arguments.h"

namespace prism::probes {

enum class Role {
    Server, ///< answers requests
    Router, ///< forwards them to servers
    Supervisor, ///< holds the listening socket that its children serve
    Worker, ///< computes for a server; what it listens on is no HTTP
};
std::string_view roleName(Role role);

/// What a process is by its own name, title and arguments alone. Engine ids are those of wire::ServerKey.
struct Recognition {
    std::string_view engine; ///< empty: not known as an inference engine
    Role role = Role::Server;
    std::string model; ///< empty: not said
    std::string positional; ///< the argument without an option that named the model
    std::vector<std::uint16_t> ports; ///< where it says, or is known, to answer HTTP
    bool portsSaid = false; ///< false: the engine's default
    bool tls = false;
    std::vector<std::uint16_t>
        upstreamPorts; ///< of a router: where it says that it forwards to, on this machine
    std::vector<std::string_view> distributions; ///< Python distributions that carry the engine's version
};

/// Nothing for a process that is none of the engines, proxies and routers that are known by name.
std::optional<Recognition> recognise(const ProcessFacts& process);

/// nginx, envoy, haproxy and others that forward HTTP: routers only where what they forward to is a server.
bool isReverseProxy(const CommandLine& command);
/// Forwards bytes (docker-proxy, ssh, socat): what listens there is not what answers.
bool isRelay(const CommandLine& command);

/// True when asking it GET /v1/models is reasonable though nothing says that it is an engine: it runs Python
/// or Node, or its name speaks of language models. A database or a printer is not asked.
bool isPlausible(const ProcessFacts& process, const CommandLine& command, bool usesGpu);

/// The name a person would use for the model: "org/name" as it stands; of a path to a file or folder the
/// served name if there is one, else its last part.
std::string modelName(std::string_view model, std::string_view servedName);

} // namespace prism::probes
