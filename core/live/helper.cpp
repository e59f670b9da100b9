// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/helper.h"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace prism::live {

namespace {

constexpr const char* serviceSocket = "/run/prism/probed.sock";
constexpr const char* shownWithoutRights = "prism-probed without its rights";

std::string findProgram()
{
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    // Tests stand in a folder beside the programs'.
    for (const auto& candidate :
        { self / "prism-probed", self / "../bin/prism-probed", self / "../libexec/prism/prism-probed" }) {
        if (access(candidate.c_str(), X_OK) == 0) {
            return std::filesystem::weakly_canonical(candidate, error).string();
        }
    }
    const std::string installed = PRISM_INSTALLED_LIBEXEC "/prism-probed";
    return access(installed.c_str(), X_OK) == 0 ? installed : std::string();
}

/// A host as ssh takes it: nothing that could be an option or a second word.
bool isHost(const std::string& host)
{
    return !host.empty() && host.front() != '-'
        && std::all_of(host.begin(), host.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
}

Result<HelperAddress> overruled(const std::string& given)
{
    if (given.starts_with("ssh:")) {
        const std::string host = given.substr(4);
        if (!isHost(host)) {
            return Error { given, {}, "this is no host name", "Write ssh:HOST or ssh:USER@HOST" };
        }
        HelperAddress address;
        address.kind = HelperAddress::Program;
        address.command = { "ssh", "-T", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3" };
        if (isatty(STDIN_FILENO) == 0) {
            // Nobody could answer a question.
            address.command.insert(address.command.end(), { "-o", "BatchMode=yes" });
        }
        address.command.insert(address.command.end(), { "--", host, "prism-probed", "--stdio" });
        address.shown = "ssh " + host;
        address.here = false;
        return address;
    }
    if (given == "none") {
        return HelperAddress { HelperAddress::None, {}, {}, "no helper: /metrics alone" };
    }
    std::error_code error;
    if (std::filesystem::is_socket(given, error)) {
        return HelperAddress { HelperAddress::Socket, given, {}, given };
    }
    if (access(given.c_str(), X_OK) != 0 || std::filesystem::is_directory(given, error)) {
        return Error { given, {}, "there is no helper: neither a socket nor a program",
            "Name the socket of the prism-probed service, the program itself, ssh:HOST, or none" };
    }
    return HelperAddress { HelperAddress::Program, {}, { given, "--stdio" }, given };
}

} // namespace

Result<HelperAddress> findHelper(const std::string& overrule)
{
    if (!overrule.empty()) {
        return overruled(overrule);
    }
    if (access(serviceSocket, R_OK | W_OK) == 0) {
        return HelperAddress { HelperAddress::Socket, serviceSocket, {}, "the prism-probed service" };
    }
    const std::string program = findProgram();
    if (program.empty()) {
        return Error { "prism-probed", {}, "the helper that observes processes is not installed",
            "Install the prism-probed package, or name it with --helper; --helper none reads a server's "
            "/metrics "
            "alone" };
    }
    if (geteuid() == 0) {
        return HelperAddress { HelperAddress::Program, {}, { program, "--stdio" }, program };
    }
    for (const char* pkexec : { "/usr/bin/pkexec", "/bin/pkexec" }) {
        if (access(pkexec, X_OK) == 0) {
            return HelperAddress { HelperAddress::Program, {}, { pkexec, program, "--stdio" },
                "prism-probed through pkexec" };
        }
    }
    return Error { "prism-probed", {},
        access(serviceSocket, F_OK) == 0 ? "the service's socket is not open to you and there is no pkexec"
                                         : "the prism-probed service does not run and there is no pkexec",
        "Start prism-probed.socket and join the group prism-probe, or run this as root; --helper none with "
        "the "
        ":PORT of a server reads its /metrics alone" };
}

Result<HelperAddress> findLister(const std::string& overrule)
{
    auto found = findHelper(overrule);
    if (found) {
        return withoutRights(std::move(*found));
    }
    const std::string program = overrule.empty() ? findProgram() : std::string();
    if (program.empty()) {
        return found.error();
    }
    return HelperAddress { HelperAddress::Program, {}, { program, "--stdio" }, shownWithoutRights };
}

bool asksForPassword(const HelperAddress& address)
{
    return address.kind == HelperAddress::Program && !address.command.empty()
        && address.command.front().ends_with("pkexec");
}

HelperAddress withoutRights(HelperAddress address)
{
    if (asksForPassword(address)) {
        address.command.erase(address.command.begin());
        address.shown = shownWithoutRights;
    }
    return address;
}

} // namespace prism::live
