// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/points_csv.h"

#include <algorithm>
#include <map>
#include <vector>

namespace prism {

namespace {

/// Registry order first, then by statistic, the contract's meaning before others.
using Key = std::tuple<std::ptrdiff_t, std::string, Stat, std::string>;

struct Columns {
    std::vector<std::string> attributes;
    std::map<Key, std::size_t> measures;
};

Key keyOf(const Measure& m)
{
    const auto all = allMetrics();
    const auto at
        = std::find_if(all.begin(), all.end(), [&](const Metric& known) { return &known == m.metric; });
    return { at - all.begin(), m.metric->id, m.stat, m.semantics };
}

void collect(Columns& columns, const PointDetail& point)
{
    for (const Attribute& a : point.record.attributes) {
        if (std::find(columns.attributes.begin(), columns.attributes.end(), a.name)
            == columns.attributes.end()) {
            columns.attributes.push_back(a.name);
        }
    }
    for (const Measure& m : point.measures) {
        columns.measures.try_emplace(keyOf(m), 0);
    }
}

/// Attributes whose value is the user's word, not the file's: "accelerator tp".
std::string setByUser(const PointRecord& record)
{
    std::string names;
    for (const Attribute& a : record.attributes) {
        if (a.origin == Origin::User) {
            names += (names.empty() ? "" : " ") + a.name;
        }
    }
    return names;
}

/// What a row's numbers of an origin are: "ttft p50; ttft p99".
std::string ofOrigin(const std::vector<Measure>& measures, Origin origin)
{
    std::string names;
    for (const Measure& m : measures) {
        if (m.origin == origin && m.status == Status::Ok) {
            names += (names.empty() ? "" : "; ") + m.metric->id + ' ' + m.stat.name();
        }
    }
    return names;
}

std::string header(const Columns& columns)
{
    std::string line = "id,uid,run,source,sha256,producer,index,set_by_user,derived,estimated";
    for (const std::string& name : columns.attributes) {
        line += ',' + csvCell(name);
    }
    for (const auto& [key, at] : columns.measures) {
        const Metric& metric = *findMetric(std::get<1>(key));
        const Stat stat = std::get<2>(key);
        const std::string& semantics = std::get<3>(key);
        line += ','
            + csvCell(metric.id + ' ' + stat.name() + " (" + std::string(symbol(unitOf(metric, stat))) + ')'
                + (semantics.empty() ? "" : " [" + semantics + ']'));
    }
    return line + "\r\n";
}

std::string row(const Columns& columns, const SourceRecord& source, const PointDetail& point)
{
    const PointRecord& r = point.record;
    std::string line = std::to_string(r.id) + ',' + csvCell(r.uid) + ',' + std::to_string(r.run) + ','
        + csvCell(source.path) + ',' + source.sha256 + ',' + csvCell(source.producer) + ','
        + std::to_string(r.index) + ',' + csvCell(setByUser(r)) + ','
        + csvCell(ofOrigin(point.measures, Origin::Derived)) + ','
        + csvCell(ofOrigin(point.measures, Origin::Estimated));
    for (const std::string& name : columns.attributes) {
        const auto a = std::find_if(r.attributes.begin(), r.attributes.end(),
            [&](const Attribute& other) { return other.name == name; });
        line += ',';
        if (a != r.attributes.end()) {
            line += csvCell(toText(a->value), toNumber(a->value).has_value());
        }
    }
    std::vector<std::string> cells(columns.measures.size());
    for (const Measure& m : point.measures) {
        std::string& cell = cells[columns.measures.at(keyOf(m))];
        if (m.status == Status::Ok) {
            cell = formatNumber(m.value, m.metric->unit, NumberStyle::Full);
        } else if (m.status != Status::Missing) {
            cell = name(m.status);
        }
    }
    for (const std::string& cell : cells) {
        line += ',' + cell;
    }
    return line + "\r\n";
}

} // namespace

std::string csvCell(std::string_view text, bool isNumber)
{
    std::string cell(text);
    if (!isNumber && !cell.empty() && std::string_view("=+-@\t\r").find(cell[0]) != std::string_view::npos) {
        cell.insert(0, 1, '\'');
    }
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
        return cell;
    }
    std::string quoted = "\"";
    for (const char c : cell) {
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    }
    return quoted + '"';
}

Result<void> writePointsCsv(
    StoreReader& reader, const std::set<PointId>* wanted, const std::function<void(std::string_view)>& write)
{
    const auto isWanted = [wanted](const PointDetail& p) { return !wanted || wanted->contains(p.record.id); };
    Columns columns;
    auto done = reader.points([&](const SourceRecord&, PointDetail&& point) {
        if (isWanted(point)) {
            collect(columns, point);
        }
        return true;
    });
    if (!done) {
        return done;
    }
    std::size_t at = 0;
    for (auto& [key, index] : columns.measures) {
        index = at++;
    }
    write(header(columns));
    return reader.points([&](const SourceRecord& source, PointDetail&& point) {
        if (isWanted(point)) {
            write(row(columns, source, point));
        }
        return true;
    });
}

} // namespace prism
