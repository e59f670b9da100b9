// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/preview.h"

#include <QObject>
#include <QString>

#include <memory>
#include <thread>

namespace prism::app {

/// Reads files for a preview on a thread of its own; its signals come on the GUI thread. Destroying it
/// cancels and waits.
class PreviewJob : public QObject {
    Q_OBJECT
public:
    explicit PreviewJob(ImportRequest request, QObject* parent = nullptr);
    ~PreviewJob() override;

    void start();
    const ImportRequest& request() const { return m_request; }

Q_SIGNALS:
    void progressed(const prism::ImportProgress& progress); ///< at most ten times a second
    void ready(std::shared_ptr<prism::BundlePreview> preview);
    void failed(const QString& why);

private:
    class Observer;

    ImportRequest m_request;
    std::jthread m_thread;
};

} // namespace prism::app
