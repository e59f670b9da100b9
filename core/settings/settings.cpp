// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/settings/settings.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

namespace prism {

namespace {

struct Known {
    std::string_view name;
    const char* environment;
    std::string (*fallback)();
};

constexpr std::array known {
    Known { "database", "PRISM_DB", [] { return defaultDatabase(); } },
    Known { "import_child", "PRISM_IMPORT_CHILD", [] { return std::string(); } },
    Known { "theme", "PRISM_THEME", [] { return std::string("system"); } },
    Known { "helper", "PRISM_HELPER", [] { return std::string(); } },
    Known { "live_metrics", "PRISM_LIVE_METRICS", [] { return std::string("on"); } },
    Known { "live_probe_budget", "PRISM_LIVE_PROBE_BUDGET", [] { return std::string("0.5"); } },
};

std::string directory(const char* variable, const char* below)
{
    const char* set = std::getenv(variable);
    if (set && *set) {
        return set;
    }
    const char* home = std::getenv("HOME");
    return std::string(home && *home ? home : "/tmp") + below;
}

/// Value of a key in the file's general section; empty when absent.
std::string fromFile(std::string_view name)
{
    std::ifstream file(settingsFile());
    bool general = true;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('[')) {
            general = line.starts_with("[General]");
        } else if (const auto equals = line.find('=');
                   general && equals != std::string::npos && line.substr(0, equals) == name) {
            return line.substr(equals + 1);
        }
    }
    return {};
}

} // namespace

bool readsServerMetrics()
{
    return setting("live_metrics").value != "off";
}

std::string settingsFile()
{
    return directory("XDG_CONFIG_HOME", "/.config") + "/prism/prism.conf";
}

std::string defaultDatabase()
{
    return directory("XDG_DATA_HOME", "/.local/share") + "/prism/prism.db";
}

Setting setting(std::string_view name, std::string_view commandLine)
{
    const auto it
        = std::find_if(known.begin(), known.end(), [name](const Known& k) { return k.name == name; });
    if (!commandLine.empty()) {
        return { std::string(name), std::string(commandLine), "command line" };
    }
    if (it == known.end()) {
        return { std::string(name), {}, "default" };
    }
    if (const char* value = std::getenv(it->environment); value && *value) {
        return { std::string(name), value, it->environment };
    }
    if (std::string value = fromFile(name); !value.empty()) {
        return { std::string(name), std::move(value), settingsFile() };
    }
    return { std::string(name), it->fallback(), "default" };
}

std::vector<Setting> allSettings(std::string_view commandLineDatabase)
{
    std::vector<Setting> out;
    out.reserve(known.size());
    for (const Known& k : known) {
        out.push_back(setting(k.name, k.name == "database" ? commandLineDatabase : std::string_view()));
    }
    return out;
}

} // namespace prism
