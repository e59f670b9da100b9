// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/llama_bench/llama_bench_table.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

namespace prism::formats {

namespace {

constexpr std::size_t mostDevices = 64; ///< of one machine
constexpr std::size_t mostWaiting = 4096; ///< rows of one run

/// "pp512", "tg128 @ d4096", "pp512+tg128", and "pp 512" of 2023.
bool lengths(const std::string& test, LlamaBenchRecord& record)
{
    const auto add = [&](std::string_view mark, const char* name) {
        const std::size_t at = test.find(mark);
        if (at == std::string::npos) {
            return false;
        }
        const std::size_t from = test.find_first_of("0123456789", at + mark.size());
        const std::size_t end = std::min(test.find_first_not_of("0123456789", from), test.size());
        record.fields.push_back({ name,
            { from == std::string::npos ? "" : test.substr(from, end - from),
                record.find("test")->value.place },
            nullptr });
        return true;
    };
    const bool prompt = add("pp", "n_prompt");
    const bool generated = add("tg", "n_gen");
    add("@ d", "n_depth");
    return prompt || generated;
}

bool isHeader(const std::vector<read::TableCell>& cells)
{
    const auto has = [&cells](std::string_view title) {
        return std::any_of(cells.begin(), cells.end(), [title](const auto& c) { return c.text == title; });
    };
    // Forks print columns behind the speed, too; other tools' tables of model, test and t/s have no backend.
    return !cells.empty() && cells.front().text == "model" && has("test") && has("t/s")
        && (cells.back().text == "t/s" || has("backend"));
}

/// The number of a device and what stands behind it, "0: NVIDIA GB10, …" or "0 = AMD Radeon … | uma: 1".
std::optional<std::pair<int, std::string_view>> numbered(std::string_view text, std::string_view sign)
{
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    return error == std::errc() && rest.starts_with(sign)
        ? std::optional(std::pair(number, rest.substr(sign.size())))
        : std::nullopt;
}

} // namespace

bool hasLlamaBenchTable(std::string_view text)
{
    constexpr std::string_view speed = "t/s";
    if (text.find(speed) == std::string_view::npos) {
        return false;
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (line.find(speed) != std::string_view::npos && isHeader(read::tableCells(line))) {
            return true;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

void LlamaBenchTable::line(const read::TextLine& line)
{
    if (build(line)) {
        return;
    }
    device(line.text);
    const auto cells = read::tableCells(line.text);
    if (isHeader(cells)) {
        finish();
        m_names.clear();
        for (const read::TableCell& cell : cells) {
            m_names.emplace_back(cell.text);
        }
    } else if (!cells.empty() && cells.size() == m_names.size()) {
        row(line, cells);
    }
}

void LlamaBenchTable::finish()
{
    for (PointWriter& point : m_waiting) {
        m_sink.point(point.take());
    }
    m_waiting.clear();
}

/// "  Device 0: NVIDIA GB10, compute capability 12.1, …", "ggml_vulkan: 0 = AMD Radeon … (RADV …) | uma: …"
/// and "ggml_metal_init: GPU name:   Apple M2". Device 0 begins another list.
void LlamaBenchTable::device(std::string_view text)
{
    constexpr std::string_view cuda = "Device ";
    constexpr std::string_view vulkan = "ggml_vulkan: ";
    const std::string_view begun = read::trimmed(text);
    std::optional<std::pair<int, std::string_view>> found;
    if (begun.starts_with(cuda)) {
        found = numbered(begun.substr(cuda.size()), ": ");
        found = found
            ? std::optional(std::pair(found->first, found->second.substr(0, found->second.find(','))))
            : found;
    } else if (text.starts_with(vulkan)) {
        found = numbered(text.substr(vulkan.size()), " = ");
        found = found
            ? std::optional(std::pair(found->first, found->second.substr(0, found->second.find(" |"))))
            : found;
    } else if (constexpr std::string_view metal = "GPU name:"; text.starts_with("ggml_metal_")) {
        const std::size_t at = text.find(metal);
        std::string_view name
            = at == std::string_view::npos ? "" : read::trimmed(text.substr(at + metal.size()));
        // "MTL0 (Apple M4)" and, of some versions, only its own "MTL0".
        if (const std::size_t open = name.find('('); name.starts_with("MTL")) {
            name = open == std::string_view::npos ? "" : name.substr(open + 1, name.find(')') - open - 1);
        }
        found = name.empty() ? found : std::optional(std::pair(0, name));
    }
    if (found) {
        if (found->first == 0) {
            m_devices.clear();
        }
        if (m_devices.size() < mostDevices) {
            m_devices.emplace_back(found->second);
        }
    }
}

/// "build: 2f68ce7cf (6918)", the last line of a run: what follows is of another, perhaps on other devices.
bool LlamaBenchTable::build(const read::TextLine& line)
{
    constexpr std::string_view label = "build: ";
    const std::string_view text = read::trimmed(line.text);
    const std::size_t open = text.find(" (");
    if (!text.starts_with(label) || open == std::string_view::npos || open <= label.size()
        || !text.ends_with(')')) {
        return false;
    }
    const std::string commit(text.substr(label.size(), open - label.size()));
    const std::string_view number = text.substr(open + 2, text.size() - open - 3);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) {
        return false;
    }
    const std::string place = line.at(static_cast<std::size_t>(number.data() - line.text.data())).text();
    // Built outside of a repository it is "unknown (0)".
    for (PointWriter& point : number == "0" ? std::span<PointWriter>() : std::span<PointWriter>(m_waiting)) {
        point.attribute(
            "engine_version", 'b' + std::string(number) + " (" + commit + ')', std::string(number), place);
        point.point().group += ' ' + commit;
    }
    finish();
    m_devices.clear();
    return true;
}

/// The cell of the speed is "422.28 ± 1.78", in whatever a console made of the sign.
void LlamaBenchTable::row(const read::TextLine& line, const std::vector<read::TableCell>& cells)
{
    LlamaBenchRecord record;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        record.fields.push_back({ m_names[i], { cells[i].text, line.at(cells[i].offset).text() }, nullptr });
    }
    constexpr std::string_view digits = "0123456789.,";
    const auto speed = std::find(m_names.begin(), m_names.end(), "t/s") - m_names.begin();
    const read::TableCell& rate = cells[static_cast<std::size_t>(speed)];
    const std::size_t end = std::min(rate.text.find_first_not_of(digits), rate.text.size());
    const std::string_view value = rate.text.substr(0, end);
    // "5.1e+03" and "1.2k" are not what stands before their letters.
    const bool whole = end == rate.text.size() || !std::isalpha(static_cast<unsigned char>(rate.text[end]));
    if (!whole || !read::consoleNumber(value) || !lengths(record.text("test"), record)) {
        return;
    }
    record.fields.push_back({ "rate", { value, line.at(rate.offset).text() }, nullptr });
    const std::size_t from = rate.text.find_last_not_of(digits) + 1;
    if (end < rate.text.size() && read::consoleNumber(rate.text.substr(from))) {
        record.fields.push_back(
            { "deviation", { rate.text.substr(from), line.at(rate.offset + from).text() }, nullptr });
    }
    keep(record);
}

void LlamaBenchTable::keep(const LlamaBenchRecord& record)
{
    PointWriter point(m_points++);
    mapLlamaBenchRates(point, record, { "rate", "deviation" });
    mapLlamaBenchText(point, "model", record, "model");
    mapLlamaBenchPrecision(point, record, "model");
    std::string devices;
    for (const std::string& device : m_devices) {
        devices += (devices.empty() ? "" : ", ") + device;
    }
    if (!devices.empty()) {
        point.attribute("accelerator", std::move(devices));
    }
    point.attribute("engine", std::string("llama.cpp"));
    mapLlamaBenchLengths(point, record);
    mapLlamaBenchCache(point, record);
    point.point().group = record.text("model");
    for (const LlamaBenchRecord::Field& field : record.fields) {
        point.extra(field.value.place, field.name + " = " + field.value.text);
    }
    m_waiting.push_back(std::move(point));
    if (m_waiting.size() == mostWaiting) {
        finish();
    }
}

} // namespace prism::formats
