// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/llama_bench/llama_bench_table.h"

namespace prism::formats {

namespace {

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

} // namespace

void LlamaBenchTable::line(const read::TextLine& line)
{
    device(line.text);
    const auto cells = read::tableCells(line.text);
    if (cells.empty()) {
        return;
    }
    if (cells.front().text == "model" && cells.back().text == "t/s") {
        m_names.clear();
        for (const read::TableCell& cell : cells) {
            m_names.emplace_back(cell.text);
        }
    } else if (cells.size() == m_names.size()) {
        row(line, cells);
    }
}
/// "  Device 0: NVIDIA GB10, compute capability 12.1, …" and "ggml_vulkan: 0 = AMD Radeon … (RADV …) |
/// uma: …".
void LlamaBenchTable::device(std::string_view text)
{
    std::size_t at = text.find("Device ");
    if (at != std::string_view::npos && text.find_first_not_of(' ') == at) {
        at = text.find(": ", at);
        const std::string_view name = at == std::string_view::npos ? "" : text.substr(at + 2);
        m_device = name.substr(0, name.find(','));
    } else if (text.starts_with("ggml_vulkan: ") && text.find(" = ") != std::string_view::npos) {
        const std::string_view name = text.substr(text.find(" = ") + 3);
        m_device = name.substr(0, name.find(" |"));
    }
}

void LlamaBenchTable::row(const read::TextLine& line, const std::vector<read::TableCell>& cells)
{
    LlamaBenchRecord record;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        record.fields.push_back({ m_names[i], { cells[i].text, line.at(cells[i].offset).text() }, nullptr });
    }
    const read::TableCell& rate = cells.back();
    const std::size_t sign = rate.text.find("±");
    const std::string_view value = rate.text.substr(
        0, rate.text.find_last_not_of(' ', sign == std::string_view::npos ? sign : sign - 1) + 1);
    if (!read::consoleNumber(value) || !lengths(record.text("test"), record)) {
        return;
    }
    record.fields.push_back({ "rate", { value, line.at(rate.offset).text() }, nullptr });
    if (sign != std::string_view::npos) {
        const std::size_t from = rate.text.find_first_not_of(' ', sign + std::string_view("±").size());
        record.fields.push_back(
            { "deviation", { rate.text.substr(from), line.at(rate.offset + from).text() }, nullptr });
    }
    send(record);
}

void LlamaBenchTable::send(const LlamaBenchRecord& record)
{
    PointWriter point(m_points);
    mapLlamaBenchRates(point, record, { "rate", "deviation" });
    mapLlamaBenchText(point, "model", record, "model");
    mapLlamaBenchPrecision(point, record, "model");
    if (!m_device.empty()) {
        point.attribute("accelerator", m_device);
    }
    point.attribute("engine", std::string("llama.cpp"));
    mapLlamaBenchLengths(point, record);
    mapLlamaBenchCache(point, record);
    point.point().group = record.text("model");
    for (const LlamaBenchRecord::Field& field : record.fields) {
        point.extra(field.value.place, field.name + " = " + field.value.text);
    }
    m_sink.point(point.take());
    ++m_points;
}

} // namespace prism::formats
