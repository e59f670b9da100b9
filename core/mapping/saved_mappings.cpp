// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/saved_mappings.h"

#include "core/settings/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace prism {

namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t mostBytes = 1u << 20;

Result<Mapping> readFile(const std::string& file)
{
    std::error_code failure;
    const std::uintmax_t size = fs::file_size(file, failure);
    if (failure) {
        return Error { file, {}, "it cannot be read: " + failure.message(), "Check its name" };
    }
    if (size > mostBytes) {
        return Error { file, {}, "it is larger than a mapping can be", "Name the mapping, not the data" };
    }
    std::ifstream stream(file, std::ios::binary);
    const std::string text { std::istreambuf_iterator<char>(stream), {} };
    return parseMapping(text, file);
}

bool isName(const std::string& name)
{
    return !name.empty() && name == mappingName(name);
}

Error failed(const std::string& file, const char* what)
{
    return { file, {}, std::string(what) + ": " + std::strerror(errno),
        "Check the folder's rights and free space" };
}

} // namespace

std::string mappingFolder()
{
    return fs::path(defaultDatabase()).parent_path() / "mappings";
}

std::vector<SavedMapping> savedMappings()
{
    std::vector<SavedMapping> out;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(mappingFolder(), ignored)) {
        if (entry.path().extension() != ".json") {
            continue;
        }
        SavedMapping& saved = out.emplace_back();
        saved.file = entry.path();
        if (auto mapping = readFile(saved.file)) {
            saved.mapping = std::move(*mapping);
            if (auto checked = check(saved.mapping); !checked) {
                saved.error = checked.error();
            }
        } else {
            saved.error = mapping.error();
        }
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
    return out;
}

std::vector<Mapping> appliedMappings()
{
    std::vector<Mapping> out;
    for (SavedMapping& saved : savedMappings()) {
        if (!saved.error) {
            out.push_back(std::move(saved.mapping));
        }
    }
    return out;
}

bool isSavedMapping(const std::string& name)
{
    std::error_code ignored;
    return isName(name) && fs::exists(fs::path(mappingFolder()) / (name + ".json"), ignored);
}

std::string freeMappingName(const std::string& wanted)
{
    const std::string name = wanted.empty() ? "mapping" : mappingName(wanted);
    std::string free = name;
    for (int i = 2; isSavedMapping(free); ++i) {
        free = name.substr(0, 50) + '-' + std::to_string(i);
    }
    return free;
}

Result<Mapping> loadMapping(const std::string& fileOrName)
{
    std::error_code ignored;
    const fs::path saved = fs::path(mappingFolder()) / (fileOrName + ".json");
    const bool byName = isName(fileOrName) && !fs::exists(fileOrName, ignored) && fs::exists(saved, ignored);
    return readFile(byName ? saved.string() : fileOrName);
}

Result<std::string> saveMapping(const Mapping& mapping, bool replace)
{
    if (!isName(mapping.name)) {
        return Error { "mapping " + mapping.name, {}, "this cannot be its name",
            "Choose one of small letters, digits, - and _, of 60 characters at most" };
    }
    const fs::path folder = mappingFolder();
    std::error_code failure;
    fs::create_directories(folder, failure);
    const std::string file = folder / (mapping.name + ".json");
    if (!replace && fs::exists(file, failure)) {
        return Error { file, {}, "there is a mapping of this name", "Choose another name, or replace it" };
    }
    std::string temporary = folder / ".mapping-XXXXXX";
    const int descriptor = mkstemp(temporary.data());
    if (descriptor < 0) {
        return failed(file, "it cannot be written");
    }
    const std::string text = toJson(mapping);
    const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size())
        && fsync(descriptor) == 0;
    close(descriptor);
    if (!written || std::rename(temporary.c_str(), file.c_str()) != 0) {
        const Error error = failed(file, "it cannot be written");
        unlink(temporary.c_str());
        return error;
    }
    return file;
}

Result<void> removeMapping(const std::string& name)
{
    const std::string file = fs::path(mappingFolder()) / (name + ".json");
    std::error_code failure;
    if (isName(name) && !fs::remove(file, failure) && failure) {
        return Error { file, {}, "it cannot be removed: " + failure.message(), "Check the folder's rights" };
    }
    return {};
}

} // namespace prism
