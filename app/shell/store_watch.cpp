// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/store_watch.h"

#include "core/store/store.h"

#include <QMetaObject>

#include <chrono>

namespace prism::app {

StoreWatch::StoreWatch(QString database, QObject* parent)
    : QObject(parent)
    , m_database(database.toStdString())
    , m_thread([this](const std::stop_token& stop) { watch(stop); })
{
}

void StoreWatch::lookNow()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_asked = true;
    }
    m_wake.notify_all();
}

void StoreWatch::watch(const std::stop_token& stop)
{
    using namespace std::chrono_literals;
    std::unique_ptr<StoreReader> reader;
    std::shared_ptr<const ColumnTable> last;
    QString problem;
    while (!stop.stop_requested()) {
        QString now;
        if (!reader) {
            auto opened = StoreReader::open(m_database);
            if (opened) {
                reader = std::move(*opened);
            } else {
                now = QString::fromStdString(opened.error().text());
            }
        }
        if (reader && (!last || reader->revision() != last->revision())) {
            auto table = reader->table(last);
            if (table) {
                last = *table;
                deliver(last);
            } else {
                now = QString::fromStdString(table.error().text());
            }
        }
        if (!now.isEmpty() && now != problem) {
            QMetaObject::invokeMethod(
                this, [this, now] { Q_EMIT failed(now); }, Qt::QueuedConnection);
        }
        problem = now;
        std::unique_lock lock(m_mutex);
        m_asked = false;
        m_wake.wait_for(lock, stop, 500ms, [this] { return m_asked; });
    }
}

void StoreWatch::deliver(std::shared_ptr<const ColumnTable> table)
{
    const std::scoped_lock lock(m_mutex);
    const bool posted = m_pending != nullptr;
    m_pending = std::move(table);
    if (!posted) {
        QMetaObject::invokeMethod(
            this,
            [this] {
                std::shared_ptr<const ColumnTable> newest;
                {
                    const std::scoped_lock inner(m_mutex);
                    newest = std::move(m_pending);
                    m_pending = nullptr;
                }
                if (newest) {
                    Q_EMIT tableChanged(newest);
                }
            },
            Qt::QueuedConnection);
    }
}

} // namespace prism::app
