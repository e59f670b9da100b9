// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/arguments.h"

namespace prism::probes {

/// The version of the first of these Python distributions that is installed beside what the process runs: the
/// name of its dist-info folder, looked up in the process's own file system. Nothing is executed and no file
/// is opened. Folders are those that the process has mapped libraries from, else those of its interpreter and
/// script. Empty when it is not there, or when two versions are.
std::string distributionVersion(const ProcFolder& proc, const ProcessFacts& process,
    const CommandLine& command, std::span<const std::string_view> distributions);

} // namespace prism::probes
