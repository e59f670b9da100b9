// SPDX-License-Identifier: GPL-3.0-or-later
// What storing and reading cost: small sources, requests with gaps, the column table and its columns.
#include "tests/support/made_points.h"

#include <benchmark/benchmark.h>

using namespace prism;
using namespace prism::test;

namespace {

constexpr int points = 50'000;
constexpr int pointsOfASource = 5;

/// One load point as a serving benchmark reports it: 80 numbers and 15 attributes with their places.
LoadPoint typicalPoint(int number)
{
    LoadPoint point;
    for (const std::string_view name : attributeNames().subspan(0, 14)) {
        point.attributes.push_back(
            { std::string(name), "value of " + std::string(name) + std::to_string(number % 7), {},
                Origin::Reported, "/config/" + std::string(name) });
    }
    point.attributes.push_back(
        { "concurrency", std::int64_t { number % 64 }, {}, Origin::Reported, "/max_concurrency" });
    for (const char* metric : { "ttft", "tpot", "itl", "e2e", "ntpot", "isl", "osl", "queue_time" }) {
        for (const Stat stat :
            { Stat::mean(), Stat::std(), Stat::min(), Stat::max(), Stat::percentile(1), Stat::percentile(5),
                Stat::percentile(50), Stat::percentile(90), Stat::percentile(95), Stat::percentile(99) }) {
            Measure measure;
            measure.metric = findMetric(metric);
            measure.stat = stat;
            measure.value = number * 1.234567 + stat.percentile();
            measure.path = "/" + stat.name() + '_' + metric + "_ms";
            measure.given = measure.path.substr(1);
            point.measures.push_back(std::move(measure));
        }
    }
    return point;
}

RunKey runOf(int number)
{
    return { "run " + std::to_string(number), "label", "vllm-serve" };
}

/// Goal: 0.08 ms a source.
void smallSources(benchmark::State& state)
{
    const LoadPoint point = typicalPoint(1);
    int number = 0;
    const TemporaryStore store;
    auto writer = store.writer();
    for (auto _ : state) {
        auto source = writer->begin(madeSource(std::to_string(number) + ".json"));
        (void)writer->addPoint(*source, point, runOf(number));
        (void)writer->finish(*source, {});
        if (++number % 100 == 0) {
            (void)writer->commit();
        }
    }
    (void)writer->commit();
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(smallSources)->Iterations(10'000)->Unit(benchmark::kMicrosecond);

/// Goal: 100 000 requests with 100 gaps each in 0.6 s.
void requestsWithGaps(benchmark::State& state)
{
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        rows.push_back(madeRequest(i, 100));
    }
    for (auto _ : state) {
        const TemporaryStore store;
        auto writer = store.writer();
        auto source = writer->begin(madeSource("large.json"));
        (void)writer->addPoint(*source, madePoint(0), madeRun());
        for (int part = 0; part < 100; ++part) {
            (void)writer->addRequests(*source, 0, rows);
            for (RequestRow& row : rows) {
                row.index += 1000;
            }
        }
        (void)writer->finish(*source, {});
        (void)writer->commit();
    }
}
BENCHMARK(requestsWithGaps)->Iterations(3)->Unit(benchmark::kMillisecond);

const TemporaryStore& filled()
{
    static const TemporaryStore store;
    static const bool once = [] {
        auto writer = store.writer();
        for (int number = 0; number < points / pointsOfASource; ++number) {
            auto source = writer->begin(madeSource(std::to_string(number) + ".json"));
            LoadPoint point = typicalPoint(number);
            for (std::uint32_t index = 0; index < pointsOfASource; ++index) {
                point.index = index;
                (void)writer->addPoint(*source, point, runOf(number));
            }
            (void)writer->finish(*source, {});
        }
        return static_cast<bool>(writer->commit());
    }();
    (void)once;
    return store;
}

/// Goal: 300 ms for 10 000 runs of 50 000 points.
void columnTable(benchmark::State& state)
{
    auto reader = filled().reader();
    for (auto _ : state) {
        benchmark::DoNotOptimize(reader->table());
    }
}
BENCHMARK(columnTable)->Unit(benchmark::kMillisecond);

void firstColumnOfAMetric(benchmark::State& state)
{
    auto reader = filled().reader();
    for (auto _ : state) {
        state.PauseTiming();
        auto table = reader->table();
        state.ResumeTiming();
        benchmark::DoNotOptimize((*table)->measures(*findMetric("ttft"), Stat::percentile(99)));
    }
}
BENCHMARK(firstColumnOfAMetric)->Unit(benchmark::kMillisecond);

void everyPointInDetail(benchmark::State& state)
{
    auto reader = filled().reader();
    for (auto _ : state) {
        std::size_t measures = 0;
        (void)reader->points([&](const SourceRecord&, PointDetail&& point) {
            measures += point.measures.size();
            return true;
        });
        benchmark::DoNotOptimize(measures);
    }
}
BENCHMARK(everyPointInDetail)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
