// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/store_watch.h"

#include "app/jobs/caught.h"
#include "core/store/store.h"

#include <QMetaObject>

#include <chrono>
#include <optional>
#include <utility>

#include <sys/stat.h>

namespace prism::app {

namespace {

using FileIdentity = std::pair<dev_t, ino_t>;

/// Empty when there is no such file.
std::optional<FileIdentity> identityOf(const std::string& file)
{
    struct stat found { };
    return ::stat(file.c_str(), &found) == 0 ? std::optional(FileIdentity { found.st_dev, found.st_ino })
                                             : std::nullopt;
}

} // namespace

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
    std::optional<FileIdentity> opened;
    while (!stop.stop_requested()) {
        QString now;
        // A reader goes on reading a file whose name is gone: it would show what nobody can write to any
        // more.
        const auto identity = identityOf(m_database);
        if (reader && !identity) {
            now = tr("%1 was deleted or moved while it is open. What you see is what was last read; put it "
                     "back, or "
                     "open your results again.")
                      .arg(QString::fromStdString(m_database));
        } else if (reader && identity != opened) {
            now = tr("%1 was replaced by another file, which is shown now.")
                      .arg(QString::fromStdString(m_database));
            reader.reset();
            last.reset();
        }
        if (!reader) {
            auto found = StoreReader::open(m_database);
            // Opening makes a file that is not there.
            opened = identity ? identity : identityOf(m_database);
            if (found) {
                reader = std::move(*found);
            } else {
                now = QString::fromStdString(found.error().text());
            }
        }
        if (reader && identity && (!last || reader->revision() != last->revision())) {
            auto table = caught([&] { return reader->table(last); });
            if (table) {
                last = *table;
                deliver(last);
            } else {
                now = QString::fromStdString(table.error().text());
            }
        }
        if (now != problem) {
            QMetaObject::invokeMethod(
                this,
                [this, now] {
                    if (now.isEmpty()) {
                        Q_EMIT recovered();
                    } else {
                        Q_EMIT failed(now);
                    }
                },
                Qt::QueuedConnection);
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
