// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prism_test_paths.h"
#include "tests/support/helper_talk.h"

#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace prism::test {

/// The helper as systemd starts it: its listening socket is there before it is, so that nobody waits for it.
class ActivatedHelper {
public:
    /// `prepare` runs in the child before the program does: to change its user and rights. `idle`: seconds
    /// without a client after which it ends; the shipped ones where none are named.
    explicit ActivatedHelper(
        const std::function<bool()>& prepare = [] { return true; }, const char* idle = nullptr)
        : m_path(m_folder.filePath(QStringLiteral("socket")).toStdString())
    {
        QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7755));
        const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, m_path.c_str(), std::min(m_path.size() + 1, sizeof address.sun_path));
        if (::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
            || ::listen(listening, 16) != 0 || ::chmod(m_path.c_str(), 0666) != 0) {
            qFatal("no socket at %s", m_path.c_str());
        }
        m_pid = ::fork();
        if (m_pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
            ::setenv("LISTEN_FDS", "1", 1);
            ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1); // the leak check traces, which the helper may not
            if (listening == 3 ? ::fcntl(3, F_SETFD, 0) == 0 : ::dup2(listening, 3) == 3) {
                if (prepare()) {
                    ::execl(PRISM_BIN_DIR "/prism-probed", "prism-probed",
                        idle != nullptr ? "--idle" : nullptr, idle, nullptr);
                }
            }
            ::_exit(127);
        }
        ::close(listening);
    }
    ~ActivatedHelper() { stop(); }
    ActivatedHelper(const ActivatedHelper&) = delete;
    ActivatedHelper& operator=(const ActivatedHelper&) = delete;

    pid_t pid() const { return m_pid; }
    const std::string& path() const { return m_path; }
    int connect() const { return HelperTalk::connectTo(m_path); }
    /// Waits for it to end by itself; its wait status.
    int waitForEnd()
    {
        int status = 0;
        ::waitpid(m_pid, &status, 0);
        m_pid = -1;
        return status;
    }
    /// Asks it to end; its wait status.
    int stop()
    {
        int status = 0;
        if (m_pid > 0) {
            ::kill(m_pid, SIGTERM);
            ::waitpid(m_pid, &status, 0);
            m_pid = -1;
        }
        return status;
    }

private:
    QTemporaryDir m_folder;
    std::string m_path;
    pid_t m_pid = -1;
};

} // namespace prism::test
