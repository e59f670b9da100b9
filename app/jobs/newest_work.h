// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <functional>
#include <memory>

namespace prism::app {

/// Work on a thread of its own whose result only counts while nothing newer was asked for. Destroying it
/// cancels and waits.
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
            Delivery delivery = cancelled() ? Delivery() : work(cancelled);
            if (delivery && !cancelled()) {
                QMetaObject::invokeMethod(
                    this,
                    [newest, mine, delivery = std::move(delivery)] {
                        if (newest->load() == mine) {
                            delivery();
                        }
                    },
                    Qt::QueuedConnection);
            }
        });
    }

private:
    std::shared_ptr<std::atomic<std::uint64_t>> m_newest = std::make_shared<std::atomic<std::uint64_t>>(0);
    QThreadPool m_pool;
};

} // namespace prism::app
