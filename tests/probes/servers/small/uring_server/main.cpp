// SPDX-License-Identifier: GPL-3.0-or-later
#include <liburing.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

/// One operation of the ring and its result.
int done(io_uring& ring)
{
    io_uring_submit(&ring);
    io_uring_cqe* completion = nullptr;
    if (io_uring_wait_cqe(&ring, &completion) != 0) {
        return -1;
    }
    const int result = completion->res;
    io_uring_cqe_seen(&ring, completion);
    return result;
}

int receive(io_uring& ring, int socket, std::array<char, 4096>& buffer)
{
    io_uring_prep_recv(io_uring_get_sqe(&ring), socket, buffer.data(), buffer.size(), 0);
    return done(ring);
}

bool send(io_uring& ring, int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        io_uring_prep_send(io_uring_get_sqe(&ring), socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        const int sent = done(ring);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string chunk(std::string_view event)
{
    char length[16];
    std::snprintf(length, sizeof length, "%zx\r\n", event.size());
    return length + std::string(event) + "\r\n";
}

/// A header, eight tokens in a write each, and the end.
void answer(io_uring& ring, int socket)
{
    send(ring, socket,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 8; ++i) {
        send(ring, socket, chunk("data: {\"choices\":[{\"delta\":{\"content\":\"word\"}}]}\n\n"));
    }
    send(ring, socket, chunk("data: [DONE]\n\n") + "0\r\n\r\n");
}

void serve(io_uring& ring, int socket)
{
    std::array<char, 4096> buffer;
    std::string request;
    for (int got = 0; (got = receive(ring, socket, buffer)) > 0;) {
        request.append(buffer.data(), static_cast<std::size_t>(got));
        // Its client sends a body of two bytes.
        const std::size_t end = request.find("\r\n\r\n");
        if (end != std::string::npos && request.size() >= end + 6) {
            request.clear();
            answer(ring, socket);
        }
    }
    ::close(socket);
}

} // namespace

/// A server whose every read and write goes through io_uring, one connection after another: no system call
/// carries its bytes. Prints its port, or "impossible" where the kernel allows no ring.
int main()
{
    std::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    io_uring ring {};
    if (io_uring_queue_init(8, &ring, 0) != 0) {
        std::puts("impossible");
        return 1;
    }
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (::bind(listening, reinterpret_cast<const sockaddr*>(&address), bytes) != 0
        || ::listen(listening, 16) != 0
        || ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
        std::perror("uring_server");
        return 1;
    }
    std::printf("listening %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (;;) {
        io_uring_prep_accept(io_uring_get_sqe(&ring), listening, nullptr, nullptr, SOCK_CLOEXEC);
        if (const int socket = done(ring); socket >= 0) {
            serve(ring, socket);
        }
    }
}
