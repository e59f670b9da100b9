// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/proc.h"

namespace prism::probes {

/// A descriptor that closes itself.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number)
        : m_number(number)
    {
    }
    Descriptor(Descriptor&& other) noexcept
        : m_number(other.m_number)
    {
        other.m_number = -1;
    }
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int number() const { return m_number; }
    explicit operator bool() const { return m_number >= 0; }

private:
    int m_number = -1;
};

/// One process, held so that its number cannot come to mean another one: a pidfd and its folder in /proc,
/// whose files all fail once it has ended, whoever has the number then.
class TargetProcess {
public:
    /// Empty when there is no such process, or when it does not have that start time; `why` says which, in a
    /// sentence without a full stop.
    static std::optional<TargetProcess> open(
        int pid, std::optional<std::uint64_t> startTicks, std::string& why);

    int pid() const { return m_pid; }
    std::uint64_t startTicks() const { return m_startTicks; }
    int pidfd() const { return m_pidfd.number(); } ///< readable when the process has ended
    int folder() const { return m_folder.number(); } ///< /proc/PID
    bool stillThere() const;
    const std::string& name() const { return m_name; } ///< comm

    /// As they are now: a process can change its user.
    std::optional<Uids> uids() const;
    /// False for a process that its kernel protects from others of its user: it changed its user, runs a
    /// set-uid program or asked for it (PR_SET_DUMPABLE). Empty when it is gone.
    std::optional<bool> dumpable() const;
    /// Whether its user namespace is this one or was made within it. Empty where it cannot be told.
    std::optional<bool> insideUserNamespaceOf(pid_t pid) const;

private:
    TargetProcess() = default;
    std::optional<std::string> read(const char* name) const;

    int m_pid = 0;
    std::uint64_t m_startTicks = 0;
    std::string m_name;
    Descriptor m_pidfd;
    Descriptor m_folder;
};

} // namespace prism::probes
