// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/clocked_client/answer.h"
#include "tests/support/clocked_client/options.h"

#include <barrier>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace prism::test {

struct TimedRequest {
    std::uint16_t localPort = 0;
    int index = 0; ///< on its TCP connection
    std::int64_t connectNs = 0; ///< the connection stood
    std::int64_t sendNs = 0; ///< just before its first byte was sent
    std::int64_t sentNs = 0; ///< its last byte was handed to the kernel
    std::uint64_t bytesSent = 0;
    std::string ended; ///< complete, server_closed, aborted, connect_failed
    Answer answer;
};

/// Where a thread's time went, from /proc/thread-self/schedstat.
struct ThreadTime {
    std::int64_t onCpuNs = 0;
    std::int64_t waitedNs = 0; ///< runnable, and another had the CPU
    std::int64_t wallNs = 0;
    bool fifo = false;
};

/// Worker of one connection: one request after another with blocking calls, so that a stamp is the return of
/// the very call that brought the bytes. Connects anew when the server closes.
class Worker {
public:
    Worker(const ClientOptions& options, int number)
        : m_options(options)
        , m_number(number)
    {
    }
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Body of the thread. All workers begin together.
    void run(std::barrier<>& start);

    std::vector<TimedRequest> requests;
    ThreadTime time;

private:
    bool connectAnew();
    void disconnect();
    bool send(std::string_view bytes);
    std::string requestHead(int index) const;
    std::string requestBody() const;
    void exchange(int count);
    void sendRequests(std::vector<TimedRequest>& batch);
    void readAnswers(std::vector<TimedRequest>& batch);
    bool readContinue(Answer& answer);

    const ClientOptions& m_options;
    int m_number;
    int m_socket = -1;
    std::uint16_t m_localPort = 0;
    std::int64_t m_connectNs = 0;
    int m_onConnection = 0;
    int m_sent = 0;
    std::string m_buffer;
};

std::int64_t monotonicNs();

} // namespace prism::test
