// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_stages.h"

#include <QCoreApplication>

namespace prism::app {

std::vector<StageStyle> traceStages()
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("TraceStages", text); };
    return {
        { tr("kernel"), [](const Tokens& t) { return t.stages.decode; }, false, true, true },
        { tr("copy"), [](const Tokens& t) { return t.stages.prefill; }, false, true, true },
        { tr("CUDA call"), [](const Tokens& t) { return t.stages.read; }, false, false, true },
        { tr("operator"), [](const Tokens& t) { return t.stages.queue; }, false, false, true },
        { tr("range"), [](const Tokens& t) { return t.muted; }, false, false, true },
        { tr("Python, other"), [](const Tokens& t) { return t.axis; }, false, false, true },
        { tr("not searched for"), [](const Tokens& t) { return t.grid; }, false, false, false },
    };
}

} // namespace prism::app
