// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/aiperf/aiperf_tags.h"

#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace prism::formats {

namespace {

struct Tag {
    std::string_view key;
    std::string_view metric;
};

constexpr std::array distributions {
    Tag { "time_to_first_token", "ttft" },
    Tag { "inter_token_latency", "tpot" },
    Tag { "inter_chunk_latency", "itl" },
    Tag { "request_latency", "e2e" },
    Tag { "output_token_throughput_per_user", "output_throughput_per_user" },
    Tag { "input_sequence_length", "isl" },
    Tag { "output_sequence_length", "osl" },
    Tag { "num_input_token", "isl" },
    Tag { "num_output_token", "osl" },
};
/// Of several tags of one metric the first that is there counts: `total_osl` holds reasoning tokens,
/// `total_output_tokens` does not.
constexpr std::array numbers {
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
};

template <class Tags>
const Tag* tagOf(const Tags& tags, std::string_view key)
{
    const auto it = std::find_if(tags.begin(), tags.end(), [key](const Tag& tag) { return tag.key == key; });
    return it == tags.end() ? nullptr : &*it;
}

/// "avg", "p99", "std": keys of a metric object and columns of a table.
std::optional<Stat> statOf(std::string_view key)
{
    return key == "avg" ? std::optional(Stat::mean()) : Stat::parse(key);
}

/// The tools' own words for units beside the usual ones. "per sec" counts what its metric counts.
std::optional<SourceUnit> unitOf(std::string_view text, Unit target)
{
    if (text == "per sec" && (target == Unit::RequestPerSecond || target == Unit::TokenPerSecond)) {
        return SourceUnit { target, 1 };
    }
    if (target == Unit::One && (text.empty() || text == "#")) {
        return source::one;
    }
    return sourceUnit(text, target);
}

std::optional<SourceUnit> unitOf(const read::Node& object, std::string_view metric)
{
    const read::Node* unit = object.find("unit");
    return unit ? unitOf(unit->text(), findMetric(metric)->unit) : std::nullopt;
}

struct Title {
    std::string tag; ///< as the documents spell it
    std::string unit; ///< between the parentheses, empty for counts
};

/// "Time to First Token (ms)" is time_to_first_token in ms.
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
    if (title.tag == "total_input_sequence_length") {
        title.tag = "total_isl";
    } else if (title.tag == "total_output_sequence_length") {
        title.tag = "total_osl";
    }
    return title;
}

/// GenAI-Perf writes a goodput of -1 where it could compute none.
bool isComputed(std::string_view metric, std::string_view text)
{
    return metric != "request_goodput" || read::consoleNumber(text).value_or(0) >= 0;
}

void take(PointWriter& out, std::string_view metric, Stat stat, const AiperfCell& cell,
    std::string_view label, SourceUnit unit)
{
    const bool there = !cell.text.empty() && cell.text != "N/A" && isComputed(metric, cell.text);
    if (there && !out.point().measure(metric, stat)) {
        out.measure(metric, stat, cell.text, cell.place, label, stat == Stat::count() ? source::one : unit);
    }
}

} // namespace

void aiperfDocument(PointWriter& out, const read::Node& metrics)
{
    for (const Tag& tag : distributions) {
        const read::Node* object = metrics.find(tag.key);
        const auto unit = object && object->isObject() ? unitOf(*object, tag.metric) : std::nullopt;
        if (!unit) {
            continue;
        }
        for (const read::Node& member : *object) {
            const auto stat = statOf(member.key());
            if (stat && !member.isNull() && !out.point().measure(tag.metric, *stat)) {
                out.measure(tag.metric, *stat, &member, stat == Stat::count() ? source::one : *unit);
            }
        }
    }
    for (const Tag& tag : numbers) {
        const read::Node* object = metrics.find(tag.key);
        const auto unit = object && object->isObject() ? unitOf(*object, tag.metric) : std::nullopt;
        const read::Node* value = unit ? object->find("avg") : nullptr;
        if (value && isComputed(tag.metric, value->text())
            && !out.point().measure(tag.metric, Stat::value())) {
            out.measure(tag.metric, Stat::value(), value, *unit);
        }
    }
}

void aiperfAggregate(PointWriter& out, std::string_view tag, std::string_view stat, const read::Node& object,
    const read::Node* value, const read::Node* deviation, std::string_view semantics)
{
    if (const Tag* known = tagOf(distributions, tag)) {
        const auto unit = unitOf(object, known->metric);
        const auto which = statOf(stat);
        if (unit && which) {
            out.measure(
                known->metric, *which, value, which == Stat::count() ? source::one : *unit, semantics);
        }
        return;
    }
    const Tag* known = stat == "avg" ? tagOf(numbers, tag) : nullptr;
    const auto unit = known ? unitOf(object, known->metric) : std::nullopt;
    if (unit && !out.point().measure(known->metric, Stat::value())) {
        out.measure(known->metric, Stat::value(), value, *unit);
        out.measure(known->metric, Stat::std(), deviation, *unit);
    }
}

bool aiperfRow(PointWriter& out, std::string_view label, std::span<const AiperfCell> cells)
{
    const Title title = titleOf(label);
    const Tag* distribution = tagOf(distributions, title.tag);
    const Tag* number = tagOf(numbers, title.tag);
    if (!distribution && !number) {
        return false;
    }
    const std::string_view metric = distribution ? distribution->metric : number->metric;
    const auto unit = unitOf(title.unit, findMetric(metric)->unit);
    for (std::size_t i = 0; unit && i < cells.size(); ++i) {
        const auto stat = statOf(cells[i].column);
        if (distribution && stat) {
            take(out, metric, *stat, cells[i], label, *unit);
        } else if (number && (stat == Stat::mean() || cells[i].column == "Value")) {
            take(out, metric, Stat::value(), cells[i], label, *unit);
        }
    }
    return unit.has_value();
}

bool isAiperfMetric(std::string_view label)
{
    const Title title = titleOf(label);
    const Tag* tag = tagOf(distributions, title.tag);
    tag = tag ? tag : tagOf(numbers, title.tag);
    return tag && unitOf(title.unit, findMetric(tag->metric)->unit);
}

} // namespace prism::formats
