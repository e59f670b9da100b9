// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/turn_queues.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
/// Of an array that the kernel maps: whole pages.
template <class T>
std::size_t mappedBytes(std::size_t count)
{
    static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (count * sizeof(T) + page - 1) / page * page;
}

template <class T>
T* mapArray(int fd, std::size_t count)
{
    void* at = mmap(nullptr, mappedBytes<T>(count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return nullptr;
    }
    (void)madvise(at, mappedBytes<T>(count), MADV_DONTFORK);
    return static_cast<T*>(at);
}
} // namespace

std::optional<TurnQueues> TurnQueues::map(int queues, int places, std::size_t cpus, std::size_t slots)
{
    auto* const marks = mapArray<prism_turn_queue>(queues, cpus);
    if (marks == nullptr) {
        return std::nullopt;
    }
    auto* const turns = mapArray<prism_departure>(places, cpus * slots);
    if (turns == nullptr) {
        const int error = errno;
        munmap(marks, mappedBytes<prism_turn_queue>(cpus));
        errno = error;
        return std::nullopt;
    }
    TurnQueues made({ marks, cpus }, { turns, cpus * slots });
    made.m_mapped = true;
    return made;
}

TurnQueues::TurnQueues(std::span<prism_turn_queue> queues, std::span<prism_departure> places)
    : m_queues(queues)
    , m_places(places)
    , m_slots(places.size() / queues.size())
{
}

TurnQueues::TurnQueues(TurnQueues&& other) noexcept
    : m_queues(other.m_queues)
    , m_places(other.m_places)
    , m_slots(other.m_slots)
    , m_mapped(std::exchange(other.m_mapped, false))
{
}

TurnQueues::~TurnQueues()
{
    if (m_mapped) {
        munmap(m_queues.data(), mappedBytes<prism_turn_queue>(m_queues.size()));
        munmap(m_places.data(), mappedBytes<prism_departure>(m_places.size()));
    }
}

void TurnQueues::consume(std::uint64_t untilNs, const std::function<void(const prism_departure&)>& take)
{
    m_found.clear();
    for (std::size_t cpu = 0; cpu < m_queues.size(); ++cpu) {
        const std::atomic_ref<decltype(prism_turn_queue::written)> written(m_queues[cpu].written);
        const std::atomic_ref<decltype(prism_turn_queue::taken)> taken(m_queues[cpu].taken);
        const auto end = written.load(std::memory_order_acquire);
        auto at = taken.load(std::memory_order_relaxed);
        while (at != end) {
            const prism_departure& turn = m_places[cpu * m_slots + (at & (m_slots - 1))];
            if (turn.event.time_ns >= untilNs) {
                break;
            }
            m_found.push_back(turn);
            ++at;
        }
        taken.store(at, std::memory_order_release);
    }
    std::stable_sort(m_found.begin(), m_found.end(),
        [](const prism_departure& a, const prism_departure& b) { return a.event.time_ns < b.event.time_ns; });
    for (const prism_departure& turn : m_found) {
        take(turn);
    }
}

} // namespace prism::probes
