// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/named_decisions.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace prism {

namespace {

namespace fs = std::filesystem;
using Kind = Decision::Kind;

constexpr const char* listed = "prismctl import --preview lists the files";

std::string absolute(const std::string& path)
{
    std::error_code failed;
    const fs::path whole = fs::absolute(path, failed);
    return failed ? path : whole.lexically_normal().string();
}

/// Files by the names that they may be given.
class Names {
public:
    Names(const std::vector<FileSummary>& files, const std::string& root)
    {
        for (std::size_t i = 0; i < files.size(); ++i) {
            const std::string& path = files[i].path;
            const std::string below = path.starts_with(root) ? path.substr(root.size()) : path;
            m_below.push_back(below);
            m_byBelow.try_emplace(below, i);
            m_byPath.try_emplace(absolute(path), i);
            m_byPattern[patternOf(below)].push_back(i);
        }
    }

    struct Meant {
        std::string text; ///< path below the root, or pattern
        std::vector<std::size_t> files;
        bool exact = false;
    };
    std::optional<Meant> find(const std::string& name) const
    {
        for (const auto& [names, text] : { std::pair(&m_byPath, absolute(name)), { &m_byBelow, name } }) {
            if (const auto one = names->find(text); one != names->end()) {
                return Meant { m_below[one->second], { one->second }, true };
            }
        }
        const auto many = m_byPattern.find(name);
        return many == m_byPattern.end() ? std::nullopt : std::optional(Meant { name, many->second, false });
    }

private:
    using ByName = std::unordered_map<std::string, std::size_t>;
    std::vector<std::string> m_below;
    ByName m_byPath;
    ByName m_byBelow;
    std::unordered_map<std::string, std::vector<std::size_t>> m_byPattern;
};

Error nobody(const std::string& name)
{
    return { name, {}, "no file of this import has this name", listed };
}

std::string textOf(Kind kind)
{
    switch (kind) {
    case Kind::Apart:
        return "set apart";
    case Kind::ToRunOf:
        return "put into a run";
    case Kind::TwinOf:
        return "made the same result as another file";
    case Kind::LeaveOut:
        return "left out";
    }
    return {};
}

class Checking {
public:
    Checking(const std::vector<FileSummary>& files, const std::string& root)
        : m_files(files)
        , m_names(files, root)
    {
    }

    Result<std::vector<Decision>> run(const std::vector<Decision>& given)
    {
        for (const Decision& decision : given) {
            if (auto taken = take(decision); !taken) {
                return taken.error();
            }
        }
        for (const auto& [file, decision] : m_ofFile) {
            if (auto fits = check(file, decision); !fits) {
                return fits.error();
            }
        }
        std::vector<Decision> all = std::move(m_patterns);
        all.insert(all.end(), m_exact.begin(), m_exact.end());
        return all;
    }

private:
    Result<void> take(const Decision& given)
    {
        const auto meant = m_names.find(given.file);
        if (!meant) {
            return nobody(given.file);
        }
        Decision decision { given.kind, meant->text, {} };
        std::optional<Names::Meant> target;
        if (given.kind == Kind::ToRunOf || given.kind == Kind::TwinOf) {
            target = m_names.find(given.target);
            if (!target) {
                return nobody(given.target);
            }
            decision.target = target->text;
        }
        for (const std::size_t file : meant->files) {
            const Said said { decision, meant->exact,
                target && target->exact ? std::optional(target->files.front()) : std::nullopt };
            const auto [there, fresh] = m_ofFile.try_emplace(file, said);
            if (!fresh && there->second.exact == meant->exact && there->second.decision != decision) {
                return Error { m_files[file].path, {},
                    "it cannot be " + textOf(there->second.decision.kind) + " and "
                        + (there->second.decision.kind == decision.kind ? "as well into another"
                                                                        : textOf(decision.kind)),
                    "Say one thing of each file" };
            }
            if (!fresh && meant->exact) {
                there->second = said;
            }
        }
        (meant->exact ? m_exact : m_patterns).push_back(std::move(decision));
        return {};
    }

    struct Said {
        Decision decision;
        bool exact = false; ///< of this file alone, not by a pattern
        std::optional<std::size_t> target; ///< where one file is named
    };

    Result<void> check(std::size_t file, const Said& said) const
    {
        const FileSummary& summary = m_files[file];
        const Kind kind = said.decision.kind;
        if (kind == Kind::LeaveOut) {
            return {};
        }
        if (const std::string why = whyNot(summary); !why.empty()) {
            return Error { summary.path, {}, "it cannot be " + textOf(kind) + ": " + why, {} };
        }
        if (kind == Kind::TwinOf && !summary.isResult()) {
            return Error { summary.path, {}, "it holds no results, so that it is the same as none",
                "Say to which run it belongs with --belongs" };
        }
        if (kind != Kind::TwinOf && summary.isResult() && summary.parts.empty()) {
            return Error { summary.path, {}, "it holds too many runs to be " + textOf(kind) + " as one file",
                "Move its points with prismctl edit regroup when it is imported" };
        }
        return said.target ? checkTarget(file, said) : Result<void>();
    }

    Result<void> checkTarget(std::size_t file, const Said& said) const
    {
        const FileSummary& target = m_files[*said.target];
        if (*said.target == file) {
            return Error { target.path, {},
                "it cannot be " + textOf(said.decision.kind) + ": it is that file", "Name another file" };
        }
        const std::string why
            = !target.isResult() && whyNot(target).empty() ? "it holds no results" : whyNot(target);
        if (!why.empty() || target.parts.empty()) {
            return Error { target.path, {},
                "no run of this import is named by it: " + (why.empty() ? "it holds too many of them" : why),
                "Name a file with results of the run that is meant" };
        }
        // Each stands behind the other, or behind one that is not imported.
        std::set<std::size_t> seen { file };
        std::size_t at = *said.target;
        for (auto next = m_ofFile.find(at); next != m_ofFile.end(); next = m_ofFile.find(at)) {
            if (next->second.decision.kind == Kind::LeaveOut) {
                return Error { m_files[at].path, {},
                    "it is left out, so that " + m_files[file].name() + " cannot be "
                        + textOf(said.decision.kind),
                    "Name a file that is imported" };
            }
            if (!next->second.target || next->second.decision.kind == Kind::Apart) {
                break;
            }
            if (!seen.insert(at).second) {
                return Error { m_files[at].path, {}, "it cannot belong to a file that belongs to it",
                    "Name one file that stands before the others" };
            }
            at = *next->second.target;
        }
        return {};
    }

    /// Why nothing can be made of a file; empty when it can.
    static std::string whyNot(const FileSummary& file)
    {
        switch (file.outcome) {
        case Outcome::Refused:
        case Outcome::Skipped:
            return file.reason.empty() ? "it is not imported" : file.reason;
        case Outcome::Unchanged:
            return "its bytes are in the database already, or in a file before it; prismctl edit attach "
                   "gives a "
                   "stored file to a run, edit same and edit apart say what is the same result";
        default:
            return {};
        }
    }

    const std::vector<FileSummary>& m_files;
    Names m_names;
    std::map<std::size_t, Said> m_ofFile;
    std::vector<Decision> m_patterns;
    std::vector<Decision> m_exact;
};

} // namespace

Result<std::vector<Decision>> namedDecisions(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<Decision>& given)
{
    return Checking(files, root).run(given);
}

Result<std::vector<std::string>> namesBelow(
    const std::vector<FileSummary>& files, const std::string& root, const std::vector<std::string>& names)
{
    const Names known(files, root);
    std::vector<std::string> below;
    for (const std::string& name : names) {
        auto meant = known.find(name);
        if (!meant) {
            return nobody(name);
        }
        below.push_back(std::move(meant->text));
    }
    return below;
}

Result<void> canBeRemembered(const std::vector<Decision>& decisions)
{
    std::map<std::string, const Decision*> first;
    for (const Decision& decision : decisions) {
        const auto [there, fresh] = first.try_emplace(patternOf(decision.file), &decision);
        const Decision& other = *there->second;
        if (!fresh
            && (other.kind != decision.kind || patternOf(other.target) != patternOf(decision.target))) {
            return Error { decision.file, {},
                "it differs from " + other.file
                    + " in numbers only, which do not count in the next folder, and you said otherwise of "
                      "that",
                "Import without --remember" };
        }
    }
    return {};
}

} // namespace prism
