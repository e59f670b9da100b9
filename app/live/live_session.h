// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <memory>

namespace prism::app {

/// A live::Session on the GUI thread: drained thirty times a second while it is seen, twice while it is not.
/// What has to wait for the helper runs elsewhere.
class LiveSession : public QObject {
    Q_OBJECT
public:
    static constexpr int frameMs = 33;

    explicit LiveSession(QObject* parent = nullptr);
    ~LiveSession() override;

    /// Takes over a session whose target is attached, or that replays.
    void adopt(std::shared_ptr<live::Session> session);
    void openRecording(const QString& file, double speed);
    /// Leaves every target; what is known stays on the screen.
    void detach();
    void close(); ///< forgets the session too
    void setTier(int tier, bool on);
    void startRecording(const QString& file);
    void stopRecording();
    /// Writes what memory holds to a file of its own; saved() follows. Not while it records to another file.
    /// Of a recording saved() names that file.
    void saveCopy(const QString& file);
    void setSeen(bool seen);
    void setLimits(std::vector<SloLimit> limits);

    const std::shared_ptr<live::Session>& session() const { return m_session; } ///< null without
    const live::Status& status() const { return m_status; }
    bool isOpen() const { return m_session != nullptr; }
    bool isAttached() const; ///< to a server, live
    bool isOver() const; ///< the last target of a live session is gone, or a recording has played
    bool isDetaching() const { return m_detaching; }
    /// A recording is being opened or still plays, or what it held is not judged yet: the picture changes.
    bool isReading() const;
    /// The target that the window is about; null before.
    const live::Target* target() const;
    /// Milliseconds since the newest drain: how old the picture is.
    qint64 sinceDrainMs() const { return m_drained.isValid() ? m_drained.elapsed() : 0; }
    /// Takes what came, at once. The timer calls it.
    void drain();

Q_SIGNALS:
    void opened();
    void closed();
    void advanced(const prism::live::Increment& increment);
    void statusChanged(); ///< another phase, attached or no longer
    void failed(const QString& text); ///< a sentence for the status bar
    void saved(const QString& file);

private:
    void start();

    std::shared_ptr<live::Session> m_session;
    live::Status m_status;
    live::Cursor m_cursor;
    std::vector<SloLimit> m_limits;
    QTimer m_timer;
    QElapsedTimer m_drained;
    bool m_seen = false;
    bool m_detaching = false;
    int m_opening = 0; ///< recordings whose beginning is being read elsewhere
};

/// The same session, whose end is waited for on another thread when the last of its owners lets it go: it
/// waits for the session's thread and for the helper.
std::shared_ptr<live::Session> endsElsewhere(std::shared_ptr<live::Session> session);

/// "file: reason. Remedy." of an error, as the window shows it.
QString errorText(const Error& error);

} // namespace prism::app
