// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_panel.h"

#include "app/charts/chart_cards.h"
#include "app/charts/chart_controls.h"
#include "app/charts/chart_empty_state.h"
#include "app/charts/chart_heading.h"
#include "app/charts/chart_legend.h"
#include "app/jobs/caught.h"
#include "app/selection/workspace.h"
#include "app/theme/run_palette.h"
#include "app/theme/theme.h"

#include <QBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QMenu>
#include <QScopedValueRollback>
#include <QStackedWidget>
#include <QTimer>
#include <QtConcurrent>

#include <algorithm>

namespace prism::app {

namespace {

constexpr int legendColumn = 200;
constexpr int wideCanvas = 1100 + legendColumn;
constexpr int lowPanel = 480; ///< below it legend and note give their room to the plot

QFrame* horizontalLine(QWidget* parent)
{
    auto* line = new QFrame(parent);
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    return line;
}

} // namespace

ChartPanel::ChartPanel(Workspace& workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_stack(new QStackedWidget(this))
    , m_canvas(new QWidget(m_stack))
    , m_column(new QVBoxLayout(m_canvas))
    , m_plotRow(new QHBoxLayout)
    , m_controls(new ChartControls(workspace, this))
    , m_line(horizontalLine(this))
    , m_heading(new ChartHeading(m_canvas))
    , m_note(new ChartNote(m_canvas))
    , m_legend(new ChartLegend(m_canvas))
    , m_view(new ChartView(m_canvas))
    , m_cards(new ChartCards(m_view))
    , m_leftOut(new QLabel(m_view->viewport()))
    , m_empty(new ChartEmptyState(m_stack))
{
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(0);
    m_plotRow->addWidget(m_view, 1);
    // The note is below the legend: it comes and goes with what is shown, and entries must stay under the
    // mouse.
    m_column->addWidget(m_heading);
    m_column->addWidget(m_legend);
    m_column->addWidget(m_note);
    m_column->addLayout(m_plotRow, 1);
    m_canvas->setAutoFillBackground(true);
    m_canvas->setBackgroundRole(QPalette::Base);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_canvas);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_controls);
    column->addWidget(m_line);
    column->addWidget(m_stack, 1);
    setMinimumSize(420, 260);
    m_view->setAccessibleName(tr("Chart"));
    setFocusProxy(m_view);
    connectView();
    connectWorkspace();
    connect(&m_watcher, &QFutureWatcherBase::finished, this, &ChartPanel::finishBuild);
    connect(&Theme::current(), &Theme::changed, this, &ChartPanel::applyTheme);
    applyTheme();
    m_controls->hide();
    m_line->hide();
    refresh();
}

ChartPanel::~ChartPanel()
{
    m_watcher.waitForFinished();
}

void ChartPanel::connectView()
{
    connect(m_view, &ChartView::hoveredPoint, this, &ChartPanel::hover);
    connect(m_view, &ChartView::clickedPoint, this, &ChartPanel::click);
    connect(m_view, &ChartView::clickedNothing, this, [this] { m_workspace.selectPoints({}); });
    connect(m_view, &ChartView::brushed, this, &ChartPanel::brush);
    connect(m_view, &ChartView::menuRequested, this, &ChartPanel::openMenu);
    connect(m_view, &ChartView::viewChanged, this, &ChartPanel::showLeftOut);
    connect(m_view, &ChartView::baselineKey, this, &ChartPanel::toggleBaseline);
    connect(m_view, &ChartView::limitsKey, m_controls, &ChartControls::toggleLimits);
    connect(m_view, &ChartView::frontierKey, m_controls, &ChartControls::cycleFrontier);
    connect(m_view, &ChartView::tableKey, this, &ChartPanel::showTable);
    connect(m_view, &ChartView::escapeKey, this, &ChartPanel::escape);
    connect(m_controls, &ChartControls::specEdited, this, [this](const ChartSpec& spec) {
        m_chosen = true;
        m_spec = spec;
        refresh();
        Q_EMIT specChanged();
    });
    connect(m_controls, &ChartControls::fitRequested, m_view, &ChartView::resetZoom);
    connect(m_controls, &ChartControls::tableRequested, this, &ChartPanel::showTable);
    connect(m_controls, &ChartControls::exportRequested, this, &ChartPanel::openExportMenu);
    connect(m_legend, &ChartLegend::soloRequested, &m_workspace, &Workspace::setSoloRuns);
    connect(m_legend, &ChartLegend::menuRequested, this, &ChartPanel::openLegendMenu);
    connect(m_legend, &ChartLegend::lifted, m_view, &ChartView::setLifted);
    m_leftOut->setTextFormat(Qt::RichText);
    connect(m_leftOut, &QLabel::linkActivated, this, &ChartPanel::openLeftOut);
    connect(m_empty, &ChartEmptyState::openFiles, this, &ChartPanel::openFiles);
    connect(m_empty, &ChartEmptyState::openFolder, this, &ChartPanel::openFolder);
    connect(m_empty, &ChartEmptyState::paste, this, &ChartPanel::paste);
    connect(m_empty, &ChartEmptyState::showSamples, this, &ChartPanel::showSamples);
    connect(m_empty, &ChartEmptyState::clearLastFilter, &m_workspace, &Workspace::undoFilter);
    connect(m_empty, &ChartEmptyState::fittingAxes, this,
        [this] { setSpec(defaultSpec(*m_workspace.table(), m_workspace.filtered().passing)); });
    connect(m_empty, &ChartEmptyState::clearAllFilters, this, [this] { m_workspace.setFilter({}); });
}

void ChartPanel::connectWorkspace()
{
    for (const auto signal : { &Workspace::filterChanged, &Workspace::baselineChanged, &Workspace::sloChanged,
             &Workspace::soloChanged }) {
        connect(&m_workspace, signal, this, &ChartPanel::refresh);
    }
    connect(&m_workspace, &Workspace::selectionChanged, this, [this] {
        if (!m_brushing && m_view->hasBrush()) {
            m_view->clearBrush(); // what is selected now is not what lies under it
        }
        showSelection();
    });
    connect(&RunPalette::of(m_workspace), &RunPalette::changed, this, &ChartPanel::refresh);
    connect(&m_workspace, &Workspace::hoverChanged, this, [this] {
        const auto hovered = m_workspace.hoveredPoint();
        const auto row = hovered && m_chart ? m_chart->table->rowOf(*hovered) : std::nullopt;
        const auto point = row ? m_chart->pointOf(*row) : std::nullopt;
        if (point != m_view->hovered()) {
            m_view->setHovered(point ? std::optional(PointRef { *point, false, 0 }) : std::nullopt);
        }
    });
}

void ChartPanel::setSpec(const ChartSpec& spec)
{
    m_chosen = true;
    m_spec = spec;
    m_controls->setSpec(spec);
    refresh();
    Q_EMIT specChanged();
}

QJsonObject ChartPanel::state() const
{
    QJsonArray pins;
    for (const PointId point : m_cards->pinned()) {
        pins.append(qint64(point));
    }
    return { { QStringLiteral("spec"), m_spec.toJson() }, { QStringLiteral("pinned"), pins } };
}

bool ChartPanel::restore(const QJsonObject& state)
{
    const auto spec = ChartSpec::fromJson(state.value(QStringLiteral("spec")).toObject());
    if (!spec) {
        return false;
    }
    std::vector<PointId> pins;
    for (const QJsonValue pin : state.value(QStringLiteral("pinned")).toArray()) {
        pins.push_back(pin.toInteger());
    }
    setSpec(*spec);
    connect(
        this, &ChartPanel::built, this, [this, pins] { m_cards->setPinned(pins); }, Qt::SingleShotConnection);
    return true;
}

void ChartPanel::refresh()
{
    if (!m_stale) {
        m_stale = true;
        QTimer::singleShot(0, this, &ChartPanel::startBuild);
    }
}

ChartRequest ChartPanel::request() const
{
    ChartRequest r;
    r.table = m_workspace.table();
    r.passing = m_workspace.filtered().passing;
    r.spec = m_spec;
    r.verdicts = m_workspace.verdicts();
    if (m_workspace.sloEnabled()) {
        r.limits = m_workspace.sloLimits();
    }
    r.baseline = m_workspace.baseline();
    // Runs that are shown alone may be filtered away: then all are shown, not none.
    const RunPalette& palette = RunPalette::of(m_workspace);
    for (const RunId run : shownRuns(m_workspace)) {
        r.slots.emplace(run, palette.slot(run));
        if (m_workspace.soloRuns().contains(run)) {
            r.solo.insert(run);
        }
    }
    return r;
}

void ChartPanel::startBuild()
{
    if (m_building) {
        return; // finishBuild() begins again while this stays stale
    }
    m_stale = false;
    const ColumnTable& table = *m_workspace.table();
    const RowSet& passing = m_workspace.filtered().passing;
    const bool none = table.rows() == 0;
    m_controls->setVisible(!none);
    m_line->setVisible(!none);
    if (none || passing.size() == 0) {
        m_chart.reset();
        m_cards->hideTooltip();
        m_empty->setReason(none ? ChartEmptyState::Reason::NoRuns : ChartEmptyState::Reason::NoMatch);
        m_stack->setCurrentWidget(m_empty);
        Q_EMIT built();
        return;
    }
    if (!m_chosen && !m_spec.y.metric()) {
        useDefault(defaultSpec(table, passing));
    }
    if (const ColourBy colour = usualColouring(table, passing); !m_chosen && m_spec.colour != colour) {
        m_spec.colour = colour;
        m_controls->setSpec(m_spec);
    }
    if (m_empty->reason() == ChartEmptyState::Reason::NoRuns) {
        m_empty->setReason(ChartEmptyState::Reason::Building); // there are some now
    }
    m_building = true;
    m_watcher.setFuture(QtConcurrent::run([r = request()] {
        return caught([&] { return Result<std::shared_ptr<const ChartData>>(buildChart(r)); });
    }));
}

void ChartPanel::useDefault(const ChartSpec& spec)
{
    m_spec = spec;
    m_controls->setSpec(spec);
    Q_EMIT specChanged();
}

void ChartPanel::finishBuild()
{
    m_building = false;
    if (m_stale) {
        return startBuild();
    }
    const auto chart = m_watcher.result();
    if (!chart) {
        m_chart.reset();
        m_cards->hideTooltip();
        m_empty->setReason(
            ChartEmptyState::Reason::NothingToDraw, QString::fromStdString(chart.error().text()));
        m_stack->setCurrentWidget(m_empty);
        Q_EMIT built();
        return;
    }
    m_chart = *chart;
    if (m_chart->size() == 0 && !m_chosen) {
        // A default that fitted earlier data may show none of these; what the user chose is never changed.
        const ChartSpec usual = defaultSpec(*m_chart->table, m_workspace.filtered().passing);
        if (usual != m_spec) {
            useDefault(usual);
            return refresh();
        }
    }
    showChart();
    Q_EMIT built();
}

void ChartPanel::showChart()
{
    m_controls->setChart(*m_chart);
    m_legend->setData(*m_chart);
    m_heading->setChart(*m_chart);
    m_note->setChart(*m_chart);
    std::vector<GroupPaint> groups;
    std::unordered_map<RunId, int> marks;
    for (const ChartGroup& group : m_chart->groups) {
        groups.push_back({ runStyle(group.slot).colour, group.slot });
        for (const RunId run : m_chart->spec.colour == ColourBy::Run ? std::vector<RunId>() : group.runs) {
            marks.emplace(run, group.slot);
        }
    }
    RunPalette::of(m_workspace).markAs(std::move(marks));
    m_view->setData(m_chart, std::move(groups));
    if (m_chart->size() == 0) {
        QStringList reasons;
        for (const LeftOut& out : m_chart->leftOut) {
            reasons << out.text() + QLatin1Char('.');
        }
        const ChartSpec usual = defaultSpec(*m_chart->table, m_workspace.filtered().passing);
        m_empty->setReason(ChartEmptyState::Reason::NothingToDraw, reasons.join(QLatin1Char('\n')),
            usual.x != m_spec.x || usual.y != m_spec.y);
        m_cards->hideTooltip();
        m_stack->setCurrentWidget(m_empty);
        return;
    }
    m_stack->setCurrentWidget(m_canvas);
    m_cards->refresh();
    showSelection();
    showLeftOut();
    m_view->setAccessibleDescription(describe());
    // What the keyboard or the mouse is at stays, or every key would lose its place.
    const auto hovered = m_workspace.hoveredPoint();
    const auto row = hovered ? m_chart->table->rowOf(*hovered) : std::nullopt;
    if (const auto point = row ? m_chart->pointOf(*row) : std::nullopt) {
        hover(PointRef { *point, false, 0 });
    }
}

void ChartPanel::showSelection()
{
    if (!m_chart) {
        return;
    }
    std::vector<std::uint32_t> points;
    for (const PointId id : m_workspace.selectedPoints()) {
        const auto row = m_chart->table->rowOf(id);
        if (const auto point = row ? m_chart->pointOf(*row) : std::nullopt) {
            points.push_back(*point);
        }
    }
    std::ranges::sort(points);
    m_view->setSelected(points);
}

void ChartPanel::hover(const std::optional<PointRef>& point)
{
    if (!m_chart) {
        return;
    }
    m_view->setHovered(point);
    if (point) {
        m_legend->setLifted(m_chart->lines[m_chart->lineOf[point->point]].group);
        m_cards->showTooltip(*point);
        m_workspace.hoverPoint(m_chart->table->point(m_chart->rows[point->point]));
        m_view->setAccessibleDescription(m_cards->tooltip()->text().plain());
    } else {
        m_legend->setLifted(std::nullopt);
        m_cards->hideTooltip();
        m_workspace.hoverPoint(std::nullopt);
    }
}

void ChartPanel::click(const PointRef& point)
{
    const PointId id = m_chart->table->point(m_chart->rows[point.point]);
    m_cards->togglePin(point);
    m_workspace.selectPoints({ id });
    const ChartAxis& y = m_chart->spec.y;
    const Stat stat = point.partner && y.partner ? *y.partner : y.stat;
    m_workspace.inspect(id, y.metric() ? QString::fromStdString(y.quantity) : QString(),
        y.metric() ? QString::fromStdString(stat.name()) : QString());
}

void ChartPanel::openMenu(const std::optional<PointRef>& point, const QPoint& at)
{
    const auto& selected = m_workspace.selectedPoints();
    if (point && m_chart) {
        const PointId id = m_chart->table->point(m_chart->rows[point->point]);
        if (std::ranges::find(selected, id) == selected.end()) {
            m_workspace.selectPoints({ id });
        }
    }
    if (!m_workspace.selectedPoints().empty()) {
        Q_EMIT menuRequested(at);
    }
}

void ChartPanel::brush(const std::vector<std::uint32_t>& points)
{
    std::vector<PointId> ids;
    ids.reserve(points.size());
    for (const std::uint32_t point : points) {
        ids.push_back(m_chart->table->point(m_chart->rows[point]));
    }
    const QScopedValueRollback own(m_brushing, true);
    m_workspace.selectPoints(std::move(ids));
}

void ChartPanel::escape()
{
    if (m_view->hasBrush()) {
        m_view->clearBrush();
        m_workspace.selectPoints({});
    } else if (!m_cards->closeLast()) {
        hover(std::nullopt);
        m_workspace.setSoloRuns({});
    }
}

void ChartPanel::toggleBaseline()
{
    if (!m_chart || !m_view->hovered()) {
        return;
    }
    const RunId run = m_chart->lines[m_chart->lineOf[*m_view->hovered()]].run;
    m_workspace.setBaseline(m_workspace.baseline() == run ? std::nullopt : std::optional(run));
}

/// A run keeps the colour that the user gives it; groups by a property take theirs by order.
void ChartPanel::openLegendMenu(std::uint32_t group, const QPoint& at)
{
    if (!m_chart || m_chart->spec.colour != ColourBy::Run) {
        return;
    }
    const RunId run = m_chart->groups[group].runs.front();
    QMenu menu(this);
    const bool isBaseline = m_workspace.baseline() == run;
    menu.addAction(isBaseline ? tr("No baseline") : tr("Use as baseline"), this,
        [this, run, isBaseline] { m_workspace.setBaseline(isBaseline ? std::nullopt : std::optional(run)); });
    menu.addSeparator();
    for (int slot = 0; slot < runStyleCount; ++slot) {
        menu.addAction(QIcon(markerPixmap(slot, 16, devicePixelRatioF())), tr("Colour %1").arg(slot + 1),
            this, [this, run, slot] { RunPalette::of(m_workspace).choose(run, slot); });
    }
    menu.exec(at);
}

void ChartPanel::applyTheme()
{
    m_leftOut->setFont(Theme::secondary(font()));
    if (m_chart) {
        showChart(); // "Other" takes its colour from the look
    }
}

void ChartPanel::placeLegend()
{
    const bool beside = width() > wideCanvas;
    if (beside == m_legendBeside) {
        return;
    }
    m_legendBeside = beside;
    m_legend->setMaximumWidth(beside ? legendColumn : QWIDGETSIZE_MAX);
    m_legend->setMinimumWidth(beside ? legendColumn : 0);
    if (beside) {
        m_column->removeWidget(m_legend);
        m_plotRow->addWidget(m_legend, 0, Qt::AlignTop);
    } else {
        m_plotRow->removeWidget(m_legend);
        m_column->insertWidget(1, m_legend);
    }
    fitLegend();
}

void ChartPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_note->setBrief(height() < lowPanel);
    placeLegend();
    fitLegend();
}

/// Beside the plot an entry is a row, and there is room for all that are shown at first.
void ChartPanel::fitLegend()
{
    constexpr int beside = 100;
    m_legend->setColumn(m_legendBeside ? legendColumn : 0);
    m_legend->setMostRows(m_legendBeside ? beside : height() < lowPanel ? 2 : 4);
}

} // namespace prism::app
