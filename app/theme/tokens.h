// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

#include <array>

namespace prism::app {

/// The three looks that a window can have.
enum class Variant { Light, Dark, HighContrast };

/// The named colours of one look. Everything on the screen is painted in one of these, in a run's colour or
/// in a stage's; tests/app/theme checks their contrast.
struct Tokens {
    QColor window, base, alternate, button;
    QColor text, muted, disabled;
    QColor border, control, axis, grid;
    QColor selection, selectionText;
    QColor accent; ///< focus, links, ticks and brushes
    QColor good, bad, warn; ///< `bad` is also the SLO line; never data
    QColor loss; ///< hatch over gaps in a recording
    QColor sourceHighlight;
    QColor facetBar, facetTicked;
    QColor tooltip;

    /// Latency heatmap from few to many; an empty cell is `base`.
    std::array<QColor, 9> heat;
    /// Where a request's time goes.
    struct Stages {
        QColor read, queue, prefill, decode, gap, gpuWait;
    } stages;
};

const Tokens& tokensOf(Variant variant);

} // namespace prism::app
