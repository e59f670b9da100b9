// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/slo.h"

#include <QDialog>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QDoubleSpinBox;
QT_END_NAMESPACE

namespace prism::app {

/// The limits that a request can be judged by while it runs: TTFT, gaps, TPOT, E2E.
class LimitsDialog : public QDialog {
    Q_OBJECT
public:
    LimitsDialog(const std::vector<SloLimit>& limits, QWidget* parent);

    /// Those that are switched on, and those of other metrics that were given.
    std::vector<SloLimit> limits() const;
    QCheckBox* box(const QString& metric) const;
    QDoubleSpinBox* field(const QString& metric) const;

private:
    struct Line {
        const Metric* metric;
        Stat stat;
        QCheckBox* box;
        QDoubleSpinBox* value;
    };
    std::vector<Line> m_lines;
    std::vector<SloLimit> m_others;
};

/// Of a set of limits those that requests are judged by.
std::vector<SloLimit> requestLimits(const std::vector<SloLimit>& limits);

} // namespace prism::app
