// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/proc.h"

#include <span>

namespace prism::probes {

std::string_view baseName(std::string_view path);

/// A command line taken apart: which program runs, behind an interpreter too, and its arguments.
struct CommandLine {
    std::string program; ///< base name of the executable or script; of "python -m a.b" the module "a.b"
    std::string interpreter; ///< base name, for example "python3.11"; empty when there is none
    std::string script; ///< path of the script as it stands in the arguments; empty for a module
    std::vector<std::string> rest; ///< behind program, script or module
};
CommandLine parseCommandLine(const ProcessFacts& process);

/// The value of the first option of these names that is given: "--port 8000", "--port=8000", "-p 8000".
/// Names are compared with '_' and '-' alike, as argparse-based engines accept both.
std::optional<std::string> optionValue(
    std::span<const std::string> arguments, std::initializer_list<std::string_view> names);
/// The values up to the next option: "--worker-urls http://a http://b".
std::vector<std::string> optionValues(
    std::span<const std::string> arguments, std::initializer_list<std::string_view> names);
bool hasOption(std::span<const std::string> arguments, std::initializer_list<std::string_view> names);

/// Program and those arguments that are on the list of those that tell how the engine was set up. Everything
/// else is left out, so that a token, key or password cannot get through: words without an option too, but
/// for sub-commands and the model, and addresses with a password in them. Of a program that is no engine that
/// we know (`engine` empty) no argument is shown.
std::string allowedCommand(
    const CommandLine& command, std::string_view engine, std::string_view positionalModel);

} // namespace prism::probes
