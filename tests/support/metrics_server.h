// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace prism::test {

/// Listens on the loopback address and answers what a test gives it, a connection a question.
class MetricsServer {
public:
    MetricsServer();
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    std::uint16_t port() const { return m_port; }
    /// The whole answer, head and body, to every question from now on. Empty: the connection is closed;
    /// "silence": nothing is said until the other side leaves.
    void answer(std::string whole);
    /// A head with Content-Length, and the body.
    void answerText(const std::string& body, const std::string& status = "200 OK");
    std::vector<std::string> questions() const;

private:
    void run();

    int m_listen = -1;
    int m_stop = -1;
    std::uint16_t m_port = 0;
    mutable std::mutex m_mutex;
    std::string m_answer;
    std::vector<std::string> m_questions;
    std::thread m_thread;
};

} // namespace prism::test
