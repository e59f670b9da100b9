// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/kernel_objects.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace prism::test {

namespace {

std::string processFolder(std::int64_t pid)
{
    return "/proc/" + std::to_string(pid);
}

std::string readFile(const std::string& path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<std::string> entries(const std::string& folder)
{
    std::vector<std::string> out;
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
        out.push_back(it->path());
    }
    return out;
}

bool exists(bpf_cmd command, std::uint32_t id)
{
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr);
    attr.link_id = id; // in a union with prog_id and map_id
    const long fd = ::syscall(SYS_bpf, command, &attr, sizeof attr);
    if (fd >= 0) {
        ::close(static_cast<int>(fd));
    }
    return fd >= 0;
}

std::set<std::uint32_t> existing(bpf_cmd command, const std::set<std::uint32_t>& ids)
{
    std::set<std::uint32_t> out;
    for (const std::uint32_t id : ids) {
        if (exists(command, id)) {
            out.insert(id);
        }
    }
    return out;
}

} // namespace

KernelObjects KernelObjects::of(std::int64_t pid)
{
    KernelObjects out;
    for (const std::string& path : entries(processFolder(pid) + "/fdinfo")) {
        std::istringstream lines(readFile(path));
        for (std::string line; std::getline(lines, line);) {
            const std::size_t colon = line.find(':');
            const std::string name = line.substr(0, colon);
            if (name != "link_id" && name != "prog_id" && name != "map_id") {
                continue;
            }
            const auto id = static_cast<std::uint32_t>(std::strtoul(line.c_str() + colon + 1, nullptr, 10));
            (name == "link_id" ? out.links : name == "prog_id" ? out.programs : out.maps).insert(id);
        }
    }
    return out;
}

KernelObjects KernelObjects::remaining() const
{
    return { existing(BPF_LINK_GET_FD_BY_ID, links), existing(BPF_PROG_GET_FD_BY_ID, programs),
        existing(BPF_MAP_GET_FD_BY_ID, maps) };
}

std::size_t openDescriptors(std::int64_t pid)
{
    return entries(processFolder(pid) + "/fd").size();
}

std::vector<std::int64_t> childrenOf(std::int64_t pid)
{
    std::vector<std::int64_t> out;
    for (const std::string& task : entries(processFolder(pid) + "/task")) {
        std::istringstream words(readFile(task + "/children"));
        for (std::int64_t child = 0; words >> child;) {
            out.push_back(child);
        }
    }
    return out;
}

std::uint64_t residentBytes(std::int64_t pid)
{
    std::istringstream words(readFile(processFolder(pid) + "/statm"));
    std::uint64_t whole = 0;
    std::uint64_t resident = 0;
    words >> whole >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

ProcessTime processTime(std::int64_t pid)
{
    ProcessTime out;
    for (const std::string& task : entries(processFolder(pid) + "/task")) {
        std::istringstream words(readFile(task + "/schedstat"));
        std::int64_t onCpu = 0;
        std::int64_t waited = 0;
        words >> onCpu >> waited;
        out.onCpuNs += onCpu;
        out.waitedNs += waited;
    }
    return out;
}

std::uint64_t startTicks(std::int64_t pid)
{
    const std::string stat = readFile(processFolder(pid) + "/stat");
    const std::size_t name = stat.rfind(')');
    std::istringstream words(name == std::string::npos ? std::string() : stat.substr(name + 1));
    std::string word;
    for (int field = 3; field <= 22 && words >> word; ++field) { }
    return std::strtoull(word.c_str(), nullptr, 10);
}

} // namespace prism::test
