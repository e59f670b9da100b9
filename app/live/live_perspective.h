// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_lanes.h"
#include "app/live/live_session.h"
#include "app/live/live_status.h"
#include "app/live/request_panel.h"
#include "app/timeline/timeline_view.h"

#include <QTemporaryDir>
#include <QWidget>

#include <functional>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTabWidget;
QT_END_NAMESPACE

namespace prism::app {

class RequestTable;
class SessionBar;
class TimelineBar;
class Workspace;

/// Everything of the window that is about a running server: session bar, timeline, requests, one request.
/// Timeline, table and panel show the same selected request; the stretch that is selected or in view filters
/// the table.
class LivePerspective : public QWidget {
    Q_OBJECT
public:
    LivePerspective(Workspace& workspace, QWidget* parent = nullptr);
    ~LivePerspective() override;

    LiveSession& session() { return m_session; }
    TimelineView& timeline() { return *m_timeline; }
    TimelineModel& lanesModel() { return m_model; }
    LiveLanes& lanes() { return *m_lanes; }
    RequestTable& table() { return *m_table; }
    RequestPanel& panel() { return *m_panel; }
    SessionBar& sessionBar() { return *m_sessionBar; }
    TimelineBar& timelineBar() { return *m_timelineBar; }
    LiveStatus& statusWidget() { return *m_status; } ///< the window puts it into its status bar
    bool isFollowing() const { return m_following; }
    qint64 behindMs() const { return m_behindMs; } ///< how old the screen was, at worst in the last second
    live::RequestId selectedRequest() const { return m_selected; }

    void setFollowing(bool following);
    void selectRequest(live::RequestId id, bool reveal);
    void nextBroken();
    void openAttachDialog();
    void chooseRecording();
    /// At the speed that is chosen, or at `speed`, which is chosen then; 0: at once.
    void openRecording(const QString& file, std::optional<double> speed = {});
    /// For a picture of a recording that was read: the whole of it in view, at most its last ten minutes.
    void showWhole();
    /// Selects the request in view that took longest.
    void showSlowest();
    void chooseRecordingTarget();
    /// A session that is attached is about to end: asks, and does `end` where that is agreed to. At once
    /// where there is none, where it is in a file, or where the user wants no such question.
    void endThen(const QString& doIt, const std::function<void()>& end);
    bool asksBeforeEnd() const;
    void editLimits();
    void addNote(const TimeRange& range);
    /// Writes the session to a file that the window imports: runWritten().
    void saveRun();
    QString fileName() const; ///< that is proposed for a recording: the engine and now
    /// What the user arranged: lanes, window, rows, speed, limits, sizes. Unknown parts are left out.
    QByteArray state() const;
    void restore(const QByteArray& state);
    /// Parts that F6 goes through.
    std::vector<QWidget*> focusParts() const;
    QString windowTitle() const;

    /// Less than its parts would like: the window must stay as small as Explore can be.
    QSize minimumSizeHint() const override { return { 640, 420 }; }

Q_SIGNALS:
    void said(const QString& text); ///< for the status bar
    void titleChanged();
    void memoryChanged(const prism::app::LiveStatus::Kept& kept);
    void runWritten(const QString& file);
    void arranged(); ///< state() is another now

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeEmptyState();
    QWidget* makePanelFrame();
    void makeParts();
    void connectParts();
    void takeLimits();
    void showLimits(const std::vector<SloLimit>& limits);
    void opened();
    void advanced(const live::Increment& increment);
    void takeProbes(const std::vector<live::ProbeFact>& probes);
    void refreshColumns();
    void refreshSlowly();
    void fillTable();
    void followEdge();
    void userMoved(const TimeRange& range);
    void showSelection();
    void showPanel();
    std::optional<RequestPanel::Content::Cpu> cpuOf(const live::Request& request) const;
    void showStatus();
    void showDetailFrom();
    void measureFrame();
    void placeHint();
    void setPanelTab(bool tab);
    void chooseForm();
    void changeNote(std::uint64_t id);
    QString spanText(const Lane& lane, const LaneSpan& span) const;
    /// A span of the timeline was clicked or stepped to: a request is selected, a turn of a thread is not.
    void chooseSpan(const QString& lane, const LaneSpan& span, bool open);
    QList<LaneReading> requestReadings(std::optional<std::int64_t> ns) const;
    /// Requests a second over the last ten, of a process that is attached now.
    std::optional<double> attachedRate(std::uint32_t pid) const;
    std::optional<std::int64_t> unixTime(Nanoseconds time) const;
    TimeRange tableRange() const;

    Workspace& m_workspace;
    LiveSession m_session;
    QTemporaryDir m_written; ///< sessions on their way into the database
    TimelineModel m_model;
    LiveLanes* m_lanes = nullptr;
    SessionBar* m_sessionBar = nullptr;
    TimelineBar* m_timelineBar = nullptr;
    TimelineView* m_timeline = nullptr;
    RequestTable* m_table = nullptr;
    RequestPanel* m_panel = nullptr;
    QWidget* m_panelFrame = nullptr;
    QTabWidget* m_lower = nullptr;
    QSplitter* m_centre = nullptr;
    QSplitter* m_sides = nullptr;
    QStackedWidget* m_stack = nullptr;
    QPushButton* m_attach = nullptr;
    QLabel* m_hint = nullptr; ///< "Attached, no request yet", over the requests' lane
    LiveStatus* m_status = nullptr;
    bool m_following = true;
    bool m_over = false; ///< every target that was attached is gone
    std::int64_t m_window = 30'000'000'000;
    LiveTroubles m_troubles;
    QString m_unread; ///< why bytes of the target are not read as requests
    live::RequestId m_selected = 0;
    live::RequestPtr m_request; ///< the selected one as last seen; null without
    QElapsedTimer m_slow; ///< since the table and the overview were refreshed
    QElapsedTimer m_behindSince;
    qint64 m_behindMs = 0; ///< worst of the last second
    qint64 m_behindWorst = 0;
};

} // namespace prism::app
