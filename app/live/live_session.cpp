// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/live_session.h"

#include "app/jobs/caught.h"

#include <QFutureWatcher>
#include <QThreadPool>
#include <QtConcurrent>

namespace prism::app {

namespace {

constexpr int unseenMs = 500;

/// A failure as each kind of answer tells it.
void fail(QString& answer, const Error& error)
{
    answer = errorText(error);
}
template <class T>
void fail(std::shared_ptr<Result<T>>& answer, const Error& error)
{
    answer = std::make_shared<Result<T>>(error);
}

/// Runs a question to the helper elsewhere and hands its result to the GUI thread.
template <class Work, class Done>
void ask(QObject* context, Work work, Done done)
{
    using Answer = std::invoke_result_t<Work>;
    auto* watcher = new QFutureWatcher<Answer>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, done] {
        done(watcher->result());
        watcher->deleteLater();
    });
    watcher->setFuture(QtConcurrent::run([work] {
        return caughtAs(work, [](const Error& error) {
            Answer failed;
            fail(failed, error);
            return failed;
        });
    }));
}

} // namespace

QString errorText(const Error& error)
{
    return QString::fromStdString(error.text());
}

std::shared_ptr<live::Session> endsElsewhere(std::shared_ptr<live::Session> session)
{
    live::Session* const itself = session.get();
    return { itself, [held = std::move(session)](live::Session*) mutable {
                QThreadPool::globalInstance()->start([last = std::move(held)]() mutable { last.reset(); });
            } };
}

LiveSession::LiveSession(QObject* parent)
    : QObject(parent)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &LiveSession::drain);
}

LiveSession::~LiveSession() = default;

void LiveSession::adopt(std::shared_ptr<live::Session> session)
{
    close();
    m_session = endsElsewhere(std::move(session));
    // A recording is judged by what it holds until others are set, as prismctl does.
    if (!m_limits.empty() && !m_session->status().replay && m_session->limits() != m_limits) {
        m_session->setLimits(m_limits);
    }
    start();
}

void LiveSession::start()
{
    m_cursor = {};
    m_status = m_session->status();
    m_timer.start(m_seen ? frameMs : unseenMs);
    Q_EMIT opened();
    drain();
}

void LiveSession::openRecording(const QString& file, double speed)
{
    using Answer = std::shared_ptr<Result<std::unique_ptr<live::Session>>>;
    ++m_opening;
    ask(
        this,
        [name = file.toStdString(), speed, limits = m_limits]() -> Answer {
            return std::make_shared<Result<std::unique_ptr<live::Session>>>(
                live::Session::replay(name, speed, {}, {}, limits));
        },
        [this](const Answer& answer) {
            --m_opening;
            if (*answer) {
                adopt(std::move(**answer));
            } else {
                Q_EMIT failed(errorText(answer->error()));
            }
        });
}

void LiveSession::detach()
{
    if (!m_session || m_detaching) {
        return;
    }
    m_detaching = true;
    Q_EMIT statusChanged();
    std::vector<live::TargetNumber> targets;
    for (const live::Target& target : m_status.targets) {
        if (target.attached) {
            targets.push_back(target.number);
        }
    }
    ask(
        this,
        [session = m_session, targets] {
            QString problem;
            for (const live::TargetNumber target : targets) {
                if (const auto done = session->detach(target); !done) {
                    problem = errorText(done.error());
                }
            }
            return problem;
        },
        [this, session = m_session](const QString& problem) {
            m_detaching = false;
            if (session == m_session) {
                drain();
            }
            Q_EMIT statusChanged();
            if (!problem.isEmpty()) {
                Q_EMIT failed(problem);
            }
        });
}

void LiveSession::close()
{
    if (!m_session) {
        return;
    }
    m_timer.stop();
    m_status = {};
    m_session.reset();
    m_drained.invalidate();
    Q_EMIT closed();
}

void LiveSession::setTier(int tier, bool on)
{
    const live::Target* now = target();
    if (!now) {
        return;
    }
    std::vector<int> tiers = now->tiers;
    std::erase(tiers, tier);
    if (on) {
        tiers.push_back(tier);
        std::sort(tiers.begin(), tiers.end());
    }
    ask(
        this,
        [session = m_session, number = now->number, tiers] {
            const auto done = session->setTiers(number, tiers);
            return done ? QString() : errorText(done.error());
        },
        [this](const QString& problem) {
            drain();
            Q_EMIT statusChanged();
            if (!problem.isEmpty()) {
                Q_EMIT failed(problem);
            }
        });
}

void LiveSession::startRecording(const QString& file)
{
    if (!m_session) {
        return;
    }
    ask(
        this,
        [session = m_session, name = file.toStdString()] {
            const auto done = session->record(name);
            return done ? QString() : errorText(done.error());
        },
        [this](const QString& problem) {
            drain();
            Q_EMIT statusChanged();
            if (!problem.isEmpty()) {
                Q_EMIT failed(problem);
            }
        });
}

void LiveSession::stopRecording()
{
    if (!m_session) {
        return;
    }
    ask(
        this,
        [session = m_session, file = m_status.recordingFile]() -> QString {
            const auto saved = session->stopRecording();
            return !saved         ? errorText(saved.error())
                : saved->complete ? tr("Recorded %1").arg(QString::fromStdString(file))
                                  : tr("Recorded %1 without its beginning: memory had dropped it before.")
                                        .arg(QString::fromStdString(file));
        },
        [this](const QString& text) {
            drain();
            Q_EMIT statusChanged();
            Q_EMIT failed(text);
        });
}

void LiveSession::saveCopy(const QString& file)
{
    if (!m_session) {
        return;
    }
    if (m_status.replay) {
        Q_EMIT saved(QString::fromStdString(m_status.where));
        return;
    }
    if (!m_status.recordingFile.empty()) {
        Q_EMIT failed(tr("It is being recorded to a file: stop that first, or import the file."));
        return;
    }
    ask(
        this,
        [session = m_session, name = file.toStdString()]() -> QString {
            if (const auto began = session->record(name); !began) {
                return errorText(began.error());
            }
            const auto ended = session->stopRecording();
            return ended ? QString() : errorText(ended.error());
        },
        [this, file](const QString& problem) {
            if (problem.isEmpty()) {
                Q_EMIT saved(file);
            } else {
                Q_EMIT failed(problem);
            }
        });
}

void LiveSession::setSeen(bool seen)
{
    m_seen = seen;
    if (m_session) {
        m_timer.start(m_seen ? frameMs : unseenMs);
        drain();
    }
}

void LiveSession::setLimits(std::vector<SloLimit> limits)
{
    m_limits = std::move(limits);
    if (m_session) {
        m_session->setLimits(m_limits);
    }
}

bool LiveSession::isAttached() const
{
    return m_session && m_status.phase == live::Phase::Live
        && std::any_of(m_status.targets.begin(), m_status.targets.end(),
            [](const live::Target& target) { return target.attached; });
}

bool LiveSession::isOver() const
{
    return m_session
        && (m_status.phase == live::Phase::Ended
            || (m_status.phase == live::Phase::Live && !m_status.targets.empty() && !isAttached()));
}

bool LiveSession::isReading() const
{
    return m_opening > 0 || (m_session && (m_status.phase == live::Phase::Replaying || m_status.judging));
}

const live::Target* LiveSession::target() const
{
    for (const live::Target& target : m_status.targets) {
        if (target.server.role != "router") {
            return &target;
        }
    }
    return m_status.targets.empty() ? nullptr : &m_status.targets.front();
}

void LiveSession::drain()
{
    if (!m_session) {
        return;
    }
    const auto before = std::pair(m_status.phase, isAttached());
    // In this order: where the status says that the stream is over, the increment holds its last request.
    m_status = m_session->status();
    live::Increment increment = m_session->since(m_cursor);
    m_cursor = increment.next;
    m_drained.start();
    Q_EMIT advanced(increment);
    if (std::pair(m_status.phase, isAttached()) != before) {
        Q_EMIT statusChanged();
    }
    // A stream that is over changes no more; marks still may, so that it is looked at now and then.
    if (m_status.phase == live::Phase::Ended && m_timer.interval() != unseenMs) {
        m_timer.start(unseenMs);
    }
}

} // namespace prism::app
