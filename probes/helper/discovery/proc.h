// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

/// Processes as /proc tells them. Every read may fail at any time: processes end while they are read and
/// other users' are closed to us; what could not be read stays empty, and is never taken for a fact.
namespace prism::probes {

/// At most `most` bytes of a file; empty when it cannot be read. Never blocks on a FIFO.
std::optional<std::string> readFile(const std::string& path, std::size_t most);
/// Where a symbolic link points, as it is written there.
std::optional<std::string> readLink(const std::string& path);
/// The number in a link such as "net:[4026531840]" or "socket:[812]"; 0 when it is another one.
std::uint64_t numberInLink(std::string_view link, std::string_view kind);

struct Uids {
    uid_t real = static_cast<uid_t>(-1);
    uid_t effective = static_cast<uid_t>(-1);
    uid_t saved = static_cast<uid_t>(-1);

    bool allAre(uid_t uid) const { return real == uid && effective == uid && saved == uid; }
    friend bool operator==(const Uids&, const Uids&) = default;
};

struct ProcessFacts {
    int pid = 0;
    int parent = 0;
    std::uint64_t startTicks = 0; ///< field 22 of stat: with the pid it is the identity
    std::string comm; ///< at most 15 characters
    /// A process that wrote its title over its arguments has one, without the padding. Empty for kernel
    /// threads.
    std::vector<std::string> arguments;
    std::string executable; ///< empty when it cannot be read
    Uids uids;
    int innerPid = 0; ///< in its own pid namespace
    std::uint64_t netNamespace = 0; ///< 0 when it cannot be read
};

/// What one process has open, as far as discovery asks.
struct OpenFiles {
    bool readable = false; ///< false: the files are closed to us, and nothing follows from the rest
    std::vector<std::uint64_t> sockets; ///< inodes, sorted
    std::vector<std::string> devices; ///< GPU device nodes: /dev/nvidia0, /dev/kfd, /dev/dri/renderD128
};

/// /proc, or a folder that looks like it. Costs some 20 µs a process.
class ProcFolder {
public:
    explicit ProcFolder(std::string root = "/proc")
        : m_root(std::move(root))
    {
    }
    const std::string& root() const { return m_root; }
    std::string path(int pid, std::string_view name) const;

    /// Process numbers in ascending order.
    std::vector<int> pids() const;
    /// Empty when the process is gone or is a kernel thread.
    std::optional<ProcessFacts> read(int pid) const;
    /// Looks at no more than `budget` descriptors and lowers it by those it looked at.
    OpenFiles openFiles(int pid, std::size_t& budget) const;

private:
    std::string m_root;
};

/// Fields of a line of stat behind the name, which itself may hold blanks and brackets; field 3 (state)
/// first.
std::vector<std::string_view> statFields(std::string_view stat);
/// The value of "Key:\tvalue" in a status file, without blanks around it.
std::string_view statusValue(std::string_view status, std::string_view key);
std::vector<std::string_view> words(std::string_view text);
std::vector<std::string_view> lines(std::string_view text);
/// The whole text as a decimal number.
template <class Number>
std::optional<Number> numberIn(std::string_view text);

} // namespace prism::probes
