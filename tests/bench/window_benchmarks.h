// SPDX-License-Identifier: GPL-3.0-or-later
/// The main of a benchmark that paints: without a screen, in a theme.
#pragma once

#include "app/theme/theme.h"

#include <benchmark/benchmark.h>

#include <QApplication>

namespace prism::test {

inline int runWindowBenchmarks(int argc, char** argv, app::Theme::Choice theme)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    app::Theme::current().apply(theme);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

} // namespace prism::test
