// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/list_command.h"

#include "probes/helper/discovery/server_text.h"

#include <cstdio>
#include <string_view>
#include <unistd.h>

namespace prism::probes {

int runList(std::span<char* const> arguments, unsigned offeredTiers)
{
    bool json = false;
    DiscoveryOptions options;
    options.askModels = true;
    for (const std::string_view argument : arguments) {
        if (argument == "--json") {
            json = true;
        } else if (argument == "--no-ask") {
            options.askModels = false;
        } else {
            std::fprintf(stderr, "prism-probed list: unknown argument %s. It takes --json and --no-ask.\n",
                argument.data());
            return 2;
        }
    }
    options.observer = Observer::current(::getuid(), offeredTiers, false);
    const Discovery found = findServers(options);
    if (!json) {
        std::fputs(humanTable(found).c_str(), stdout);
        return 0;
    }
    for (const Server& server : found.servers) {
        std::puts(jsonLine(server).c_str());
    }
    for (const std::string& limit : found.limits) {
        std::fprintf(stderr, "%s.\n", limit.c_str());
    }
    return 0;
}

} // namespace prism::probes
