// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/access/target_process.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {

/// The kernel allows 32 levels of user namespaces.
constexpr int mostNamespaceLevels = 33;

struct NamespaceId {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const NamespaceId&, const NamespaceId&) = default;
};

std::optional<NamespaceId> idOf(int descriptor)
{
    struct stat info { };
    if (::fstat(descriptor, &info) != 0) {
        return std::nullopt;
    }
    return NamespaceId { info.st_dev, info.st_ino };
}

} // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept
{
    std::swap(m_number, other.m_number);
    return *this;
}

Descriptor::~Descriptor()
{
    if (m_number >= 0) {
        ::close(m_number);
    }
}

std::optional<TargetProcess> TargetProcess::open(
    int pid, std::optional<std::uint64_t> startTicks, std::string& why)
{
    TargetProcess target;
    target.m_pid = pid;
    target.m_pidfd = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const std::string path = "/proc/" + std::to_string(pid);
    if (pid <= 0 || !target.m_pidfd) {
        why = pid > 0 && errno != ESRCH && errno != EINVAL
            ? "Process " + std::to_string(pid) + " cannot be held: " + std::strerror(errno)
            : "There is no process " + std::to_string(pid);
        return std::nullopt;
    }
    target.m_folder = Descriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto stat = target.m_folder ? target.read("stat") : std::nullopt;
    const auto fields = stat ? statFields(*stat) : std::vector<std::string_view>();
    // The folder may be that of a later process with the same number only if the pidfd's one is gone by now.
    if (fields.size() < 20 || !target.stillThere()) {
        why = "Process " + std::to_string(pid) + " has just ended";
        return std::nullopt;
    }
    target.m_startTicks = numberIn<std::uint64_t>(fields[19]).value_or(0);
    const std::size_t begin = stat->find('(') + 1;
    target.m_name = stat->substr(begin, stat->rfind(')') - begin);
    if (startTicks && *startTicks != target.m_startTicks) {
        why = "The process that had the number " + std::to_string(pid)
            + " has ended, and another one has it now: look for servers again";
        return std::nullopt;
    }
    return target;
}

bool TargetProcess::stillThere() const
{
    pollfd waiting { m_pidfd.number(), POLLIN, 0 };
    return ::poll(&waiting, 1, 0) == 0;
}

std::optional<std::string> TargetProcess::read(const char* name) const
{
    const Descriptor file(::openat(m_folder.number(), name, O_RDONLY | O_CLOEXEC));
    std::array<char, 8192> text; // NOLINT(*-member-init): filled by read
    const ssize_t size = file ? ::read(file.number(), text.data(), text.size()) : -1;
    if (size < 0) {
        return std::nullopt;
    }
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<Uids> TargetProcess::uids() const
{
    const auto status = read("status");
    const auto fields = status ? words(statusValue(*status, "Uid")) : std::vector<std::string_view>();
    if (fields.size() < 3) {
        return std::nullopt;
    }
    std::array<uid_t, 3> numbers {};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto number = numberIn<unsigned>(fields[i]);
        if (!number) {
            return std::nullopt;
        }
        numbers[i] = *number;
    }
    return Uids { numbers[0], numbers[1], numbers[2] };
}

std::optional<bool> TargetProcess::dumpable() const
{
    // The kernel gives files of a process that is not dumpable to root instead of the process's user.
    struct stat info { };
    const auto now = uids();
    if (!now || ::fstatat(m_folder.number(), "environ", &info, 0) != 0) {
        return std::nullopt;
    }
    return info.st_uid == now->effective;
}

std::optional<bool> TargetProcess::insideUserNamespaceOf(pid_t pid) const
{
    const std::string path = "/proc/" + std::to_string(pid) + "/ns/user";
    const Descriptor outer(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    Descriptor inner(::openat(m_folder.number(), "ns/user", O_RDONLY | O_CLOEXEC));
    const auto wanted = outer ? idOf(outer.number()) : std::nullopt;
    if (!wanted || !inner) {
        return std::nullopt;
    }
    for (int level = 0; level < mostNamespaceLevels && inner; ++level) {
        if (idOf(inner.number()) == wanted) {
            return true;
        }
        inner = Descriptor(::ioctl(inner.number(), NS_GET_PARENT)); // EPERM at our own namespace
    }
    return false;
}

} // namespace prism::probes
