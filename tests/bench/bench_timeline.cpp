// SPDX-License-Identifier: GPL-3.0-or-later
// A frame of panning and zooming over a timeline: the range changes each frame, so nothing is reused.
#include "app/timeline/heat_lane.h"
#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/timeline/timeline_view.h"
#include "tests/bench/window_benchmarks.h"

#include <QImage>
#include <QPainter>

#include <random>

using namespace prism::app;

namespace {

constexpr int rows = 64;
constexpr std::int64_t meanNs = 1'000'000;

std::vector<StageStyle> stages()
{
    return { { QStringLiteral("read"), [](const prism::app::Tokens& t) { return t.stages.read; }, true },
        { QStringLiteral("prefill"), [](const prism::app::Tokens& t) { return t.stages.prefill; } },
        { QStringLiteral("decode"), [](const prism::app::Tokens& t) { return t.stages.decode; } },
        { QStringLiteral("gap"), [](const prism::app::Tokens& t) { return t.stages.gap; }, false, true,
            true } };
}

void fill(TimelineModel& model, std::int64_t spans)
{
    auto& lane = model.add(std::make_unique<SpanLane>(
        QStringLiteral("spans"), QStringLiteral("Spans"), Lane::Heights { { 60, 60, 60 }, true }, stages()));
    lane.rows().resize(rows);
    std::mt19937 random(7);
    for (SpanTrack& track : lane.rows()) {
        std::int64_t at = 0;
        track.reserve(std::size_t(spans / rows));
        for (std::int64_t i = 0; i < spans / rows; ++i) {
            at += std::int64_t(random() % 200'000);
            const std::int64_t end = at + std::int64_t(random() % (2 * meanNs));
            track.append({ at, end, std::uint32_t(i), Stage(random() % 100 == 0 ? 3 : random() % 3) });
            at = end;
        }
    }
    const auto text = [](double v) { return QString::number(v); };
    for (int i = 0; i < 5; ++i) {
        auto& series = model.add(std::make_unique<SeriesLane>(QStringLiteral("series%1").arg(i),
            QStringLiteral("Series"), Lane::Heights {}, ValueScale { 0, 1, false }, text, text));
        series.series().resize(2);
        for (std::int64_t ns = 0; ns < lane.extent().toNs; ns += 100'000'000) {
            series.append(0, ns, double(random() % 100));
            series.append(1, ns, double(random() % 100));
        }
    }
    auto& heat = model.add(std::make_unique<HeatLane>(QStringLiteral("heat"), QStringLiteral("Heat"),
        Lane::Heights { { 44, 62, 110 } }, ValueScale { 4, 400, true }, 100'000'000, 16, text));
    for (std::int64_t ns = 0; ns < lane.extent().toNs; ns += 5'000'000) {
        heat.add(ns, double(4 + random() % 396));
    }
}

struct Screen {
    explicit Screen(std::int64_t spans)
    {
        fill(model, spans);
        view.setModel(&model);
        view.resize(1200, 700);
        view.show();
        image = QImage(view.viewport()->size(), QImage::Format_ARGB32_Premultiplied);
        all = model.extent();
        view.setRange(all);
    }
    void frame()
    {
        QPainter painter(&image);
        view.renderFrame(painter);
    }
    TimelineModel model;
    TimelineView view;
    QImage image;
    TimeRange all;
};

/// Everything in view, moved by a pixel and a bit each frame.
void panAll(benchmark::State& state)
{
    Screen screen(state.range(0));
    for (auto _ : state) {
        screen.view.panBy(state.iterations() % 2 == 0 ? 1.3 : -1.3);
        screen.frame();
    }
}
BENCHMARK(panAll)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// From everything to a thousandth and back.
void zoom(benchmark::State& state)
{
    Screen screen(state.range(0));
    int frame = 0;
    for (auto _ : state) {
        const std::int64_t about = screen.all.fromNs + screen.all.lengthNs() / 3;
        screen.view.zoomBy(++frame % 80 < 40 ? 0.84 : 1 / 0.84, about);
        screen.frame();
    }
}
BENCHMARK(zoom)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// A waterfall of thirty seconds at the end of a long session.
void follow(benchmark::State& state)
{
    Screen screen(state.range(0));
    std::int64_t now = screen.all.toNs - 10'000'000'000;
    for (auto _ : state) {
        now += 33'000'000;
        screen.view.setRange({ now - 30'000'000'000, now });
        screen.frame();
    }
}
BENCHMARK(follow)->Arg(1'000'000)->Iterations(200)->Unit(benchmark::kMillisecond);

void hit(benchmark::State& state)
{
    TimelineModel model;
    fill(model, state.range(0));
    const Lane& lane = *model.lanes().front();
    std::mt19937 random(1);
    for (auto _ : state) {
        const auto ns = std::int64_t(random()) * 1'000 % lane.extent().toNs;
        benchmark::DoNotOptimize(lane.spanAt(ns, 1'000'000, double(random() % 500), 520));
    }
}
BENCHMARK(hit)->Arg(1'000'000);

} // namespace

int main(int argc, char** argv)
{
    return prism::test::runWindowBenchmarks(argc, argv, Theme::Choice::Dark);
}
