// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/synthetic_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace prism::test {

namespace {

std::pair<const Metric*, Stat> keyOf(const std::string& text)
{
    const auto space = text.find(' ');
    return { findMetric(text.substr(0, space)),
        space == std::string::npos ? Stat::value() : *Stat::parse(text.substr(space + 1)) };
}

CategoryColumn column(const std::string& name, const std::vector<SyntheticPoint>& points)
{
    CategoryColumn c { name, { "" }, {}, { std::nan("") } };
    std::map<std::string, Code> codes { { "", 0 } };
    for (const SyntheticPoint& p : points) {
        const auto it = p.attributes.find(name);
        const std::string text = it != p.attributes.end() ? it->second : std::string();
        const auto [at, fresh] = codes.emplace(text, static_cast<Code>(c.dictionary.size()));
        if (fresh) {
            c.dictionary.push_back(text);
            double number = std::nan("");
            std::from_chars(text.data(), text.data() + text.size(), number);
            c.numbers.push_back(number);
        }
        c.codes.push_back(at->second);
    }
    return c;
}

} // namespace

std::shared_ptr<const ColumnTable> syntheticTable(const std::vector<SyntheticPoint>& points)
{
    ColumnTable::Contents contents;
    contents.revision = 1;
    contents.semanticsTexts = { "" };
    std::set<std::string> names;
    std::set<std::pair<const Metric*, Stat>> available;
    std::map<RunId, std::uint32_t> ranks;
    for (const SyntheticPoint& p : points) {
        contents.points.push_back(static_cast<PointId>(contents.points.size() + 1));
        contents.runs.push_back(p.run);
        contents.order.push_back(ranks[p.run]++);
        RunRecord& run = contents.runRecords[p.run];
        run.id = p.run;
        ++run.points;
        const auto count = p.origins.find("accelerator_count");
        contents.usersCounts.push_back(count != p.origins.end() && count->second == Origin::User);
        for (const auto& [name, text] : p.attributes) {
            names.insert(name);
        }
        for (const auto& [key, value] : p.measures) {
            available.insert(keyOf(key));
        }
        for (const auto& [key, text] : p.semantics) {
            if (std::find(contents.semanticsTexts.begin(), contents.semanticsTexts.end(), text)
                == contents.semanticsTexts.end()) {
                contents.semanticsTexts.push_back(text);
            }
        }
    }
    for (const std::string& name : names) {
        contents.categories.push_back(column(name, points));
    }
    contents.available.assign(available.begin(), available.end());
    contents.load = [points, texts = contents.semanticsTexts](MeasureColumn& c) {
        for (std::size_t row = 0; row < points.size(); ++row) {
            for (const auto& [key, value] : points[row].measures) {
                if (keyOf(key) != std::pair(c.metric, c.stat)) {
                    continue;
                }
                c.values[row] = value;
                c.status[row] = Status::Ok;
                if (const auto it = points[row].origins.find(key); it != points[row].origins.end()) {
                    c.origin[row] = it->second;
                }
                if (const auto it = points[row].semantics.find(key); it != points[row].semantics.end()) {
                    c.semantics[row] = static_cast<std::uint16_t>(
                        std::find(texts.begin(), texts.end(), it->second) - texts.begin());
                }
            }
        }
    };
    return std::make_shared<ColumnTable>(std::move(contents));
}

} // namespace prism::test
