// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_key.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace prism {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool allDigits(std::string_view text)
{
    return !text.empty()
        && std::all_of(text.begin(), text.end(), [](char c) { return isDigit(c) || c == '.'; })
        && std::any_of(text.begin(), text.end(), isDigit);
}

/// "conc64", "c8", "concurrency=4", "16.0qps", "infqps", "rate10", "rr4", "np128", "run3", "stage_2" when
/// split.
bool namesALoad(std::string_view word)
{
    if (word == "b100" || word == "b200" || word == "b300") {
        return false; // accelerators, although "b8" is a batch of eight
    }
    static constexpr std::array before { "concurrency", "conc", "c", "con", "users", "user", "u", "parallel",
        "rate", "rr", "qps", "rps", "np", "n", "num", "prompts", "run", "stage", "step", "iter", "batch",
        "bs", "b", "repeat", "rep", "level" };
    static constexpr std::array behind { "qps", "rps", "rate", "s", "users" };
    for (const std::string_view prefix : before) {
        if (word.starts_with(prefix)) {
            std::string_view rest = word.substr(prefix.size());
            rest.remove_prefix(!rest.empty() && rest[0] == '=' ? 1 : 0);
            if (allDigits(rest) || rest == "inf") {
                return true;
            }
        }
    }
    return std::any_of(behind.begin(), behind.end(), [&](std::string_view suffix) {
        return word.ends_with(suffix)
            && (allDigits(word.substr(0, word.size() - suffix.size()))
                || word == std::string("inf") + std::string(suffix));
    });
}

/// Words whose number stands apart: "num_concurrency_4", "stage_2", "concurrency-8".
bool introducesALoad(std::string_view word)
{
    static constexpr std::array words { "concurrency", "conc", "users", "rate", "qps", "rps", "stage", "run",
        "parallel", "number", "num", "req", "time", "batch", "iter", "level", "repeat" };
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// 20250914, 020903, 1716292800, 20250914t020903z.
bool isTime(std::string_view word)
{
    const auto digits = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), isDigit));
    return digits >= 6 && isDigit(word[0])
        && word.find_first_not_of("0123456789t:.z") == std::string_view::npos
        && std::count(word.begin(), word.end(), 't') <= 1;
}

/// "x.json.gz" without ".gz": the same file, packed.
std::string_view unpacked(std::string_view name)
{
    static constexpr std::array endings { ".gz", ".zst", ".xz", ".bz2", ".lz4", ".Z" };
    for (const std::string_view ending : endings) {
        if (name.size() > ending.size() && name.ends_with(ending)) {
            return name.substr(0, name.size() - ending.size());
        }
    }
    return name;
}

std::vector<std::string> wordsOf(std::string_view stem)
{
    std::vector<std::string> words;
    std::string word;
    for (const char c : stem) {
        if (c == '_' || c == '-' || c == ' ' || c == ',' || c == '@') {
            if (!word.empty()) {
                words.push_back(std::move(word));
            }
            word.clear();
        } else {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    if (!word.empty()) {
        words.push_back(std::move(word));
    }
    return words;
}

} // namespace

std::string stemWithoutLoad(std::string_view fileName)
{
    std::string_view stem = unpacked(fileName);
    // Only endings that name a kind of file: "r1.0" is a rate.
    const std::size_t dot = stem.rfind('.');
    if (dot != std::string_view::npos && dot > 0 && (dot + 1 == stem.size() || !isDigit(stem[dot + 1]))) {
        stem = stem.substr(0, dot);
    }
    std::vector<std::string> kept;
    const std::vector<std::string> words = wordsOf(stem);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool numberFollows = i + 1 < words.size() && (allDigits(words[i + 1]) || words[i + 1] == "inf");
        if (introducesALoad(words[i]) && numberFollows) {
            ++i;
        } else if (!namesALoad(words[i]) && !isTime(words[i]) && !allDigits(words[i])) {
            kept.push_back(words[i]);
        }
    }
    std::string out;
    for (const std::string& word : kept) {
        out += (out.empty() ? "" : "_") + word;
    }
    return out;
}

std::string runKey(std::string_view producer, std::string_view sourcePath, const LoadPoint& point)
{
    const std::size_t slash = sourcePath.find_last_of("/!");
    std::string_view folder
        = slash == std::string_view::npos ? std::string_view() : sourcePath.substr(0, slash);
    std::string_view file = slash == std::string_view::npos ? sourcePath : sourcePath.substr(slash + 1);
    // A folder a load level ("concurrency_4/profile.json") is part of the name.
    const std::size_t parent = folder.rfind('/');
    const std::size_t lastBegins = parent == std::string_view::npos ? 0 : parent + 1;
    const std::string folderKey
        = std::string(folder.substr(0, lastBegins)) + stemWithoutLoad(folder.substr(lastBegins));
    return std::string(producer) + '\n' + folderKey + '\n' + stemWithoutLoad(file) + '\n' + point.group + '\n'
        + settingsOf(point);
}

std::string settingsOf(const LoadPoint& point)
{
    std::vector<std::string> identity;
    for (const Attribute& a : point.attributes) {
        const bool length = a.name == "isl_target" || a.name == "osl_target" || a.name == "context_depth";
        if (!isLoadAttribute(a.name) && (point.group.empty() || !length)) {
            identity.push_back(a.name + '=' + toText(a.value));
        }
    }
    std::sort(identity.begin(), identity.end());
    std::string settings;
    for (const std::string& part : identity) {
        settings += part + '\n';
    }
    return settings;
}

std::string pathWithoutLoad(std::string_view path)
{
    std::string out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        out += stemWithoutLoad(path.substr(0, end)) + '/';
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return out;
}

} // namespace prism
