// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/unnamed.h"

#include <algorithm>
#include <array>

namespace prism::probes {

namespace {

constexpr std::size_t mostPorts = 4;
constexpr std::uint16_t torchRendezvous = 29500;

std::string lower(std::string text)
{
    std::ranges::transform(
        text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

/// An interpreter alone says nothing: its program must look like something that serves HTTP.
bool looksLikeHttp(const ProcFolder& proc, const SeenProcess& process)
{
    const CommandLine& command = process.command;
    std::string text = lower(command.program + ' ' + command.script);
    for (std::size_t i = 0; i < std::min<std::size_t>(command.rest.size(), 3); ++i) {
        text += ' ' + lower(command.rest[i]);
    }
    constexpr auto no = std::to_array<std::string_view>({ "torchrun", "torch.distributed", "train",
        "deepspeed", "accelerate", "mpirun", "horovod", "jupyter" });
    constexpr auto yes = std::to_array<std::string_view>({ "serve", "api", "uvicorn", "gunicorn", "hypercorn",
        "fastapi", "openai", "llm", "app", "infer", "model" });
    const auto inText = [&](std::string_view part) { return text.find(part) != std::string::npos; };
    if (std::ranges::any_of(no, inText)) {
        return false;
    }
    if (std::ranges::any_of(yes, inText)) {
        return true;
    }
    const std::string maps = readFile(proc.path(process.facts.pid, "maps"), 4u << 20).value_or("");
    constexpr auto libraries = std::to_array<std::string_view>({ "/httptools/", "/uvloop/", "/aiohttp/" });
    return std::ranges::any_of(
        libraries, [&](std::string_view part) { return maps.find(part) != std::string::npos; });
}

bool namesPort(const SeenProcess& process, std::uint16_t port)
{
    const std::string digits = std::to_string(port);
    return std::ranges::any_of(process.command.rest, [&](const std::string& argument) {
        return argument == digits || argument.ends_with(':' + digits) || argument.ends_with('=' + digits);
    });
}

} // namespace

std::vector<Unnamed> unnamedListeners(const ProcFolder& proc, const ProcessTable& table,
    SocketHolders& holders, const PortRange& ephemeral, const std::vector<Server>& found)
{
    std::set<int> taken;
    for (const Server& server : found) {
        taken.insert(server.pid);
        taken.insert(server.processes.begin(), server.processes.end());
    }
    std::map<int, std::vector<TcpSocket>> listening;
    for (const auto& [pid, process] : table) {
        // Workers whose server is gone are no unnamed servers either.
        if (!taken.contains(pid) && !process.recognised && !isRelay(process.command)) {
            if (auto sockets = holders.listening(pid); !sockets.empty()) {
                listening.emplace(pid, std::move(sockets));
            }
        }
    }
    std::map<int, Unnamed> byRoot;
    for (const auto& [pid, sockets] : listening) {
        for (const TcpSocket& socket : sockets) {
            const auto sharing = holders.holders(socket.inode);
            const bool served
                = std::ranges::any_of(sharing, [&](int other) { return taken.contains(other); });
            if (served) {
                continue;
            }
            const int root = topmostHolder(table, sharing, pid);
            Unnamed& unnamed = byRoot[listening.contains(root) ? root : pid];
            unnamed.root = listening.contains(root) ? root : pid;
            if (std::ranges::find(unnamed.members, pid) == unnamed.members.end()) {
                unnamed.members.push_back(pid);
            }
            if (std::ranges::find(unnamed.sockets, socket.inode, &TcpSocket::inode)
                == unnamed.sockets.end()) {
                unnamed.sockets.push_back(socket);
            }
        }
    }
    std::vector<Unnamed> all;
    for (auto& [root, unnamed] : byRoot) {
        const SeenProcess& process = table.at(root);
        unnamed.proxy = isReverseProxy(process.command);
        const bool gpu = !holders.files(root).devices.empty();
        const bool plausible = isPlausible(process.facts, process.command, gpu)
            && (unnamed.proxy || gpu || process.command.interpreter.empty() || looksLikeHttp(proc, process));
        const bool many = unnamed.sockets.size() > mostPorts && !unnamed.proxy;
        std::erase_if(unnamed.sockets, [&](const TcpSocket& socket) {
            return socket.port == torchRendezvous
                || (ephemeral.contains(socket.port) && !namesPort(process, socket.port));
        });
        if (plausible && !many && !unnamed.sockets.empty()) {
            all.push_back(std::move(unnamed));
        }
    }
    return all;
}

} // namespace prism::probes
