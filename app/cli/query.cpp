// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/query.h"

#include <charconv>
#include <cstdio>
#include <limits>
#include <map>

namespace prism::cli {

namespace {

Error usage(const std::string& option, const std::string& text, const std::string& remedy)
{
    return { {}, {}, option + " " + text + " cannot be read", remedy };
}

Result<Filter::Range> parseLimit(const std::string& text)
{
    const std::string remedy
        = "Write METRIC[:STAT]<=NUMBER or METRIC[:STAT]>=NUMBER, for example ttft:p99<=500";
    for (const char* sign : { "<=", ">=" }) {
        const auto at = text.find(sign);
        if (at == std::string::npos) {
            continue;
        }
        const auto measure = parseMeasure(text.substr(0, at));
        if (!measure) {
            return measure.error();
        }
        double limit = 0;
        const char* first = text.data() + at + 2;
        const char* last = text.data() + text.size();
        if (std::from_chars(first, last, limit).ptr != last || first == last) {
            return usage("--limit", text, remedy);
        }
        constexpr double infinity = std::numeric_limits<double>::infinity();
        const bool most = sign[0] == '<';
        return Filter::Range { measure->first->id, measure->second, most ? -infinity : limit,
            most ? limit : infinity };
    }
    return usage("--limit", text, remedy);
}

Result<std::pair<std::string, std::string>> parseCondition(const std::string& text)
{
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
        return usage("--where", text, "Write NAME=VALUE; prismctl facets lists names and values");
    }
    return std::pair { text.substr(0, equals), text.substr(equals + 1) };
}

Result<Filter> filterOf(const Query& query, const ColumnTable& table)
{
    Filter filter;
    for (const std::string& condition : query.where) {
        const auto parsed = parseCondition(condition);
        if (!parsed) {
            return parsed.error();
        }
        const auto& [name, value] = *parsed;
        if (table.rows() > 0 && !table.category(name)) {
            return Error { {}, {}, "no point states " + name, "prismctl facets lists what they do" };
        }
        filter.facets[name].insert(value);
    }
    for (const std::string& limit : query.limits) {
        auto range = parseLimit(limit);
        if (!range) {
            return range.error();
        }
        filter.ranges.push_back(*range);
    }
    filter.text = query.text;
    return filter;
}

/// Points that pass by a number of another meaning do not pass silently, whatever the command prints of them.
void tellOtherMeanings(const Answer& a)
{
    std::map<std::string, std::uint32_t> points;
    for (const Row row : a.limits.empty() ? std::vector<Row>() : a.filtered.passing.rows()) {
        for (const OtherMeaning& other : a.judgedOtherwise(row)) {
            ++points[other.text()];
        }
    }
    for (const auto& [what, count] : points) {
        std::fprintf(stderr, "† %u %s judged by a number of another meaning. %s\n", count,
            count == 1 ? "point is" : "points are", what.c_str());
    }
}

} // namespace

void addQuery(CLI::App& command, Query& query)
{
    addCommon(command, query.common);
    command.add_option("--where", query.where, "Only points with NAME=VALUE; repeat for more")
        ->check([](const std::string& text) {
            const auto condition = parseCondition(text);
            return condition ? std::string() : condition.error().text();
        });
    command.add_option("--limit", query.limits, "Only points that hold METRIC[:STAT]<=N or >=N")
        ->check([](const std::string& text) {
            const auto limit = parseLimit(text);
            return limit ? std::string() : limit.error().text();
        });
    command.add_option("--find", query.text, "Only points in which every word occurs");
}

Result<std::pair<const Metric*, Stat>> parseMeasure(const std::string& text)
{
    // The last colon: accuracy:<task> has one of its own.
    const auto colon = text.rfind(':');
    const auto stat = colon == std::string::npos ? std::nullopt : Stat::parse(text.substr(colon + 1));
    const Metric* metric = findMetric(stat ? text.substr(0, colon) : text);
    if (!metric) {
        return Error { {}, {}, text + " is no metric", "prismctl frontier --help lists them" };
    }
    const Stat fallback = metric->shape == MetricShape::Distribution ? Stat::percentile(50) : Stat::value();
    return std::pair { metric, stat.value_or(fallback) };
}

void tellHidden(std::size_t hidden)
{
    if (hidden > 0) {
        std::fprintf(stderr, "%zu %s hidden by you; prismctl points --hidden lists %s.\n", hidden,
            hidden == 1 ? "point is" : "points are", hidden == 1 ? "it" : "them");
    }
}

Result<Answer> answer(const Query& query)
{
    auto reader = query.common.reader();
    if (!reader) {
        return reader.error();
    }
    auto table = (*reader)->table();
    if (!table) {
        return table.error();
    }
    const auto filter = filterOf(query, **table);
    if (!filter) {
        return filter.error();
    }
    Filtered filtered = apply(**table, *filter);
    Answer found { std::move(*reader), std::move(*table), std::move(filtered), {} };
    for (const Filter::Range& range : filter->ranges) {
        found.limits.emplace_back(findMetric(range.metric), range.stat);
    }
    tellOtherMeanings(found);
    tellHidden(found.table->hidden().size());
    return found;
}

} // namespace prism::cli
