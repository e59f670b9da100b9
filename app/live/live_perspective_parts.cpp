// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the Live perspective, how they are joined, and its dialogs.
#include "app/live/live_perspective.h"

#include "app/live/attach_dialog.h"
#include "app/live/limits_dialog.h"
#include "app/live/request_panel.h"
#include "app/live/request_table.h"
#include "app/live/session_bar.h"
#include "app/live/timeline_bar.h"
#include "app/selection/workspace.h"
#include "app/settings/window_settings.h"
#include "app/shell/text_prompt.h"
#include "app/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace prism::app {

namespace {

constexpr int panelWidth = 306;

} // namespace

QWidget* LivePerspective::makeEmptyState()
{
    auto* page = new QWidget(this);
    page->setAutoFillBackground(true);
    page->setBackgroundRole(QPalette::Base);
    auto* head = new QLabel(tr("Not attached"), page);
    head->setFont(Theme::head(font()));
    auto* text = new QLabel(tr("Pick a running inference server. It is not restarted or changed."), page);
    text->setForegroundRole(QPalette::PlaceholderText);
    m_attach = new QPushButton(tr("Attach…"), page);
    m_attach->setDefault(true);
    auto* open = new QPushButton(tr("Open a recording…"), page);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    for (QPushButton* button : { m_attach, open }) {
        button->setMinimumSize(button->sizeHint().width() + 24, 26);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    auto* column = new QVBoxLayout(page);
    column->setSpacing(6);
    column->addStretch(2);
    column->addWidget(head, 0, Qt::AlignHCenter);
    column->addWidget(text, 0, Qt::AlignHCenter);
    column->addSpacing(10);
    column->addLayout(buttons);
    column->addStretch(3);
    const auto icons = [this, open] {
        m_attach->setIcon(Theme::current().icon(QStringLiteral("attach")));
        open->setIcon(Theme::current().icon(QStringLiteral("document-open")));
    };
    connect(&Theme::current(), &Theme::changed, page, icons);
    icons();
    connect(m_attach, &QPushButton::clicked, this, &LivePerspective::openAttachDialog);
    connect(open, &QPushButton::clicked, this, &LivePerspective::chooseRecording);
    return page;
}

QWidget* LivePerspective::makePanelFrame()
{
    auto* frame = new QWidget(this);
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* title = new QLabel(tr("Request"), frame);
    title->setFont(Theme::title(font()));
    title->setContentsMargins(8, 0, 8, 0);
    title->setMinimumHeight(24);
    column->addWidget(title);
    return frame;
}

void LivePerspective::makeParts()
{
    m_sessionBar = new SessionBar(this);
    m_timelineBar = new TimelineBar(this);
    m_timeline = new TimelineView(this);
    m_timeline->setModel(&m_model);
    m_table = new RequestTable(this);
    m_panel = new RequestPanel(this);
    m_status = new LiveStatus(this);
    m_panelFrame = makePanelFrame();
    m_panelFrame->layout()->addWidget(m_panel);

    auto* upper = new QWidget(this);
    auto* upperColumn = new QVBoxLayout(upper);
    upperColumn->setContentsMargins(0, 0, 0, 0);
    upperColumn->setSpacing(0);
    upperColumn->addWidget(m_timelineBar);
    upperColumn->addWidget(m_timeline, 1);
    m_lower = new QTabWidget(this);
    m_lower->setDocumentMode(true);
    m_lower->addTab(m_table, tr("Requests"));
    m_lower->tabBar()->setAutoHide(true); // one part needs no tab
    m_centre = new QSplitter(Qt::Vertical, this);
    m_centre->addWidget(upper);
    m_centre->addWidget(m_lower);
    m_sides = new QSplitter(Qt::Horizontal, this);
    m_sides->addWidget(m_centre);
    m_sides->addWidget(m_panelFrame);
    for (QSplitter* splitter : { m_centre, m_sides }) {
        splitter->setHandleWidth(4);
        splitter->setChildrenCollapsible(false);
    }
    m_centre->setStretchFactor(0, 78);
    m_centre->setStretchFactor(1, 22);
    m_centre->setSizes({ 780, 220 });
    m_sides->setStretchFactor(0, 1);
    m_sides->setSizes({ 1130, panelWidth });

    m_hint = new QLabel(m_timeline->viewport());
    m_hint->setTextFormat(Qt::RichText);
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_hint->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_hint->hide();

    auto* session = new QWidget(this);
    auto* sessionColumn = new QVBoxLayout(session);
    sessionColumn->setContentsMargins(0, 0, 0, 0);
    sessionColumn->setSpacing(0);
    sessionColumn->addWidget(m_sessionBar);
    auto* line = new QFrame(session);
    line->setFixedHeight(1);
    line->setAutoFillBackground(true);
    line->setBackgroundRole(QPalette::Mid);
    sessionColumn->addWidget(line);
    sessionColumn->addWidget(m_sides, 1);
    m_stack = new QStackedWidget(this);
    m_stack->addWidget(makeEmptyState());
    m_stack->addWidget(session);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_stack);

    auto* menu = new QMenu(this);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        menu->clear();
        m_timeline->fillLaneMenu(*menu);
    });
    m_timelineBar->lanesButton().setMenu(menu);
    m_timeline->setInstantText([this](std::int64_t ns) { return clockText(unixTime({ ns })); });
    m_timeline->setSpanText([this](const Lane& lane, const LaneSpan& span) {
        const QString step = m_lanes->engine().stepText(lane, span);
        return step.isEmpty() ? spanText(lane, span) : step;
    });
    m_table->view().installEventFilter(this);
    m_table->model().setClock([this](Nanoseconds time) { return unixTime(time); });
}

void LivePerspective::connectParts()
{
    connect(&m_session, &LiveSession::opened, this, &LivePerspective::opened);
    connect(&m_session, &LiveSession::advanced, this, &LivePerspective::advanced);
    connect(&m_session, &LiveSession::statusChanged, this, [this] {
        showStatus();
        const live::Status& status = m_session.status();
        if (const double cost = status.probeCores + status.helperCores; cost > 0 && m_session.isDetaching()) {
            WindowSettings().setLiveCost(cost); // what the attach dialog shows the next time
        }
        m_timelineBar->setReplaying(m_session.status().phase == live::Phase::Replaying);
        Q_EMIT titleChanged();
    });
    connect(&m_session, &LiveSession::failed, this, &LivePerspective::said);
    connect(&m_workspace, &Workspace::sloChanged, this, &LivePerspective::takeLimits);
    connect(m_lanes, &LiveLanes::stagesChanged, this, [this] {
        m_timelineBar->legend().setStages(m_lanes->legend());
        m_table->setStages(m_lanes->requests().stages(), m_lanes->gapLimit());
        m_slow.invalidate();
    });

    connect(m_timeline, &TimelineView::rangeMoved, this, &LivePerspective::userMoved);
    connect(m_timeline, &TimelineView::painted, this, &LivePerspective::measureFrame);
    connect(m_timeline, &TimelineView::resetRequested, this, [this] { setFollowing(true); });
    connect(m_timeline, &TimelineView::rangeSelected, this, &LivePerspective::fillTable);
    connect(m_timeline, &TimelineView::spanChosen, this,
        [this](const QString& lane, const LaneSpan& span) { chooseSpan(lane, span, false); });
    connect(m_timeline, &TimelineView::spanActivated, this,
        [this](const QString& lane, const LaneSpan& span) { chooseSpan(lane, span, true); });
    connect(m_timeline, &TimelineView::nothingChosen, this, [this] { selectRequest(0, false); });
    connect(m_timeline, &TimelineView::noteRequested, this, &LivePerspective::addNote);
    connect(m_timeline, &TimelineView::noteActivated, this, &LivePerspective::changeNote);

    connect(m_table, &RequestTable::chosen, this, [this](live::RequestId id) { selectRequest(id, true); });
    connect(m_table, &RequestTable::activated, this, [this](live::RequestId id) {
        selectRequest(id, true);
        if (m_lower->indexOf(m_panel) >= 0) {
            m_lower->setCurrentWidget(m_panel);
        }
    });
    connect(
        m_panel, &RequestPanel::requestLinked, this, [this](live::RequestId id) { selectRequest(id, true); });
    connect(m_panel, &RequestPanel::instantChosen, m_timeline,
        [this](std::int64_t ns) { m_timeline->setInstant(ns); });

    connect(m_timelineBar, &TimelineBar::followRequested, this, &LivePerspective::setFollowing);
    connect(m_timelineBar, &TimelineBar::windowChosen, this, [this](std::int64_t ns) {
        m_window = ns;
        if (m_following) {
            followEdge();
        } else {
            const std::int64_t to = m_timeline->range().toNs;
            m_timeline->setRange({ to - ns, to });
        }
        refreshColumns();
        m_slow.invalidate();
        m_model.touch();
    });
    connect(m_timelineBar, &TimelineBar::rowsChosen, this, &LivePerspective::chooseForm);
    connect(&m_model, &TimelineModel::arranged, this, &LivePerspective::arranged);
    connect(m_timelineBar, &TimelineBar::rowsChosen, this, &LivePerspective::arranged);
    connect(m_timelineBar, &TimelineBar::windowChosen, this, &LivePerspective::arranged);
    connect(m_timelineBar, &TimelineBar::speedChosen, this, &LivePerspective::arranged);
    connect(m_timelineBar, &TimelineBar::limitsRequested, this, &LivePerspective::editLimits);
    connect(m_timelineBar, &TimelineBar::speedChosen, this, [this](double speed) {
        if (m_session.isOpen()) {
            m_session.session()->setSpeed(speed);
        }
    });

    connect(m_sessionBar, &SessionBar::tierToggled, &m_session, &LiveSession::setTier);
    connect(m_sessionBar, &SessionBar::detachRequested, &m_session, &LiveSession::detach);
    connect(m_sessionBar, &SessionBar::attachRequested, this, &LivePerspective::openAttachDialog);
    connect(m_sessionBar, &SessionBar::saveRequested, this, &LivePerspective::saveRun);
    connect(&m_session, &LiveSession::saved, this, &LivePerspective::runWritten);
    connect(m_sessionBar, &SessionBar::recordToggled, this, [this](bool on) {
        if (on) {
            chooseRecordingTarget();
        } else {
            m_session.stopRecording();
        }
        showStatus(); // the button shows what is, not what was clicked
    });
}

void LivePerspective::chooseSpan(const QString& lane, const LaneSpan& span, bool open)
{
    if (lane != m_lanes->requests().id()) {
        return;
    }
    selectRequest(span.span.item, false);
    if (open && m_lower->indexOf(m_panel) >= 0) {
        m_lower->setCurrentWidget(m_panel);
    }
}

void LivePerspective::setPanelTab(bool tab)
{
    if (tab == (m_lower->indexOf(m_panel) >= 0)) {
        return;
    }
    if (tab) {
        m_lower->addTab(m_panel, tr("Request"));
    } else {
        m_lower->removeTab(m_lower->indexOf(m_panel));
        m_panelFrame->layout()->addWidget(m_panel);
        m_panel->setVisible(true);
    }
    m_panelFrame->setVisible(!tab);
}

void LivePerspective::openAttachDialog()
{
    auto* dialog = new AttachDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAttachedRates([this](std::uint32_t pid) { return attachedRate(pid); });
    connect(dialog, &AttachDialog::attached, this, [this](const std::shared_ptr<live::Session>& attached) {
        // Whoever is asked may close the window instead: the question lets go of it then.
        endThen(tr("Detach and watch the other"), [this, session = attached] { m_session.adopt(session); });
    });
    dialog->open();
}

void LivePerspective::chooseRecording()
{
    auto* dialog = new QFileDialog(
        this, tr("Open a recording"), QDir::homePath(), tr("Recordings (*.prismlive);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) { openRecording(file); });
    dialog->open();
}

void LivePerspective::openRecording(const QString& file, std::optional<double> speed)
{
    if (speed) {
        m_timelineBar->setSpeed(*speed);
    }
    endThen(
        tr("Detach and open it"), [this, file] { m_session.openRecording(file, m_timelineBar->speed()); });
}

bool LivePerspective::asksBeforeEnd() const
{
    const live::Status& status = m_session.status();
    const bool kept = !status.recordingFile.empty() && status.recordingProblem.empty();
    return m_session.isAttached() && !kept && !WindowSettings().endsLiveUnasked();
}

void LivePerspective::endThen(const QString& doIt, const std::function<void()>& end)
{
    if (!asksBeforeEnd()) {
        if (const std::string& file = m_session.status().recordingFile; !file.empty()) {
            Q_EMIT said(tr("The session before is in %1.").arg(QString::fromStdString(file)));
        }
        end();
        return;
    }
    const live::Target* target = m_session.target();
    auto* ask = new QMessageBox(QMessageBox::Question, tr("A server is being watched"),
        tr("%1 is being watched. Its session is kept in memory only: when it ends, what was seen is lost. "
           "Record to a file, or save it as a run, to keep it.")
            .arg(target ? engineName(target->server.engine) : tr("A server")),
        QMessageBox::NoButton, this);
    ask->setObjectName(QStringLiteral("endSession"));
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setTextFormat(Qt::PlainText);
    auto* never = new QCheckBox(tr("Do not ask again"), ask);
    ask->setCheckBox(never);
    QPushButton* keep = ask->addButton(tr("Keep watching"), QMessageBox::RejectRole);
    QPushButton* detach = ask->addButton(doIt, QMessageBox::AcceptRole);
    ask->setDefaultButton(keep);
    ask->setEscapeButton(keep);
    connect(ask, &QDialog::finished, this, [ask, detach, never, end] {
        const bool agreed = ask->clickedButton() == detach;
        if (agreed && never->isChecked()) {
            WindowSettings().setEndsLiveUnasked(true);
        }
        if (agreed) {
            end();
        }
    });
    ask->open();
}

void LivePerspective::chooseRecordingTarget()
{
    auto* dialog = new QFileDialog(this, tr("Record to"), QDir::homePath(), tr("Recordings (*.prismlive)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("prismlive"));
    dialog->selectFile(fileName());
    connect(dialog, &QFileDialog::fileSelected, &m_session, &LiveSession::startRecording);
    dialog->open();
}

QString LivePerspective::fileName() const
{
    const live::Target* target = m_session.target();
    const QString when = QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HHmmss"));
    const QString name = engineName(target ? target->server.engine : std::string()).remove(QLatin1Char('/'));
    return QStringLiteral("%1 %2.prismlive").arg(name, when);
}

void LivePerspective::saveRun()
{
    if (m_session.target()) {
        m_session.saveCopy(m_written.filePath(fileName()));
    }
}

void LivePerspective::editLimits()
{
    auto* dialog = new LimitsDialog(m_workspace.sloLimits(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
        [this, dialog] { m_workspace.setSlo(dialog->limits(), !dialog->limits().empty()); });
    dialog->open();
}

void LivePerspective::addNote(const TimeRange& range)
{
    if (!m_session.isOpen()) {
        return;
    }
    const QString when = clockText(unixTime({ range.fromNs }));
    askText(this, tr("Note"), tr("At %1:").arg(when), {}, [this, range](const QString& text) {
        if (m_session.isOpen() && !text.trimmed().isEmpty()) {
            m_session.session()->addMark({ range.fromNs },
                range.isEmpty() ? std::nullopt : std::optional(Nanoseconds { range.toNs }),
                text.trimmed().toStdString());
            m_session.drain();
        }
    });
}

void LivePerspective::changeNote(std::uint64_t id)
{
    for (const TimelineNote& note : m_model.notes()) {
        if (note.id == id && id != LiveLanes::ownNote) {
            askText(this, tr("Note"), tr("Text; empty takes the note away:"), note.text,
                [this, id](const QString& text) {
                    if (m_session.isOpen()) {
                        m_session.session()->changeMark(id, text.trimmed().toStdString());
                        m_session.drain();
                    }
                });
            return;
        }
    }
}

/// Over the requests' lane while there is none.
void LivePerspective::placeHint()
{
    const bool waits = m_session.isOpen() && m_session.status().requests == 0
        && m_session.status().phase != live::Phase::Replaying;
    m_hint->setVisible(waits);
    if (waits) {
        const LiveTroubles::Shown troubles = m_troubles.of(m_session.status());
        const bool tier = live::seesRequests(m_session.status());
        const bool seen = tier && !troubles.blind;
        m_hint->setText(
            QStringLiteral("<b>%1</b><br>%2")
                .arg(seen ? tr("Attached, no request yet") : tr("Requests are not seen"),
                    tier && troubles.blind            ? troubles.line.toHtmlEscaped()
                        : seen && !m_unread.isEmpty() ? m_unread.toHtmlEscaped()
                        : seen                        ? tr("The next request to the server shows here.")
                               : tr("That takes tier 1, the kernel programs; what the server reports at its "
                                    "/metrics stands in lanes of its own below.")));
        const QRect lane = m_timeline->laneRect(m_lanes->requests().id());
        const int left = TimelineView::namesWidth;
        m_hint->setGeometry(left, lane.top() + 1, m_timeline->plotRect().width(), lane.height() - 1);
    }
}

} // namespace prism::app
