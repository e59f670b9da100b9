// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"
#include "tests/support/fake_helper.h"
#include "tests/support/made_stream.h"

#include <QtGlobal>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

/// A session over a fake helper, and waiting for what it tells.
namespace prism::test {

/// Waits for a session to tell that something changed until `done` holds.
class Watcher {
public:
    explicit Watcher(live::Session& session)
        : m_session(session)
    {
        session.onChange(
            [this] {
                const std::lock_guard lock(m_mutex);
                ++m_changes;
                m_changed.notify_all();
            },
            std::chrono::milliseconds(1));
    }
    ~Watcher() { m_session.onChange({}, std::chrono::milliseconds(1)); }

    template <class Done>
    bool until(Done done)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        for (;;) {
            std::unique_lock lock(m_mutex);
            const int before = m_changes; // what changes while `done` looks is not waited for
            lock.unlock();
            if (done()) {
                return true;
            }
            lock.lock();
            if (!m_changed.wait_until(lock, deadline, [&] { return m_changes != before; })) {
                lock.unlock();
                return done();
            }
        }
    }

private:
    live::Session& m_session;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_changes = 0;
};

inline std::unique_ptr<live::Session> connected(FakeHelper& helper, const live::Budgets& budgets = {})
{
    auto session = live::Session::connect(helper.address(), budgets);
    if (!session) {
        qFatal("%s", session.error().text().c_str());
    }
    return std::move(*session);
}

/// `count` streamed requests, one a 100 ms.
inline std::vector<std::byte> requests(MadeStream& stream, int count, std::int64_t from = 2'000 * millisecond)
{
    stream.clock(from - millisecond);
    stream.connection(from - millisecond, 1, wire::ConnectionRole::Server, 8000, 40000);
    for (int i = 0; i < count; ++i) {
        ScriptedRequest script;
        script.number = static_cast<std::uint32_t>(i);
        script.arrival = from + i * 100 * millisecond;
        script.firstTokenAfter = (20 + i) * millisecond;
        stream.request(script);
    }
    stream.clock(from + count * 100 * millisecond + 1'000 * millisecond);
    return stream.take();
}

inline std::vector<live::RequestPtr> allEnded(const live::Session& session)
{
    return session.since({}).ended;
}

} // namespace prism::test
