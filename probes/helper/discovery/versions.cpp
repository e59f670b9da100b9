// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/versions.h"

#include <algorithm>
#include <array>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/syscall.h>
#include <unistd.h>

namespace prism::probes {

namespace {

constexpr std::size_t mostMaps = 8u << 20;
constexpr std::size_t mostFolders = 16;

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Opens a folder inside the process's root; its symbolic links cannot lead out of it.
Folder openInside(const ProcFolder& proc, int pid, const std::string& path)
{
    const int root = ::open(proc.path(pid, "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return nullptr;
    }
    open_how how {};
    how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const auto folder = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
    ::close(root);
    DIR* opened = folder < 0 ? nullptr : ::fdopendir(folder);
    if (folder >= 0 && !opened) {
        ::close(folder);
    }
    return Folder(opened);
}

void addUnique(std::vector<std::string>& all, std::string_view path)
{
    if (all.size() < mostFolders && std::ranges::find(all, path) == all.end()) {
        all.emplace_back(path);
    }
}

/// ".../site-packages" of every mapped library below one.
void foldersOfMaps(std::string_view maps, std::vector<std::string>& all)
{
    for (const std::string_view line : lines(maps)) {
        const std::size_t begin = line.find('/');
        for (const std::string_view name : { "/site-packages/", "/dist-packages/" }) {
            const std::size_t at = line.find(name);
            if (begin != std::string_view::npos && at != std::string_view::npos && at >= begin) {
                addUnique(all, line.substr(begin, at - begin + name.size() - 1));
            }
        }
    }
}

/// Of "/venv/bin/python" the folders /venv/lib/python3.11/site-packages.
void foldersOfPrefix(const ProcFolder& proc, int pid, std::string_view program, std::vector<std::string>& all)
{
    const std::size_t bin = program.rfind("/bin/");
    if (!program.starts_with('/') || bin == std::string_view::npos) {
        return;
    }
    const std::string lib = std::string(program.substr(0, bin)) + "/lib";
    if (const Folder folder = openInside(proc, pid, lib)) {
        while (const dirent* entry = ::readdir(folder.get())) {
            if (std::string_view(entry->d_name).starts_with("python3")) {
                addUnique(all, lib + '/' + entry->d_name + "/site-packages");
                addUnique(all, lib + '/' + entry->d_name + "/dist-packages");
            }
        }
    }
}

/// Names of distributions compare without case and with '-', '_' and '.' alike.
std::string normalised(std::string_view name)
{
    std::string out;
    for (const char c : name) {
        out += c == '-' || c == '.' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return out;
}

bool isVersion(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && text[0] >= '0' && text[0] <= '9'
        && text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+!_")
        == std::string_view::npos;
}

} // namespace

std::string distributionVersion(const ProcFolder& proc, const ProcessFacts& process,
    const CommandLine& command, std::span<const std::string_view> distributions)
{
    if (distributions.empty()) {
        return {};
    }
    std::vector<std::string> folders;
    foldersOfMaps(readFile(proc.path(process.pid, "maps"), mostMaps).value_or(""), folders);
    if (folders.empty()) {
        foldersOfPrefix(proc, process.pid, command.script, folders);
        foldersOfPrefix(proc, process.pid, process.arguments.empty() ? "" : process.arguments[0], folders);
    }
    constexpr std::string_view ending = ".dist-info";
    std::vector<std::vector<std::string>> found(distributions.size());
    for (const std::string& path : folders) {
        const Folder folder = openInside(proc, process.pid, path);
        while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
            std::string_view name = entry->d_name;
            const std::size_t dash = name.find('-');
            if (!name.ends_with(ending) || dash == std::string_view::npos) {
                continue;
            }
            name.remove_suffix(ending.size());
            const auto which = std::ranges::find(distributions, normalised(name.substr(0, dash)));
            if (which != distributions.end() && isVersion(name.substr(dash + 1))) {
                auto& versions = found[static_cast<std::size_t>(which - distributions.begin())];
                if (std::ranges::find(versions, name.substr(dash + 1)) == versions.end()) {
                    versions.emplace_back(name.substr(dash + 1));
                }
            }
        }
    }
    for (const auto& versions : found) {
        if (!versions.empty()) {
            return versions.size() == 1 ? versions[0] : std::string();
        }
    }
    return {};
}

} // namespace prism::probes
