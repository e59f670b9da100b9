// SPDX-License-Identifier: GPL-3.0-or-later
// A timeline of a million spans, from its file to the first picture of it. Goal: 3 s, import and opening
// together.
#include "app/trace/trace_perspective.h"
#include "tests/bench/window_benchmarks.h"
#include "tests/support/imported_folder.h"

#include <QEventLoop>

#include <string>

using namespace prism;
using namespace prism::app;

namespace {

constexpr int spans = 1'000'000;

/// As PyTorch's profiler writes them: calls of two threads, each with its kernel on a stream.
std::string traceJson()
{
    std::string text = R"({"schemaVersion":1,"traceEvents":[)";
    for (int i = 0; i < spans / 2; ++i) {
        const std::string at = std::to_string(i * 10);
        const std::string name = "kernel_" + std::to_string(i % 200);
        text += (i == 0 ? "" : ",");
        text += R"({"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":1,"tid":)"
            + std::to_string(1 + i % 2) + R"(,"ts":)" + at + R"(,"dur":4,"args":{"correlation":)"
            + std::to_string(i) + "}},";
        text += R"({"ph":"X","cat":"kernel","name":")" + name + R"(","pid":0,"tid":7,"ts":)" + at
            + R"(.5,"dur":8.25,"args":{"stream":7,"correlation":)" + std::to_string(i)
            + R"(,"grid":[8,1,1]}})";
    }
    return text + "]}";
}

test::ImportedFolder& folder()
{
    static test::ImportedFolder made;
    return made;
}

void importTrace(benchmark::State& state)
{
    folder().write("trace.json", traceJson());
    for (auto _ : state) {
        const ImportSummary done = folder().import();
        if (done.imported + done.attached == 0) {
            state.SkipWithError("the trace was not imported");
        }
    }
}
BENCHMARK(importTrace)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

/// What importTrace stored, until it is shown and painted.
void openTrace(benchmark::State& state)
{
    const QString database = QString::fromStdString(folder().databaseFile());
    for (auto _ : state) {
        TracePerspective trace(database);
        trace.resize(1280, 800);
        QEventLoop waiting;
        QObject::connect(&trace, &TracePerspective::opened, &waiting, &QEventLoop::quit);
        trace.show();
        trace.refresh();
        waiting.exec();
        benchmark::DoNotOptimize(trace.grab());
        if (trace.scene()->spans().size() != spans) {
            state.SkipWithError("not all spans are there");
        }
    }
}
BENCHMARK(openTrace)->Iterations(3)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

int main(int argc, char** argv)
{
    return prism::test::runWindowBenchmarks(argc, argv, Theme::Choice::Dark);
}
