// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/foreign_network.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prism::live {

namespace {

std::string networkFile(std::uint32_t pid)
{
    return "/proc/" + std::to_string(pid) + "/ns/net";
}

/// Field 22 of stat; 0 when the process is gone.
std::uint64_t startTicksOf(std::uint32_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text, '\0');
    const std::size_t name = text.rfind(')'); // the name may hold anything
    std::istringstream fields(name == std::string::npos ? std::string() : text.substr(name + 1));
    std::string skipped;
    for (int field = 3; field < 22; ++field) {
        fields >> skipped;
    }
    std::uint64_t ticks = 0;
    return fields >> ticks ? ticks : 0;
}

/// A socket in a network, -1 with `error`. On a thread of its own, so that none is ever left in the wrong
/// one.
int socketThere(int network, int family, int& error)
{
    int made = -1;
    std::thread([&] {
        if (setns(network, CLONE_NEWNET) == 0) {
            made = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        }
        error = errno;
    }).join();
    return made;
}

} // namespace

ForeignNetwork::Relation ForeignNetwork::relation(std::uint32_t pid)
{
    struct stat ours {
    }, theirs {};
    if (stat("/proc/self/ns/net", &ours) != 0 || stat(networkFile(pid).c_str(), &theirs) != 0) {
        return Relation::Unknown;
    }
    return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev ? Relation::Ours : Relation::Foreign;
}

Result<std::shared_ptr<const ForeignNetwork>> ForeignNetwork::open(
    std::uint32_t pid, std::uint64_t startTicks)
{
    const Error unreachable { {}, {},
        "the server runs in a network of its own, where only root reaches its /metrics", "Run this as root" };
    const int descriptor = ::open(networkFile(pid).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return unreachable;
    }
    const std::shared_ptr<const ForeignNetwork> made(new ForeignNetwork(descriptor));
    if (startTicks != 0 && startTicksOf(pid) != startTicks) {
        return Error { {}, {}, "the server has ended", {} };
    }
    int error = 0;
    const int tried = socketThere(descriptor, AF_INET, error);
    if (tried < 0) {
        return unreachable;
    }
    close(tried);
    return made;
}

ForeignNetwork::~ForeignNetwork()
{
    close(m_descriptor);
}

int ForeignNetwork::makeSocket(int family) const
{
    int error = 0;
    const int made = socketThere(m_descriptor, family, error);
    errno = error;
    return made;
}

} // namespace prism::live
