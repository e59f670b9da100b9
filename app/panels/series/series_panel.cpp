// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/series/series_panel.h"

#include "app/charts/export_dialog.h"
#include "app/jobs/caught.h"
#include "app/theme/theme.h"
#include "app/timeline/lane_texts.h"
#include "app/timeline/series_lane.h"
#include "app/timeline/span_lane.h"
#include "app/timeline/timeline_view.h"
#include "core/model/metric.h"

#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QTimeZone>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

#include <cmath>

namespace prism::app {

namespace {

enum Page { Empty, Chart, Table };
constexpr std::int64_t leastRangeNs = 1'000'000;

} // namespace

SeriesPanel::SeriesPanel(Workspace* workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_stack(new QStackedWidget(this))
    , m_later(new QTimer(this))
{
    setAccessibleName(tr("Time series"));
    m_empty = new QLabel(this);
    m_empty->setTextFormat(Qt::PlainText);
    m_empty->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_empty->setMargin(10);
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_empty->setText(tr("Click a point or a row: what was recorded over its time is drawn here."));
    m_timeline = new TimelineView(this);
    m_timeline->setModel(&m_lanes);
    m_timeline->setLeastRange(leastRangeNs);
    m_tableView = new QTableView(this);
    m_tableView->setModel(&m_table);
    m_tableView->setAccessibleName(tr("Samples that are in view"));
    m_tableView->setAlternatingRowColors(true);
    m_tableView->setShowGrid(false);
    m_tableView->verticalHeader()->hide();
    m_tableView->verticalHeader()->setDefaultSectionSize(std::max(22, fontMetrics().height() + 4));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_timeline);
    m_stack->addWidget(m_tableView);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->setSpacing(4);
    layout->addWidget(makeTools());
    layout->addWidget(m_stack, 1);
    m_later->setSingleShot(true);
    m_later->setInterval(60);
    connect(m_later, &QTimer::timeout, this, &SeriesPanel::reload);
    connect(workspace, &Workspace::inspected, this, [this](PointId point) {
        m_point = point;
        m_later->start();
    });
    connect(workspace, &Workspace::tableChanged, m_later, qOverload<>(&QTimer::start));
    connect(m_timeline, &TimelineView::rangeMoved, this, &SeriesPanel::fitTable);
    connect(m_timeline, &TimelineView::resetRequested, this, &SeriesPanel::resetTime);
    connect(m_timeline, &TimelineView::spanChosen, this, [this](const QString&, const LaneSpan& span) {
        if (span.span.item < m_series.loads.size()) {
            m_workspace->inspect(m_series.loads[span.span.item].point);
        }
    });
    m_timeline->setSpanText([this](const Lane&, const LaneSpan& span) {
        return span.span.item < m_series.loads.size() ? m_series.loads[span.span.item].label : QString();
    });
    m_timeline->setInstantText([this](std::int64_t ns) {
        if (!m_file || !m_file->absolute) {
            return tr("%1 s").arg(double(ns) / 1e9, 0, 'f', 3);
        }
        return QDateTime::fromMSecsSinceEpoch(
                   std::llround((m_zero + double(ns) / 1e9) * 1000), QTimeZone::utc())
                   .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"))
            + QStringLiteral(" UTC");
    });
}

QWidget* SeriesPanel::makeTools()
{
    auto* tools = new QWidget(this);
    auto* layout = new QHBoxLayout(tools);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setSpacing(6);
    m_chooser = new QComboBox(tools);
    m_chooser->setAccessibleName(tr("File whose series are shown"));
    m_chooser->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_chooser->setMaximumWidth(320);
    m_find = new QLineEdit(tools);
    m_find->setPlaceholderText(tr("Find a series"));
    m_find->setAccessibleName(tr("Find a series"));
    m_find->setClearButtonEnabled(true);
    m_find->setMaximumWidth(180);
    m_note = new QLabel(tools);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setForegroundRole(QPalette::PlaceholderText);
    m_note->setSizePolicy(
        QSizePolicy::Ignored, QSizePolicy::Preferred); // a sentence must not widen the window
    m_asTable = new QToolButton(tools);
    m_asTable->setAutoRaise(true);
    m_asTable->setCheckable(true);
    m_asTable->setToolTip(tr("Show what is in view as a table"));
    m_asTable->setAccessibleName(m_asTable->toolTip());
    const auto showIcon = [this] { m_asTable->setIcon(Theme::current().icon(QStringLiteral("table"))); };
    connect(&Theme::current(), &Theme::changed, m_asTable, showIcon);
    showIcon();
    layout->addWidget(m_chooser);
    layout->addWidget(m_find);
    layout->addWidget(m_note, 1);
    layout->addWidget(m_asTable);
    layout->addWidget(makeExportButton(tools, tr("Copy or export what is in view"), makeExportMenu()));
    connect(m_chooser, &QComboBox::activated, this, &SeriesPanel::showFile);
    connect(m_find, &QLineEdit::textChanged, &m_lanes, &TimelineModel::setFilter);
    connect(m_asTable, &QToolButton::toggled, this, [this](bool table) {
        if (m_file) {
            m_stack->setCurrentIndex(table ? Table : Chart);
            fitTable();
        }
    });
    return tools;
}

QMenu* SeriesPanel::makeExportMenu()
{
    auto* menu = new QMenu(this);
    menu->addAction(tr("Copy as picture"), this, &SeriesPanel::copyPng);
    menu->addAction(tr("Copy as CSV"), this, &SeriesPanel::copyCsv);
    menu->addAction(tr("Export…"), this, &SeriesPanel::chooseFile);
    return menu;
}

void SeriesPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (!m_point) {
        m_point = m_workspace->inspectedPoint();
    }
    m_later->start();
}

void SeriesPanel::reveal(std::optional<SourceId> source, const QString& name)
{
    m_reveal = { source, name };
    m_later->start();
}

void SeriesPanel::reload()
{
    if (!isVisible() || !m_point || !m_workspace->table()) {
        return; // showEvent() asks again
    }
    const int request = ++m_request;
    QtConcurrent::run([database = m_workspace->database(), table = m_workspace->table(), point = *m_point] {
        return caughtAs([&] { return pointSeries(database, table, point); },
            [](const Error& error) {
                PointSeries none;
                none.problem = QString::fromStdString(error.text());
                return none;
            });
    }).then(this, [=, this](PointSeries series) {
        if (request == m_request) {
            take(std::move(series));
        }
    });
}

void SeriesPanel::take(PointSeries series)
{
    const QString before = m_chooser->currentText();
    m_series = std::move(series);
    const QSignalBlocker quiet(m_chooser);
    m_chooser->clear();
    for (const SeriesFile& file : m_series.files) {
        m_chooser->addItem(QFileInfo(file.path).fileName() + QStringLiteral(" · ") + file.role);
        m_chooser->setItemData(m_chooser->count() - 1, file.path, Qt::ToolTipRole);
        if (m_reveal && file.source == m_reveal->first) {
            m_chooser->setCurrentIndex(m_chooser->count() - 1);
        }
    }
    if (!m_reveal) {
        m_chooser->setCurrentIndex(std::max(0, m_chooser->findText(before)));
    }
    showFile();
}

void SeriesPanel::showFile()
{
    const auto at = std::size_t(std::max(0, m_chooser->currentIndex()));
    m_lanes.clear();
    m_file.reset();
    const bool any = at < m_series.files.size();
    for (QWidget* tool : std::initializer_list<QWidget*> { m_chooser, m_find, m_asTable }) {
        tool->setVisible(any);
    }
    if (!any) {
        m_table.setFile(nullptr, 0);
        m_note->clear();
        m_empty->setText(!m_series.problem.isEmpty() ? m_series.problem
                                                     : tr("Nothing was recorded over the time of this point. "
                                                          "Import the log of the GPUs (nvidia-smi, "
                                                          "DCGM, amd-smi) with times that name their zone, "
                                                          "or give it to the run in the preview of a "
                                                          "folder."));
        m_stack->setCurrentIndex(Empty);
        Q_EMIT loaded();
        return;
    }
    m_file = std::make_shared<const SeriesFile>(m_series.files[at]);
    const bool onClock = m_file->absolute && m_series.measured;
    m_zero = onClock ? m_series.measured->begin : m_file->absolute ? m_file->times.front() : 0;
    m_own = onClock && m_series.measured->end > m_series.measured->begin
        ? TimeRange { 0, nsOf(m_series.measured->end) }
        : TimeRange { nsOf(m_file->times.front()), nsOf(m_file->times.back()) + 1 };
    addLoads(*m_file);
    for (const TimeSeries& series : m_file->series) {
        addSeries(series);
    }
    m_lanes.overview() = {};
    m_lanes.overview().name = tr("Recorded");
    m_lanes.overview().range = m_lanes.extent();
    m_timeline->setZero(0, onClock ? tr("begin of the point") : tr("begin of the record"));
    m_table.setFile(m_file, m_zero);
    m_lanes.touch();
    showNote(*m_file);
    // New data leaves the view where it is.
    const auto shown = std::make_pair(m_point, m_file->path);
    if (shown == m_shown) {
        fitTable();
    } else {
        m_shown = shown;
        resetTime();
    }
    m_stack->setCurrentIndex(m_asTable->isChecked() ? Table : Chart);
    if (m_reveal) {
        m_timeline->showRow(m_reveal->second, 0);
        m_reveal.reset();
    }
    Q_EMIT loaded();
}

/// When each load level of the run was measured; the point's own is in the colour of work.
void SeriesPanel::addLoads(const SeriesFile& file)
{
    if (!file.absolute || m_series.loads.empty()) {
        return;
    }
    const std::vector<StageStyle> stages {
        { tr("this point"), [](const Tokens& t) { return t.stages.decode; }, false, true, true },
        { tr("other loads"), [](const Tokens& t) { return t.stages.queue; }, false, true, true },
    };
    auto lane = std::make_unique<SpanLane>(
        QStringLiteral("loads"), tr("Load"), Lane::Heights { { 22, 26, 30 }, false }, stages);
    lane->setPitch(18);
    lane->rows().resize(1);
    for (std::size_t i = 0; i < m_series.loads.size(); ++i) {
        const MeasuredLoad& load = m_series.loads[i];
        lane->rows()[0].append({ nsOf(load.time.begin), nsOf(load.time.end), std::uint32_t(i),
            Stage(load.point == m_point ? 0 : 1) });
    }
    lane->setReadings([this](std::optional<std::int64_t> ns) {
        QList<LaneReading> readings;
        for (const MeasuredLoad& load : m_series.loads) {
            const bool here
                = ns ? nsOf(load.time.begin) <= *ns && *ns < nsOf(load.time.end) : load.point == m_point;
            if (here) {
                readings << LaneReading { {}, load.label };
                break;
            }
        }
        return readings;
    });
    m_lanes.add(std::move(lane));
}

void SeriesPanel::addSeries(const TimeSeries& series)
{
    ValueScale scale;
    scale.high = 0;
    ValueScale below = scale;
    for (const double value : series.values) {
        scale.include(value);
        below.include(-value);
    }
    scale.high = scale.high > 0 ? scale.high : below.high > 0 ? 0 : 1;
    scale.low = -below.high;
    const QString id = QString::fromStdString(series.name);
    auto lane = std::make_unique<SeriesLane>(
        id, seriesName(series), Lane::Heights { { 26, 44, 80 }, false }, scale,
        [unit = series.unit](double value) { return seriesValue(value, unit); }, plainScaleText);
    lane->setNote(QString::fromStdString(series.unit));
    // Without a cursor there is no instant to read: the newest sample may lie far from what is in view.
    lane->setReadings([own = lane.get(), unit = series.unit](std::optional<std::int64_t> ns) {
        QList<LaneReading> readings;
        const auto value = ns ? own->series()[0].track.heldAt(*ns) : std::nullopt;
        if (ns) {
            readings << LaneReading { {},
                value && std::isfinite(*value) ? seriesValue(*value, unit) : QStringLiteral("—") };
        }
        return readings;
    });
    lane->series().push_back({ {}, SeriesLane::Form::Steps, false, {}, {} });
    const TimeSeries drawn = withGaps(series);
    for (std::size_t i = 0; i < drawn.seconds.size(); ++i) {
        const double value = drawn.values[i];
        lane->append(0, nsOf(drawn.seconds[i]), std::isfinite(value) ? value : std::nan(""));
    }
    m_lanes.add(std::move(lane));
}

void SeriesPanel::showNote(const SeriesFile& file)
{
    const QString clock = !file.absolute
        ? tr("Its times cannot be compared with the run's: they count from the begin of the record.")
        : m_series.measured
        ? tr("0 is the begin of the point; key 0 returns to its time.")
        : tr("The file of the point does not say when it was measured: the whole record is shown.");
    m_note->setText(clock);
    m_note->setToolTip(file.path + QLatin1Char('\n')
        + (file.why.isEmpty() ? clock : file.why + QLatin1Char('\n') + clock) + QLatin1Char('\n')
        + tr("A line breaks where samples are more than five times their usual distance apart."));
}

QString SeriesPanel::note() const
{
    return m_note->text();
}

void SeriesPanel::resetTime()
{
    m_timeline->setRange(m_own);
    fitTable();
}

void SeriesPanel::fitTable()
{
    const TimeRange& range = m_timeline->range();
    m_table.setTime({ m_zero + double(range.fromNs) / 1e9, m_zero + double(range.toNs) / 1e9 });
    if (m_asTable->isChecked()) {
        m_tableView->resizeColumnsToContents();
    }
}

/// Nanoseconds since the zero of the ruler: an absolute second has no nanoseconds in a double.
std::int64_t SeriesPanel::nsOf(double seconds) const
{
    return std::llround((seconds - m_zero) * 1e9);
}

void SeriesPanel::copyPng()
{
    QGuiApplication::clipboard()->setPixmap(m_stack->grab());
}

void SeriesPanel::copyCsv()
{
    QGuiApplication::clipboard()->setText(m_table.csv());
}

void SeriesPanel::chooseFile()
{
    if (m_file) {
        askExportFile(this, tr("Save the series"), tr("Series of %1").arg(QFileInfo(m_file->path).fileName()),
            [this](const QString& file) { return saveAs(file); });
    }
}

QString SeriesPanel::saveAs(const QString& file)
{
    const auto svg = [this] {
        return svgOf(
            m_stack->size(), accessibleName(), {}, [this](QPainter& painter) { m_stack->render(&painter); });
    };
    return writeExport(
        file, { [this] { return m_stack->grab().toImage(); }, svg, [this] { return m_table.csv(); } });
}

} // namespace prism::app
