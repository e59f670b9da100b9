// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/ask_models.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <map>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism::probes {

namespace {

constexpr std::size_t mostAnswer = 64u << 10;
constexpr std::size_t mostText = 256;
constexpr uid_t nobody = 65534;
constexpr std::string_view request
    = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
      "User-Agent: prism\r\nConnection: close\r\n\r\n";

using Clock = std::chrono::steady_clock;

int millisecondsTo(Clock::time_point end)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    return static_cast<int>(std::max<long long>(left, 0));
}

/// The string value behind `"key"` at or after `from`, without escapes resolved; empty when there is none.
std::string jsonText(std::string_view json, std::string_view key, std::size_t from)
{
    const std::string quoted = '"' + std::string(key) + '"';
    std::size_t at = json.find(quoted, from);
    if (at == std::string_view::npos) {
        return {};
    }
    at = json.find_first_not_of(" \t\r\n:", at + quoted.size());
    if (at == std::string_view::npos || json[at] != '"') {
        return {};
    }
    const std::size_t end = json.find('"', at + 1);
    if (end == std::string_view::npos || end - at - 1 > mostText) {
        return {};
    }
    std::string text(json.substr(at + 1, end - at - 1));
    const bool plain = std::ranges::all_of(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\'; });
    return plain ? text : std::string();
}

/// A socket that listens on any address is reached by the loopback one.
bool addressOf(const ModelsQuestion& question, sockaddr_storage& out, socklen_t& size)
{
    const std::string address = question.address == "0.0.0.0" ? "127.0.0.1"
        : question.address == "::"                            ? "::1"
                                                              : question.address;
    sockaddr_in v4 {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(question.port);
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        std::memcpy(&out, &v4, size = sizeof v4);
        return true;
    }
    sockaddr_in6 v6 {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(question.port);
    if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        std::memcpy(&out, &v6, size = sizeof v6);
        return true;
    }
    return false;
}

struct Exchange {
    int socket = -1;
    bool sent = false;
    std::string response;
};

int startExchange(const ModelsQuestion& question)
{
    sockaddr_storage address {};
    socklen_t size = 0;
    if (!addressOf(question, address, size)) {
        return -1;
    }
    const int socket = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto* where = reinterpret_cast<const sockaddr*>(&address);
    if (socket >= 0 && ::connect(socket, where, size) != 0 && errno != EINPROGRESS) {
        ::close(socket);
        return -1;
    }
    return socket;
}

/// Sends or reads what is ready; closes the socket at the end of the answer.
void advance(Exchange& exchange, short events)
{
    std::array<char, 4096> piece; // NOLINT(*-member-init): filled by recv
    ssize_t moved = 0;
    if (!exchange.sent && (events & POLLOUT) != 0) {
        moved = ::send(exchange.socket, request.data(), request.size(), MSG_NOSIGNAL);
        exchange.sent = moved == static_cast<ssize_t>(request.size());
        moved = exchange.sent ? 1 : 0;
    } else {
        moved = ::recv(exchange.socket, piece.data(), piece.size(), 0);
        if (moved > 0) {
            exchange.response.append(piece.data(), static_cast<std::size_t>(moved));
        }
    }
    const bool again = moved < 0 && (errno == EAGAIN || errno == EINTR);
    if ((moved <= 0 && !again) || exchange.response.size() >= mostAnswer) {
        ::close(exchange.socket);
        exchange.socket = -1;
    }
}

std::vector<Exchange> exchangeAll(const std::vector<ModelsQuestion>& questions, Clock::time_point end)
{
    std::vector<Exchange> exchanges(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
        exchanges[i].socket = startExchange(questions[i]);
    }
    for (;;) {
        std::vector<pollfd> waiting;
        std::vector<std::size_t> whose;
        for (std::size_t i = 0; i < exchanges.size(); ++i) {
            if (exchanges[i].socket >= 0) {
                waiting.push_back(
                    { exchanges[i].socket, static_cast<short>(exchanges[i].sent ? POLLIN : POLLOUT), 0 });
                whose.push_back(i);
            }
        }
        if (waiting.empty() || ::poll(waiting.data(), waiting.size(), millisecondsTo(end)) <= 0) {
            return exchanges;
        }
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].revents != 0) {
                advance(exchanges[whose[i]], waiting[i].revents);
            }
        }
    }
}

/// An answer on the pipe from the child: fixed size, so that nothing of it has to be parsed.
struct Told {
    unsigned char asked;
    unsigned char speaks;
    unsigned char wantsKey;
    char model[mostText + 1];
    char ownedBy[mostText + 1];
    char note[mostText + 1];
};

Told tell(const ModelsAnswer& answer)
{
    Told told {};
    told.asked = answer.asked;
    told.speaks = answer.speaks;
    told.wantsKey = answer.wantsKey;
    const auto copy = [](const std::string& text, char* to) {
        std::copy_n(text.data(), std::min(text.size(), mostText), to); // the rest is zero
    };
    copy(answer.model, told.model);
    copy(answer.ownedBy, told.ownedBy);
    copy(answer.note, told.note);
    return told;
}

/// No file can be opened any more, whoever the user is; false on kernels without Landlock (before 5.13).
bool closeFileSystem()
{
    landlock_ruleset_attr all {};
    all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; // every right of the first version
    const long rules = ::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    return rules >= 0 && ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

/// Root becomes nobody. A helper that has given up its rights to change the user stays root by name: then no
/// file may be within reach.
bool giveUpUser()
{
    return ::geteuid() != 0
        || (::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0)
        || (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && closeFileSystem());
}

/// Gives up what this process may do; false when it could not.
bool giveUpRights()
{
    const rlimit noFiles { 4096, 4096 };
    const rlimit noProcesses { 0, 0 };
    const rlimit memory { 256u << 20, 256u << 20 };
    ::setrlimit(RLIMIT_NOFILE, &noFiles);
    ::setrlimit(RLIMIT_FSIZE, &noProcesses);
#if !defined(__SANITIZE_ADDRESS__)
    ::setrlimit(RLIMIT_AS, &memory);
#else
    (void)memory;
#endif
    if (!giveUpUser()) {
        return false;
    }
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    const std::array<__user_cap_data_struct, 2> none {};
    return ::syscall(SYS_capset, &header, none.data()) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

[[noreturn]] void answerInChild(const std::vector<ModelsQuestion>& questions, int pipe, Clock::time_point end)
{
    const char* failed = nullptr;
    ::close_range(3, static_cast<unsigned>(pipe) - 1, 0);
    ::close_range(static_cast<unsigned>(pipe) + 1, ~0U, 0);
    if (questions[0].foreignNamespace) {
        const std::string path = "/proc/" + std::to_string(questions[0].pid) + "/ns/net";
        const int space = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) {
            failed
                = "/v1/models was not asked: the server is in another network namespace, which this program "
                  "may not enter";
        }
        if (space >= 0) {
            ::close(space);
        }
    }
    if (!failed && !giveUpRights()) {
        failed = "/v1/models was not asked: this program could not give up its rights first";
    }
    std::vector<Exchange> exchanges(questions.size());
    if (!failed) {
        exchanges = exchangeAll(questions, end);
    }
    for (const Exchange& exchange : exchanges) {
        ModelsAnswer answer;
        if (failed) {
            answer.note = failed;
        } else {
            answer = readModelsAnswer(exchange.response);
            answer.asked = true;
        }
        const Told told = tell(answer);
        if (::write(pipe, &told, sizeof told) != sizeof told) {
            break;
        }
    }
    ::_exit(0);
}

void readAnswers(int pipe, Clock::time_point end, const std::vector<std::size_t>& order,
    std::vector<ModelsAnswer>& answers)
{
    for (const std::size_t index : order) {
        Told told {};
        std::size_t got = 0;
        while (got < sizeof told) {
            pollfd waiting { pipe, POLLIN, 0 };
            if (::poll(&waiting, 1, millisecondsTo(end)) <= 0) {
                return;
            }
            const ssize_t more = ::read(pipe, reinterpret_cast<char*>(&told) + got, sizeof told - got);
            if (more <= 0) {
                return;
            }
            got += static_cast<std::size_t>(more);
        }
        told.model[mostText] = told.ownedBy[mostText] = told.note[mostText] = 0;
        answers[index]
            = { told.asked != 0, told.speaks != 0, told.wantsKey != 0, told.model, told.ownedBy, told.note };
    }
}

} // namespace

ModelsAnswer readModelsAnswer(const std::string& response)
{
    ModelsAnswer answer;
    const std::string_view all = response;
    const std::size_t body = all.find("\r\n\r\n");
    if (!all.starts_with("HTTP/1.") || all.size() < 12 || body == std::string_view::npos) {
        return answer;
    }
    const std::string_view status = all.substr(9, 3);
    const std::string_view json = all.substr(body + 4);
    if (status == "200") {
        const std::size_t data = json.find("\"data\"");
        answer.speaks = json.find("\"object\"") != std::string_view::npos && data != std::string_view::npos;
        if (answer.speaks) {
            answer.model = jsonText(json, "id", data);
            answer.ownedBy = jsonText(json, "owned_by", data);
        }
    } else if (status == "401" || status == "403") {
        answer.wantsKey = true;
        answer.note = "It asks for a key before it names its models";
    }
    return answer;
}

std::vector<ModelsAnswer> askModels(const std::vector<ModelsQuestion>& questions, int milliseconds)
{
    std::vector<ModelsAnswer> answers(questions.size());
    std::map<int, std::vector<std::size_t>> groups; // 0: this namespace, else a process within another one
    for (std::size_t i = 0; i < questions.size(); ++i) {
        groups[questions[i].foreignNamespace ? questions[i].pid : 0].push_back(i);
    }
    struct Child {
        pid_t pid;
        int pipe;
        const std::vector<std::size_t>* order;
    };
    std::vector<Child> children;
    const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
    for (const auto& [space, order] : groups) {
        std::array<int, 2> pipe {};
        if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
            continue;
        }
        std::vector<ModelsQuestion> ours;
        for (const std::size_t index : order) {
            ours.push_back(questions[index]);
        }
        const pid_t child = ::fork();
        if (child == 0) {
            answerInChild(ours, pipe[1], end);
        }
        ::close(pipe[1]);
        if (child > 0) {
            children.push_back({ child, pipe[0], &order });
        } else {
            ::close(pipe[0]);
        }
    }
    for (const Child& child : children) {
        readAnswers(child.pipe, end + std::chrono::milliseconds(200), *child.order, answers);
        ::close(child.pipe);
        ::kill(child.pid, SIGKILL); // it has answered, or its time is over
        ::waitpid(child.pid, nullptr, 0);
    }
    return answers;
}

} // namespace prism::probes
