// SPDX-License-Identifier: GPL-3.0-or-later
// A frame of panning, zooming and hovering over a chart: the range changes each frame, so nothing is reused.
#include "app/charts/chart_view.h"
#include "app/theme/run_style.h"
#include "tests/bench/window_benchmarks.h"

#include <QImage>
#include <QMouseEvent>
#include <QPainter>

#include <random>

using namespace prism;
using namespace prism::app;

namespace {

std::shared_ptr<const ColumnTable> table(Row rows, Row perRun)
{
    ColumnTable::Contents contents;
    contents.revision = 1;
    contents.semanticsTexts = { "" };
    for (Row row = 0; row < rows; ++row) {
        contents.points.push_back(row + 1);
        contents.runs.push_back(row / perRun + 1);
        contents.order.push_back(row % perRun);
    }
    contents.available = { { findMetric("tpot"), Stat::percentile(99) },
        { findMetric("output_throughput"), Stat::value() } };
    contents.load = [](MeasureColumn& column) {
        std::mt19937 random(column.metric->id.size());
        std::lognormal_distribution<double> value(3, 1);
        for (std::size_t row = 0; row < column.values.size(); ++row) {
            column.values[row] = value(random);
            column.status[row] = Status::Ok;
        }
    };
    return std::make_shared<ColumnTable>(std::move(contents));
}

ChartRequest request(Row rows)
{
    ChartRequest r;
    r.table = table(rows, 50);
    r.passing = RowSet(rows, true);
    r.spec.x.quantity = "tpot";
    r.spec.x.stat = Stat::percentile(99);
    r.spec.x.logarithmic = true;
    r.spec.y.quantity = "output_throughput";
    r.spec.frontier = FrontierMode::Overall;
    return r;
}

std::unique_ptr<ChartView> view(Row rows)
{
    auto made = std::make_unique<ChartView>();
    made->resize(1200, 700);
    const auto data = buildChart(request(rows));
    std::vector<GroupPaint> groups;
    for (std::size_t i = 0; i < data->groups.size(); ++i) {
        const int slot = static_cast<int>(i % runStyleCount);
        groups.push_back({ runStyle(slot).colour, slot });
    }
    made->setData(data, groups);
    made->show();
    return made;
}

void zoomFrame(benchmark::State& state)
{
    const auto chart = view(static_cast<Row>(state.range(0)));
    QImage image(chart->size(), QImage::Format_ARGB32_Premultiplied);
    int frame = 0;
    for (auto _ : state) {
        chart->zoomBy(++frame % 40 < 20 ? 0.97 : 1 / 0.97, chart->plotRect().center());
        static_cast<QWidget&>(*chart).render(&image);
    }
}
BENCHMARK(zoomFrame)->Arg(500)->Arg(2'000)->Arg(20'000)->Arg(100'000)->Arg(1'000'000)->Unit(
    benchmark::kMillisecond);

void hoverMove(benchmark::State& state)
{
    const auto chart = view(static_cast<Row>(state.range(0)));
    QObject::connect(chart.get(), &ChartView::hoveredPoint, chart.get(), &ChartView::setHovered);
    std::mt19937 random(1);
    for (auto _ : state) {
        const QPointF at(100 + static_cast<int>(random() % 900), 50 + static_cast<int>(random() % 500));
        QMouseEvent move(QEvent::MouseMove, at, at, Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(chart->viewport(), &move);
        QCoreApplication::processEvents();
    }
}
BENCHMARK(hoverMove)->Arg(500)->Arg(100'000)->Unit(benchmark::kMillisecond);

void build(benchmark::State& state)
{
    const ChartRequest r = request(static_cast<Row>(state.range(0)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(buildChart(r));
    }
}
BENCHMARK(build)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    return prism::test::runWindowBenchmarks(argc, argv, Theme::Choice::Light);
}
