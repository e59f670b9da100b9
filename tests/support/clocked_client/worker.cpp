// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/clocked_client/worker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace prism::test {

std::int64_t monotonicNs()
{
    timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

namespace {

ThreadTime threadTime()
{
    ThreadTime time;
    if (std::FILE* file = std::fopen("/proc/thread-self/schedstat", "r")) {
        long long onCpu = 0;
        long long waited = 0;
        if (std::fscanf(file, "%lld %lld", &onCpu, &waited) == 2) { // NOLINT(cert-err34-c)
            time.onCpuNs = onCpu;
            time.waitedNs = waited;
        }
        std::fclose(file);
    }
    return time;
}

void sleepUntil(std::int64_t ns)
{
    const timespec until { ns / 1'000'000'000, ns % 1'000'000'000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) { }
}

} // namespace

Worker::~Worker()
{
    disconnect();
}

void Worker::run(std::barrier<>& start)
{
    if (m_options.fifo > 0) {
        const sched_param priority { m_options.fifo };
        time.fifo = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
    }
    m_buffer.resize(256u << 10);
    connectAnew();
    start.arrive_and_wait();
    const ThreadTime before = threadTime();
    const std::int64_t begin = monotonicNs();
    const std::int64_t until = begin + m_options.forMs * 1'000'000;
    int left = m_options.requests;
    while (m_options.forMs > 0 ? monotonicNs() < until : left > 0) {
        const int count = m_options.forMs > 0 ? m_options.pipeline : std::min(left, m_options.pipeline);
        exchange(count);
        left -= count;
        if (requests.back().ended == "connect_failed") {
            break;
        }
    }
    const ThreadTime after = threadTime();
    time.wallNs = monotonicNs() - begin;
    time.onCpuNs = after.onCpuNs - before.onCpuNs;
    time.waitedNs = after.waitedNs - before.waitedNs;
    disconnect();
}

bool Worker::connectAnew()
{
    disconnect();
    sockaddr_in v4 {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(m_options.port);
    sockaddr_in6 v6 {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(m_options.port);
    const bool isV4 = inet_pton(AF_INET, m_options.address.c_str(), &v4.sin_addr) == 1;
    inet_pton(AF_INET6, m_options.address.c_str(), &v6.sin6_addr);
    m_socket = ::socket(isV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int connected = isV4 ? ::connect(m_socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4)
                               : ::connect(m_socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
    if (connected != 0) {
        disconnect();
        return false;
    }
    m_connectNs = monotonicNs();
    const int one = 1;
    ::setsockopt(m_socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in6 own {}; // the port stands at the same place in both families
    socklen_t size = sizeof own;
    ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&own), &size);
    m_localPort = ntohs(own.sin6_port);
    m_onConnection = 0;
    return true;
}

void Worker::disconnect()
{
    if (m_socket >= 0) {
        ::close(m_socket);
    }
    m_socket = -1;
}

bool Worker::send(std::string_view bytes)
{
    std::int64_t next = monotonicNs();
    while (!bytes.empty()) {
        const std::size_t piece
            = m_options.pieceBytes ? std::min(m_options.pieceBytes, bytes.size()) : bytes.size();
        const ssize_t done = ::send(m_socket, bytes.data(), piece, MSG_NOSIGNAL);
        if (done < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(done));
        if (m_options.pieceGapUs > 0 && !bytes.empty()) {
            next += m_options.pieceGapUs * 1000;
            sleepUntil(next);
        }
    }
    return true;
}

std::string Worker::requestHead(int index) const
{
    const bool hasBody = !m_options.body.empty();
    std::string head = m_options.method + ' ' + m_options.path + " HTTP/1.1\r\nHost: " + m_options.address
        + ':' + std::to_string(m_options.port) + "\r\nX-Request-Id: c" + std::to_string(m_number) + '-'
        + std::to_string(index) + "\r\n";
    if (hasBody) {
        head += "Content-Type: application/json\r\n";
        head += m_options.chunkedBody ? std::string("Transfer-Encoding: chunked\r\n")
                                      : "Content-Length: " + std::to_string(m_options.body.size()) + "\r\n";
    }
    if (m_options.expectContinue) {
        head += "Expect: 100-continue\r\n";
    }
    for (const std::string& header : m_options.headers) {
        head += header + "\r\n";
    }
    return head + "\r\n";
}

std::string Worker::requestBody() const
{
    if (!m_options.chunkedBody || m_options.body.empty()) {
        return m_options.body;
    }
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", m_options.body.size());
    return size + m_options.body + "\r\n0\r\n\r\n";
}

void Worker::exchange(int count)
{
    std::vector<TimedRequest> batch(static_cast<std::size_t>(count));
    if (m_socket < 0 && !connectAnew()) {
        batch.front().ended = "connect_failed";
        requests.push_back(std::move(batch.front()));
        return;
    }
    sendRequests(batch);
    readAnswers(batch);
    for (TimedRequest& request : batch) {
        requests.push_back(std::move(request));
    }
}

void Worker::sendRequests(std::vector<TimedRequest>& batch)
{
    std::string bytes;
    for (TimedRequest& request : batch) {
        request.localPort = m_localPort;
        request.connectNs = m_connectNs;
        request.index = m_onConnection++;
        const std::string head = requestHead(m_sent++);
        const std::string body = requestBody();
        request.bytesSent = head.size() + body.size();
        if (m_options.expectContinue) {
            request.sendNs = monotonicNs();
            if (send(head) && readContinue(request.answer)) {
                send(body);
            }
            request.sentNs = monotonicNs();
            return;
        }
        bytes += head + body;
    }
    for (TimedRequest& request : batch) {
        request.sendNs = monotonicNs();
    }
    send(bytes);
    for (TimedRequest& request : batch) {
        request.sentNs = monotonicNs();
    }
}

/// False when the server gave its final answer, or closed, instead.
bool Worker::readContinue(Answer& answer)
{
    while (!answer.continued() && !answer.begun()) {
        const ssize_t got = ::recv(m_socket, m_buffer.data(), m_buffer.size(), 0);
        if (got <= 0) {
            return false;
        }
        answer.take(std::string_view(m_buffer).substr(0, static_cast<std::size_t>(got)), monotonicNs());
    }
    return answer.continued() && !answer.begun();
}

void Worker::readAnswers(std::vector<TimedRequest>& batch)
{
    auto current = batch.begin();
    while (current != batch.end()) {
        if (current->answer.complete()) {
            current->ended = "complete";
            ++current;
            continue;
        }
        const ssize_t got = ::recv(m_socket, m_buffer.data(), m_buffer.size(), 0);
        const std::int64_t stamp = monotonicNs();
        if (got <= 0) {
            current->answer.closed();
            current->ended = current->answer.complete() ? "complete" : "server_closed";
            for (auto rest = current + 1; rest != batch.end(); ++rest) {
                rest->ended = "server_closed";
            }
            disconnect();
            return;
        }
        std::string_view bytes(m_buffer.data(), static_cast<std::size_t>(got));
        for (auto answer = current; answer != batch.end() && !bytes.empty(); ++answer) {
            bytes.remove_prefix(answer->answer.take(bytes, stamp));
        }
        if (m_options.abortAfter >= 0
            && current->answer.events.size() >= static_cast<std::size_t>(m_options.abortAfter)
            && !current->answer.complete()) {
            current->ended = "aborted";
            disconnect();
            return;
        }
    }
    // A server may close after its answer without having said so: then it has done it by now, or the next
    // request finds out.
    char byte = 0;
    const bool closed = ::recv(m_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    if (closed || batch.back().answer.closes || m_options.closes()) {
        disconnect();
    }
}

} // namespace prism::test
