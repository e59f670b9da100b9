// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_parts.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace prism {

namespace {

struct Family {
    std::string_view producer;
    std::string_view lead; ///< file with the load
    std::string_view further;
    std::string_view arguments; ///< no result: it stays beside the run
};
constexpr std::array<Family, 1> families {
    { { "evalscope", "benchmark_summary.json", "benchmark_percentile.json", "benchmark_args.json" } }
};

constexpr std::size_t mostBytes = 4u << 20; ///< of one part

std::string_view nameOf(std::string_view path)
{
    const std::size_t at = path.find_last_of("/!");
    return at == std::string_view::npos ? path : path.substr(at + 1);
}

/// From the first bracket of the document on; empty where there is something else before it.
std::string_view documentOf(std::string_view bytes)
{
    bytes.remove_prefix(bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    const bool json = first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[')
        && bytes.find('\0') == std::string_view::npos;
    return json ? bytes.substr(first) : std::string_view();
}

std::string beside(std::string_view path, std::string_view name)
{
    return std::string(path.substr(0, path.size() - nameOf(path).size())) + std::string(name);
}

} // namespace

bool isRunPart(std::string_view producer, std::string_view path)
{
    const std::string_view name = nameOf(path);
    return std::any_of(families.begin(), families.end(), [&](const Family& family) {
        return family.producer == producer
            && (name == family.lead || name == family.further || name == family.arguments);
    });
}

std::string leadOfPart(std::string_view producer, std::string_view path)
{
    const std::string_view name = nameOf(path);
    for (const Family& family : families) {
        if (family.producer == producer && name == family.further) {
            return beside(path, family.lead);
        }
    }
    return {};
}

std::vector<WholeRun> wholeRuns(std::span<const FileResult> results,
    const std::function<std::optional<std::string>(const std::string& sha256, std::size_t limit)>& original)
{
    std::unordered_map<std::string_view, const FileResult*> byPath;
    for (const FileResult& result : results) {
        byPath.emplace(result.source, &result);
    }
    // The document of a file that was imported here, empty where there is none to be had.
    const auto documentAt = [&](const std::string& path, std::string_view producer, std::string& bytes) {
        const auto file = byPath.find(path);
        auto found = file != byPath.end() && file->second->producer == producer
            ? original(file->second->sha256, mostBytes)
            : std::nullopt;
        bytes = found ? std::move(*found) : std::string();
        return documentOf(bytes);
    };
    std::vector<WholeRun> runs;
    for (const FileResult& lead : results) {
        const auto family = std::find_if(families.begin(), families.end(),
            [&](const Family& f) { return f.producer == lead.producer && nameOf(lead.source) == f.lead; });
        std::string bytes;
        if (family == families.end() || documentAt(lead.source, family->producer, bytes).empty()) {
            continue;
        }
        const auto member = [](std::string_view name, std::string_view document) {
            return '"' + std::string(name) + "\": " + std::string(document);
        };
        WholeRun run { lead.source, '{' + member(family->lead, documentOf(bytes)),
            { { lead.source, lead.sha256 } } };
        for (const std::string_view name : { family->further, family->arguments }) {
            const std::string path = beside(lead.source, name);
            const std::string_view document = documentAt(path, family->producer, bytes);
            if (document.empty()) {
                continue;
            }
            run.name += " + " + std::string(name);
            run.text += ",\n" + member(name, document);
            if (name == family->further) {
                run.parts.push_back({ path, byPath.at(path)->sha256 });
            }
        }
        if (run.name != lead.source) {
            run.text += "}\n";
            runs.push_back(std::move(run));
        }
    }
    return runs;
}

Result<std::vector<FileResult>> withoutTakenOff(StoreWriter& writer, std::vector<FileResult> results)
{
    std::vector<FileResult> kept;
    for (FileResult& result : results) {
        const auto takenOff = writer.isTakenOff(result.sha256);
        if (!takenOff) {
            return takenOff.error();
        }
        if (!*takenOff) {
            kept.push_back(std::move(result));
        }
    }
    return kept;
}

Result<void> putBehind(
    StoreWriter& writer, std::span<const WholeRun::Part> parts, const std::string& wholeSha256)
{
    for (const WholeRun::Part& part : parts) {
        const auto known = writer.known(part.sha256);
        if (!known) {
            return known.error();
        }
        if (!*known) {
            continue;
        }
        const auto before = writer.known((*known)->twinOf);
        if (!before) {
            return before.error();
        }
        for (const auto& poorer : { *known, *before }) {
            if (!poorer || poorer->sha256 == wholeSha256) {
                continue;
            }
            if (auto marked = writer.setTwin(poorer->id, wholeSha256); !marked) {
                return marked;
            }
        }
    }
    return {};
}

} // namespace prism
