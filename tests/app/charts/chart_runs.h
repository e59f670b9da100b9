// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_panel.h"
#include "app/charts/chart_view.h"
#include "app/selection/workspace.h"
#include "tests/support/synthetic_table.h"

#include <QPushButton>
#include <QtTest/QtTest>

#include <array>
#include <vector>

namespace prism::test {

/// What tests of the chart's panel begin with: runs of three engines, six loads each, on two accelerators.
inline std::vector<SyntheticPoint> runs(int count = 3)
{
    static constexpr std::array engines { "vLLM", "SGLang", "TensorRT-LLM" };
    std::vector<SyntheticPoint> points;
    for (int run = 0; run < count; ++run) {
        for (int load = 1; load <= 32; load *= 2) {
            SyntheticPoint p { .run = run + 1 };
            p.attributes = { { "engine", engines[static_cast<std::size_t>(run) % 3] },
                { "model", "org/Llama" }, { "tp", std::to_string(run + 1) },
                { "concurrency", std::to_string(load) }, { "accelerator_count", "2" } };
            p.measures = { { "tpot p99", 10. + load + run * 7 }, { "ttft p99", 50. * load },
                { "output_throughput", 100. * load * (run + 1) }, { "ttft mean", 20. * load },
                { "ttft std", 4 } };
            points.push_back(p);
        }
    }
    return points;
}

inline void load(app::Workspace& workspace, app::ChartPanel& panel, const std::vector<SyntheticPoint>& points)
{
    panel.resize(900, 600);
    panel.show();
    workspace.setTable(syntheticTable(points));
    QTRY_VERIFY(!panel.isBuilding() && panel.chart());
}

inline void colourByRun(app::ChartPanel& panel)
{
    app::ChartSpec spec = panel.spec();
    spec.colour = app::ColourBy::Run;
    panel.setSpec(spec);
    QTRY_VERIFY(!panel.isBuilding());
}

inline QPoint at(const app::ChartPanel& panel, Row row)
{
    return panel.view()->place(*panel.chart()->pointOf(row)).toPoint();
}

inline QPushButton* button(const QWidget& parent, const QString& text)
{
    for (auto* b : parent.findChildren<QPushButton*>()) {
        if (b->text() == text) {
            return b;
        }
    }
    return nullptr;
}

} // namespace prism::test
