// SPDX-License-Identifier: GPL-3.0-or-later
// The file of a mapping: {"prism_mapping": 1, "name": …, "format": "csv", "one_row_is": "point", "values":
// […]}.
#include "core/mapping/mapping.h"

#include "core/export/json_text.h"
#include "core/read/documents.h"

#include <algorithm>
#include <array>
#include <optional>

namespace prism {

namespace {

using read::Node;

constexpr std::array<std::string_view, 4> comparisons { "is", "is_not", "less_than", "more_than" };

/// Reads members and remembers the first thing that was wrong.
class MappingReader {
public:
    Mapping mapping;
    std::optional<Error> wrong;

    void read(const Node& root)
    {
        const Node* version = root.find("prism_mapping");
        if (!version || version->integer() != 1) {
            fail(root, "this is no mapping of a version that Prism reads",
                "A mapping has \"prism_mapping\": 1; update Prism if the file is newer");
            return;
        }
        for (const Node& member : root) {
            readMember(member);
        }
    }

private:
    void fail(const Node& node, std::string reason, std::string remedy)
    {
        if (!wrong) {
            wrong = Error { {}, node.pointer(), std::move(reason), std::move(remedy) };
        }
    }

    std::string text(const Node& node)
    {
        if (!node.isString()) {
            fail(node, "a text is expected here", "Write it in quotes");
        }
        return std::string(node.text());
    }

    std::uint64_t count(const Node& node, std::int64_t most)
    {
        const auto number = node.integer();
        if (!number || *number < 0 || *number > most) {
            fail(node, "a whole number from 0 to " + std::to_string(most) + " is expected here",
                "Write one without quotes");
            return 0;
        }
        return static_cast<std::uint64_t>(*number);
    }

    bool oneOf(const Node& node, std::string_view first, std::string_view second)
    {
        if (node.text() != first && node.text() != second) {
            fail(node, "this is neither " + std::string(first) + " nor " + std::string(second),
                "Write one of them");
        }
        return node.text() == second;
    }

    void readMember(const Node& node)
    {
        const std::string_view key = node.key();
        if (key == "prism_mapping") {
            return;
        }
        if (key == "name") {
            mapping.name = text(node);
        } else if (key == "format") {
            mapping.format = oneOf(node, "csv", "json") ? Mapping::Format::Json : Mapping::Format::Csv;
        } else if (key == "one_row_is") {
            mapping.row = oneOf(node, "point", "request") ? Mapping::Row::Request : Mapping::Row::Point;
        } else if (key == "header_row") {
            mapping.headerRow = static_cast<std::uint32_t>(count(node, 1000));
        } else if (key == "delimiter") {
            const std::string given = text(node);
            if (given.size() != 1) {
                fail(node, "a delimiter is one character", "Write \",\", \";\" or \"\\t\"");
            }
            mapping.delimiter = given.empty() ? '\0' : given.front();
        } else if (key == "decimal_comma") {
            mapping.decimalComma = node.boolean().value_or(false);
        } else if (key == "rows") {
            mapping.rows = text(node);
        } else if (key == "leave_out_first") {
            mapping.leaveOutFirst = count(node, 1'000'000'000);
        } else if (key == "leave_out") {
            each(node, [this](const Node& at) { mapping.leaveOut.push_back(filter(at)); });
        } else if (key == "columns") {
            each(node, [this](const Node& at) { mapping.columns.push_back(text(at)); });
        } else if (key == "values") {
            each(node, [this](const Node& at) { mapping.values.push_back(value(at)); });
        } else {
            fail(node, "a mapping has no member " + std::string(key), "Remove it");
        }
    }

    template <class Take>
    void each(const Node& array, const Take& take)
    {
        if (!array.isArray() || !array.numbers().empty()) {
            fail(array, "an array is expected here", "Write it in square brackets");
            return;
        }
        for (const Node& node : array) {
            take(node);
        }
    }

    RowFilter filter(const Node& node)
    {
        RowFilter out;
        bool compared = false;
        for (const Node& member : node) {
            const auto at = std::find(comparisons.begin(), comparisons.end(), member.key());
            if (at != comparisons.end()) {
                out.is = static_cast<RowFilter::Is>(at - comparisons.begin());
                out.value = member.text();
                compared = true;
            } else if (member.key() == "column") {
                out.column = text(member);
            } else if (member.key() == "why") {
                out.why = text(member);
            } else {
                fail(member, "a filter has no member " + std::string(member.key()), "Remove it");
            }
        }
        if (!compared || out.column.empty()) {
            fail(node, "a filter names a column and what its value is",
                R"(Write for example {"column": "phase", "is": "warmup", "why": "warm-up"})");
        }
        return out;
    }

    MappedValue value(const Node& node)
    {
        MappedValue out;
        bool target = false;
        const auto aim = [&](MappedValue::Target to, const Node& member) {
            out.target = to;
            out.name = text(member);
            target = true;
        };
        for (const Node& member : node) {
            const std::string_view key = member.key();
            if (key == "column") {
                out.column = text(member);
            } else if (key == "constant") {
                out.constant = member.text();
            } else if (key == "metric") {
                aim(MappedValue::Target::Measure, member);
            } else if (key == "attribute") {
                aim(MappedValue::Target::Attribute, member);
            } else if (key == "request") {
                aim(MappedValue::Target::Request, member);
            } else if (key == "stat") {
                const auto stat = Stat::parse(member.text());
                if (!stat) {
                    fail(member, "there is no statistic " + std::string(member.text()),
                        "Write mean, std, min, max, count, value, p50, p99 …");
                }
                out.stat = stat.value_or(Stat::value());
            } else if (key == "unit") {
                out.unit = text(member);
            } else if (key == "proposed") {
                out.proposed = text(member);
            } else {
                fail(member, "a value has no member " + std::string(key), "Remove it");
            }
        }
        if (!target || out.column.empty() == out.constant.empty()) {
            fail(node, "a value has a column or a constant, and a metric, an attribute or a request's field",
                R"(Write for example {"column": "ttft_ms", "metric": "ttft", "stat": "p50", "unit": "ms"})");
        }
        return out;
    }
};

class OneDocument : public read::DocumentHandler {
public:
    MappingReader reader;

    Result<void> document(const Node& root, std::size_t number) override
    {
        if (number == 0) {
            reader.read(root);
        }
        return {};
    }
};

void write(JsonText& out, const MappedValue& value)
{
    constexpr std::array<std::string_view, 3> targets { "metric", "attribute", "request" };
    out.object();
    out.memberIfAny("column", value.column);
    out.memberIfAny("constant", value.constant);
    out.member(targets[static_cast<std::size_t>(value.target)], value.name);
    if (value.target == MappedValue::Target::Measure && value.stat.kind() != Stat::Kind::Value) {
        out.member("stat", value.stat.name());
    }
    out.memberIfAny("unit", value.unit);
    out.memberIfAny("proposed", value.proposed);
    out.endObject();
}

/// A line a member and a line an element, for people who edit it: breaks behind brackets and commas of the
/// two outer levels.
std::string inLines(const std::string& json)
{
    std::string out;
    std::size_t depth = 0;
    bool quoted = false;
    const auto line = [&] { out += '\n' + std::string(2 * depth, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            out += c;
            if (c == '\\' && i + 1 < json.size()) {
                out += json[++i];
            }
            quoted = c != '"';
            continue;
        }
        quoted = c == '"';
        const bool empty = i > 0 && (json[i - 1] == '[' || json[i - 1] == '{');
        if ((c == ']' || c == '}') && depth-- <= 2 && !empty) {
            line();
        }
        out += c;
        if (c == '[' || c == '{') {
            ++depth;
        }
        const bool closes = i + 1 < json.size() && (json[i + 1] == ']' || json[i + 1] == '}');
        if ((c == ',' || c == '[' || c == '{') && depth <= 2 && !closes) {
            line();
        } else if (c == ',' || c == ':') {
            out += ' ';
        }
    }
    return out + '\n';
}

} // namespace

Result<Mapping> parseMapping(std::string_view text, const std::string& file)
{
    const auto source = read::memorySource(std::string(text));
    OneDocument handler;
    read::Plan plan;
    plan.budgets.treeBytes = 4u << 20;
    const auto report = read::readJson(*source, plan, handler);
    std::optional<Error> error = report ? handler.reader.wrong : std::optional(report.error());
    if (error) {
        error->file = file;
        return *error;
    }
    return std::move(handler.reader.mapping);
}

std::string toJson(const Mapping& mapping)
{
    JsonText out;
    out.object();
    out.member("prism_mapping", 1);
    out.member("name", mapping.name);
    out.member("format", mapping.format == Mapping::Format::Json ? "json" : "csv");
    out.member("one_row_is", mapping.row == Mapping::Row::Request ? "request" : "point");
    if (mapping.format == Mapping::Format::Csv) {
        out.member("header_row", mapping.headerRow);
        if (mapping.delimiter != 0) {
            out.member("delimiter", std::string_view(&mapping.delimiter, 1));
        }
        if (mapping.decimalComma) {
            out.member("decimal_comma", true);
        }
    } else {
        out.member("rows", mapping.rows);
    }
    if (mapping.leaveOutFirst > 0) {
        out.member("leave_out_first", mapping.leaveOutFirst);
    }
    if (!mapping.leaveOut.empty()) {
        out.key("leave_out").array();
        for (const RowFilter& filter : mapping.leaveOut) {
            out.object();
            out.member("column", filter.column);
            out.member(comparisons[static_cast<std::size_t>(filter.is)], filter.value);
            out.memberIfAny("why", filter.why);
            out.endObject();
        }
        out.endArray();
    }
    out.key("columns").array();
    for (const std::string& column : mapping.columns) {
        out.text(column);
    }
    out.endArray();
    out.key("values").array();
    for (const MappedValue& value : mapping.values) {
        write(out, value);
    }
    out.endArray();
    out.endObject();
    return inLines(out.take());
}

} // namespace prism
