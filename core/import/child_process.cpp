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
#include <spawn.h>
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

/// What lands on the numbers that the program expects; everything else closes. Standard error stays for the
/// loader's complaints.
class Descriptors {
public:
    Descriptors() { posix_spawn_file_actions_init(&m_actions); }
    ~Descriptors()
    {
        posix_spawn_file_actions_destroy(&m_actions);
        for (const int copy : m_copies) {
            close(copy);
        }
    }
    Descriptors(const Descriptors&) = delete;
    Descriptors& operator=(const Descriptors&) = delete;

    bool arrange(int control, int frames, int mappings)
    {
        constexpr int pastTheWanted = 10; // so that none overwrites another
        bool fine = posix_spawn_file_actions_addopen(&m_actions, STDIN_FILENO, "/dev/null", O_RDWR, 0) == 0
            && posix_spawn_file_actions_adddup2(&m_actions, STDIN_FILENO, STDOUT_FILENO) == 0;
        for (const auto& [from, to] : { std::pair(control, importControl), std::pair(frames, importFrames),
                 std::pair(mappings, importMappings) }) {
            const int copy = fcntl(from, F_DUPFD_CLOEXEC, pastTheWanted);
            fine = fine && copy >= 0 && posix_spawn_file_actions_adddup2(&m_actions, copy, to) == 0;
            if (copy >= 0) {
                m_copies.push_back(copy);
            }
        }
        return fine && posix_spawn_file_actions_addclosefrom_np(&m_actions, importMappings + 1) == 0;
    }
    const posix_spawn_file_actions_t* actions() const { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions {};
    std::vector<int> m_copies;
};

/// Starts the program with no signal blocked; -1 with errno. Never forks: copying the page tables of a
/// process with a large window costs more than the parser takes to start.
pid_t spawn(const std::string& program, const Descriptors& descriptors)
{
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::vector<std::string> variables = environmentOfParser();
    std::vector<char*> environment;
    for (std::string& variable : variables) {
        environment.push_back(variable.data());
    }
    environment.push_back(nullptr);
    char* const arguments[] = { const_cast<char*>(program.c_str()), nullptr };
    pid_t pid = -1;
    const int error = posix_spawn(
        &pid, program.c_str(), descriptors.actions(), &attributes, arguments, environment.data());
    posix_spawnattr_destroy(&attributes);
    errno = error;
    return error == 0 ? pid : -1;
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
    Descriptors descriptors;
    const bool arranged = descriptors.arrange(control[1], frames[1], texts);
    const pid_t pid = arranged ? spawn(program, descriptors) : -1;
    const int why = errno;
    close(texts);
    close(control[1]);
    close(frames[1]);
    if (pid < 0) {
        close(control[0]);
        close(frames[0]);
        errno = why;
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
