// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/child_process.h"

#include "core/import/child/serve.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism {

namespace {

constexpr int pipeBytes = 1 << 20;
/// Between the end of a child's answers and its own end; a cancel waits no longer than that.
constexpr auto graceToEnd = std::chrono::milliseconds(50);

std::string findProgram(const std::string& given)
{
    if (!given.empty()) {
        return given;
    }
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    // Tests stand in a folder beside the programs'.
    for (const auto& candidate :
        { self / "prism-import", self / "../bin/prism-import", self / "../libexec/prism/prism-import" }) {
        if (std::filesystem::exists(candidate, error)) {
            return candidate.string();
        }
    }
    return PRISM_INSTALLED_LIBEXEC "/prism-import";
}

Error failed(const std::string& what)
{
    return { {}, {}, what + ": " + std::strerror(errno), "Check the installation with prismctl doctor" };
}

/// What the parser may know of this process's environment, in which tokens and passwords stand. Its time zone
/// is none, so that no reading depends on where it is done.
std::vector<std::string> environmentOfParser()
{
    static constexpr std::array<const char*, 6> passed { "PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
        "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS" };
    std::vector<std::string> out { "TZ=UTC" };
    for (const char* name : passed) {
        if (const char* value = std::getenv(name)) { // NOLINT(concurrency-mt-unsafe)
            out.push_back(std::string(name) + '=' + value);
        }
    }
    return out;
}

/// Runs in the forked child; only calls that are safe there. Descriptors land on the numbers that the program
/// expects, everything else closes. Standard error stays for the loader's complaints.
[[noreturn]] void becomeProgram(
    const char* program, char* const* environment, int control, int frames, int mappings)
{
    // Past the wanted numbers first, so that neither overwrites the other.
    const int c = fcntl(control, F_DUPFD, 10);
    const int f = fcntl(frames, F_DUPFD, 10);
    const int m = fcntl(mappings, F_DUPFD, 10);
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(c, importControl);
    dup2(f, importFrames);
    dup2(m, importMappings);
    close_range(importMappings + 1, ~0u, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    char* const arguments[] = { const_cast<char*>(program), nullptr };
    execve(program, arguments, environment);
    _exit(127);
}

/// A file in memory with the mappings as the child reads them; -1 with errno when there is none to be had.
int textsOf(std::span<const Mapping> mappings)
{
    const int out = memfd_create("mappings", MFD_CLOEXEC);
    std::string text;
    for (const Mapping& mapping : mappings) {
        text += '\0' + toJson(mapping);
    }
    for (std::size_t at = 0; out >= 0 && at < text.size();) {
        const ssize_t size = write(out, text.data() + at, text.size() - at);
        if (size < 0 && errno != EINTR) {
            const int error = errno;
            close(out);
            errno = error;
            return -1;
        }
        at += size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    return out;
}

std::string endBySignal(int signal)
{
    const std::string number = " (signal " + std::to_string(signal) + ')';
    switch (signal) {
    case SIGSYS:
        return "tried a system call that no parser needs, and was ended" + number;
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGFPE:
    case SIGILL:
        return "crashed" + number;
    default:
        return "was killed" + number;
    }
}

} // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(
    const std::string& given, std::span<const Mapping> mappings)
{
    const std::string program = findProgram(given);
    int control[2];
    int frames[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) {
        return failed("no socket for the parser");
    }
    if (pipe2(frames, O_CLOEXEC) != 0) {
        close(control[0]);
        close(control[1]);
        return failed("no pipe for the parser");
    }
    fcntl(frames[1], F_SETPIPE_SZ, pipeBytes);
    const int texts = textsOf(mappings);
    if (texts < 0) {
        for (const int descriptor : { control[0], control[1], frames[0], frames[1] }) {
            close(descriptor);
        }
        return failed("no memory for the mappings");
    }
    std::vector<std::string> variables = environmentOfParser();
    std::vector<char*> environment;
    for (std::string& variable : variables) {
        environment.push_back(variable.data());
    }
    environment.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
        becomeProgram(program.c_str(), environment.data(), control[1], frames[1], texts);
    }
    close(texts);
    close(control[1]);
    close(frames[1]);
    if (pid < 0) {
        close(control[0]);
        close(frames[0]);
        return failed("the parser " + program + " cannot be started");
    }
    return std::unique_ptr<ChildProcess>(new ChildProcess(pid, control[0], frames[0]));
}

ChildProcess::~ChildProcess()
{
    close(m_control);
    close(m_frames);
    if (m_pid > 0) {
        kill(m_pid, SIGKILL);
        waitpid(m_pid, nullptr, 0);
    }
}

Result<bool> ChildProcess::submit(const ControlMessage& message)
{
    return sendControl(m_control, message);
}

void ChildProcess::hangUp()
{
    shutdown(m_control, SHUT_WR);
}

Result<ChildProcess::Read> ChildProcess::read(
    std::chrono::milliseconds patience, const std::function<Result<void>(const protocol::Frame&)>& each)
{
    pollfd wait { m_frames, POLLIN, 0 };
    const auto began = std::chrono::steady_clock::now();
    const int ready = poll(&wait, 1, static_cast<int>(patience.count()));
    m_lastWait = std::min<std::chrono::nanoseconds>(patience, std::chrono::steady_clock::now() - began);
    if (ready <= 0) {
        return Read::Nothing;
    }
    const auto space = m_reader.space();
    const ssize_t size = ::read(m_frames, space.data(), space.size());
    if (size < 0) {
        return errno == EINTR ? Read::Nothing : Read::Ended;
    }
    if (size == 0) {
        return Read::Ended;
    }
    const auto greeted = [&](const protocol::Frame& frame) {
        const bool known = m_ready && frame.type != protocol::Type::Ready;
        return known ? each(frame) : welcome(frame);
    };
    if (auto done = m_reader.arrived(static_cast<std::size_t>(size), greeted); !done) {
        return done.error();
    }
    return Read::Frames;
}

/// The first frame, and only that, tells of the fences.
Result<void> ChildProcess::welcome(const protocol::Frame& frame)
{
    if (m_ready || frame.type != protocol::Type::Ready || frame.file != 0) {
        return Error { {}, {}, "frames in an order that is none", {} };
    }
    protocol::Decoder d(frame.payload);
    protocol::Ready ready = protocol::decodeReady(d);
    if (!d.ok() || !d.atEnd()) {
        return Error { {}, {}, "a greeting that makes no sense", {} };
    }
    if (ready.version != protocol::protocolVersion) {
        ready.problem = "is of another version of Prism";
    }
    m_ready = std::move(ready);
    return {};
}

std::chrono::nanoseconds ChildProcess::cpu() const
{
    clockid_t clock {};
    timespec used {};
    if (m_pid <= 0 || clock_getcpuclockid(m_pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return {};
    }
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::string ChildProcess::why()
{
    int status = 0;
    if (m_pid <= 0) {
        return "ended";
    }
    const auto end = std::chrono::steady_clock::now() + graceToEnd;
    pid_t ended = waitpid(m_pid, &status, WNOHANG);
    while (ended == 0 && std::chrono::steady_clock::now() < end) {
        ::poll(nullptr, 0, 1);
        ended = waitpid(m_pid, &status, WNOHANG);
    }
    if (ended == 0) {
        kill(m_pid, SIGKILL);
        waitpid(m_pid, nullptr, 0);
        m_pid = -1;
        return "stopped answering";
    }
    m_pid = -1;
    if (WIFSIGNALED(status)) {
        return endBySignal(WTERMSIG(status));
    }
    const int code = WEXITSTATUS(status);
    return code == 127 ? "could not be started" : "ended with status " + std::to_string(code);
}

Result<protocol::Ready> tryParser(const std::string& program)
{
    constexpr auto patience = std::chrono::milliseconds(50);
    constexpr auto mostWait = std::chrono::seconds(10);
    auto child = ChildProcess::start(program);
    if (!child) {
        return child.error();
    }
    std::chrono::nanoseconds waited { 0 };
    while (!(*child)->ready() && waited < mostWait) {
        const auto got = (*child)->read(patience, [](const protocol::Frame&) { return Result<void>(); });
        waited += (*child)->lastWait();
        if (!got || (*got == ChildProcess::Read::Ended && !(*child)->ready())) {
            return Error { {}, {}, "prism-import " + (got ? (*child)->why() : got.error().reason),
                "Install Prism again" };
        }
    }
    if (!(*child)->ready()) {
        return Error { {}, {}, "prism-import does not answer", "Try again when the machine is less busy" };
    }
    if (!(*child)->ready()->problem.empty()) {
        return Error { {}, {}, "prism-import " + (*child)->ready()->problem,
            "Files are read only by a parser that is fenced in; this system, or a container around it, "
            "forbids "
            "that" };
    }
    return *(*child)->ready();
}

} // namespace prism
