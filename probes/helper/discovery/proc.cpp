// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/proc.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace prism::probes {

namespace {

/// Arguments beyond this are cut: a command line of a server is some kilobytes.
constexpr std::size_t mostArguments = 64u << 10;

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool isGpuDevice(std::string_view path)
{
    const auto numbered = [&](std::string_view prefix) {
        return path.starts_with(prefix) && path.size() > prefix.size()
            && path.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
    };
    return numbered("/dev/nvidia") || path == "/dev/kfd" || numbered("/dev/dri/renderD")
        || numbered("/dev/accel/accel");
}

std::vector<std::string> splitArguments(std::string_view text)
{
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\0'), text.size());
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    // A title is padded with NULs or blanks to the length that the arguments once had.
    while (!all.empty() && all.back().find_first_not_of(' ') == std::string::npos && all.size() > 1) {
        all.pop_back();
    }
    if (all.size() == 1) {
        all[0].erase(all[0].find_last_not_of(' ') + 1);
    }
    return all;
}

} // namespace

std::optional<std::string> readFile(const std::string& path, std::size_t most)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return std::nullopt;
    }
    std::string text;
    std::array<char, 16384> piece; // NOLINT(*-member-init): filled by read
    bool failed = false;
    while (text.size() < most) {
        const ssize_t got = ::read(file, piece.data(), std::min(piece.size(), most - text.size()));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            failed = got < 0 && text.empty();
            break;
        }
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    ::close(file);
    if (failed) {
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> readLink(const std::string& path)
{
    std::array<char, 4096> target; // NOLINT(*-member-init): filled by readlink
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) {
        return std::nullopt;
    }
    return std::string(target.data(), static_cast<std::size_t>(size));
}

template <class Number>
std::optional<Number> numberIn(std::string_view text)
{
    Number value {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}
template std::optional<int> numberIn(std::string_view);
template std::optional<unsigned> numberIn(std::string_view);
template std::optional<std::uint16_t> numberIn(std::string_view);
template std::optional<std::uint64_t> numberIn(std::string_view);

std::uint64_t numberInLink(std::string_view link, std::string_view kind)
{
    if (!link.starts_with(kind) || !link.ends_with(']') || link.substr(kind.size(), 2) != ":[") {
        return 0;
    }
    const std::size_t begin = kind.size() + 2;
    return numberIn<std::uint64_t>(link.substr(begin, link.size() - begin - 1)).value_or(0);
}

std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> all;
    for (std::size_t at = 0; (at = text.find_first_not_of(" \t\n", at)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end;
    }
    return all;
}

std::vector<std::string_view> lines(std::string_view text)
{
    std::vector<std::string_view> all;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        all.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

std::vector<std::string_view> statFields(std::string_view stat)
{
    const std::size_t close = stat.rfind(')');
    return close == std::string_view::npos ? std::vector<std::string_view>() : words(stat.substr(close + 1));
}

std::string_view statusValue(std::string_view status, std::string_view key)
{
    for (std::string_view line : lines(status)) {
        if (line.starts_with(key) && line.substr(key.size()).starts_with(':')) {
            line.remove_prefix(key.size() + 1);
            const std::size_t begin = line.find_first_not_of(" \t");
            return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
        }
    }
    return {};
}

std::string ProcFolder::path(int pid, std::string_view name) const
{
    return m_root + '/' + std::to_string(pid) + '/' + std::string(name);
}

std::vector<int> ProcFolder::pids() const
{
    std::vector<int> all;
    const Folder folder(::opendir(m_root.c_str()));
    if (!folder) {
        return all;
    }
    while (const dirent* entry = ::readdir(folder.get())) {
        if (const auto pid = numberIn<int>(entry->d_name)) {
            all.push_back(*pid);
        }
    }
    std::ranges::sort(all);
    return all;
}

std::optional<ProcessFacts> ProcFolder::read(int pid) const
{
    const auto stat = readFile(path(pid, "stat"), 4096);
    const auto status = readFile(path(pid, "status"), 16384);
    const auto commandLine = readFile(path(pid, "cmdline"), mostArguments);
    if (!stat || !status || !commandLine || commandLine->empty()) {
        return std::nullopt;
    }
    const auto fields = statFields(*stat);
    if (fields.size() < 20 || fields[0] == "Z") {
        return std::nullopt;
    }
    ProcessFacts facts;
    facts.pid = pid;
    facts.parent = numberIn<int>(fields[1]).value_or(0);
    facts.startTicks = numberIn<std::uint64_t>(fields[19]).value_or(0);
    facts.comm = std::string(statusValue(*status, "Name"));
    facts.arguments = splitArguments(*commandLine);
    facts.executable = readLink(path(pid, "exe")).value_or("");
    const auto uids = words(statusValue(*status, "Uid"));
    if (uids.size() >= 3) {
        constexpr auto none = static_cast<uid_t>(-1);
        facts.uids = { numberIn<unsigned>(uids[0]).value_or(none), numberIn<unsigned>(uids[1]).value_or(none),
            numberIn<unsigned>(uids[2]).value_or(none) };
    }
    const auto inner = words(statusValue(*status, "NSpid"));
    facts.innerPid = inner.empty() ? pid : numberIn<int>(inner.back()).value_or(pid);
    facts.netNamespace = numberInLink(readLink(path(pid, "ns/net")).value_or(""), "net");
    return facts;
}

OpenFiles ProcFolder::openFiles(int pid, std::size_t& budget) const
{
    OpenFiles files;
    const std::string place = path(pid, "fd");
    const Folder folder(::opendir(place.c_str()));
    if (!folder) {
        return files;
    }
    files.readable = true;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (budget == 0) {
            break;
        }
        --budget;
        const auto link = readLink(place + '/' + entry->d_name);
        if (!link) {
            continue;
        }
        if (const auto inode = numberInLink(*link, "socket"); inode != 0) {
            files.sockets.push_back(inode);
        } else if (isGpuDevice(*link) && std::ranges::find(files.devices, *link) == files.devices.end()) {
            files.devices.push_back(*link);
        }
    }
    std::ranges::sort(files.sockets);
    std::ranges::sort(files.devices);
    return files;
}

} // namespace prism::probes
