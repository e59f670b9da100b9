// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"

#include <QObject>
#include <QString>

#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace prism::app {

/// One import on a thread of its own. What the job tells is gathered there and delivered on the GUI thread at
/// most thirty times a second. Destroying it cancels and waits.
class ImportJob : public QObject {
    Q_OBJECT
public:
    enum class State { Running, Done, Cancelled, Failed };

    ImportJob(ImportRequest request, QString name, QObject* parent = nullptr);
    ~ImportJob() override;

    void start();
    void cancel() { m_thread.request_stop(); }

    const QString& name() const { return m_name; }
    const ImportRequest& request() const { return m_request; }
    State state() const { return m_state; }
    const ImportProgress& progress() const { return m_progress; }
    const ImportSummary& summary() const { return m_summary; }
    /// Files that ended so far; of those that were not refused only the first ten thousand are kept.
    const std::vector<FileResult>& results() const { return m_results; }
    const QString& waitingFor() const { return m_waitingFor; }
    const QString& problem() const { return m_problem; }

Q_SIGNALS:
    void changed();
    void ended();

private:
    class Observer;
    void deliver();

    ImportRequest m_request;
    QString m_name;
    State m_state = State::Running;
    ImportProgress m_progress;
    ImportSummary m_summary;
    std::vector<FileResult> m_results;
    QString m_waitingFor;
    QString m_problem;

    /// Written by the job's thread, taken by deliver().
    struct Pending {
        ImportProgress progress;
        std::vector<FileResult> results;
        QString waitingFor;
        std::optional<Result<ImportSummary>> end;
        bool posted = false;
    };
    std::mutex m_mutex;
    Pending m_pending;
    std::jthread m_thread;
};

} // namespace prism::app
