// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace prism::test {

/// A child of the test, staged to look like some other process. It ends with this object, or with the test.
class StagedProcess {
public:
    /// `stage` runs in the child and calls its argument when all is set up; the constructor returns then. The
    /// child stays for as long as the object.
    explicit StagedProcess(const std::function<void(const std::function<void()>& ready)>& stage)
    {
        int ready[2];
        if (::pipe(ready) != 0) {
            ::abort();
        }
        m_pid = ::fork();
        if (m_pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::close(ready[0]);
            stage([&ready] {
                const char yes = 1;
                if (::write(ready[1], &yes, 1) != 1) {
                    ::_exit(1);
                }
            });
            ::close(ready[1]); // a stage that did not get that far is seen as such
            for (;;) {
                ::pause();
            }
        }
        ::close(ready[1]);
        char yes = 0;
        m_staged = ::read(ready[0], &yes, 1) == 1;
        ::close(ready[0]);
    }
    ~StagedProcess() { end(); }
    StagedProcess(const StagedProcess&) = delete;
    StagedProcess& operator=(const StagedProcess&) = delete;

    pid_t pid() const { return m_pid; }
    bool staged() const { return m_staged; }
    void end()
    {
        if (m_pid > 0) {
            ::kill(m_pid, SIGKILL);
            ::waitpid(m_pid, nullptr, 0);
            m_pid = -1;
        }
    }

private:
    pid_t m_pid = -1;
    bool m_staged = false;
};

inline constexpr uid_t someUser = 65534;

/// Becomes another user for good, as a program started by that user would be: its files in /proc are the
/// user's.
inline bool becomeUser(uid_t uid)
{
    return ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0
        && ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

} // namespace prism::test
