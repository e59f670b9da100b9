// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_tags.h"

#include "core/read/numbers.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace prism::formats::aiperf {

namespace {

constexpr std::array distributions {
    Tag { "time_to_first_token", "ttft" },
    Tag { "inter_token_latency", "tpot" },
    Tag { "inter_chunk_latency", "itl" },
    Tag { "request_latency", "e2e" },
    Tag { "output_token_throughput_per_user", "output_throughput_per_user" },
    Tag { "input_sequence_length", "isl" },
    Tag { "output_sequence_length", "osl" },
};
/// `total_osl` holds reasoning tokens, `total_output_tokens` does not: the latter is no total.
constexpr std::array numbers {
    Tag { "completed_request_count", "requests" },
    Tag { "request_count", "requests_ok" },
    Tag { "error_request_count", "requests_failed" },
    Tag { "benchmark_duration", "duration" },
    Tag { "request_throughput", "request_throughput" },
    Tag { "goodput", "request_goodput" },
    Tag { "request_goodput", "request_goodput" },
    Tag { "output_token_throughput", "output_throughput" },
    Tag { "input_token_throughput", "input_throughput" },
    Tag { "total_token_throughput", "total_throughput" },
    Tag { "total_isl", "input_tokens" },
    Tag { "total_osl", "output_tokens" },
    Tag { "total_usage_prompt_cache_read_tokens", "cached_tokens" },
    Tag { "total_gpu_power", "power" },
    Tag { "total_gpu_energy", "energy" },
};
constexpr std::array gpuDistributions {
    Tag { "gpu_power_usage", "power" },
    Tag { "gpu_utilization", "gpu_utilization" },
    Tag { "gpu_memory_used", "gpu_memory" },
    Tag { "nvidia_power_usage", "power" },
    Tag { "nvidia_gpu_power_usage", "power" },
    Tag { "nvidia_gpu_utilization", "gpu_utilization" },
    Tag { "nvidia_memory_used", "gpu_memory" },
    Tag { "nvidia_gpu_memory_used", "gpu_memory" },
    Tag { "amd_power", "power" },
    Tag { "amd_gpu_power", "power" },
    Tag { "amd_gfx_activity", "gpu_utilization" },
    Tag { "amd_memory_used", "gpu_memory" },
    Tag { "amd_gpu_memory_used", "gpu_memory" },
};
/// Titles that are not spelled as their tag is.
constexpr std::array aliases {
    Tag { "total_input_sequence_length", "total_isl" },
    Tag { "total_output_sequence_length", "total_osl" },
    Tag { "num_output_token", "output_sequence_length" },
    Tag { "num_input_token", "input_sequence_length" },
    Tag { "total_usage_prompt_cache_read", "total_usage_prompt_cache_read_tokens" },
    Tag { "completed_requests", "completed_request_count" },
    Tag { "completed_requests_(success_+_error)", "completed_request_count" },
};

std::string_view lookUp(std::span<const Tag> tags, std::string_view key)
{
    const auto it = std::find_if(tags.begin(), tags.end(), [key](const Tag& tag) { return tag.key == key; });
    return it == tags.end() ? std::string_view() : it->metric;
}

/// None of these metrics can be negative: -1 stands for a number that could not be computed.
bool isThere(const read::Node& node)
{
    return !node.isNull() && node.lenientNumber().value_or(0) >= 0;
}

bool isThere(std::string_view text)
{
    return !text.empty() && text != "N/A" && read::consoleNumber(text).value_or(0) >= 0;
}

void takeObject(PointWriter& out, std::string_view metric, const read::Node& object, SourceUnit unit)
{
    for (const read::Node& member : object) {
        const auto stat = statOf(member.key());
        if (stat && isThere(member) && !out.point().measure(metric, *stat)) {
            out.measure(metric, *stat, &member, stat == Stat::count() ? source::one : unit);
        }
    }
}

void takeCell(PointWriter& out, std::string_view metric, Stat stat, std::string_view title, const Cell& cell,
    SourceUnit unit)
{
    if (isThere(cell.value.number) && !out.point().measure(metric, stat)) {
        out.measure(metric, stat, cell.value.number, cell.value.place, title,
            stat == Stat::count() ? source::one : unit);
    }
}

bool takeCells(PointWriter& out, std::string_view metric, std::string_view title, const std::string& unitText,
    std::span<const Cell> cells)
{
    const auto unit = unitOf(unitText, *findMetric(metric));
    for (const Cell& cell : cells) {
        if (const auto stat = statOf(cell.column); stat && unit) {
            takeCell(out, metric, *stat, title, cell, *unit);
        }
    }
    return unit.has_value();
}

} // namespace

std::string_view distributionOf(std::string_view tag)
{
    return lookUp(distributions, tag);
}

std::string_view numberOf(std::string_view tag)
{
    return lookUp(numbers, tag);
}

std::optional<Stat> statOf(std::string_view key)
{
    return key == "avg" ? std::optional(Stat::mean()) : Stat::parse(key);
}

Title titleOf(std::string_view text)
{
    Title title;
    const std::size_t open = text.rfind(" (");
    if (open != std::string_view::npos && text.ends_with(')')) {
        title.unit = text.substr(open + 2, text.size() - open - 3);
        text = text.substr(0, open);
    }
    for (const char c : text) {
        title.tag += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    if (title.tag == "completed_requests" && title.unit == "Success + Error") {
        title.unit.clear(); // part of the name where the table leaves units of counts out
    }
    if (const std::string_view tag = lookUp(aliases, title.tag); !tag.empty()) {
        title.tag = tag;
    }
    return title;
}

std::optional<SourceUnit> unitOf(std::string_view text, const Metric& metric)
{
    if (metric.unit == Unit::One && (text.empty() || text == "#")) {
        return source::one;
    }
    const bool requests = metric.unit == Unit::RequestPerSecond;
    const bool rate = requests || metric.unit == Unit::TokenPerSecond;
    if ((rate && text == "per sec") || (requests && text == "request per sec")
        || (rate && !requests && text == "tokens per sec")) {
        return SourceUnit { metric.unit, 1 };
    }
    return sourceUnit(text, metric.unit);
}

void takeObjects(PointWriter& out, const read::Node& root)
{
    for (const read::Node& object : root) {
        const read::Node* unitText = object.isObject() ? object.find("unit") : nullptr;
        const std::string_view alias = lookUp(aliases, object.key());
        const std::string_view tag = alias.empty() ? object.key() : alias;
        const std::string_view spread = distributionOf(tag);
        const std::string_view single = numberOf(tag);
        if (!unitText || (spread.empty() && single.empty())) {
            continue;
        }
        const std::string_view metric = spread.empty() ? single : spread;
        const auto unit = unitOf(unitText->text(), *findMetric(metric));
        const read::Node* average = object.find("avg");
        if (unit && !spread.empty()) {
            takeObject(out, metric, object, *unit);
        } else if (unit && average && isThere(*average) && !out.point().measure(metric, Stat::value())) {
            out.measure(metric, Stat::value(), average, *unit);
        }
    }
}

bool countsTokens(std::string_view title)
{
    std::string words(title);
    std::replace(words.begin(), words.end(), '_', ' ');
    return read::equalsIgnoringCase(words, "num output token");
}

void markUnclearTpot(PointWriter& out)
{
    for (Measure& measure : out.point().measures) {
        if (measure.metric->id == "tpot") {
            measure.semantics = "per-chunk";
        }
    }
}

bool isMetric(std::string_view text)
{
    const Title title = titleOf(text);
    const std::string_view spread = distributionOf(title.tag);
    const std::string_view metric = spread.empty() ? numberOf(title.tag) : spread;
    return !metric.empty() && unitOf(title.unit, *findMetric(metric));
}

bool takeRow(PointWriter& out, std::string_view text, std::span<const Cell> cells)
{
    const Title title = titleOf(text);
    if (const std::string_view metric = distributionOf(title.tag); !metric.empty()) {
        return takeCells(out, metric, text, title.unit, cells);
    }
    const std::string_view metric = numberOf(title.tag);
    const auto unit = metric.empty() ? std::nullopt : unitOf(title.unit, *findMetric(metric));
    const auto cell = std::find_if(cells.begin(), cells.end(),
        [](const Cell& candidate) { return candidate.column == "avg" || candidate.column == "Value"; });
    if (!unit || cell == cells.end()) {
        return false;
    }
    takeCell(out, metric, Stat::value(), text, *cell, *unit);
    return true;
}

std::string rowText(std::string_view title, std::span<const Cell> cells)
{
    std::string text(title);
    std::string_view separator = " = ";
    for (const Cell& cell : cells) {
        text += separator;
        text += cell.value.text;
        separator = ", ";
    }
    return text;
}

void Gpus::row(std::string_view gpu, std::string_view name, std::string_view title, std::vector<Cell> cells)
{
    const auto note = [](std::vector<std::string>& known, std::string_view one) {
        if (std::find(known.begin(), known.end(), one) == known.end()) {
            known.emplace_back(one);
        }
    };
    note(m_gpus, gpu);
    if (!name.empty()) {
        note(m_names, name);
    }
    m_rows.push_back({ std::string(title), std::move(cells) });
}

void Gpus::write(PointWriter& out)
{
    if (m_names.size() == 1) {
        out.attribute("accelerator", m_names.front());
    }
    for (const Row& row : m_rows) {
        const Title title = titleOf(row.title);
        const std::string_view metric = lookUp(gpuDistributions, title.tag);
        if (m_gpus.size() != 1 || metric.empty()
            || !takeCells(out, metric, row.title, title.unit, row.cells)) {
            out.extra(row.cells.empty() ? std::string() : row.cells.front().value.place,
                rowText(row.title, row.cells));
        }
    }
    *this = {};
}

void takeGpuObject(
    PointWriter& out, std::string_view tag, const read::Node& object, const read::Node* unitText)
{
    const std::string_view metric = lookUp(gpuDistributions, tag);
    const auto unit
        = metric.empty() || !unitText ? std::nullopt : unitOf(unitText->text(), *findMetric(metric));
    if (unit) {
        takeObject(out, metric, object, *unit);
    }
}

} // namespace prism::formats::aiperf
