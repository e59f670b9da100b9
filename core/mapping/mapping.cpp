// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapping.h"

#include "core/model/attribute_text.h"
#include "core/model/load_point.h"
#include "core/read/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace prism {

namespace {

constexpr std::array fields {
    RequestField { "start", "Start", true, Unit::Second },
    RequestField { "end", "End", true, Unit::Second },
    RequestField { "ttft", "TTFT", true, Unit::Millisecond },
    RequestField { "e2e", "E2E latency", true, Unit::Millisecond },
    RequestField { "isl", "Input tokens", false, Unit::One },
    RequestField { "osl", "Output tokens", false, Unit::One },
    RequestField { "ok", "Succeeded", false, Unit::One },
    RequestField { "error", "Error", false, Unit::One },
    RequestField { "gaps", "Gaps between tokens", true, Unit::Millisecond },
};

std::string place(const MappedValue& value)
{
    return value.column.empty() ? "constant " + value.constant : "column " + value.column;
}

/// As people read it: "TTFT" of `ttft`.
std::string shownName(const MappedValue& value)
{
    const Metric* metric = value.target == MappedValue::Target::Measure ? findMetric(value.name) : nullptr;
    return metric ? metric->name : value.name;
}

/// A constant; one without a value yet is no wrong one.
bool isStated(const MappedValue& value)
{
    return value.column.empty() && !value.constant.empty();
}

Result<void> checkMeasure(const MappedValue& value, Mapping::Row row)
{
    const Metric* metric = findMetric(value.name);
    if (!metric) {
        return Error { {}, place(value), "there is no metric " + value.name,
            "prismctl mapping metrics lists them" };
    }
    const bool single = metric->shape == MetricShape::Single;
    if (!single && value.stat == Stat::value()) {
        return Error { {}, place(value), "the statistic of " + metric->name + " is not stated",
            "Choose mean, p50, p99 or another statistic" };
    }
    if (single && value.stat != Stat::value() && value.stat.kind() != Stat::Kind::Std) {
        return Error { {}, place(value), metric->name + " has no statistic " + value.stat.name(),
            "Leave the statistic out" };
    }
    if (isStated(value) && !read::consoleNumber(value.constant)) {
        return Error { {}, place(value), metric->name + " is a number", "State one, with a decimal point" };
    }
    if (row == Mapping::Row::Request && !value.column.empty()) {
        return Error { {}, place(value), "a row is a request, and " + metric->name + " belongs to a point",
            "Map the column to a field of a request, or let a row be a point" };
    }
    return {};
}

Result<void> checkTarget(const MappedValue& value, Mapping::Row row)
{
    switch (value.target) {
    case MappedValue::Target::Measure:
        return checkMeasure(value, row);
    case MappedValue::Target::Attribute: {
        const auto names = attributeNames();
        if (std::find(names.begin(), names.end(), value.name) == names.end()) {
            return Error { {}, place(value), "there is no attribute " + value.name,
                "prismctl mapping metrics lists them; columns without a target are kept as they are" };
        }
        if (isStated(value)) {
            if (const auto meant = attributeValue(value.name, value.constant); !meant) {
                return Error { {}, place(value), meant.error().reason, meant.error().remedy };
            }
        }
        return {};
    }
    case MappedValue::Target::Request:
        if (!findRequestField(value.name)) {
            return Error { {}, place(value), "a request has no field " + value.name,
                "Its fields are start, end, ttft, e2e, isl, osl, ok, error and gaps" };
        }
        if (row == Mapping::Row::Point) {
            return Error { {}, place(value), "a row is a point, and " + value.name + " belongs to a request",
                "Map the column to a metric, or let a row be a request" };
        }
        if (value.column.empty()) {
            return Error { {}, place(value), "a constant cannot be " + value.name + " of every request",
                "Name a column" };
        }
        return {};
    }
    return {};
}

Result<void> checkUnit(const MappedValue& value)
{
    if (!needsUnit(value)) {
        return {};
    }
    if (value.unit.empty()) {
        return Error { {}, place(value), "the unit of " + shownName(value) + " is not stated",
            value.proposed.empty() ? "State the unit of the file" : "State it; " + value.proposed };
    }
    if (const auto unit = keptUnit(value); unit && !sourceUnit(value.unit, *unit)) {
        return Error { {}, place(value), value.unit + " is no unit of " + shownName(value),
            "It is kept in " + std::string(symbol(*unit)) };
    }
    return {};
}

Result<void> checkAccepted(const MappedValue& value)
{
    return value.proposed.empty()
        ? Result<void>()
        : Error { {}, place(value),
              "that it is " + shownName(value) + " is a proposal, which nobody has accepted",
              "Accept it with prismctl mapping accept, or edit the mapping" };
}

} // namespace

std::span<const RequestField> requestFields()
{
    return fields;
}

const RequestField* findRequestField(std::string_view name)
{
    const auto it = std::find_if(
        fields.begin(), fields.end(), [name](const RequestField& f) { return f.name == name; });
    return it == fields.end() ? nullptr : &*it;
}

std::optional<Unit> keptUnit(const MappedValue& value)
{
    if (value.target == MappedValue::Target::Measure) {
        const Metric* metric = findMetric(value.name);
        return metric ? std::optional(unitOf(*metric, value.stat)) : std::nullopt;
    }
    const RequestField* field
        = value.target == MappedValue::Target::Request ? findRequestField(value.name) : nullptr;
    return field && field->hasUnit ? std::optional(field->unit) : std::nullopt;
}

bool needsUnit(const MappedValue& value)
{
    const auto unit = keptUnit(value);
    return unit && *unit != Unit::One;
}

Mapping accepted(Mapping mapping)
{
    for (MappedValue& value : mapping.values) {
        value.proposed.clear();
    }
    return mapping;
}

std::string mappingName(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 60)) {
        const bool capital = c >= 'A' && c <= 'Z';
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        out += capital ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
    }
    return out == "proposal" ? "proposal-1" : out; // "mapping-proposal" is taken
}

std::vector<MappingProblem> problemsOf(const Mapping& mapping)
{
    std::vector<MappingProblem> out;
    const auto add = [&](std::size_t value, Error error) {
        error.file = "mapping " + mapping.name;
        out.push_back({ value, std::move(error) });
    };
    if (mapping.name.empty() || mapping.name != mappingName(mapping.name)) {
        add(MappingProblem::ofAll,
            { {}, {}, "this cannot be its name",
                "Choose one of small letters, digits, - and _, of 60 characters at most" });
    }
    std::set<std::string> taken;
    for (std::size_t i = 0; i < mapping.values.size(); ++i) {
        const MappedValue& value = mapping.values[i];
        const bool measure = value.target == MappedValue::Target::Measure;
        const std::string target = std::to_string(static_cast<int>(value.target)) + value.name
            + (measure ? value.stat.name() : "");
        auto checked = checkTarget(value, mapping.row);
        if (checked && !taken.insert(target).second) {
            checked = Error { {}, place(value),
                value.name + (measure ? ' ' + value.stat.name() : std::string()) + " is mapped twice",
                "Leave one of the columns out" };
        }
        checked = checked ? checkUnit(value) : checked;
        if (!checked) {
            add(i, checked.error());
        } else if (auto decided = checkAccepted(value); !decided) {
            add(i, decided.error());
            out.back().isProposal = true;
        }
    }
    const bool any = std::any_of(mapping.values.begin(), mapping.values.end(), [](const MappedValue& value) {
        return value.target != MappedValue::Target::Attribute && !value.column.empty();
    });
    if (!any) {
        add(MappingProblem::ofAll, { {}, {}, "no column is mapped to a number", "Map a column to a metric" });
    }
    return out;
}

Result<void> check(const Mapping& mapping)
{
    const std::vector<MappingProblem> problems = problemsOf(mapping);
    return problems.empty() ? Result<void>() : problems.front().error;
}

} // namespace prism
