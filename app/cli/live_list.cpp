// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live.h"
#include "app/cli/terminal.h"

#include "core/export/live_lines.h"

#include <cstdio>

namespace prism::cli {

namespace {

std::string joined(const std::vector<std::uint16_t>& ports)
{
    std::string out;
    for (const std::uint16_t port : ports) {
        out += (out.empty() ? ":" : " :") + std::to_string(port);
    }
    return out;
}

int list(const LiveOptions& options)
{
    StopOnSignal stop;
    // What everybody may see needs no password.
    if (helperOf(options) == "none") {
        return fail({ "none", {}, "without a helper nothing can be listed",
            "Leave --helper out: the list asks for no rights and no password" });
    }
    const auto helper = live::findLister(helperOf(options));
    if (!helper) {
        return fail(helper.error());
    }
    const auto session = live::Session::connect(*helper, {}, stop.token());
    if (!session) {
        return fail(session.error());
    }
    const auto servers = (*session)->servers(stop.token());
    if (!servers) {
        return fail(servers.error());
    }
    TextTable table({ { "pid", true }, { "user" }, { "engine" }, { "model" }, { "ports" }, { "role" },
        { "container" }, { "tiers" } });
    for (const live::FoundServer& server : *servers) {
        if (options.json) {
            std::printf("%s\n", serverLine(server).c_str());
            continue;
        }
        std::string tiers;
        for (const live::TierChoice& tier : server.tiers) {
            if (tier.possible) {
                tiers += (tiers.empty() ? "T" : " T") + std::to_string(tier.tier);
            }
        }
        const std::string version = server.engineVersion.empty() ? "" : " " + server.engineVersion;
        table.row({ std::to_string(server.pid), printable(server.user), printable(server.engine + version),
            printable(server.model), joined(server.ports), printable(server.role),
            printable(server.container), tiers });
    }
    if (const std::size_t unasked = (*session)->unasked(); unasked > 0) {
        std::fprintf(stderr,
            unasked == 1
                ? "%zu more process listens and may be a server: it could not be asked, as it wants a key, "
                  "or "
                  "is on another machine or in a network that is closed to you. If it is one, attach to its "
                  "PID.\n"
                : "%zu more processes listen and may be servers: they could not be asked, as they want a "
                  "key, or are on another machine or in a network that is closed to you. Attach to those "
                  "that are "
                  "by PID.\n",
            unasked);
    }
    if (!options.json) {
        if (servers->empty()) {
            std::fprintf(stderr, "No inference server is found on this machine.\n");
        } else {
            print(table);
        }
        for (const live::FoundServer& server : *servers) {
            for (const live::TierChoice& tier : server.tiers) {
                if (!tier.possible && !tier.reason.empty()) {
                    const std::string remedy = tier.remedy.empty() ? "" : ". " + printable(tier.remedy);
                    std::fprintf(stderr, "pid %u, T%d: %s%s.\n", server.pid, tier.tier,
                        printable(tier.reason).c_str(), remedy.c_str());
                }
            }
            for (const std::string& note : server.notes) {
                std::fprintf(stderr, "pid %u: %s\n", server.pid, printable(note).c_str());
            }
        }
    }
    return Done;
}

} // namespace

void addLiveList(CLI::App& live, int& exit)
{
    auto options = std::make_shared<LiveOptions>();
    CLI::App* command = live.add_subcommand("list", "List the inference servers of this machine");
    addHelper(*command, *options, false);
    addJson(*command, *options);
    command->callback([options, &exit] { exit = list(*options); });
}

} // namespace prism::cli
