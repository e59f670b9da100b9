// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/loopback_get.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::live {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t mostHead = 32u << 10;

Error problem(const std::string& reason)
{
    return { {}, {}, reason, {} };
}

class Connection {
public:
    Connection(int wake, Clock::time_point deadline)
        : m_wake(wake)
        , m_deadline(deadline)
    {
    }
    ~Connection()
    {
        if (m_socket >= 0) {
            close(m_socket);
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> open(const MetricsAddress& address)
    {
        sockaddr_in v4 {};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        sockaddr_in6 v6 {};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        const bool isV4 = inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1;
        if (!isV4 && inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) != 1) {
            return problem("\"" + address.host + "\" is no address");
        }
        const int family = isV4 ? AF_INET : AF_INET6;
        m_socket = address.network ? address.network->makeSocket(family)
                                   : socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const auto* to
            = isV4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
        if (m_socket < 0
            || (connect(m_socket, to, isV4 ? sizeof v4 : sizeof v6) != 0 && errno != EINPROGRESS)) {
            return problem(std::strerror(errno));
        }
        if (auto ready = wait(POLLOUT); !ready) {
            return ready;
        }
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(m_socket, SOL_SOCKET, SO_ERROR, &error, &size);
        return error == 0 ? Result<void>() : problem(std::strerror(error));
    }
    Result<void> send(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t sent = ::send(m_socket, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                text.remove_prefix(static_cast<std::size_t>(sent));
            } else if (errno != EAGAIN && errno != EINTR) {
                return problem(std::strerror(errno));
            } else if (auto ready = wait(POLLOUT); !ready) {
                return ready;
            }
        }
        return {};
    }
    /// Bytes read; 0 at the end.
    Result<std::size_t> receive(std::span<char> to)
    {
        for (;;) {
            const ssize_t got = recv(m_socket, to.data(), to.size(), 0);
            if (got >= 0) {
                return static_cast<std::size_t>(got);
            }
            if (errno != EAGAIN && errno != EINTR) {
                return problem(std::strerror(errno));
            }
            if (auto ready = wait(POLLIN); !ready) {
                return ready.error();
            }
        }
    }

private:
    Result<void> wait(short events)
    {
        for (;;) {
            const auto left
                = std::chrono::duration_cast<std::chrono::milliseconds>(m_deadline - Clock::now()).count();
            std::array<pollfd, 2> polled { pollfd { m_socket, events, 0 }, pollfd { m_wake, POLLIN, 0 } };
            const int ready = left > 0 ? poll(polled.data(), m_wake >= 0 ? 2 : 1, static_cast<int>(left)) : 0;
            if (ready < 0 && errno == EINTR) {
                continue;
            }
            if (ready > 0 && m_wake >= 0 && polled[1].revents != 0) {
                return problem("stopped");
            }
            return ready > 0 ? Result<void>() : problem("it does not answer in time");
        }
    }

    int m_wake;
    Clock::time_point m_deadline;
    int m_socket = -1;
};

struct Head {
    int status = 0;
    std::optional<std::size_t> length;
    bool encoded = false; ///< in chunks or packed, against what was asked for
};

std::optional<Head> readHead(std::string_view text)
{
    Head head;
    const std::size_t line = std::min(text.find("\r\n"), text.size());
    const std::size_t space = std::min(text.substr(0, line).find(' '), line);
    const char* const digits = text.data() + std::min(space + 1, line);
    const auto [end, error] = std::from_chars(digits, text.data() + line, head.status);
    if (!text.starts_with("HTTP/") || error != std::errc() || end != digits + 3) {
        return std::nullopt;
    }
    for (std::size_t at = line; at < text.size();) {
        at += 2;
        const std::size_t next = std::min(text.find("\r\n", at), text.size());
        const std::string_view field = text.substr(std::min(at, text.size()), next - std::min(at, next));
        const std::size_t colon = std::min(field.find(':'), field.size());
        const std::string_view name = field.substr(0, colon);
        const std::string_view value = read::trimmed(field.substr(std::min(colon + 1, field.size())));
        if (read::equalsIgnoringCase(name, "content-length")) {
            std::size_t length = 0;
            const auto told = std::from_chars(value.data(), value.data() + value.size(), length);
            if (told.ec != std::errc() || told.ptr != value.data() + value.size()) {
                return std::nullopt;
            }
            head.length = length;
        } else if (read::equalsIgnoringCase(name, "transfer-encoding")
            || read::equalsIgnoringCase(name, "content-encoding")) {
            head.encoded = head.encoded || !read::equalsIgnoringCase(value, "identity");
        }
        at = next;
    }
    return head;
}

} // namespace

Result<LoopbackAnswer> askLoopback(const MetricsAddress& address, std::string_view path,
    std::string_view accept, std::chrono::milliseconds patience, int wake)
{
    Connection connection(wake, Clock::now() + patience);
    if (auto opened = connection.open(address); !opened) {
        return opened.error();
    }
    const std::string question = "GET " + std::string(path) + " HTTP/1.0\r\nHost: localhost:"
        + std::to_string(address.port) + "\r\nAccept: " + std::string(accept)
        + "\r\nUser-Agent: prism\r\nX-Request-Id: " + std::string(ownRequestId)
        + "\r\nConnection: close\r\n\r\n";
    if (auto sent = connection.send(question); !sent) {
        return sent.error();
    }
    std::string text;
    std::optional<Head> head;
    std::size_t body = 0; ///< where it begins
    std::array<char, 16384> buffer;
    for (;;) {
        const auto got = connection.receive(buffer);
        if (!got) {
            return got.error();
        }
        text.append(buffer.data(), *got);
        if (!head) {
            const std::size_t end = text.find("\r\n\r\n");
            if (end == std::string::npos && (*got == 0 || text.size() > mostHead)) {
                return problem(text.empty() ? "it closes the connection without an answer"
                                            : "it does not answer in HTTP");
            }
            if (end == std::string::npos) {
                continue;
            }
            head = readHead(std::string_view(text).substr(0, end));
            body = end + 4;
            if (!head || head->encoded) {
                return problem(
                    head ? "it packs its answer though nobody asked for it" : "it does not answer in HTTP");
            }
        }
        if (text.size() - body > mostMetricsBytes || head->length.value_or(0) > mostMetricsBytes) {
            return problem("its answer is longer than 8 MiB");
        }
        const bool whole = head->length && text.size() - body >= *head->length;
        if (*got == 0 && head->length && !whole) {
            return problem("its answer is cut short");
        }
        if (*got == 0 || whole) {
            text.resize(whole ? body + *head->length : text.size());
            return LoopbackAnswer { head->status, text.substr(body) };
        }
    }
}

} // namespace prism::live
