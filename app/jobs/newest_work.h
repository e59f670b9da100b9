// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/caught.h"

#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>

namespace prism::app {

/// Work on a thread of its own whose result only counts while nothing newer was asked for. What it throws is
/// told as failed(). Destroying it cancels and waits.
class NewestWork : public QObject {
    Q_OBJECT
public:
    using Cancelled = std::function<bool()>;
    /// What to do with the result, on the GUI thread; empty for nothing.
    using Delivery = std::function<void()>;

    explicit NewestWork(QObject* parent = nullptr)
        : QObject(parent)
    {
        m_pool.setMaxThreadCount(1);
    }
    ~NewestWork() override
    {
        ++*m_newest;
        m_pool.waitForDone();
    }

    void start(std::function<Delivery(const Cancelled&)> work)
    {
        const std::uint64_t mine = ++*m_newest;
        m_pool.clear(); // what has not begun is not wanted any more
        m_pool.start([this, mine, newest = m_newest, work = std::move(work)] {
            const Cancelled cancelled = [newest, mine] { return newest->load() != mine; };
            auto delivery = cancelled() ? Result<Delivery>(Delivery())
                                        : caught([&] { return Result<Delivery>(work(cancelled)); });
            if ((!delivery || *delivery) && !cancelled()) {
                QMetaObject::invokeMethod(
                    this,
                    [this, newest, mine, delivery = std::move(delivery)] {
                        if (newest->load() == mine) {
                            deliver(delivery);
                        }
                    },
                    Qt::QueuedConnection);
            }
        });
    }

Q_SIGNALS:
    void failed(const prism::Error& why); ///< the newest work threw, or its delivery

private:
    void deliver(const Result<Delivery>& delivery)
    {
        const auto done = !delivery ? Result<void>(delivery.error()) : caught([&] {
            (*delivery)();
            return Result<void>();
        });
        if (!done) {
            Q_EMIT failed(done.error());
        }
    }

    std::shared_ptr<std::atomic<std::uint64_t>> m_newest = std::make_shared<std::atomic<std::uint64_t>>(0);
    QThreadPool m_pool;
};

} // namespace prism::app
