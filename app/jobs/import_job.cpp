// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/import_job.h"

#include "app/jobs/caught.h"

#include <QMetaObject>
#include <QTimer>

namespace prism::app {

namespace {

constexpr int deliveryMs = 33;
constexpr std::size_t mostKept = 10'000;

} // namespace

/// Runs on the job's thread.
class ImportJob::Observer : public ImportObserver {
public:
    explicit Observer(ImportJob& job)
        : m_job(job)
    {
    }
    void progress(const ImportProgress& p) override
    {
        change([&](Pending& pending) {
            pending.progress = p;
            pending.waitingFor.clear();
        });
    }
    void file(const FileResult& result) override
    {
        change([&](Pending& pending) { pending.results.push_back(result); });
    }
    void waiting(const std::string& who) override
    {
        change([&](Pending& pending) { pending.waitingFor = QString::fromStdString(who); });
    }
    void end(Result<ImportSummary> summary)
    {
        change([&](Pending& pending) { pending.end = std::move(summary); });
    }

private:
    template <class Change>
    void change(Change apply)
    {
        const std::scoped_lock lock(m_job.m_mutex);
        apply(m_job.m_pending);
        if (!m_job.m_pending.posted) {
            m_job.m_pending.posted = true;
            QMetaObject::invokeMethod(
                &m_job, [job = &m_job] { QTimer::singleShot(deliveryMs, job, &ImportJob::deliver); },
                Qt::QueuedConnection);
        }
    }
    ImportJob& m_job;
};

ImportJob::ImportJob(ImportRequest request, QString name, QObject* parent)
    : QObject(parent)
    , m_request(std::move(request))
    , m_name(std::move(name))
{
}

ImportJob::~ImportJob() = default;

void ImportJob::start()
{
    m_thread = std::jthread([this](const std::stop_token& stop) {
        Observer observer(*this);
        observer.end(caught([&] { return runImport(m_request, observer, stop); },
            "import the rest again; files that are complete are stored"));
    });
}

void ImportJob::deliver()
{
    Pending taken;
    {
        const std::scoped_lock lock(m_mutex);
        std::swap(taken, m_pending);
        m_pending.progress = taken.progress;
        m_pending.waitingFor = taken.waitingFor;
    }
    m_progress = taken.progress;
    m_waitingFor = taken.waitingFor;
    for (FileResult& result : taken.results) {
        if (result.outcome == Outcome::Refused || m_results.size() < mostKept) {
            m_results.push_back(std::move(result));
        }
    }
    if (taken.end) {
        if (*taken.end) {
            m_summary = **taken.end;
            m_state = m_summary.cancelled ? State::Cancelled : State::Done;
        } else {
            m_problem = QString::fromStdString(taken.end->error().text());
            m_state = State::Failed;
        }
    }
    Q_EMIT changed();
    if (taken.end) {
        Q_EMIT ended();
    }
}

} // namespace prism::app
