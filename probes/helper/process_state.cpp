// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/process_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <string_view>
#include <time.h>
#include <unistd.h>

namespace prism::probes {

namespace {
std::string readAll(const std::string& path)
{
    std::string text;
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return text;
    }
    std::array<char, 4096> piece {};
    ssize_t got = 0;
    while ((got = read(fd, piece.data(), piece.size())) > 0 && text.size() < (1U << 20)) {
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    close(fd);
    return text;
}

std::string procPath(std::uint32_t pid, const char* name)
{
    return "/proc/" + std::to_string(pid) + "/" + name;
}

template <class Number>
Number number(std::string_view text)
{
    Number value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The next word; `text` is left behind it.
std::string_view word(std::string_view& text)
{
    const std::size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
    const std::size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const std::string_view found = text.substr(begin, end - begin);
    text.remove_prefix(end);
    return found;
}

std::string_view lineOf(std::string_view status, std::string_view key)
{
    const std::size_t at = status.find(key);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = status.substr(at + key.size());
    return rest.substr(0, rest.find('\n'));
}
} // namespace

std::optional<ProcessState> readProcess(std::uint32_t pid)
{
    const std::string stat = readAll(procPath(pid, "stat"));
    // The name may hold blanks and brackets: it ends at the last one.
    const std::size_t open = stat.find('(');
    const std::size_t shut = stat.rfind(')');
    if (open == std::string::npos || shut == std::string::npos || shut < open) {
        return std::nullopt;
    }
    ProcessState process;
    process.pid = pid;
    process.name = stat.substr(open + 1, shut - open - 1);
    std::string_view rest(stat);
    rest.remove_prefix(shut + 1);
    for (int field = 3; field <= 24; ++field) {
        const std::string_view value = word(rest);
        switch (field) {
        case 3:
            process.state = value.empty() ? '?' : value.front();
            break;
        case 4:
            process.parent = number<std::uint32_t>(value);
            break;
        case 14:
        case 15:
            process.cpuTicks += number<std::uint64_t>(value);
            break;
        case 20:
            process.threads = number<std::uint32_t>(value);
            break;
        case 22:
            process.startTicks = number<std::uint64_t>(value);
            break;
        case 24:
            process.residentBytes
                = number<std::uint64_t>(value) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
            break;
        default:
            break;
        }
    }
    const std::string status = readAll(procPath(pid, "status"));
    std::string_view uids = lineOf(status, "\nUid:");
    if (uids.empty()) {
        return std::nullopt;
    }
    process.realUid = number<std::uint32_t>(word(uids));
    process.effectiveUid = number<std::uint32_t>(word(uids));
    process.savedUid = number<std::uint32_t>(word(uids));
    std::string_view inner = lineOf(status, "\nNSpid:");
    for (std::string_view level = word(inner); !level.empty(); level = word(inner)) {
        process.innerPid = number<std::uint32_t>(level);
    }
    return process;
}

std::vector<std::uint32_t> familyOf(std::uint32_t pid)
{
    std::vector<std::uint32_t> family { pid };
    for (std::size_t i = 0; i < family.size() && family.size() < 4096; ++i) {
        const std::string tasks = procPath(family[i], "task");
        DIR* folder = opendir(tasks.c_str());
        while (const dirent* entry = folder != nullptr ? readdir(folder) : nullptr) {
            const std::string text = readAll(tasks + "/" + entry->d_name + "/children");
            std::string_view children(text);
            for (std::string_view child = word(children); !child.empty(); child = word(children)) {
                const auto found = number<std::uint32_t>(child);
                if (std::find(family.begin(), family.end(), found) == family.end()) {
                    family.push_back(found);
                }
            }
        }
        if (folder != nullptr) {
            closedir(folder);
        }
    }
    return family;
}

bool hasForeignCalls(std::uint32_t pid)
{
    std::array<unsigned char, EI_NIDENT> head {};
    const int fd = open(procPath(pid, "exe").c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd >= 0 ? read(fd, head.data(), head.size()) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return got == EI_NIDENT && head[EI_CLASS] == ELFCLASS32;
}

std::uint64_t nowNs()
{
    timespec now {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace prism::probes
