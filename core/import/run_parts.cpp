// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/run_parts.h"

#include "core/import/bundle/words.h"
#include "core/import/importer.h"

#include <unordered_map>

namespace prism {

namespace {

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
    const RunFiles files = producerInfo(producer).runFiles;
    const std::string_view name = nameOf(path);
    return !files.lead.empty() && (name == files.lead || name == files.further || name == files.arguments);
}

std::string leadOfPart(std::string_view producer, std::string_view path)
{
    const RunFiles files = producerInfo(producer).runFiles;
    const bool isFurther = !files.lead.empty() && nameOf(path) == files.further;
    return isFurther ? beside(path, files.lead) : std::string();
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
        const RunFiles files = producerInfo(lead.producer).runFiles;
        std::string bytes;
        if (files.lead.empty() || nameOf(lead.source) != files.lead
            || documentAt(lead.source, lead.producer, bytes).empty()) {
            continue;
        }
        const auto member = [](std::string_view name, std::string_view document) {
            return '"' + std::string(name) + "\": " + std::string(document);
        };
        WholeRun run { lead.source, '{' + member(files.lead, documentOf(bytes)),
            { { lead.source, lead.sha256 } } };
        for (const std::string_view name : { files.further, files.arguments }) {
            const std::string path = beside(lead.source, name);
            const std::string_view document = documentAt(path, lead.producer, bytes);
            if (document.empty()) {
                continue;
            }
            run.name += " + " + std::string(name);
            run.text += ",\n" + member(name, document);
            if (name == files.further) {
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

Result<std::vector<FileResult>> freeParts(StoreWriter& writer, std::vector<FileResult> results)
{
    std::vector<FileResult> kept;
    for (FileResult& result : results) {
        const auto takenOff = writer.isTakenOff(result.sha256);
        const auto behind = writer.isBehindAnother(result.sha256);
        if (!takenOff || !behind) {
            return !takenOff ? takenOff.error() : behind.error();
        }
        if (!*takenOff && !*behind) {
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

Result<void> linkParts(
    StoreWriter& writer, std::span<const WholeRun::Part> parts, const std::string& wholeSha256)
{
    const auto whole = writer.known(wholeSha256);
    if (!whole || !*whole) {
        return whole ? Result<void>() : whole.error();
    }
    for (const WholeRun::Part& part : parts) {
        const auto known = writer.known(part.sha256);
        if (!known) {
            return known.error();
        }
        if (!*known || (*known)->twinOf != wholeSha256) {
            continue;
        }
        const std::string why = whyPart(words::lastTwo((*whole)->path));
        if (auto linked = writer.linkPart((*known)->id, (*whole)->id, why); !linked) {
            return linked;
        }
    }
    return {};
}

std::string whyPart(const std::string& whole)
{
    return "The tool writes one run into several files: its numbers are shown with those of " + whole + '.';
}

} // namespace prism
