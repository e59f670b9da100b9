// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_key.h"

#include "core/import/local_time.h"

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

bool areDigits(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isDigit);
}

/// "4", "0.5", "inf"; not "0.9.0", which is a version.
bool isAmount(std::string_view text)
{
    return text == "inf"
        || (!text.empty() && isDigit(text.back()) && std::count(text.begin(), text.end(), '.') <= 1
            && std::all_of(text.begin(), text.end(), [](char c) { return isDigit(c) || c == '.'; }));
}

template <std::size_t n>
bool isOneOf(std::string_view word, const std::array<std::string_view, n>& words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

using Words = std::vector<std::string>;

/// What a number behind it says: a load or a repetition. All other words keep theirs: "tp", "gpu", "nodes".
bool introducesALoad(std::string_view word, const Words& words, std::size_t at)
{
    static constexpr std::array<std::string_view, 43> loads { "concurrency", "concurrent", "conc", "con",
        "cc", "c", "users", "user", "u", "vus", "clients", "client", "parallel", "rate", "rr", "qps", "rps",
        "req", "reqs", "requests", "np", "prompts", "number", "time", "batch", "bs", "level", "load", "stage",
        "step", "run", "trial", "try", "attempt", "iter", "iteration", "repeat", "repetition", "rep", "round",
        "pass", "r", "seed" };
    static constexpr std::array<std::string_view, 7> divisions { "tensor", "pipeline", "data", "expert",
        "context", "sequence", "num" };
    const auto before = [&](std::size_t back) { return at < back ? std::string_view() : words[at - back]; };
    if (word == "size") {
        return before(1) == "batch" && before(2) != "max";
    }
    return isOneOf(word, loads) && !(word == "batch" && before(1) == "max")
        && !(word == "parallel" && isOneOf(before(1), divisions));
}

/// "conc64", "c8", "concurrency=4", "16.0qps", "infqps", "rate10", "run3".
bool namesALoad(const Words& words, std::size_t at)
{
    const std::string_view word = words[at];
    const std::size_t number = word.ends_with("inf") && word.size() > 3
        ? word.size() - 3
        : std::min(word.find_first_of("0123456789"), word.size());
    std::string_view name = word.substr(0, number);
    name.remove_suffix(name.ends_with('=') ? 1 : 0);
    if (isAmount(word.substr(number)) && introducesALoad(name, words, at)) {
        return true;
    }
    static constexpr std::array<std::string_view, 6> behind { "qps", "rps", "rate", "s", "users", "vus" };
    return std::any_of(behind.begin(), behind.end(), [&](std::string_view suffix) {
        return word.ends_with(suffix) && isAmount(word.substr(0, word.size() - suffix.size()));
    });
}

/// Two digits, up to `most`.
bool isPair(std::string_view text, int most)
{
    return text.size() == 2 && areDigits(text) && (text[0] - '0') * 10 + text[1] - '0' <= most;
}

/// "20250914"
bool isDay(std::string_view text)
{
    return text.size() == 8 && (text.starts_with("19") || text.starts_with("20")) && areDigits(text)
        && isPair(text.substr(4, 2), 12) && isPair(text.substr(6), 31);
}

/// "020903", "0209", "02:09:03.5", with "z" too.
bool isClock(std::string_view text)
{
    text.remove_suffix(text.ends_with('z') ? 1 : 0);
    std::string digits;
    for (const char c : text) {
        if (!isDigit(c) && c != ':' && c != '.') {
            return false;
        }
        digits += isDigit(c) ? std::string(1, c) : std::string();
    }
    return (digits.size() == 4 || digits.size() >= 6) && isPair(digits.substr(0, 2), 23)
        && isPair(digits.substr(2, 2), 59);
}

/// How many words from this one on are a point in time: a day with what follows of its clock, or a number of
/// seconds or milliseconds since 1970. A clock alone is a number like any other.
std::size_t wordsOfTime(const Words& words, std::size_t at)
{
    const auto word = [&](std::size_t i) { return i < words.size() ? std::string_view(words[i]) : ""; };
    const auto isClockBehindDay = [](std::string_view rest) {
        rest.remove_prefix(rest.starts_with('t') ? 1 : 0);
        return isClock(rest);
    };
    const std::string_view first = word(at);
    std::size_t end = at;
    if (isDay(first.substr(0, 8))) { // 20250914
        if (first.size() > 8) {
            return isClockBehindDay(first.substr(8)) ? 1 : 0;
        }
        end = at + 1;
    } else if (first.size() == 4 && word(at + 1).size() == 2
        && isDay(std::string(first) + words[at + 1] + std::string(word(at + 2).substr(0, 2)))) { // 2025-09-14
        const std::string_view rest = word(at + 2).substr(2);
        if (!rest.empty() && !isClockBehindDay(rest) && !(rest[0] == 't' && isPair(rest.substr(1), 23))) {
            return 0;
        }
        end = at + 3;
        if (!rest.empty() && isClockBehindDay(rest)) {
            return end - at;
        }
    } else {
        return (first.size() == 10 || first.size() == 13) && areDigits(first) && first[0] == '1' ? 1 : 0;
    }
    if (isClock(word(end))) {
        return end + 1 - at;
    }
    std::size_t pairs = 0;
    while (pairs < 3 && isPair(word(end + pairs), 59)) {
        ++pairs;
    }
    return end + (pairs >= 2 ? pairs : 0) - at;
}

/// "20250914" of the words there that are a time, or seconds since 1970 and what may stand behind them.
std::string dayOf(const Words& words, std::size_t at)
{
    constexpr std::size_t day = 8;
    const bool split = words[at].size() == 4;
    return split                          ? words[at] + words[at + 1] + words[at + 2].substr(0, 2)
        : isDay(words[at].substr(0, day)) ? words[at].substr(0, day)
                                          : words[at];
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

Words wordsOf(std::string_view stem)
{
    Words words;
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

std::string_view withoutEnding(std::string_view name)
{
    // Only endings that name a kind of file: "r1.0" is a rate.
    const std::size_t dot = name.rfind('.');
    const bool ends
        = dot != std::string_view::npos && dot > 0 && (dot + 1 == name.size() || !isDigit(name[dot + 1]));
    return ends ? name.substr(0, dot) : name;
}

/// Takes loads and times out of the parts of a path one after another, since a folder may introduce the
/// number that is the next one's name: "conc/4".
class Parts {
public:
    enum class Times { Keep, Drop };
    struct Kept {
        Words words; ///< in lower case
        bool all = true; ///< nothing was taken out
        std::optional<std::size_t> number; ///< the last word that is one of which nothing says what it counts
        bool counts = false; ///< that may be repetitions
        std::string day; ///< the last that was taken out, as it is written

        std::string text() const
        {
            std::string text;
            for (const std::string& word : words) {
                text += (text.empty() ? "" : "_") + word;
            }
            return text;
        }
    };

    Kept next(std::string_view part, Times times)
    {
        const std::size_t begin = m_words.size();
        for (std::string& word : wordsOf(part)) {
            m_words.push_back(std::move(word));
        }
        Kept kept;
        for (std::size_t at = begin; at < m_words.size();) {
            const std::size_t time = wordsOfTime(m_words, at);
            const std::size_t taken = time == 0 ? wordsOfLoad(at, begin, times)
                : times == Times::Drop          ? time
                                                : 0;
            const bool behindWord = time == 0 && taken > 1 && wordsOfTime(m_words, at + 1) > 0;
            if (taken > 0 && (time > 0 || behindWord)) {
                kept.day = dayOf(m_words, at + (behindWord ? 1 : 0));
            }
            if (taken == 0) {
                if (const Number number = numberAt(at, begin); number != Number::None) {
                    kept.number = kept.words.size();
                    kept.counts = number == Number::Counting;
                }
                kept.words.push_back(m_words[at]);
            }
            kept.all = kept.all && taken == 0;
            at += std::max<std::size_t>(taken, 1);
        }
        return kept;
    }

private:
    std::size_t wordsOfLoad(std::size_t at, std::size_t begin, Times times) const
    {
        // A folder of one letter is more often a drive, or a user's.
        const bool behindFolder = at == begin && at > 0 && isAmount(m_words[at]) && m_words[at - 1].size() > 1
            && introducesALoad(m_words[at - 1], m_words, at - 1);
        if (behindFolder || namesALoad(m_words, at)) {
            return 1;
        }
        const bool amount = at + 1 < m_words.size() && isAmount(m_words[at + 1]);
        if (!amount || !introducesALoad(m_words[at], m_words, at)) {
            return 0;
        }
        const std::size_t time = wordsOfTime(m_words, at + 1); // "run_20250914_020903"
        return time == 0 ? 2 : times == Times::Drop ? 1 + time : 0;
    }

    enum class Number { None, Unsaid, Counting };
    /// Counting: it stands behind a word that says what kind of file it is, or is the name itself.
    Number numberAt(std::size_t at, std::size_t begin) const
    {
        static constexpr std::array<std::string_view, 23> kinds { "result", "results", "res", "output",
            "outputs", "out", "report", "reports", "bench", "benchmark", "benchmarks", "perf", "profile",
            "log", "logs", "test", "summary", "metrics", "stats", "data", "file", "part", "measurement" };
        static constexpr std::array<std::string_view, 24> setUps { "tp", "pp", "dp", "ep", "cp", "sp", "gpu",
            "gpus", "node", "nodes", "device", "devices", "v", "version", "replica", "replicas", "worker",
            "workers", "shard", "shards", "instances", "config", "parallel", "size" };
        constexpr std::size_t mostDigits = 5;
        const std::string& word = m_words[at];
        const std::string_view before = at > 0 ? std::string_view(m_words[at - 1]) : std::string_view();
        if (word.size() > mostDigits || !areDigits(word) || isOneOf(before, setUps)) {
            return Number::None;
        }
        const bool counts = at > begin ? isOneOf(before, kinds) : begin + 1 == m_words.size();
        return counts ? Number::Counting : Number::Unsaid;
    }

    Words m_words; ///< of all parts so far
};

/// What RunKeys makes of a path: its folders, and its file's stem.
struct PathKept {
    std::string above; ///< the folders above the last one, with their separators
    Parts::Kept folder;
    Parts::Kept file;
};

PathKept keptOf(std::string_view path)
{
    const std::size_t slash = path.find_last_of("/!");
    std::string_view above = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
    Parts parts;
    PathKept kept;
    const std::size_t last = above.rfind('/') + 1; // 0 where there is none
    kept.above = above.substr(0, last);
    const std::size_t parent = kept.above.find_last_not_of('/');
    if (parent != std::string::npos) {
        // It may introduce the last one's number.
        (void)parts.next(
            kept.above.substr(0, parent + 1).substr(kept.above.rfind('/', parent) + 1), Parts::Times::Keep);
    }
    above.remove_prefix(last);
    kept.folder = parts.next(above.ends_with('!') ? withoutEnding(above) : above, Parts::Times::Drop);
    kept.file = parts.next(withoutEnding(unpacked(path)), Parts::Times::Drop);
    return kept;
}

/// The point says that this number is its load.
bool isLoadOf(const LoadPoint& point, unsigned number)
{
    static constexpr std::array<std::string_view, 3> loads { "concurrency", "request_rate", "batch_size" };
    return std::any_of(loads.begin(), loads.end(), [&](std::string_view load) {
        const Attribute* attribute = point.attribute(load);
        const auto* whole = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
        const auto* real = attribute ? std::get_if<double>(&attribute->value) : nullptr;
        return (whole && *whole == number) || (real && *real == number);
    });
}

unsigned numberOf(const Parts::Kept& name)
{
    return static_cast<unsigned>(std::stoul(name.words[*name.number]));
}

} // namespace

std::string stemWithoutLoad(std::string_view fileName)
{
    return Parts().next(withoutEnding(unpacked(fileName)), Parts::Times::Drop).text();
}

std::string RunKeys::of(const LoadPoint& point)
{
    if (!m_ofFile) {
        PathKept kept = keptOf(m_path);
        for (Parts::Kept* name : { &kept.folder, &kept.file }) {
            if (name->number && isLoadOf(point, numberOf(*name))) {
                name->words.erase(name->words.begin() + static_cast<std::ptrdiff_t>(*name->number));
            }
        }
        m_ofFile = m_producer + '\n' + kept.above + kept.folder.text() + '\n' + kept.file.text() + '\n';
    }
    return *m_ofFile + point.group + '\n' + settingsOf(point);
}

std::vector<UnsaidNumber> unsaidNumbers(std::string_view path)
{
    const PathKept kept = keptOf(path);
    std::vector<UnsaidNumber> numbers;
    for (const auto of : { &PathKept::folder, &PathKept::file }) {
        PathKept pattern = kept;
        Parts::Kept& name = pattern.*of;
        if (name.number) {
            const unsigned number = numberOf(name);
            name.words[*name.number] = "#";
            numbers.push_back(
                { pattern.above + pattern.folder.text() + '/' + pattern.file.text(), number, name.counts });
        }
    }
    return numbers;
}

std::optional<double> dayInName(std::string_view path)
{
    const PathKept kept = keptOf(path);
    const std::string& day = kept.file.day.empty() ? kept.folder.day : kept.file.day;
    constexpr std::size_t dayDigits = 8;
    if (day.size() == dayDigits) {
        return local::epochOf(day + " 00:00:00");
    }
    constexpr std::size_t secondDigits = 10;
    return day.empty() ? std::nullopt : std::optional(std::stod(day.substr(0, secondDigits)));
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

std::string pathWithoutLoad(std::string_view path, TimesAbove times)
{
    Parts parts;
    std::string out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const bool file = end == path.size();
        const bool above = !file && path.find('/', end + 1) != std::string_view::npos;
        const std::string_view part = path.substr(0, end);
        out += parts
                   .next(file ? withoutEnding(unpacked(part)) : part,
                       above && times == TimesAbove::Divide ? Parts::Times::Keep : Parts::Times::Drop)
                   .text()
            + '/';
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return out;
}

} // namespace prism
