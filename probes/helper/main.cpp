// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/privileges.h"
#include "probes/helper/access/relay.h"
#include "probes/helper/discovery/list_command.h"
#include "probes/helper/discovery/server_text.h"
#include "probes/helper/discovery/snapshot.h"
#include "probes/helper/doctor/doctor.h"
#include "probes/helper/doctor/doctor_command.h"
#include "probes/helper/parser/parser_child.h"
#include "probes/helper/supervisor.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/capability.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace {
using namespace prism::probes;

constexpr std::string_view usage
    = "prism-probed - observes inference servers for Prism\n"
      "\n"
      "  prism-probed --stdio         speak with the program that started it over standard input and output\n"
      "  prism-probed --socket PATH   wait for clients at a socket of that name (for development)\n"
      "  prism-probed [--idle SECONDS] take the listening socket from systemd; ends after 30 s, or so many, "
      "without a client\n"
      "  prism-probed list [--json] [--no-ask]\n"
      "                               the inference servers of this machine; --no-ask: without asking those "
      "that\n"
      "                               are not known by name GET /v1/models\n"
      "  prism-probed doctor [--json] what can be observed here, and why not\n"
      "  prism-probed --version\n";

constexpr int firstPassed = 3; ///< SD_LISTEN_FDS_START
constexpr int idleSeconds = 30;

Supervisor* running = nullptr;

void onSignal(int /*signal*/)
{
    running->stop();
}

int fail(const std::string& reason)
{
    std::fprintf(stderr, "prism-probed: %s\n", reason.c_str());
    return 1;
}

int listenAt(const char* path, std::string& reason)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) {
        reason = std::string(path) + ": the name is longer than a socket's may be (107 bytes)";
        return -1;
    }
    std::memcpy(address.sun_path, path, std::strlen(path));
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t before = umask(0177);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    umask(before);
    if (!bound || listen(fd, 16) != 0) {
        reason = std::string(path) + ": cannot listen there: " + std::strerror(errno);
        close(fd);
        return -1;
    }
    return fd;
}

/// How many listening sockets systemd passed to this process.
int passedSockets()
{
    const char* const pid = std::getenv("LISTEN_PID");
    const char* const count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || std::atol(pid) != getpid()) {
        return 0;
    }
    return std::atoi(count);
}

/// A whole number of seconds up to a day.
std::optional<int> secondsOf(std::string_view text)
{
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && seconds >= 0 && seconds <= 86'400 ? std::optional(seconds) : std::nullopt;
}

/// What this version has: tiers 0 and 1.
constexpr unsigned offeredTiers = 1U << 0 | 1U << 1;

/// `ask`: servers may be asked for their models, by children without rights. The service is in a network of
/// its own and reaches none: its clients ask.
Discovery serversFor(const Peer& peer, bool ask)
{
    DiscoveryOptions options;
    options.observer = Observer::current(peer.uid, offeredTiers, false);
    options.observer.asksPolkit = options.observer.can(CAP_SYS_PTRACE);
    options.askModels = ask;
    options.tellUnasked = true;
    return findServers(options);
}

Answers answers(bool ask)
{
    Answers all;
    all.list = [ask](const Peer& peer) {
        std::vector<prism::wire::FieldWriter> replies;
        for (const Server& server : serversFor(peer, ask).servers) {
            appendServer(replies.emplace_back(), server);
        }
        return replies;
    };
    all.doctor = [] {
        std::vector<prism::wire::FieldWriter> replies;
        for (const Feature& feature : examine()) {
            appendFeature(replies.emplace_back(), feature);
        }
        return replies;
    };
    all.snapshot = [](const ProcessState& process) { return snapshotOf(static_cast<int>(process.pid)); };
    return all;
}

int run(SupervisorSettings settings, bool ask, const std::function<void(Supervisor&)>& prepare)
{
    if (const std::string failure = keepOnlyNeeded(); !failure.empty()) {
        return fail(failure);
    }
    std::signal(SIGPIPE, SIG_IGN);
    settings.answers = answers(ask);
    Supervisor supervisor(std::move(settings));
    running = &supervisor;
    std::signal(SIGTERM, onSignal);
    std::signal(SIGINT, onSignal);
    prepare(supervisor);
    supervisor.run();
    return 0;
}
} // namespace

int main(int count, char** values)
{
    const std::span<char*> arguments(values, static_cast<std::size_t>(count));
    const std::string_view first = count > 1 ? arguments[1] : "";
    SupervisorSettings settings;
    settings.parser = runParserChild;
    if (count == 2 && first == "--version") {
        std::puts("prism-probed " PRISM_VERSION);
        return 0;
    }
    if (first == "list") {
        return runList(arguments.subspan(2), offeredTiers);
    }
    if (first == "doctor") {
        return runDoctor(arguments.subspan(2));
    }
    if (count == 2 && first == "--stdio") {
        for (const int fd : { STDIN_FILENO, STDOUT_FILENO }) {
            struct stat info { };
            if (fstat(fd, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))) {
                return fail(
                    "--stdio is for the program that starts it: standard input and output are to be pipes or "
                    "sockets. For people there are list and doctor.");
            }
        }
        // Ctrl+C in a terminal goes to its whole foreground group: whoever started us is asked to stop by it,
        // detaches in good order and hangs up, which ends us and the parser.
        (void)setpgid(0, 0);
        // As over ssh: who has no rights here has those that the service grants.
        if (const int service = serviceInstead(servicePath); service >= 0) {
            std::signal(SIGPIPE, SIG_IGN);
            relay(STDIN_FILENO, STDOUT_FILENO, service);
            return 0;
        }
        const Peer peer = peerOfStdio(); // before our own user changes
        return run(std::move(settings), true,
            [&peer](Supervisor& supervisor) { supervisor.serve(STDIN_FILENO, STDOUT_FILENO, peer); });
    }
    if (count == 3 && first == "--socket") {
        std::string reason;
        const int fd = listenAt(arguments[2], reason);
        if (fd < 0) {
            return fail(reason);
        }
        settings.idleSeconds = -1;
        const int code
            = run(std::move(settings), true, [fd](Supervisor& supervisor) { supervisor.listen(fd); });
        unlink(arguments[2]);
        return code;
    }
    const int passed = passedSockets();
    const auto idle = count == 3 && first == "--idle" ? secondsOf(arguments[2]) : std::nullopt;
    if ((count == 1 || idle) && passed > 0) {
        settings.idleSeconds = idle.value_or(idleSeconds);
        return run(std::move(settings), false, [passed](Supervisor& supervisor) {
            for (int fd = firstPassed; fd < firstPassed + passed; ++fd) {
                supervisor.listen(fd);
            }
        });
    }
    std::fputs(usage.data(), count == 2 && first == "--help" ? stdout : stderr);
    return count == 2 && first == "--help" ? 0 : 2;
}
