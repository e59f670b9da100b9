// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/column_table.h"

#include <QObject>
#include <QString>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace prism::app {

/// Looks at the database twice a second on a thread of its own and delivers its points whenever they changed,
/// whoever changed them. The newest table wins.
class StoreWatch : public QObject {
    Q_OBJECT
public:
    explicit StoreWatch(QString database, QObject* parent = nullptr);

    void lookNow(); ///< without waiting for the half second

Q_SIGNALS:
    void tableChanged(std::shared_ptr<const prism::ColumnTable> table);
    void failed(const QString& why); ///< once until it succeeds again
    void recovered();

private:
    void watch(const std::stop_token& stop);
    void deliver(std::shared_ptr<const ColumnTable> table);

    const std::string m_database;
    std::mutex m_mutex;
    std::shared_ptr<const ColumnTable> m_pending;
    std::condition_variable_any m_wake;
    bool m_asked = true;
    std::jthread m_thread;
};

} // namespace prism::app
