// SPDX-License-Identifier: GPL-3.0-or-later
// tree_guard SESSION: waits until its standard input is closed, which also happens when whoever started it
// dies, and ends every process of that session, by pid. The session's number is the pid of the program that
// began it; its members keep it when their parents go.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <poll.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {

/// Neither gone nor a zombie, which only its parent can reap.
bool livesIn(pid_t pid, pid_t session)
{
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    std::FILE* const file = std::fopen(path.c_str(), "re");
    if (file == nullptr) {
        return false;
    }
    char text[1024];
    const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
    const std::string stat(text, size);
    const std::size_t name = stat.rfind(')');
    char state = 0;
    int parent = 0, group = 0, its = 0;
    return name != std::string::npos
        && std::sscanf(stat.c_str() + name + 1, " %c %d %d %d", &state, &parent, &group, &its) == 4
        && state != 'Z' && state != 'X' && its == session;
}

std::vector<pid_t> membersOf(pid_t session)
{
    std::vector<pid_t> members;
    DIR* const proc = opendir("/proc");
    while (const dirent* const entry = proc != nullptr ? readdir(proc) : nullptr) {
        const pid_t pid = std::atoi(entry->d_name);
        if (pid > 1 && pid != getpid() && livesIn(pid, session)) {
            members.push_back(pid);
        }
    }
    if (proc != nullptr) {
        closedir(proc);
    }
    return members;
}

/// Kills it and waits for its end. Held by a descriptor, the pid cannot come to mean another process.
void end(pid_t pid, pid_t session)
{
    const int held = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (held < 0) {
        return;
    }
    if (livesIn(pid, session)) {
        syscall(SYS_pidfd_send_signal, held, SIGKILL, nullptr, 0);
        pollfd polled { held, POLLIN, 0 };
        while (poll(&polled, 1, 10'000) < 0 && errno == EINTR) { }
    }
    close(held);
}

} // namespace

int main(int count, char** values)
{
    const pid_t session = count == 2 ? std::atoi(values[1]) : 0;
    if (session <= 1 || session == getsid(0)) {
        return 2;
    }
    std::signal(SIGINT, SIG_IGN); // of the test's terminal: the test hangs up next
    std::signal(SIGTERM, SIG_IGN);
    char byte = 0;
    ssize_t got = 0;
    while ((got = read(STDIN_FILENO, &byte, 1)) > 0 || (got < 0 && errno == EINTR)) { }
    // Who is killed may have started another meanwhile.
    for (int round = 0; round < 100; ++round) {
        const std::vector<pid_t> members = membersOf(session);
        for (const pid_t pid : members) {
            end(pid, session);
        }
        if (members.empty()) {
            return 0;
        }
    }
    return 1;
}
