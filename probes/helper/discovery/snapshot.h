// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::probes {

/// Facts about a target and its machine at the moment of attach: name and text. Names are those of the
/// contract's attributes where there is one (`engine`, `engine_version`, `model`, `accelerator`), else what
/// they say: `command`, `env.NAME`, `kernel`, `cpu`, `cpu_governor`, `cpu_mhz`, `memory_bytes`, `gpu_driver`,
/// `cgroup_cpu_max` … Only arguments and variables on lists of ours are told: what is not on them may be a
/// secret.
using Snapshot = std::vector<std::pair<std::string, std::string>>;

/// Call after the attach was allowed. Takes about a millisecond; the driver's library is not asked.
Snapshot snapshotOf(int pid, const std::string& root = {});

/// The variables of /proc/PID/environ that are on the list; exposed for tests.
Snapshot allowedEnvironment(std::string_view environ);

} // namespace prism::probes
