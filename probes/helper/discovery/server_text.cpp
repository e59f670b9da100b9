// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/server_text.h"

#include <algorithm>
#include <array>

namespace prism::probes {

namespace {

using wire::ServerKey;

/// Length of the UTF-8 sequence at the start of `text`; 0 when it is none.
std::size_t sequenceLength(std::string_view text)
{
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = at(0) < 0x80 ? 1
        : at(0) >= 0xc2 && at(0) < 0xe0     ? 2
        : at(0) >= 0xe0 && at(0) < 0xf0     ? 3
        : at(0) >= 0xf0 && at(0) < 0xf5     ? 4
                                            : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (at(0) == 0xe0 && at(1) < 0xa0) || (at(0) == 0xf0 && at(1) < 0x90);
    const bool outside = (at(0) == 0xed && at(1) >= 0xa0) || (at(0) == 0xf4 && at(1) >= 0x90);
    return overlong || outside ? 0 : length;
}

class JsonObject {
public:
    void text(std::string_view key, std::string_view value)
    {
        if (!value.empty()) {
            raw(key, jsonString(value));
        }
    }
    template <class Number>
    void number(std::string_view key, Number value)
    {
        raw(key, std::to_string(value));
    }
    template <class Values, class Write>
    void list(std::string_view key, const Values& values, Write&& write)
    {
        std::string all;
        for (const auto& value : values) {
            all += (all.empty() ? "" : ",") + write(value);
        }
        raw(key, '[' + all + ']');
    }
    void raw(std::string_view key, const std::string& value)
    {
        m_text += (m_text.empty() ? "" : ",") + jsonString(key) + ':' + value;
    }
    std::string done() const { return '{' + m_text + '}'; }

private:
    std::string m_text;
};

std::string tierJson(const Tier& tier)
{
    JsonObject object;
    object.text("tier", "T" + std::to_string(tier.number));
    object.raw("possible", tier.possible ? "true" : "false");
    object.raw("reason", jsonString(tier.reason));
    object.text("remedy", tier.remedy);
    return object.done();
}

std::vector<std::uint16_t> portsOf(const Server& server)
{
    std::vector<std::uint16_t> ports;
    for (const Endpoint& endpoint : server.endpoints) {
        if (std::ranges::find(ports, endpoint.port) == ports.end()) {
            ports.push_back(endpoint.port);
        }
    }
    return ports;
}

/// Characters, not bytes; wide ones do not occur in what is listed.
std::size_t width(std::string_view text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

template <class Values, class Write>
std::string joined(const Values& values, std::string_view between, Write&& write)
{
    std::string all;
    for (const auto& value : values) {
        all += (all.empty() ? std::string() : std::string(between)) + write(value);
    }
    return all;
}

std::string printable(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return out;
}

std::string modelCell(const Server& server, const Discovery& found)
{
    if (server.role != Role::Router) {
        return server.model.empty() ? "—" : printable(server.model);
    }
    const std::string ports = joined(server.upstreams, ", ", [&found](int pid) {
        const auto upstream = std::ranges::find(found.servers, pid, &Server::pid);
        return upstream == found.servers.end() || upstream->endpoints.empty()
            ? "pid " + std::to_string(pid)
            : ':' + std::to_string(upstream->endpoints.front().port);
    });
    return ports.empty() ? "router" : "router, forwards to " + ports;
}

} // namespace

std::string jsonString(std::string_view text)
{
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        const char c = text[0];
        if (length == 0) {
            out += "\xef\xbf\xbd";
        } else if (c == '"' || c == '\\') {
            out += { '\\', c };
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out += { digits[static_cast<std::size_t>(c) >> 4], digits[static_cast<std::size_t>(c) & 15] };
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out + '"';
}

std::string jsonLine(const Server& server)
{
    const auto number = [](auto value) { return std::to_string(value); };
    JsonObject object;
    object.number("pid", server.pid);
    object.number("start_ticks", server.startTicks);
    object.text("user", server.user);
    object.number("uid", server.uids.effective);
    object.text("engine", server.engine);
    object.text("engine_version", server.engineVersion);
    object.text("model", server.model);
    object.text("role", roleName(server.role));
    object.list("ports", portsOf(server), number);
    object.list("addresses", server.endpoints, [](const Endpoint& endpoint) {
        const bool v6 = endpoint.address.find(':') != std::string::npos;
        return jsonString(
            (v6 ? '[' + endpoint.address + ']' : endpoint.address) + ':' + std::to_string(endpoint.port));
    });
    object.list("accelerators", server.accelerators, jsonString);
    if (server.container) {
        object.text("container", server.container.text());
    }
    if (server.innerPid != 0) {
        object.number("inner_pid", server.innerPid);
    }
    object.list("processes", server.processes, number);
    if (server.role == Role::Router) {
        object.list("upstreams", server.upstreams, number);
    }
    object.text("command", server.command);
    object.list("tiers", server.tiers, tierJson);
    if (!server.notes.empty()) {
        object.list("notes", server.notes, jsonString);
    }
    return object.done();
}

std::string humanTable(const Discovery& found)
{
    constexpr std::size_t columns = 8;
    using Row = std::array<std::string, columns>;
    std::vector<Row> rows { { "ENGINE", "MODEL", "PORT", "ACCELERATOR", "PID", "USER", "TIERS",
        "CONTAINER" } };
    for (const Server& server : found.servers) {
        const std::string tiers = joined(server.tiers, " ", [](const Tier& tier) {
            return tier.possible ? "T" + std::to_string(tier.number) : std::string("-");
        });
        rows.push_back({ server.engine + (server.engineVersion.empty() ? "" : ' ' + server.engineVersion),
            modelCell(server, found),
            server.endpoints.empty()
                ? "—"
                : joined(portsOf(server), " ", [](std::uint16_t port) { return ':' + std::to_string(port); }),
            server.accelerators.empty()
                ? "—"
                : joined(server.accelerators, ", ", [](const std::string& text) { return text; }),
            std::to_string(server.pid), server.user, tiers,
            server.container ? server.container.text() : std::string() });
    }
    std::array<std::size_t, columns> widths {};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < columns; ++i) {
            widths[i] = std::max(widths[i], width(row[i]));
        }
    }
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < columns; ++i) {
            line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    if (found.servers.empty()) {
        text = "No inference server was found on this machine.\n";
    }
    for (const Server& server : found.servers) {
        for (const Tier& tier : server.tiers) {
            if (!tier.possible) {
                text += "pid " + std::to_string(server.pid) + ", T" + std::to_string(tier.number)
                    + " not possible: " + tier.reason + (tier.remedy.empty() ? "" : ". " + tier.remedy)
                    + ".\n";
            }
        }
        for (const std::string& note : server.notes) {
            text += "pid " + std::to_string(server.pid) + ": " + note + ".\n";
        }
    }
    for (const std::string& limit : found.limits) {
        text += limit + ".\n";
    }
    return text;
}

void appendServer(wire::FieldWriter& fields, const Server& server)
{
    const auto text = [&fields](ServerKey key, const std::string& value) {
        if (!value.empty()) {
            fields.text(key, value);
        }
    };
    fields.integer(ServerKey::Pid, static_cast<std::uint64_t>(server.pid));
    fields.integer(ServerKey::StartTicks, server.startTicks);
    fields.text(ServerKey::User, server.user);
    fields.integer(ServerKey::Uid, server.uids.effective);
    fields.text(ServerKey::Engine, server.engine);
    text(ServerKey::EngineVersion, server.engineVersion);
    text(ServerKey::Model, server.model);
    for (const Endpoint& endpoint : server.endpoints) {
        fields.integer(ServerKey::Port, endpoint.port);
        fields.text(ServerKey::Address, endpoint.address);
    }
    for (const std::string& accelerator : server.accelerators) {
        fields.text(ServerKey::Accelerator, accelerator);
    }
    text(ServerKey::Container, server.container ? server.container.text() : "");
    if (server.innerPid != 0) {
        fields.integer(ServerKey::InnerPid, static_cast<std::uint64_t>(server.innerPid));
    }
    fields.text(ServerKey::Role, roleName(server.role));
    for (const int pid : server.processes) {
        fields.integer(ServerKey::Process, static_cast<std::uint64_t>(pid));
    }
    for (const int pid : server.upstreams) {
        fields.integer(ServerKey::Upstream, static_cast<std::uint64_t>(pid));
    }
    if (server.unasked) {
        fields.integer(ServerKey::Unasked, 1);
    }
    if (server.modelUnasked) {
        fields.integer(ServerKey::ModelUnasked, 1);
    }
    text(ServerKey::Command, server.command);
    for (const Tier& tier : server.tiers) {
        fields.integer(ServerKey::Tier, static_cast<std::uint64_t>(tier.number));
        fields.integer(ServerKey::Possible, tier.possible ? 1 : 0);
        text(ServerKey::Reason, tier.reason);
        text(ServerKey::Remedy, tier.remedy);
        if (tier.needsRights) {
            fields.integer(ServerKey::NeedsRights, 1);
        }
    }
    for (const std::string& note : server.notes) {
        fields.text(ServerKey::Note, note);
    }
}

} // namespace prism::probes
