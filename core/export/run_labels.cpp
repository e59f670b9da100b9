// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/run_labels.h"

#include "core/import/importer.h"
#include "core/model/shown_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

namespace prism {

namespace {

constexpr std::array<const char*, 17> identity { "model", "engine", "engine_version", "accelerator",
    "precision", "tp", "pp", "dp", "ep", "pd", "isl_osl", "dataset", "serving_stack", "spec_decoding",
    "kv_cache_dtype", "nodes", "producer" };
constexpr std::string_view between = " · ";

using FirstRows = std::unordered_map<RunId, Row>;

/// A name stands in one line and shows what it holds, whatever a file or a user wrote.
std::string inOneLine(std::string_view text)
{
    std::string out(text);
    makeShown(out);
    return out;
}

/// First row of each run, in one pass.
FirstRows firstRows(const ColumnTable& table, const std::vector<RunId>& runs)
{
    const std::unordered_set<RunId> wanted(runs.begin(), runs.end());
    FirstRows first;
    for (Row row = 0; row < table.rows() && first.size() < wanted.size(); ++row) {
        if (wanted.contains(table.run(row))) {
            first.try_emplace(table.run(row), row);
        }
    }
    return first;
}

/// The last so many steps of a path.
std::string_view ending(std::string_view path, int steps)
{
    std::size_t at = path.size();
    for (int i = 0; i < steps; ++i) {
        if (at == 0) {
            return path;
        }
        at = path.rfind('/', at - 1);
        if (at == std::string_view::npos) {
            return path;
        }
    }
    return path.substr(at + 1);
}

/// What one property says of a run in a label: accelerators with their number, parallelism with its letters.
std::string part(const ColumnTable& table, std::string_view name, Row row)
{
    const std::string text = inOneLine(table.text(name, row));
    if (text.empty()) {
        return {};
    }
    if (name == "model") {
        return std::string(ending(text, 1));
    }
    if (name == "accelerator") {
        const std::string_view count = table.text("accelerator_count", row);
        return count.empty() ? text : text + "×" + std::string(count);
    }
    if (name == "tp" || name == "pp" || name == "dp" || name == "ep") {
        return std::string { static_cast<char>(name[0] - 'a' + 'A'), 'P' } + text;
    }
    if (name == "pd") {
        return text + " P:D";
    }
    if (name == "kv_cache_dtype") {
        return "KV " + text; // else it reads like a second precision
    }
    if (name == "isl_osl") {
        return text + " tokens";
    }
    return name == "producer" ? toolName(text) : text;
}

bool differs(const ColumnTable& table, std::string_view name, const FirstRows& first)
{
    std::optional<std::string> seen;
    for (const auto& [run, row] : first) {
        std::string text = part(table, name, row);
        if (seen && *seen != text) {
            return true;
        }
        seen = std::move(text);
    }
    return false;
}

void append(std::string& label, std::string_view part)
{
    label += label.empty() ? "" : between;
    label += part;
}

std::string ownLabel(const ColumnTable& table, RunId run, std::optional<Row> row,
    const std::vector<std::string_view>& differing)
{
    const RunRecord* record = table.runRecord(run);
    if (record && !record->name.empty()) {
        return inOneLine(record->name);
    }
    std::string label;
    const auto add = [&](std::string_view name) {
        if (const std::string text = row ? part(table, name, *row) : std::string(); !text.empty()) {
            append(label, text);
        }
    };
    std::for_each(differing.begin(), differing.end(), add);
    for (const std::string_view name : { "model", "engine", "producer" }) {
        if (label.empty()) {
            add(name);
        }
    }
    return label.empty() && record ? inOneLine(record->label) : label;
}

/// What the folders of two paths have in common.
std::string commonFolder(const std::string& a, const std::string& b)
{
    const auto size = std::min(a.size(), b.size());
    const auto same = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin()).first - a.begin());
    const std::size_t slash = same == 0 ? std::string::npos : a.rfind('/', same - 1);
    return slash == std::string::npos ? std::string() : a.substr(0, slash);
}

/// Where each of these runs comes from: its file, or the folder that all files of it stand in.
std::unordered_map<RunId, std::string> places(const ColumnTable& table, const std::unordered_set<RunId>& runs)
{
    std::unordered_map<RunId, std::string> found;
    const CategoryColumn* sources = runs.empty() ? nullptr : table.category("source");
    std::unordered_map<RunId, Code> last;
    for (Row row = 0; sources && row < table.rows(); ++row) {
        const RunId run = table.run(row);
        const Code code = sources->codes[row];
        if (!runs.contains(run)) {
            continue;
        }
        const auto [seen, isFirst] = last.try_emplace(run, code);
        if (!isFirst && seen->second == code) {
            continue;
        }
        seen->second = code;
        const std::string& path = sources->dictionary[code];
        const auto [known, fresh] = found.try_emplace(run, path);
        if (!fresh && known->second != path) {
            known->second = commonFolder(path + '/', known->second + '/');
        }
    }
    return found;
}

/// As much of the end of each run's place as differs, at most three steps; else numbers.
std::vector<std::string> tellingApart(
    const std::vector<RunId>& runs, const std::unordered_map<RunId, std::string>& places)
{
    constexpr int mostSteps = 3;
    for (int steps = 1; steps <= mostSteps; ++steps) {
        std::vector<std::string> ends;
        for (const RunId run : runs) {
            const auto place = places.find(run);
            ends.emplace_back(place == places.end() ? std::string_view() : ending(place->second, steps));
        }
        const std::set<std::string> different(ends.begin(), ends.end());
        if (different.size() == ends.size() && !different.contains("")) {
            return ends;
        }
    }
    std::vector<std::string> numbers;
    for (std::size_t i = 1; i <= runs.size(); ++i) {
        numbers.push_back(std::to_string(i));
    }
    return numbers;
}

} // namespace

RunLabels::RunLabels(const ColumnTable& table, const std::vector<RunId>& among)
{
    const FirstRows first = firstRows(table, among);
    std::vector<std::string_view> differing;
    for (const std::string_view name : identity) {
        if (differs(table, name, first)) {
            differing.push_back(name);
        }
    }
    std::map<std::string, std::vector<RunId>> alike;
    for (const RunId run : among) {
        if (!m_labels.contains(run)) {
            const auto row = first.find(run);
            const std::string& label
                = m_labels
                      .emplace(run,
                          ownLabel(table, run, row == first.end() ? std::nullopt : std::optional(row->second),
                              differing))
                      .first->second;
            alike[label].push_back(run);
        }
    }
    std::unordered_set<RunId> doubtful;
    for (const auto& [label, runs] : alike) {
        if (runs.size() > 1) {
            doubtful.insert(runs.begin(), runs.end());
        }
    }
    const std::unordered_map<RunId, std::string> placesOf = places(table, doubtful);
    for (const auto& [label, runs] : alike) {
        const std::vector<std::string> marks
            = runs.size() > 1 ? tellingApart(runs, placesOf) : std::vector<std::string>();
        for (std::size_t i = 0; i < marks.size(); ++i) {
            append(m_labels[runs[i]], marks[i]);
        }
    }
}

std::string RunLabels::of(RunId run) const
{
    const auto found = m_labels.find(run);
    return found == m_labels.end() ? std::string() : found->second;
}

std::string sharedLabel(const ColumnTable& table, const std::vector<RunId>& runs)
{
    const FirstRows first = firstRows(table, runs);
    std::string label;
    for (const std::string_view name : identity) {
        if (!first.empty() && !differs(table, name, first)) {
            if (const std::string text = part(table, name, first.begin()->second); !text.empty()) {
                append(label, text);
            }
        }
    }
    return label;
}

} // namespace prism
