// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/metrics_server.h"

#include <QtGlobal>

#include <array>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace prism::test {

MetricsServer::MetricsServer()
{
    m_listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    m_stop = eventfd(0, EFD_CLOEXEC);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(m_listen, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(m_listen, 256) != 0
        || getsockname(m_listen, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        qFatal("no socket on the loopback address");
    }
    m_port = ntohs(address.sin_port);
    m_thread = std::thread([this] { run(); });
}

MetricsServer::~MetricsServer()
{
    eventfd_write(m_stop, 1);
    m_thread.join();
    close(m_listen);
    close(m_stop);
}

void MetricsServer::answer(std::string whole)
{
    const std::lock_guard lock(m_mutex);
    m_answer = std::move(whole);
}

void MetricsServer::answerText(const std::string& body, const std::string& status)
{
    answer("HTTP/1.1 " + status + "\r\nContent-Type: text/plain; version=0.0.4\r\ncontent-length: "
        + std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<std::string> MetricsServer::questions() const
{
    const std::lock_guard lock(m_mutex);
    return m_questions;
}

void MetricsServer::run()
{
    for (;;) {
        std::array<pollfd, 2> polled { pollfd { m_listen, POLLIN, 0 }, pollfd { m_stop, POLLIN, 0 } };
        poll(polled.data(), polled.size(), -1);
        if (polled[1].revents != 0) {
            return;
        }
        const int client = accept4(m_listen, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) {
            continue;
        }
        std::string question;
        std::array<char, 4096> buffer;
        ssize_t got = 1;
        while (question.find("\r\n\r\n") == std::string::npos && got > 0) {
            got = recv(client, buffer.data(), buffer.size(), 0);
            question.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        }
        std::string answer;
        {
            const std::lock_guard lock(m_mutex);
            m_questions.push_back(question);
            answer = m_answer;
        }
        if (answer == "silence") {
            std::array<pollfd, 2> left { pollfd { client, POLLIN, 0 }, pollfd { m_stop, POLLIN, 0 } };
            poll(left.data(), left.size(), -1);
        } else {
            (void)send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        close(client);
    }
}

} // namespace prism::test
