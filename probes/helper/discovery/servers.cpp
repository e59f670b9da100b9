// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/servers.h"

#include "probes/helper/discovery/ask_models.h"
#include "probes/helper/discovery/holders.h"
#include "probes/helper/discovery/routers.h"
#include "probes/helper/discovery/unnamed.h"
#include "probes/helper/discovery/versions.h"

#include <algorithm>

namespace prism::probes {

namespace {

/// Sockets of those members that answer HTTP: workers listen on ports that are no servers.
std::vector<TcpSocket> frontSockets(const ProcessTable& table, SocketHolders& holders, const Family& family)
{
    std::vector<TcpSocket> sockets;
    for (const int pid : family.members) {
        const auto& recognised = table.at(pid).recognised;
        if (recognised && recognised->role != Role::Worker) {
            for (TcpSocket& socket : holders.listening(pid)) {
                const bool known = std::ranges::any_of(
                    sockets, [&](const TcpSocket& other) { return other.inode == socket.inode; });
                if (!known) {
                    sockets.push_back(std::move(socket));
                }
            }
        }
    }
    return sockets;
}

std::vector<std::uint16_t> announcedPorts(const ProcessTable& table, const Family& family)
{
    std::vector<std::uint16_t> said;
    std::vector<std::uint16_t> byDefault;
    for (const int pid : family.members) {
        const auto& recognised = table.at(pid).recognised;
        if (recognised && recognised->role != Role::Worker) {
            auto& to = recognised->portsSaid ? said : byDefault;
            to.insert(to.end(), recognised->ports.begin(), recognised->ports.end());
        }
    }
    return said.empty() ? byDefault : said;
}

/// Those at the announced port; else those that were chosen on purpose; else all.
std::vector<TcpSocket> chooseSockets(
    std::vector<TcpSocket> sockets, const std::vector<std::uint16_t>& announced, const PortRange& ephemeral)
{
    const auto keep = [&sockets](auto&& wanted) {
        std::vector<TcpSocket> kept;
        std::ranges::copy_if(sockets, std::back_inserter(kept), wanted);
        return kept;
    };
    auto kept = keep([&](const TcpSocket& socket) {
        return std::ranges::find(announced, socket.port) != announced.end();
    });
    if (kept.empty()) {
        kept = keep([&](const TcpSocket& socket) { return !ephemeral.contains(socket.port); });
    }
    return kept.empty() ? sockets : kept;
}

std::vector<Endpoint> endpointsOf(const std::vector<TcpSocket>& sockets)
{
    std::vector<Endpoint> endpoints;
    endpoints.reserve(sockets.size());
    for (const TcpSocket& socket : sockets) {
        endpoints.push_back({ socket.address, socket.port });
    }
    std::ranges::sort(endpoints, [](const Endpoint& a, const Endpoint& b) {
        return std::tie(a.port, a.address) < std::tie(b.port, b.address);
    });
    endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
    return endpoints;
}

class Search {
public:
    explicit Search(const DiscoveryOptions& options)
        : m_options(options)
        , m_proc(options.root + "/proc")
        , m_table(readProcessTable(m_proc, options.mostProcesses, m_moreProcesses))
        , m_holders(m_proc, m_table, options.mostFiles)
        , m_accelerators(Accelerators::read(options.root))
        , m_ephemeral(ephemeralPorts(m_proc))
        , m_ownSpace(numberInLink(readLink(m_proc.root() + "/self/ns/net").value_or(""), "net"))
    {
    }

    Discovery run()
    {
        for (const Family& family : familiesOf(m_table)) {
            addFamily(family);
        }
        addUnnamed();
        findUpstreams(m_table, m_holders, m_found.servers);
        askForModels();
        std::ranges::sort(m_found.servers, {}, &Server::pid);
        if (m_moreProcesses) {
            m_found.limits.push_back("More than " + std::to_string(m_options.mostProcesses)
                + " processes run: the later ones were not looked at");
        }
        if (m_holders.budgetSpent()) {
            m_found.limits.push_back("More than " + std::to_string(m_options.mostFiles)
                + " files are open: ports of some processes may be missing");
        }
        return std::move(m_found);
    }

private:
    void addFamily(const Family& family)
    {
        const SeenProcess& root = m_table.at(family.root);
        Server server = base(root.facts, family.members);
        server.engine = root.recognised->engine;
        server.role = root.recognised->role;
        const auto announced = announcedPorts(m_table, family);
        std::vector<TcpSocket> sockets = frontSockets(m_table, m_holders, family);
        if (m_holders.files(family.root).readable) {
            sockets = chooseSockets(std::move(sockets), announced, m_ephemeral);
        } else {
            sockets = socketsByUser(root.facts, announced);
            server.notes.push_back("Its open files are closed to you: the port is the one of its arguments");
        }
        server.endpoints = endpointsOf(sockets);
        if (server.role == Role::Server && childServes(family, sockets)) {
            server.role = Role::Supervisor;
        }
        if (Server* first = sharing(sockets)) {
            joinFamily(*first, family);
            return;
        }
        for (const TcpSocket& socket : sockets) {
            m_bySocket.emplace(socket.inode, m_found.servers.size());
        }
        describe(server, family);
        m_found.servers.push_back(std::move(server));
    }

    /// The server that answers on one of these very sockets too: children whose supervisor is gone.
    Server* sharing(const std::vector<TcpSocket>& sockets)
    {
        for (const TcpSocket& socket : sockets) {
            if (const auto known = m_bySocket.find(socket.inode); known != m_bySocket.end()) {
                return &m_found.servers[known->second];
            }
        }
        return nullptr;
    }

    static void joinFamily(Server& server, const Family& family)
    {
        server.processes.insert(server.processes.end(), family.members.begin(), family.members.end());
        std::ranges::sort(server.processes);
    }

    Server base(const ProcessFacts& facts, const std::vector<int>& members) const
    {
        Server server;
        server.pid = facts.pid;
        server.startTicks = facts.startTicks;
        server.uids = facts.uids;
        server.user = userName(facts.uids.effective);
        server.innerPid = facts.innerPid == facts.pid ? 0 : facts.innerPid;
        server.netNamespace = facts.netNamespace;
        std::ranges::copy_if(
            members, std::back_inserter(server.processes), [&facts](int pid) { return pid != facts.pid; });
        return server;
    }

    /// Where the files are closed to us: the port of the arguments, when a socket of that user listens there.
    std::vector<TcpSocket> socketsByUser(
        const ProcessFacts& facts, const std::vector<std::uint16_t>& announced)
    {
        std::vector<TcpSocket> sockets;
        std::ranges::copy_if(
            m_holders.allListening(facts.pid), std::back_inserter(sockets), [&](const TcpSocket& socket) {
                return socket.uid == facts.uids.effective
                    && std::ranges::find(announced, socket.port) != announced.end();
            });
        return sockets;
    }

    bool childServes(const Family& family, const std::vector<TcpSocket>& sockets)
    {
        return std::ranges::any_of(family.members, [&](int pid) {
            const SeenProcess& process = m_table.at(pid);
            if (pid == family.root || !process.recognised || process.recognised->role != Role::Server) {
                return false;
            }
            const auto& open = m_holders.files(pid).sockets;
            return std::ranges::any_of(sockets,
                [&](const TcpSocket& socket) { return std::ranges::binary_search(open, socket.inode); });
        });
    }

    /// Model, version, devices, container, command and tiers.
    void describe(Server& server, const Family& family)
    {
        const SeenProcess& root = m_table.at(server.pid);
        std::vector<std::string> devices;
        bool tls = false;
        for (const int pid : family.members) {
            const SeenProcess& process = m_table.at(pid);
            if (process.recognised && process.recognised->role != Role::Worker) {
                tls = tls || process.recognised->tls;
                if (server.model.empty()) {
                    server.model = process.recognised->model;
                }
            }
            if (process.recognised && server.engineVersion.empty()) {
                server.engineVersion = distributionVersion(
                    m_proc, process.facts, process.command, process.recognised->distributions);
            }
            const auto& open = m_holders.files(pid).devices;
            devices.insert(devices.end(), open.begin(), open.end());
        }
        std::ranges::sort(devices);
        devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
        server.accelerators = m_accelerators.of(family.members, devices);
        server.container = containerOf(readFile(m_proc.path(server.pid, "cgroup"), 16384).value_or(""),
            readFile(m_proc.path(server.pid, "mountinfo"), 256u << 10).value_or(""));
        nameContainer(server.container, m_options.root);
        if (m_options.observer.caller == 0 || server.uids.allAre(m_options.observer.caller)) {
            server.command
                = allowedCommand(root.command, server.engine == "openai-compatible" ? "" : server.engine,
                    root.recognised ? root.recognised->positional : std::string());
        }
        server.tiers = tiersOf({ server.uids, server.user, server.engine, tls }, m_options.observer);
    }

    void addUnnamed()
    {
        std::vector<Unnamed> candidates
            = unnamedListeners(m_proc, m_table, m_holders, m_ephemeral, m_found.servers);
        std::vector<ModelsQuestion> questions;
        for (const Unnamed& candidate : candidates) {
            for (const TcpSocket& socket : candidate.sockets) {
                questions.push_back(question(m_table.at(candidate.root).facts, socket.address, socket.port));
            }
        }
        const auto answers = m_options.askModels ? askModels(questions, m_options.askMilliseconds)
                                                 : std::vector<ModelsAnswer>(questions.size());
        std::size_t next = 0;
        for (Unnamed& candidate : candidates) {
            std::vector<TcpSocket> speaking;
            ModelsAnswer told;
            bool asked = false;
            for (const TcpSocket& socket : candidate.sockets) {
                const ModelsAnswer& answer = answers[next++];
                asked = asked || (answer.asked && !answer.wantsKey);
                if (answer.speaks) {
                    speaking.push_back(socket);
                    told = told.speaks ? told : answer;
                }
            }
            const bool forwards
                = candidate.proxy && forwardsToAny(m_holders, candidate.members, m_found.servers);
            const bool unasked = !asked && m_options.tellUnasked;
            if (told.speaks || forwards || unasked) {
                addUnnamed(candidate, told.speaks ? speaking : candidate.sockets, told);
                m_found.servers.back().unasked = !told.speaks && !forwards;
            }
        }
    }

    void addUnnamed(
        const Unnamed& candidate, const std::vector<TcpSocket>& sockets, const ModelsAnswer& answer)
    {
        Server server = base(m_table.at(candidate.root).facts, candidate.members);
        server.engine = answer.ownedBy == "vllm" || answer.ownedBy == "sglang" ? answer.ownedBy
            : answer.ownedBy == "llamacpp"                                     ? "llama.cpp"
                                                                               : "openai-compatible";
        server.role = candidate.proxy ? Role::Router : Role::Server;
        if (candidate.proxy) {
            server.engine = "openai-compatible";
        }
        server.model = candidate.proxy ? "" : answer.model;
        server.endpoints = endpointsOf(sockets);
        describe(server, { candidate.root, candidate.members });
        m_found.servers.push_back(std::move(server));
    }

    ModelsQuestion question(const ProcessFacts& facts, const std::string& address, std::uint16_t port) const
    {
        return { facts.pid, facts.netNamespace != 0 && facts.netNamespace != m_ownSpace, address, port };
    }

    /// Servers known by name are asked only where their command line leaves the model open.
    void askForModels()
    {
        std::vector<ModelsQuestion> questions;
        std::vector<Server*> whose;
        for (Server& server : m_found.servers) {
            if (server.model.empty() && server.role != Role::Router && !server.unasked
                && !server.endpoints.empty() && server.netNamespace != 0) {
                server.modelUnasked = m_options.tellUnasked;
                const Endpoint& first = server.endpoints.front();
                questions.push_back(question(m_table.at(server.pid).facts, first.address, first.port));
                whose.push_back(&server);
            }
        }
        if (!m_options.askModels) {
            return;
        }
        const auto answers = askModels(questions, m_options.askMilliseconds);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            whose[i]->model = answers[i].model;
            whose[i]->modelUnasked = whose[i]->modelUnasked && !answers[i].asked;
            if (!answers[i].note.empty()) {
                whose[i]->notes.push_back(answers[i].note);
            }
        }
    }

    const DiscoveryOptions& m_options;
    ProcFolder m_proc;
    bool m_moreProcesses = false;
    ProcessTable m_table;
    SocketHolders m_holders;
    Accelerators m_accelerators;
    PortRange m_ephemeral;
    std::uint64_t m_ownSpace;
    std::map<std::uint64_t, std::size_t> m_bySocket; ///< index of the server that answers there
    Discovery m_found;
};

} // namespace

Discovery findServers(const DiscoveryOptions& options)
{
    return Search(options).run();
}

} // namespace prism::probes
