// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/paths.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>

#include <glob.h>
#include <sys/stat.h>

namespace prism {

namespace {

namespace fs = std::filesystem;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isForeign(const fs::path& path)
{
    static constexpr std::array endings { ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".py", ".sh",
        ".ipynb", ".js", ".ts", ".css", ".html", ".htm", ".toml", ".cfg", ".ini", ".lock", ".so", ".o", ".a",
        ".whl", ".gguf", ".safetensors", ".bin", ".pt", ".xlsx", ".docx", ".pptx", ".db", ".db-wal",
        ".db-shm", ".stderr" };
    const std::string name = path.filename().string();
    const std::string ending = path.extension().string();
    // Programs keep all sorts of things in databases of theirs; this one holds a benchmark's requests.
    if (name == "benchmark_data.db") {
        return false;
    }
    return name.starts_with('.') || name == "LICENSE" || name == "README.md" || name == "Makefile"
        || std::find(endings.begin(), endings.end(), ending) != endings.end();
}

class Walk {
public:
    explicit Walk(const std::function<bool()>& stop)
        : m_stop(stop)
    {
    }

    void add(const std::string& path)
    {
        if (path == "-") {
            m_files.push_back({ path, 0, true, false, {}, {} });
            return;
        }
        struct stat status { };
        if (stat(path.c_str(), &status) != 0) {
            if (!expand(path)) {
                m_files.push_back({ path, 0, true, false, "there is no such file", {} });
            }
        } else if (S_ISDIR(status.st_mode)) {
            folder(path);
        } else {
            file(path, status, true);
        }
    }

    std::vector<FoundFile> take() { return std::move(m_files); }

private:
    bool expand(const std::string& pattern)
    {
        if (pattern.find_first_of("*?[") == std::string::npos) {
            return false;
        }
        glob_t found {};
        const bool any = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0;
        std::vector<std::string> paths;
        for (std::size_t i = 0; any && i < found.gl_pathc; ++i) {
            paths.emplace_back(found.gl_pathv[i]);
        }
        globfree(&found);
        std::sort(paths.begin(), paths.end(), naturalLess);
        for (const std::string& path : paths) {
            add(path);
        }
        return any;
    }

    /// An explicit stack: the depth of a tree is somebody else's choice.
    void folder(const std::string& root)
    {
        std::vector<std::string> pending { root };
        while (!pending.empty() && !m_stop()) {
            const std::string at = pending.back();
            pending.pop_back();
            struct stat status { };
            if (stat(at.c_str(), &status) != 0 || !m_seen.insert({ status.st_dev, status.st_ino }).second) {
                continue;
            }
            std::error_code error;
            std::vector<std::string> names;
            for (fs::directory_iterator it(at, error), end; !error && it != end && !stopsAt(names.size());
                 it.increment(error)) {
                names.push_back(it->path().string());
            }
            if (error) {
                m_files.push_back(
                    { at, 0, true, false, "the folder cannot be read: " + error.message(), {} });
                continue;
            }
            sort(names);
            std::vector<std::string> folders;
            for (std::size_t i = 0; i < names.size() && !stopsAt(i); ++i) {
                const std::string& name = names[i];
                status = {};
                if (stat(name.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
                    file(name, status, false);
                } else if (!fs::path(name).filename().string().starts_with('.')) {
                    folders.push_back(name);
                }
            }
            pending.insert(pending.end(), folders.rbegin(), folders.rend());
        }
    }

    void file(const std::string& path, const struct stat& status, bool given)
    {
        FoundFile found { path, 0, given, !given && isForeign(path), {}, { status.st_dev, status.st_ino } };
        if (S_ISREG(status.st_mode)) {
            found.bytes = static_cast<std::uint64_t>(status.st_size);
        } else {
            found.foreign = !given;
            found.problem = "this is no regular file";
        }
        m_files.push_back(std::move(found));
    }

    /// Sorts a folder of a million in parts of some milliseconds, between which it can be cancelled.
    void sort(std::vector<std::string>& names) const
    {
        constexpr std::ptrdiff_t part = 8192;
        const auto begin = names.begin();
        const auto size = static_cast<std::ptrdiff_t>(names.size());
        for (std::ptrdiff_t at = 0; at < size && !m_stop(); at += part) {
            std::sort(begin + at, begin + std::min(at + part, size), naturalLess);
        }
        for (std::ptrdiff_t sorted = part; sorted < size; sorted *= 2) {
            for (std::ptrdiff_t at = 0; at + sorted < size && !m_stop(); at += 2 * sorted) {
                std::inplace_merge(
                    begin + at, begin + at + sorted, begin + std::min(at + 2 * sorted, size), naturalLess);
            }
        }
    }

    /// Every so many entries: asking costs more than an entry.
    bool stopsAt(std::size_t entry) const { return entry % 256 == 0 && m_stop(); }

    const std::function<bool()>& m_stop;
    std::set<FileIdentity> m_seen;
    std::vector<FoundFile> m_files;
};

} // namespace

bool isForeignMember(std::string_view name)
{
    // A folder's walk does not enter hidden folders; ".." is only a label here.
    for (std::size_t at = 0; at < name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        const std::string_view part = name.substr(at, end - at);
        if (part.starts_with('.') && part != "." && part != "..") {
            return true;
        }
        at = end + 1;
    }
    return isForeign(fs::path(name));
}

bool naturalLess(const std::string& a, const std::string& b)
{
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            const std::size_t fromA = std::min(a.find_first_not_of('0', i), a.size());
            const std::size_t fromB = std::min(b.find_first_not_of('0', j), b.size());
            std::size_t endA = fromA;
            std::size_t endB = fromB;
            while (endA < a.size() && isDigit(a[endA])) {
                ++endA;
            }
            while (endB < b.size() && isDigit(b[endB])) {
                ++endB;
            }
            const std::string_view left = std::string_view(a).substr(fromA, endA - fromA);
            const std::string_view right = std::string_view(b).substr(fromB, endB - fromB);
            if (left.size() != right.size()) {
                return left.size() < right.size();
            }
            if (left != right) {
                return left < right;
            }
            i = endA;
            j = endB;
        } else if (a[i] != b[j]) {
            return a[i] < b[j];
        } else {
            ++i;
            ++j;
        }
    }
    return a.size() - i < b.size() - j;
}

std::vector<FoundFile> findFiles(const std::vector<std::string>& paths, const std::function<bool()>& stop)
{
    Walk walk(stop);
    for (const std::string& path : paths) {
        if (stop()) {
            break;
        }
        walk.add(path);
    }
    return walk.take();
}

} // namespace prism
