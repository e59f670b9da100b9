// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/limits_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>

namespace prism::app {

namespace {

struct Judged {
    const char* metric;
    double proposal; ///< ms, where the user has none yet
};
constexpr Judged judged[] = { { "ttft", 500 }, { "itl", 100 }, { "tpot", 50 }, { "e2e", 10'000 } };

bool isJudged(const Metric* metric)
{
    for (const Judged& j : judged) {
        if (metric == findMetric(j.metric)) {
            return true;
        }
    }
    return false;
}

} // namespace

std::vector<SloLimit> requestLimits(const std::vector<SloLimit>& limits)
{
    std::vector<SloLimit> kept;
    for (const SloLimit& limit : limits) {
        if (isJudged(limit.metric)) {
            kept.push_back(limit);
        }
    }
    return kept;
}

LimitsDialog::LimitsDialog(const std::vector<SloLimit>& limits, QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Limits"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(14, 14, 14, 14);
    grid->setVerticalSpacing(8);
    auto* text
        = new QLabel(tr("A request that goes beyond one of these is marked. The limits are those of the "
                        "SLO in Explore."),
            this);
    text->setWordWrap(true);
    grid->addWidget(text, 0, 0, 1, 2);
    for (const Judged& j : judged) {
        const Metric* metric = findMetric(j.metric);
        Line line { metric, Stat::percentile(99), new QCheckBox(this), new QDoubleSpinBox(this) };
        line.value->setRange(0.1, 3'600'000);
        line.value->setDecimals(1);
        line.value->setSuffix(QStringLiteral("\u2009ms"));
        line.value->setValue(j.proposal);
        for (const SloLimit& limit : limits) {
            if (limit.metric == metric) {
                line.stat = limit.stat;
                line.value->setValue(limit.limit);
                line.box->setChecked(true);
            }
        }
        const QString name = QString::fromStdString(title(*metric, line.stat));
        line.box->setText(tr("%1 at most").arg(name));
        line.value->setAccessibleName(name);
        line.value->setEnabled(line.box->isChecked());
        connect(line.box, &QCheckBox::toggled, line.value, &QWidget::setEnabled);
        const int row = grid->rowCount();
        grid->addWidget(line.box, row, 0);
        grid->addWidget(line.value, row, 1);
        m_lines.push_back(line);
    }
    for (const SloLimit& limit : limits) {
        if (!isJudged(limit.metric)) {
            m_others.push_back(limit);
        }
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    grid->addWidget(buttons, grid->rowCount(), 0, 1, 2);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

std::vector<SloLimit> LimitsDialog::limits() const
{
    std::vector<SloLimit> limits;
    for (const Line& line : m_lines) {
        if (line.box->isChecked()) {
            limits.push_back({ line.metric, line.stat, line.value->value() });
        }
    }
    limits.insert(limits.end(), m_others.begin(), m_others.end());
    return limits;
}

QCheckBox* LimitsDialog::box(const QString& metric) const
{
    for (const Line& line : m_lines) {
        if (line.metric == findMetric(metric.toStdString())) {
            return line.box;
        }
    }
    return nullptr;
}

QDoubleSpinBox* LimitsDialog::field(const QString& metric) const
{
    for (const Line& line : m_lines) {
        if (line.metric == findMetric(metric.toStdString())) {
            return line.value;
        }
    }
    return nullptr;
}

} // namespace prism::app
