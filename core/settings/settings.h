// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prism {

/// A setting with where it comes from: "command line", "PRISM_DB", the settings file's path, or "default".
struct Setting {
    std::string name;
    std::string value;
    std::string origin;
};

/// The settings that both the window and the command line know. The command line wins over the environment
/// (PRISM_DB, PRISM_IMPORT_CHILD, PRISM_THEME, PRISM_HELPER, PRISM_LIVE_METRICS, PRISM_LIVE_PROBE_BUDGET),
/// that over the file $XDG_CONFIG_HOME/prism/prism.conf
/// ("[General]", key=value), that over the default. `commandLine` is the value given there, empty when none
/// was.
Setting setting(std::string_view name, std::string_view commandLine = {});
/// Whether a server that is watched is asked for its own /metrics: unless "live_metrics" is "off".
bool readsServerMetrics();
std::vector<Setting> allSettings(std::string_view commandLineDatabase = {});

std::string settingsFile(); ///< path; the file need not exist
/// $XDG_DATA_HOME/prism/prism.db; its folder is made on first use by the store.
std::string defaultDatabase();

} // namespace prism
