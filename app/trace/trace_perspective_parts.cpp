// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the Trace perspective and how they are joined.
#include "app/live/timeline_bar.h"
#include "app/theme/theme.h"
#include "app/trace/trace_overlay.h"
#include "app/trace/trace_perspective.h"
#include "app/trace/trace_stages.h"
#include "app/trace/trace_statistics.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace prism::app {

namespace {
constexpr int barHeight = 30;
}

QWidget* TracePerspective::makeEmptyState()
{
    auto* page = new QWidget(this);
    page->setAutoFillBackground(true);
    page->setBackgroundRole(QPalette::Base);
    auto* head = new QLabel(tr("No timeline"), page);
    head->setFont(Theme::head(font()));
    auto* text = new QLabel(
        tr("Import a trace of PyTorch's profiler, Chrome, Perfetto (JSON), Nsight Systems (SQLite) or"
           " OpenTelemetry; it opens here."),
        page);
    text->setForegroundRole(QPalette::PlaceholderText);
    text->setWordWrap(true);
    text->setAlignment(Qt::AlignHCenter);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(24, 24, 24, 24);
    column->setSpacing(6);
    column->addStretch(2);
    column->addWidget(head, 0, Qt::AlignHCenter);
    column->addWidget(text);
    column->addStretch(3);
    return page;
}

QWidget* TracePerspective::makeBar()
{
    auto* bar = new QWidget(this);
    bar->setFixedHeight(barHeight);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(8, 2, 8, 2);
    row->setSpacing(6);
    m_chooser = new QComboBox(bar);
    m_chooser->setMinimumContentsLength(24);
    m_chooser->setSizeAdjustPolicy(QComboBox::AdjustToContentsOnFirstShow);
    m_chooser->setAccessibleName(tr("Timeline that is shown"));
    m_search = new QLineEdit(bar);
    m_search->setPlaceholderText(tr("Find spans by name"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaximumWidth(260);
    // Its words and the button that clears them.
    m_search->setMinimumWidth(fontMetrics().horizontalAdvance(m_search->placeholderText()) + 44);
    m_search->setAccessibleName(tr("Find spans by name"));
    const auto button = [&](const QString& text, const QString& tip) {
        auto* made = new QToolButton(bar);
        made->setText(text);
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        made->setAutoRaise(true);
        made->setEnabled(false);
        return made;
    };
    m_previous = button(QStringLiteral("◀"), tr("Previous span found (Shift+Enter)"));
    m_next = button(QStringLiteral("▶"), tr("Next span found (Enter)"));
    m_found = new QLabel(bar);
    m_found->setForegroundRole(QPalette::PlaceholderText);
    m_legend = new StageLegend(bar);
    m_legend->setStages(traceStages());
    for (QWidget* part :
        std::initializer_list<QWidget*> { m_chooser, m_search, m_previous, m_next, m_found }) {
        row->addWidget(part);
    }
    row->addStretch(1);
    row->addWidget(m_legend);
    return bar;
}

void TracePerspective::makeParts()
{
    m_timeline = new TimelineView(this);
    m_timeline->setModel(&m_model);
    m_timeline->setLeastRange(20);
    m_overlay = new TraceOverlay(*m_timeline);
    m_statistics = new TraceStatistics(this);
    m_table = new QTableView(this);
    m_table->setModel(m_statistics);
    m_table->setAccessibleName(tr("Sums by name over the stretch"));
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(TraceStatistics::Total, Qt::DescendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(22);
    m_table->horizontalHeader()->setHighlightSections(false);
    // Names take what the numbers leave, so that no number is cut.
    QHeaderView* head = m_table->horizontalHeader();
    head->setSectionResizeMode(TraceStatistics::Name, QHeaderView::Stretch);
    head->setMinimumSectionSize(40);
    const QString widest = QStringLiteral("999 999 999");
    for (int column = TraceStatistics::Category; column < TraceStatistics::ColumnCount; ++column) {
        head->resizeSection(column, fontMetrics().horizontalAdvance(widest) + 14);
    }
    head->resizeSection(
        TraceStatistics::Category, fontMetrics().horizontalAdvance(QStringLiteral("python_function")) + 14);
    m_stretch = new QLabel(this);
    m_stretch->setContentsMargins(8, 3, 8, 3);
    m_detail = new QPlainTextEdit(this);
    m_detail->setReadOnly(true);
    m_detail->setPlaceholderText(tr("Click a span: its times, its lane, and its text in the file."));
    m_detail->setAccessibleName(tr("The chosen span"));

    auto* sums = new QWidget(this);
    auto* sumsColumn = new QVBoxLayout(sums);
    sumsColumn->setContentsMargins(0, 0, 0, 0);
    sumsColumn->setSpacing(0);
    sumsColumn->addWidget(m_stretch);
    sumsColumn->addWidget(m_table, 1);
    m_lower = new QSplitter(Qt::Horizontal, this);
    m_lower->addWidget(sums);
    m_lower->addWidget(m_detail);
    m_lower->setSizes({ 980, 420 });
    m_lower->setStretchFactor(0, 1);
    m_centre = new QSplitter(Qt::Vertical, this);
    m_centre->addWidget(m_timeline);
    m_centre->addWidget(m_lower);
    m_centre->setStretchFactor(0, 1);
    m_centre->setSizes({ 600, 230 });
    for (QSplitter* splitter : { m_centre, m_lower }) {
        splitter->setHandleWidth(4);
        splitter->setChildrenCollapsible(false);
    }

    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeBar());
    column->addWidget(m_centre, 1);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(makeEmptyState());
    m_stack->addWidget(page);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_stack);
    m_sumLater = new QTimer(this);
    m_searchLater = new QTimer(this);
    for (QTimer* timer : { m_sumLater, m_searchLater }) {
        timer->setSingleShot(true);
        timer->setInterval(120);
    }
}

void TracePerspective::connectParts()
{
    for (NewestWork* work : { &m_listing, &m_loading, &m_searching, &m_summing, &m_reading }) {
        connect(work, &NewestWork::failed, this, [this, work](const Error& why) {
            m_isReading = m_isReading && work != &m_loading;
            Q_EMIT said(QString::fromStdString(why.text()));
        });
    }
    m_timeline->setInstantText([this](std::int64_t ns) { return instantText(ns); });
    m_timeline->setSpanText([this](const Lane&, const LaneSpan& span) {
        return m_scene && span.span.item < m_scene->spans().size() ? spanText(span.span.item) : QString();
    });
    connect(m_timeline, &TimelineView::spanChosen, this,
        [this](const QString&, const LaneSpan& span) { chosen(span); });
    connect(m_timeline, &TimelineView::spanActivated, this, [this](const QString&, const LaneSpan& span) {
        const std::int64_t length = std::max<std::int64_t>(20, span.span.endNs - span.span.startNs);
        m_timeline->setRange({ span.span.startNs - length / 10, span.span.endNs + length / 10 });
        m_sumLater->start();
    });
    connect(m_timeline, &TimelineView::nothingChosen, this, &TracePerspective::clearChoice);
    connect(m_timeline, &TimelineView::rangeSelected, this, &TracePerspective::askStatistics);
    connect(m_timeline, &TimelineView::rangeMoved, m_sumLater, qOverload<>(&QTimer::start));
    connect(m_timeline, &TimelineView::resetRequested, this, [this] {
        if (m_scene) {
            m_timeline->setRange(m_scene->mainRange());
            m_sumLater->start();
        }
    });
    connect(m_sumLater, &QTimer::timeout, this, &TracePerspective::askStatistics);
    connect(m_search, &QLineEdit::textChanged, m_searchLater, qOverload<>(&QTimer::start));
    connect(m_searchLater, &QTimer::timeout, this, &TracePerspective::search);
    connect(m_search, &QLineEdit::returnPressed, this, [this] { findNext(true); });
    auto* back = new QAction(m_search);
    back->setShortcuts({ Qt::SHIFT | Qt::Key_Return, Qt::SHIFT | Qt::Key_Enter });
    back->setShortcutContext(Qt::WidgetShortcut);
    connect(back, &QAction::triggered, this, [this] { findNext(false); });
    m_search->addAction(back);
    connect(m_next, &QToolButton::clicked, this, [this] { findNext(true); });
    connect(m_previous, &QToolButton::clicked, this, [this] { findNext(false); });
    connect(m_chooser, &QComboBox::activated, this, [this](int index) {
        if (index >= 0 && std::size_t(index) < m_traces.size()) {
            open(m_traces[std::size_t(index)].source);
        }
    });
    // A row of the sums finds its spans.
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        m_search->setText(
            m_statistics->index(index.row(), TraceStatistics::Name).data(Qt::ToolTipRole).toString());
    });
}

void TracePerspective::chosen(const LaneSpan& span)
{
    if (m_scene && span.span.item < m_scene->spans().size()) {
        chooseSpan(span.span.item, false);
    }
}

} // namespace prism::app
