// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/tiers.h"

#include <array>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

namespace prism::probes {

namespace {

constexpr std::string_view askThrough = "Use the service prism-probed.socket or pkexec: they ask for an "
                                        "administrator's password";

std::string missingCapabilities(const Observer& observer)
{
    struct Named {
        int number;
        std::string_view name;
    };
    constexpr Named needed[]
        = { { CAP_BPF, "CAP_BPF" }, { CAP_PERFMON, "CAP_PERFMON" }, { CAP_SYS_PTRACE, "CAP_SYS_PTRACE" } };
    std::string names;
    for (const auto& [number, name] : needed) {
        if (!observer.can(number)) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
    }
    return names;
}

/// What the kernel and our rights say to kernel probes; empty when they are possible.
Tier kernelTier(const Observer& observer)
{
    Tier tier { 1, true, {}, {} };
    if (const std::string missing = missingCapabilities(observer); !missing.empty()) {
        tier = { 1, false, "This program runs without " + missing,
            "Start the service prism-probed.socket, or run it through pkexec or as root", observer.btf };
    } else if (!observer.btf) {
        tier = { 1, false, "This kernel does not describe its types (/sys/kernel/btf/vmlinux is missing)",
            "Use a kernel built with CONFIG_DEBUG_INFO_BTF: those of Debian 12 and Ubuntu 22.04 are" };
    }
    return tier;
}

std::string_view functionsOf(std::string_view engine)
{
    if (engine == "llama.cpp" || engine == "llama-cpp-python" || engine == "ollama") {
        return "llama.cpp's steps";
    }
    return "the GPU driver";
}

} // namespace

Observer Observer::current(uid_t caller, unsigned offered, bool asksPolkit)
{
    Observer observer;
    observer.caller = caller;
    observer.offered = offered;
    observer.asksPolkit = asksPolkit;
    observer.btf = ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    const std::string status = readFile("/proc/self/status", 16384).value_or("");
    std::uint64_t bits = 0;
    for (const char digit : statusValue(status, "CapEff")) {
        bits = bits << 4 | static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    observer.capabilities = bits;
    return observer;
}

std::vector<Tier> tiersOf(const TierQuestion& target, const Observer& observer)
{
    const bool own = observer.caller == 0 || target.uids.allAre(observer.caller);
    const bool mixed = target.uids.effective == observer.caller && !own;
    const std::string whose = mixed
        ? "The process has changed its user: it runs with rights that you do not have"
        : "The process belongs to " + target.user + ", and you are " + userName(observer.caller);
    std::vector<Tier> tiers;
    const auto add = [&](int number, Tier tier) {
        tier.number = number;
        if ((observer.offered >> number & 1) == 0) {
            tier = { number, false, "This version of Prism does not offer it yet", {} };
        } else if (tier.possible && !own && number == 3) {
            tier = { number, false, whose,
                "Attach as the user " + target.user + ", or over ssh as that user" };
        } else if (tier.possible && !own && !observer.asksPolkit) {
            tier = { number, false, whose, std::string(askThrough), true };
        } else if (tier.possible && !own) {
            tier.reason = "Asks for an administrator's password: the process belongs to " + target.user;
        }
        tiers.push_back(std::move(tier));
    };

    add(0, { 0, true, {}, {} });
    Tier kernel = kernelTier(observer);
    if (kernel.possible && target.tls) {
        kernel.reason = "The server speaks TLS: times and bytes are seen, requests and tokens are not";
        kernel.remedy = "Attach the proxy in front of it where that ends the TLS";
    }
    add(1, kernel);
    Tier functions = kernelTier(observer);
    if (functions.possible) {
        functions.reason = "Probes on " + std::string(functionsOf(target.engine));
    }
    add(2, functions);
    add(3, { 3, true, "Asks for your consent each time: code is loaded into the server", {} });
    return tiers;
}

std::string userName(uid_t uid)
{
    std::array<char, 4096> room; // NOLINT(*-member-init): filled by getpwuid_r
    passwd entry {};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found) {
        return found->pw_name;
    }
    return std::to_string(uid);
}

} // namespace prism::probes
