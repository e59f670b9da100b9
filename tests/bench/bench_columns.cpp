// SPDX-License-Identifier: GPL-3.0-or-later
// A filter change with all facet counts and a frontier over a million load points.
#include "core/analysis/frontier.h"

#include <benchmark/benchmark.h>

#include <random>

using namespace prism;

namespace {

constexpr Row rows = 1'000'000;
constexpr std::size_t categories = 20;

CategoryColumn category(std::size_t number, std::size_t values)
{
    std::mt19937 random(static_cast<unsigned>(number));
    CategoryColumn column { number == 0 ? "model" : "c" + std::to_string(number), { "" }, {}, {} };
    for (std::size_t v = 1; v < values; ++v) {
        column.dictionary.push_back("v" + std::to_string(v));
    }
    column.codes.resize(rows);
    for (Code& code : column.codes) {
        code = static_cast<Code>(random() % values);
    }
    return column;
}

const ColumnTable& table()
{
    static const ColumnTable instance = [] {
        ColumnTable::Contents contents;
        contents.revision = 1;
        contents.semanticsTexts = { "" };
        for (Row row = 0; row < rows; ++row) {
            contents.points.push_back(row + 1);
            contents.runs.push_back(row / 8);
            contents.order.push_back(row % 8);
        }
        for (std::size_t c = 0; c < categories; ++c) {
            contents.categories.push_back(category(c, 5 + 7 * c));
        }
        contents.load = [](MeasureColumn& column) {
            std::mt19937 random(column.metric->id.size() * 31u);
            std::lognormal_distribution<double> values(3, 1);
            for (Row row = 0; row < rows; ++row) {
                column.values[row] = values(random);
                column.status[row] = Status::Ok;
            }
        };
        return ColumnTable(std::move(contents));
    }();
    return instance;
}

void filterFacetsFrontier(benchmark::State& state)
{
    const FrontierAxis x { findMetric("tpot"), Stat::percentile(99), false };
    const FrontierAxis y { findMetric("output_throughput"), Stat::value(), false };
    table().measures(*x.metric, x.stat);
    table().measures(*y.metric, y.stat);
    std::size_t turn = 0;
    for (auto _ : state) {
        Filter filter;
        filter.facets["model"] = { "v" + std::to_string(1 + turn++ % 4), "v2" };
        filter.facets["c3"] = { "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12" };
        const Filtered filtered = apply(table(), filter);
        benchmark::DoNotOptimize(frontier(table(), filtered.passing, x, y));
    }
}
BENCHMARK(filterFacetsFrontier)->Unit(benchmark::kMillisecond);

void facetsOfEverything(benchmark::State& state)
{
    const FrontierAxis x { findMetric("tpot"), Stat::percentile(99), false };
    const FrontierAxis y { findMetric("output_throughput"), Stat::value(), false };
    for (auto _ : state) {
        const Filtered filtered = apply(table(), {});
        benchmark::DoNotOptimize(frontier(table(), filtered.passing, x, y));
    }
}
BENCHMARK(facetsOfEverything)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
