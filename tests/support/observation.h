// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/bpf/engine_send.h"
#include "probes/helper/process_state.h"
#include "probes/helper/tracer.h"

#include <arpa/inet.h>
#include <csignal>
#include <cstring>
#include <functional>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// What tests of the kernel programs share: targets that are forked for the test, and a tracer whose payload
/// ring the test reads itself.
namespace prism::test {

/// Why kernel programs cannot be tried here; empty where they can.
inline std::string whyNoKernelPrograms()
{
    if (geteuid() != 0) {
        return "needs root: kernel programs are loaded";
    }
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
        return "needs a kernel with type information (/sys/kernel/btf/vmlinux)";
    }
    return {};
}

/// A child of the test that runs `body` and ends with it, or with the test.
class ForkedTarget {
public:
    explicit ForkedTarget(const std::function<void()>& body)
    {
        m_pid = fork();
        if (m_pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (const int number : { SIGTERM, SIGINT, SIGSEGV, SIGABRT }) {
                std::signal(number, SIG_DFL); // the test's own are not for it
            }
            body();
            _exit(0);
        }
    }
    ~ForkedTarget()
    {
        if (m_pid > 0) {
            kill(m_pid, SIGKILL);
            waitpid(m_pid, nullptr, 0);
        }
    }
    ForkedTarget(const ForkedTarget&) = delete;
    ForkedTarget& operator=(const ForkedTarget&) = delete;

    pid_t pid() const { return m_pid; }
    /// Wait status of the end.
    int wait()
    {
        int status = 0;
        waitpid(m_pid, &status, 0);
        m_pid = -1;
        return status;
    }
    bool alive() const { return m_pid > 0 && waitpid(m_pid, nullptr, WNOHANG) == 0; }

private:
    pid_t m_pid = -1;
};

/// A listening socket on the loopback address, and its port.
struct Listener {
    int fd = -1;
    std::uint16_t port = 0;

    static Listener open(int backlog = 1024)
    {
        Listener made;
        made.fd = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind(made.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(made.fd, backlog);
        socklen_t length = sizeof address;
        getsockname(made.fd, reinterpret_cast<sockaddr*>(&address), &length);
        made.port = ntohs(address.sin_port);
        return made;
    }
};

inline int connectTo(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// A stream of bytes in both directions, for telling a target what to do next.
struct Rope {
    int ours = -1;
    int theirs = -1;

    Rope()
    {
        int pair[2];
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
        ours = pair[0];
        theirs = pair[1];
    }
    ~Rope()
    {
        close(ours);
        close(theirs);
    }
    Rope(const Rope&) = delete;
    Rope& operator=(const Rope&) = delete;

    static void pull(int fd)
    {
        const char one = 1;
        (void)!write(fd, &one, 1);
    }
    static bool awaitPull(int fd)
    {
        char one = 0;
        return read(fd, &one, 1) == 1;
    }
};

/// A parser child that reads nothing and answers every question.
[[noreturn]] inline void idleChild(probes::RingReader& /*ring*/, int channel, std::uint32_t /*generation*/)
{
    wire::FrameReader reader;
    while (true) {
        const auto space = reader.space();
        const ssize_t got = read(channel, space.data(), space.size());
        if (got <= 0) {
            _exit(0);
        }
        reader.arrived(static_cast<std::size_t>(got));
        while (const auto frame = reader.next()) {
            std::vector<std::byte> reply;
            wire::appendFrame(reply, wire::FrameType::Reply, frame->payload);
            (void)!write(channel, reply.data(), reply.size());
        }
    }
}

/// A call with its payload's copied beginning, as the ring had it.
struct SeenCall {
    prism_io io {};
    std::string prefix;
};

/// A send of an engine with what was copied of it.
struct SeenSend {
    prism_engine_send send {};
    std::string copied;
};

/// Tier 1 over targets of the test. Events are collected by collect() and by the waits.
class Observation {
public:
    explicit Observation(const probes::ProgramSettings& settings = {})
        : m_settings(settings)
        , m_tracer(settings, idleChild, m_poller, m_background,
              { [](const wire::RecordView&) {},
                  [this](const prism_process& event) { processes.push_back(event); },
                  [this](const probes::ThreadTurn& event) { turns.push_back(event); },
                  [this](std::uint32_t target) { finished.push_back(target); },
                  [this](bool) { ++parsersLost; } })
    {
        m_poller.add(m_background.fd(), 1 /* EPOLLIN */, [this](std::uint32_t) { m_background.finished(); });
    }

    /// The sentence of the failure, empty when the target is observed.
    std::string begin(std::uint32_t number, pid_t pid, bool family = true)
    {
        std::string reason;
        if (!m_tracer.ready(reason)) {
            return reason;
        }
        if (!m_payloads) {
            m_payloads
                = probes::RingReader::map(m_tracer.programs()->payloadRing(), m_settings.payloadRingBytes);
        }
        m_tracer.begin(
            { number, static_cast<std::uint32_t>(pid), geteuid(), family }, probes::nowNs(), reason);
        return reason;
    }

    /// Until everything of the target is told.
    bool finish(std::uint32_t number)
    {
        m_tracer.finish(number);
        return waitFor([&] { return std::find(finished.begin(), finished.end(), number) != finished.end(); });
    }

    bool waitFor(const std::function<bool()>& done, int seconds = 20)
    {
        const std::uint64_t end = probes::nowNs() + static_cast<std::uint64_t>(seconds) * 1'000'000'000U;
        while (!done()) {
            if (probes::nowNs() > end) {
                return false;
            }
            m_poller.wait(5);
            collect();
        }
        return true;
    }

    void collect()
    {
        m_tracer.readRings();
        if (m_payloads) {
            received
                += m_payloads->consume([this](std::span<const std::byte> event) { take(event); }, SIZE_MAX);
        }
    }

    probes::Tracer& tracer() { return m_tracer; }
    probes::Background& background() { return m_background; }

    std::vector<SeenCall> calls;
    std::vector<SeenSend> sends;
    std::vector<prism_packet> packets;
    std::vector<prism_bytes> bytes;
    std::vector<prism_connection> connections;
    std::vector<prism_process> processes;
    std::vector<probes::ThreadTurn> turns;
    std::vector<std::uint32_t> finished;
    std::size_t received = 0; ///< events of the payload ring
    int parsersLost = 0;
    bool keepCalls = true; ///< false: calls are counted only

private:
    template <class Event>
    static Event as(std::span<const std::byte> bytes)
    {
        Event event {};
        std::memcpy(&event, bytes.data(), std::min(bytes.size(), sizeof event));
        return event;
    }
    void take(std::span<const std::byte> raw)
    {
        switch (as<prism_event>(raw).kind) {
        case PRISM_READ:
        case PRISM_WRITE:
            if (keepCalls) {
                const auto io = as<prism_io>(raw);
                calls.push_back(
                    { io, std::string(reinterpret_cast<const char*>(raw.data()) + sizeof io, io.copied) });
            }
            break;
        case PRISM_PACKET_IN:
        case PRISM_PACKET_OUT:
            if (keepCalls) {
                packets.push_back(as<prism_packet>(raw));
            }
            break;
        case PRISM_ENGINE_SEND: {
            const auto send = as<prism_engine_send>(raw);
            sends.push_back(
                { send, std::string(reinterpret_cast<const char*>(raw.data()) + sizeof send, send.copied) });
            break;
        }
        case PRISM_BYTES_IN:
        case PRISM_BYTES_OUT:
            bytes.push_back(as<prism_bytes>(raw));
            break;
        default:
            connections.push_back(as<prism_connection>(raw));
            break;
        }
    }

    probes::ProgramSettings m_settings;
    probes::Poller m_poller;
    probes::Background m_background;
    probes::Tracer m_tracer;
    std::optional<probes::RingReader> m_payloads;
};

} // namespace prism::test
