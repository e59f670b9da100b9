// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_perspective.h"

#include "app/live/limits_dialog.h"
#include "app/live/request_panel.h"
#include "app/live/request_table.h"
#include "app/live/session_bar.h"
#include "app/live/timeline_bar.h"
#include "app/selection/workspace.h"
#include "app/theme/theme.h"
#include "app/timeline/ruler_ticks.h"

#include <QEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

namespace prism::app {

namespace {

constexpr qint64 slowMs = 500; ///< table, overview and bars change so often at most
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t overviewNs = 600 * second;
constexpr int narrowBelow = 1180; ///< the request's panel is a tab
constexpr int manyRows = 150; ///< more are counted, not drawn, where the form is automatic
constexpr int fewRows = 100;

} // namespace

LivePerspective::LivePerspective(Workspace& workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_session(this)
{
    setObjectName(QStringLiteral("livePerspective"));
    m_lanes = new LiveLanes(
        m_model,
        [this](live::RequestId id) {
            const auto events = m_session.isOpen() ? m_session.session()->events(id) : nullptr;
            return events ? gapsOver(*events, m_lanes->gapLimit()) : std::vector<live::Gap>();
        },
        this);
    m_lanes->requests().setReadings([this](std::optional<std::int64_t> ns) { return requestReadings(ns); });
    makeParts();
    connectParts();
    takeLimits();
}

LivePerspective::~LivePerspective()
{
    m_timeline->setModel(nullptr);
}

void LivePerspective::takeLimits()
{
    const auto limits
        = m_workspace.sloEnabled() ? requestLimits(m_workspace.sloLimits()) : std::vector<SloLimit>();
    m_session.setLimits(limits);
    showLimits(limits);
}

void LivePerspective::showLimits(const std::vector<SloLimit>& limits)
{
    m_lanes->setLimits(limits);
    m_table->model().setLimits(limits);
}

void LivePerspective::opened()
{
    m_lanes->clear();
    m_table->model().clear();
    m_selected = 0;
    m_troubles.clear();
    m_unread.clear();
    m_request.reset();
    m_panel->clear();
    m_timeline->setMarked({});
    m_timeline->selectRange(std::nullopt);
    showLimits(m_session.session()->limits());
    m_stack->setCurrentIndex(1);
    const bool replaying = m_session.status().phase == live::Phase::Replaying;
    m_timelineBar->setReplaying(replaying);
    m_over = false;
    m_lanes->setOver(false);
    setFollowing(true);
    m_slow.invalidate();
    m_timeline->setFocus();
    showStatus(); // not a word of the session before
    Q_EMIT titleChanged();
}

void LivePerspective::advanced(const live::Increment& increment)
{
    const live::Status& status = m_session.status();
    if (increment.restarted) {
        showLimits(m_session.session()->limits());
    }
    takeProbes(increment.probes);
    const live::Target* target = m_session.target();
    m_troubles.take(increment);
    m_lanes->take(
        increment, target ? target->end.value_or(status.told) : status.told, target ? target->number : 0);
    m_table->model().take(increment);
    if (status.requestsFrom) {
        m_lanes->rows().dropBefore(*status.requestsFrom);
        m_table->model().dropBefore(*status.requestsFrom);
    }
    const bool ends = !std::exchange(m_over, m_session.isOver()) && m_over;
    m_lanes->setOver(m_over);
    if (!isVisible()) {
        return;
    }
    if (m_following) {
        followEdge();
    }
    if (ends || (m_over && m_following)) {
        setFollowing(false); // its end stays in view
    }
    refreshColumns();
    if (!m_slow.isValid() || m_slow.elapsed() >= slowMs) {
        m_slow.start();
        refreshSlowly();
    }
    showSelection();
    m_model.touch();
}

/// What is not seen, or no more, is said when it is told; and stands where requests would.
void LivePerspective::takeProbes(const std::vector<live::ProbeFact>& probes)
{
    for (const live::ProbeFact& fact : probes) {
        // A program that this kernel does not take is no news; it stands in the tooltips.
        const bool missing = fact.state == wire::ProbeState::Costly || fact.state == wire::ProbeState::Silent
            || (fact.state == wire::ProbeState::Failed && fact.tier > 0 && !fact.name.starts_with("on_"));
        if (missing && !fact.hint.empty()) {
            Q_EMIT said(QString::fromStdString(fact.hint) + QLatin1Char('.'));
        }
        if (fact.name == live::unreadBytes) {
            m_unread = QString::fromStdString(fact.hint) + QLatin1Char('.');
        }
    }
}

/// The newest instant at the right edge, moved by whole pixels: what is painted keeps its columns.
void LivePerspective::followEdge()
{
    const std::int64_t now = m_session.status().now.value;
    const auto pixel = std::max<std::int64_t>(1, m_window / m_timeline->plotRect().width());
    const std::int64_t edge = (now / pixel + 1) * pixel;
    m_timeline->setRange({ edge - m_window, edge });
    m_timeline->setZero(edge, tr("now"));
}

void LivePerspective::refreshColumns()
{
    const Nanoseconds now = m_session.status().now;
    const auto question = m_lanes->question(m_timeline->range(), now);
    if (!question || !m_session.isOpen()) {
        return;
    }
    const live::TimeRange range { question->from, question->to };
    const auto& session = *m_session.session();
    m_lanes->take(*question,
        { session.columns(range, question->step, question->window),
            session.heat(live::HeatOf::Gap, range, question->step) },
        now);
}

void LivePerspective::refreshSlowly()
{
    const live::Status& status = m_session.status();
    if (m_session.isOpen()) {
        const std::int64_t from = std::max(status.start.value, status.now.value - overviewNs);
        const TimeRange all { from, std::max(from + 1, status.now.value) };
        const Nanoseconds step { std::max(LiveLanes::leastStepNs, all.lengthNs() / 300) };
        m_lanes->takeOverview(
            m_session.session()->columns({ { all.fromNs }, { all.toNs } }, step, step), all);
    }
    fillTable();
    chooseForm();
    showPanel();
    showStatus();
    placeHint();
}

void LivePerspective::chooseForm()
{
    const int rows = int(m_lanes->requests().rows().size());
    const TimelineBar::Rows wish = m_timelineBar->rows();
    const bool stacked = m_lanes->requests().form() == SpanLane::Form::Counts;
    const bool wished = wish == TimelineBar::Rows::Stacked
        || (wish == TimelineBar::Rows::Automatic && rows > (stacked ? fewRows : manyRows));
    if (wished != stacked) {
        m_lanes->setStacked(wished);
    }
}

TimeRange LivePerspective::tableRange() const
{
    return m_timeline->selectedRange().value_or(m_timeline->range());
}

void LivePerspective::setFollowing(bool following)
{
    const bool toTheEnd = following && m_over && m_session.isOpen();
    if (toTheEnd) { // which is shown, and stays
        followEdge();
        following = false;
    }
    const bool changed = m_following != following || toTheEnd;
    m_following = following;
    m_timelineBar->setFollowing(following);
    m_timeline->setReadsEdge(!following);
    if (!m_session.isOpen()) {
        return;
    }
    if (following) {
        followEdge();
    } else if (changed) {
        // From here on the ruler counts from where the view was held.
        const std::int64_t at = m_timeline->range().toNs;
        m_timeline->setZero(at, clockText(unixTime({ at })).left(8));
    }
    m_slow.invalidate();
    refreshColumns();
    m_model.touch();
}

void LivePerspective::showWhole()
{
    if (!m_session.isOpen()) {
        return;
    }
    m_session.drain();
    const live::Status& status = m_session.status();
    const std::int64_t length = std::max(second, (status.now - status.start).value);
    m_window = std::min(overviewNs, length + length / 50);
    m_timelineBar->setWindow(m_window);
    setFollowing(true);
    refreshSlowly(); // what is in view counts the rows and fills the table
    m_model.touch();
}

void LivePerspective::showSlowest()
{
    if (!m_session.isOpen()) {
        return;
    }
    live::RequestPtr slowest;
    for (const live::RequestPtr& request : m_session.session()->since({}).ended) {
        const bool inView = request->seen.value >= m_timeline->range().fromNs;
        if (inView && request->e2e() && (!slowest || request->e2e()->value > slowest->e2e()->value)) {
            slowest = request;
        }
    }
    selectRequest(slowest ? slowest->id : 0, false);
    m_model.touch();
}

void LivePerspective::userMoved(const TimeRange& range)
{
    const std::int64_t now = m_session.status().now.value;
    const bool zoomOnly = range.lengthNs() != m_window;
    if (m_following && zoomOnly && range.toNs >= now - range.lengthNs() / 20) {
        m_window = range.lengthNs();
        followEdge();
    } else {
        m_window = range.lengthNs();
        setFollowing(false);
    }
    m_timelineBar->setWindow(m_window);
    refreshColumns();
    fillTable();
    m_model.touch();
}

void LivePerspective::showStatus()
{
    const live::Status& status = m_session.status();
    if (!m_session.isOpen()) {
        m_status->showNothing();
        Q_EMIT memoryChanged({});
        m_model.setDetailFrom(std::nullopt, {});
        return;
    }
    const TimeRange view = m_timeline->range();
    LiveStatus::Shown shown;
    shown.lost = m_lanes->lostIn(view);
    for (const TimelineGap& gap : m_model.gaps()) {
        if (gap.range.overlaps(view) && shown.stretch.isEmpty()) {
            const auto text = [&](std::int64_t ns) {
                return clockText(unixTime({ ns })).left(10); // tenths of a second
            };
            shown.stretch = text(gap.range.fromNs) + QStringLiteral("…") + text(gap.range.toNs);
        }
    }
    shown.behindMs = m_behindMs;
    shown.troubles = m_troubles.of(status);
    m_status->showSession(status, m_session.target(), shown);
    m_sessionBar->showSession(status, m_session.target(), m_session.isDetaching(), shown.troubles);
    Q_EMIT memoryChanged(
        LiveStatus::kept(status, [this](Nanoseconds time) { return clockText(unixTime(time)).left(8); }));
    showDetailFrom();
}

/// Thinned detail is never silent: a line on the timeline says from where on all of it is there.
void LivePerspective::showDetailFrom()
{
    const auto from = LiveStatus::detailFrom(m_session.status());
    m_model.setDetailFrom(
        from ? std::optional(from->value) : std::nullopt, tr("every event is kept from here on"));
}

QList<LaneReading> LivePerspective::requestReadings(std::optional<std::int64_t> ns) const
{
    const auto text
        = [](double n) { return QString::fromStdString(formatNumber(n, Unit::One, NumberStyle::Column)); };
    const RequestTableModel& model = m_table->model();
    const auto inFlight = m_lanes->inFlightAt(ns);
    const bool seen = live::seesRequests(m_session.status());
    return { { tr("in view"), seen ? text(double(model.inView())) : QStringLiteral("—"), {}, false },
        { tr("in flight"), inFlight ? text(*inFlight) : QStringLiteral("—"), {}, false },
        { tr("broke a limit"),
            model.limits().empty() ? tr("no limit set") : text(double(model.brokenInView())), {},
            model.brokenInView() > 0 } };
}

std::optional<double> LivePerspective::attachedRate(std::uint32_t pid) const
{
    constexpr std::int64_t tenSeconds = 10 * second;
    const live::Status& status = m_session.status();
    // Sums are over all targets of a session.
    if (!m_session.isOpen() || status.phase != live::Phase::Live || status.targets.size() != 1
        || status.targets.front().server.pid != pid || !status.targets.front().attached
        || !live::seesRequests(status) || (status.now - status.start).value < tenSeconds) {
        return std::nullopt;
    }
    const live::Bucket last
        = m_session.session()->total({ status.now - Nanoseconds { tenSeconds }, status.now });
    return last.unseen ? std::nullopt : std::optional(double(last.ended) / 10);
}

std::optional<std::int64_t> LivePerspective::unixTime(Nanoseconds time) const
{
    return m_session.isOpen() ? m_session.session()->unixTime(time) : std::nullopt;
}

QString LivePerspective::spanText(const Lane& lane, const LaneSpan& span) const
{
    if (&lane == m_lanes->threadLane()) {
        return m_lanes->threads()->describe(span);
    }
    const live::RequestPtr request = m_table->model().find(span.span.item);
    if (!request) {
        return {};
    }
    const auto text = [](Milliseconds ms) {
        return QString::fromStdString(formatNumber(ms.value, Unit::Millisecond, NumberStyle::Reading));
    };
    const auto& stages = m_lanes->requests().stages();
    const QString stage = stages[std::min<std::size_t>(span.span.stage, stages.size() - 1)].name;
    QStringList lines { tr("№ %1: %2 %3")
                            .arg(request->id)
                            .arg(stage,
                                text(toMilliseconds(Nanoseconds { span.span.endNs - span.span.startNs }))) };
    if (const auto ttft = request->ttft()) {
        lines << tr("TTFT %1").arg(text(*ttft));
    }
    if (const auto e2e = request->e2e()) {
        lines << tr("E2E %1").arg(text(*e2e));
    }
    return lines.join(QLatin1Char('\n'));
}

QString LivePerspective::windowTitle() const
{
    const live::Target* target = m_session.target();
    if (!target) {
        return tr("Prism");
    }
    const QString port
        = target->server.ports.empty() ? QString() : QStringLiteral(" :%1").arg(target->server.ports.front());
    return tr("%1%2 — Prism").arg(engineName(target->server.engine), port);
}

std::vector<QWidget*> LivePerspective::focusParts() const
{
    return { m_timeline, &m_table->view(), m_panel };
}

/// The table has keys of its own, and keeps all but these.
bool LivePerspective::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && watched == &m_table->view()) {
        auto* key = static_cast<QKeyEvent*>(event);
        const bool ours = key->key() == Qt::Key_Space || key->key() == Qt::Key_N;
        if (ours && (key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier) {
            keyPressEvent(key);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

/// Space holds the view, N goes to the next request that broke a limit; not while a text is edited.
void LivePerspective::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space && m_session.isOpen()) {
        setFollowing(!m_following);
    } else if (event->key() == Qt::Key_N && m_session.isOpen()) {
        nextBroken();
    } else {
        QWidget::keyPressEvent(event);
    }
}

void LivePerspective::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_session.setSeen(true);
}

void LivePerspective::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_session.setSeen(false);
}

void LivePerspective::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    setPanelTab(width() < narrowBelow);
    placeHint();
}

/// How old the picture is just before the next one comes.
void LivePerspective::measureFrame()
{
    m_behindWorst = std::max(m_behindWorst, m_session.sinceDrainMs() + LiveSession::frameMs);
    if (!m_behindSince.isValid() || m_behindSince.elapsed() > 1000) {
        m_behindMs = std::exchange(m_behindWorst, 0);
        m_behindSince.start();
    }
}

} // namespace prism::app
