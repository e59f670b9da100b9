// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/live_command.h"

#include "app/cli/client_comparison.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace prism::cli {

namespace {

/// What a command that does not end is sent next, and how long it is waited for before.
struct Asked {
    int signal;
    std::chrono::seconds patience;
};
constexpr Asked asking[] = { { SIGTERM, std::chrono::seconds(30) }, { SIGKILL, std::chrono::seconds(10) } };

} // namespace

LiveCommand::LiveCommand(std::vector<std::string> words)
    : m_words(std::move(words))
{
}

LiveCommand::~LiveCommand()
{
    stop(false);
    if (const int descriptor = m_descriptor.exchange(-1); descriptor >= 0) {
        close(descriptor);
    }
}

Result<void> LiveCommand::start()
{
    std::vector<char*> arguments;
    for (std::string& word : m_words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    // Closed by the exec; what comes through it is why there was none.
    int told[2];
    if (pipe2(told, O_CLOEXEC) != 0) {
        return Error { m_words.front(), {}, std::strerror(errno), {} };
    }
    m_startedAt = std::time(nullptr);
    m_pid = fork();
    if (m_pid == 0) {
        // Its output stands apart from ours.
        dup2(STDERR_FILENO, STDOUT_FILENO);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execvp(arguments[0], arguments.data());
        const int error = errno;
        (void)!write(told[1], &error, sizeof error);
        _exit(127);
    }
    int error = m_pid < 0 ? errno : 0;
    close(told[1]);
    if (m_pid > 0 && read(told[0], &error, sizeof error) == sizeof error) {
        waitpid(m_pid, nullptr, 0);
        m_pid = -1;
    }
    close(told[0]);
    if (m_pid < 0) {
        return Error { m_words.front(), {}, std::string("it cannot be started: ") + std::strerror(error),
            "Check the name behind --" };
    }
    // By number: the header of glibc 2.36 declares these for C alone.
    m_descriptor = static_cast<int>(syscall(SYS_pidfd_open, m_pid, 0));
    m_runs = true;
    return {};
}

bool LiveCommand::ended()
{
    int status = 0;
    if (m_pid > 0 && waitpid(m_pid, &status, WNOHANG) == m_pid) {
        m_pid = -1;
        m_runs = false;
        m_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (m_status != 0) {
            std::fprintf(stderr,
                WIFEXITED(status) ? "prismctl: %s ended with status %d\n"
                                  : "prismctl: %s was ended by signal %d\n",
                m_words.front().c_str(), WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        }
    }
    return m_pid < 0;
}

void LiveCommand::stop(bool knows)
{
    if (ended()) {
        return;
    }
    if (!knows) {
        kill(m_pid, SIGINT);
    }
    std::fprintf(stderr, "prismctl: waiting for %s to end; Ctrl+C kills it\n", m_words.front().c_str());
    for (const Asked& next : asking) {
        const auto until = std::chrono::steady_clock::now() + next.patience;
        while (!ended() && std::chrono::steady_clock::now() < until) {
            pollfd polled { m_descriptor, POLLIN, 0 };
            poll(&polled, 1, 200);
        }
        if (ended()) {
            return;
        }
        kill(m_pid, next.signal);
    }
    while (!ended()) {
        pollfd polled { m_descriptor, POLLIN, 0 };
        poll(&polled, 1, 200);
    }
}

void LiveCommand::killNow()
{
    if (const int descriptor = m_descriptor; descriptor >= 0) {
        (void)syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, nullptr, 0);
    }
}

void LiveCommand::compare(live::Session& session, bool json)
{
    compareWithClient(m_words, m_startedAt, session, json);
}

} // namespace prism::cli
