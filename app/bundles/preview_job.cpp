// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bundles/preview_job.h"

#include "app/jobs/caught.h"

#include <QMetaObject>

namespace prism::app {

/// Runs on the job's thread.
class PreviewJob::Observer : public ImportObserver {
public:
    explicit Observer(PreviewJob& job)
        : m_job(job)
    {
    }
    void progress(const ImportProgress& progress) override
    {
        QMetaObject::invokeMethod(
            &m_job, [job = &m_job, progress] { Q_EMIT job->progressed(progress); }, Qt::QueuedConnection);
    }

private:
    PreviewJob& m_job;
};

PreviewJob::PreviewJob(ImportRequest request, QObject* parent)
    : QObject(parent)
    , m_request(std::move(request))
{
}

PreviewJob::~PreviewJob() = default;

void PreviewJob::start()
{
    m_thread = std::jthread([this](const std::stop_token& stop) {
        Observer observer(*this);
        auto read = caught([&] { return previewImport(m_request, observer, stop); });
        if (stop.stop_requested()) {
            return; // nobody waits for it
        }
        if (!read) {
            const QString why = QString::fromStdString(read.error().text());
            QMetaObject::invokeMethod(
                this, [this, why] { Q_EMIT failed(why); }, Qt::QueuedConnection);
            return;
        }
        std::shared_ptr<BundlePreview> preview = std::move(*read);
        QMetaObject::invokeMethod(
            this, [this, preview] { Q_EMIT ready(preview); }, Qt::QueuedConnection);
    });
}

} // namespace prism::app
