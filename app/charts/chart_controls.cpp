// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_controls.h"

#include "app/charts/overflow_row.h"
#include "app/charts/slo_editor.h"
#include "app/charts/text_combo_box.h"
#include "app/selection/workspace.h"
#include "app/theme/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>

#include <algorithm>

namespace prism::app {

namespace {

/// A word and its box.
QWidget* labelled(const QString& label, QWidget* box, QWidget* parent)
{
    auto* pair = new QWidget(parent);
    auto* inside = new QHBoxLayout(pair);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->setSpacing(4);
    inside->addWidget(new QLabel(label, pair));
    inside->addWidget(box);
    return pair;
}

/// What leaves a row that is too narrow: low ranks first.
enum Rank { Extra, Colouring, Comparison, Axis, Result, Always };

} // namespace

ChartControls::ChartControls(Workspace& workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(6, 4, 6, 4);
    column->setSpacing(4);
    auto* first = new OverflowRow(this);
    auto* second = new OverflowRow(this);
    buildFirstRow(first);
    buildSecondRow(second);
    column->addWidget(first);
    column->addWidget(second);
    connect(&workspace, &Workspace::tableChanged, this, &ChartControls::refreshWorkspace);
    connect(&workspace, &Workspace::sloChanged, this, &ChartControls::refreshWorkspace);
    connect(&Theme::current(), &Theme::changed, this, &ChartControls::applyTheme);
    refreshWorkspace();
    applyTheme();
}

QToolButton* ChartControls::button(const QString& icon, const QString& name)
{
    auto* made = new QToolButton(this);
    made->setAutoRaise(true);
    made->setFixedSize(26, 26);
    made->setToolTip(name);
    made->setAccessibleName(name);
    m_buttons.emplace_back(made, icon);
    return made;
}

void ChartControls::buildFirstRow(OverflowRow* row)
{
    QWidget* parent = row;
    m_y = new AxisChooser(false, parent);
    m_x = new AxisChooser(true, parent);
    row->add(m_y, Axis);
    row->add(m_x, Axis);
    m_colour = new TextComboBox(tr("Colour by"), parent);
    for (const auto& [value, text] : { std::pair(ColourBy::Run, tr("Run")),
             std::pair(ColourBy::Model, tr("Model")), std::pair(ColourBy::Accelerator, tr("Accelerator")),
             std::pair(ColourBy::Engine, tr("Engine")) }) {
        m_colour->addItem(text, static_cast<int>(value));
    }
    row->add(labelled(tr("Colour"), m_colour, parent), Colouring);
    m_errorBars = new QCheckBox(tr("Error bars"), parent);
    row->add(m_errorBars, Extra);
    row->addSpring();
    auto* fit = button(QStringLiteral("fit"), tr("Show everything (0)"));
    auto* table = button(QStringLiteral("table"), tr("Show as table (T)"));
    auto* save = button(QStringLiteral("export"), tr("Copy or export"));
    for (QToolButton* made : { fit, table, save }) {
        row->add(made, Always);
    }
    connect(m_y, &AxisChooser::edited, this, &ChartControls::editAxes);
    connect(m_x, &AxisChooser::edited, this, &ChartControls::editAxes);
    connect(m_colour, &QComboBox::activated, this, [this] {
        m_spec.colour = static_cast<ColourBy>(m_colour->currentData().toInt());
        Q_EMIT specEdited(m_spec);
    });
    connect(m_errorBars, &QCheckBox::clicked, this, [this](bool on) {
        m_spec.errorBars = on;
        Q_EMIT specEdited(m_spec);
    });
    connect(fit, &QToolButton::clicked, this, &ChartControls::fitRequested);
    connect(table, &QToolButton::clicked, this, &ChartControls::tableRequested);
    connect(save, &QToolButton::clicked, this, [this, save] { Q_EMIT exportRequested(save); });
}

void ChartControls::buildSecondRow(OverflowRow* row)
{
    QWidget* parent = row;
    m_frontier = new TextComboBox(tr("Frontier"), parent);
    m_frontier->addItem(tr("off"), static_cast<int>(FrontierMode::Off));
    m_frontier->addItem(tr("overall"), static_cast<int>(FrontierMode::Overall));
    m_frontier->addItem(tr("per group"), static_cast<int>(FrontierMode::PerGroup));
    row->add(labelled(tr("Frontier"), m_frontier, parent), Colouring);
    m_baseline = new TextComboBox(tr("Baseline"), parent);
    m_baseline->addItem(tr("none"));
    m_baseline->setMaximumWidth(260);
    row->add(labelled(tr("Baseline"), m_baseline, parent), Comparison);
    m_slo = new SloEditor(parent);
    row->add(m_slo, Axis);
    row->addSpring();
    m_holding = new QLabel(parent);
    m_holding->hide();
    row->add(m_holding, Result);
    connect(m_frontier, &QComboBox::activated, this, [this] {
        m_spec.frontier = static_cast<FrontierMode>(m_frontier->currentData().toInt());
        Q_EMIT specEdited(m_spec);
    });
    connect(m_baseline, &QComboBox::activated, this, [this] {
        const QVariant run = m_baseline->currentData();
        m_workspace.setBaseline(run.isValid() ? std::optional<RunId>(run.toLongLong()) : std::nullopt);
    });
    connect(m_slo, &SloEditor::edited, this,
        [this](const std::vector<SloLimit>& limits, bool enabled) { m_workspace.setSlo(limits, enabled); });
}

void ChartControls::editAxes()
{
    m_spec.x = m_x->axis();
    m_spec.y = m_y->axis();
    refreshSwitches();
    Q_EMIT specEdited(m_spec);
}

void ChartControls::setSpec(const ChartSpec& spec)
{
    m_spec = spec;
    m_x->setAxis(spec.x);
    m_y->setAxis(spec.y);
    m_colour->setCurrentIndex(m_colour->findData(static_cast<int>(spec.colour)));
    m_frontier->setCurrentIndex(m_frontier->findData(static_cast<int>(spec.frontier)));
    refreshSwitches();
}

void ChartControls::refreshSwitches()
{
    const Metric* y = m_spec.y.metric();
    const bool mean = y && m_spec.y.stat == Stat::mean() && !m_spec.y.partner;
    const auto available = m_workspace.table()->available();
    const bool deviation = std::ranges::any_of(
        available, [&](const auto& a) { return a.first == y && a.second == Stat::std(); });
    const bool bars = mean && deviation;
    m_errorBars->setEnabled(bars);
    m_errorBars->setChecked(bars && m_spec.errorBars);
    m_errorBars->setVisible(y && y->shape == MetricShape::Distribution);
    m_errorBars->setToolTip(bars ? tr("One standard deviation around the mean")
            : mean               ? tr("No run states a standard deviation")
                   : tr("A standard deviation belongs to a mean: choose mean as the statistic"));
    const bool frontier = y && m_spec.x.metric();
    m_frontier->setEnabled(frontier);
    m_frontier->setToolTip(frontier ? tr("The points that no other beats in both axes")
                                    : tr("A load is asked for, not reached: choose a metric for both axes"));
}

void ChartControls::refreshWorkspace()
{
    m_x->setTable(*m_workspace.table());
    m_y->setTable(*m_workspace.table());
    m_slo->setTable(m_workspace.table());
    m_slo->setLimits(m_workspace.sloLimits(), m_workspace.sloEnabled());
    refreshSwitches();
}

void ChartControls::setChart(const ChartData& chart)
{
    fillBaselines(chart);
    std::vector<std::pair<const Metric*, Stat>> usual;
    for (const ChartAxis* axis : { &chart.spec.x, &chart.spec.y }) {
        if (axis->metric() && axis->metric()->direction == Direction::LowerIsBetter) {
            usual.emplace_back(axis->metric(), axis->partner.value_or(axis->stat));
        }
    }
    m_slo->setUsual(usual);
    m_holding->setVisible(chart.judged > 0);
    QString text = tr("%1 of %2 hold it").arg(chart.holding).arg(chart.judged);
    if (chart.unknown > 0) {
        text += tr(", %1 unknown").arg(chart.unknown);
    }
    m_holding->setText(text);
    m_holding->setToolTip(chart.unknown > 0
            ? tr("%1 points lack a number that a limit is about").arg(chart.unknown)
            : QString());
}

void ChartControls::fillBaselines(const ChartData& chart)
{
    constexpr std::size_t most = 60;
    std::vector<RunId> runs;
    for (const ChartGroup& group : chart.groups) {
        runs.insert(runs.end(), group.runs.begin(), group.runs.end());
    }
    const std::optional<RunId> baseline = m_workspace.baseline();
    m_baseline->clear();
    m_baseline->addItem(tr("none"));
    const auto offer = [&](RunId run) {
        const QString label = chart.labels.of(run);
        m_baseline->addItem(baseline == run ? QStringLiteral("★ ") + label : label, qlonglong(run));
    };
    if (baseline && std::ranges::find(runs, *baseline) == runs.end()) {
        offer(*baseline);
    }
    for (std::size_t i = 0; i < std::min(most, runs.size()); ++i) {
        offer(runs[i]);
    }
    m_baseline->setToolTip(baseline ? chart.labels.of(*baseline) : tr("Compare the others with a run"));
    m_baseline->setCurrentIndex(baseline ? std::max(0, m_baseline->findData(qlonglong(*baseline))) : 0);
}

void ChartControls::cycleFrontier()
{
    if (!m_frontier->isEnabled()) {
        return;
    }
    m_spec.frontier = static_cast<FrontierMode>((static_cast<int>(m_spec.frontier) + 1) % 3);
    setSpec(m_spec);
    Q_EMIT specEdited(m_spec);
}

void ChartControls::toggleLimits()
{
    m_slo->toggle();
}

void ChartControls::applyTheme()
{
    const Theme& theme = Theme::current();
    for (const auto& [made, icon] : m_buttons) {
        made->setIcon(theme.icon(icon));
    }
    for (QLabel* label : findChildren<QLabel*>()) {
        QPalette muted = label->palette();
        muted.setColor(QPalette::WindowText, theme.tokens().muted);
        label->setPalette(muted);
    }
    m_holding->setFont(Theme::secondary(font()));
}

} // namespace prism::app
