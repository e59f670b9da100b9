// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/ring.h"

#include <atomic>
#include <cerrno>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace prism::probes {

namespace {
std::size_t pageBytes()
{
    static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return bytes;
}

std::atomic_ref<unsigned long> position(std::byte* page)
{
    return std::atomic_ref<unsigned long>(*reinterpret_cast<unsigned long*>(page));
}
} // namespace

std::optional<RingReader> RingReader::map(int fd, std::size_t bytes)
{
    void* consumer = mmap(nullptr, pageBytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (consumer == MAP_FAILED) {
        return std::nullopt;
    }
    // The kernel maps the data twice, one behind the other, so that no event is cut at the end.
    void* producer
        = mmap(nullptr, pageBytes() + 2 * bytes, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(pageBytes()));
    if (producer == MAP_FAILED) {
        const int error = errno;
        munmap(consumer, pageBytes());
        errno = error;
        return std::nullopt;
    }
    RingReader reader(static_cast<std::byte*>(consumer), static_cast<std::byte*>(producer), bytes);
    reader.m_mapped = true;
    return reader;
}

RingReader::RingReader(std::byte* consumerPage, std::byte* producerPages, std::size_t bytes)
    : m_consumer(consumerPage)
    , m_producer(producerPages)
    , m_bytes(bytes)
{
}

RingReader::RingReader(RingReader&& other) noexcept
    : m_consumer(std::exchange(other.m_consumer, nullptr))
    , m_producer(std::exchange(other.m_producer, nullptr))
    , m_bytes(other.m_bytes)
    , m_mapped(std::exchange(other.m_mapped, false))
{
}

RingReader& RingReader::operator=(RingReader&& other) noexcept
{
    if (this != &other) {
        unmap();
        m_consumer = std::exchange(other.m_consumer, nullptr);
        m_producer = std::exchange(other.m_producer, nullptr);
        m_bytes = other.m_bytes;
        m_mapped = std::exchange(other.m_mapped, false);
    }
    return *this;
}

RingReader::~RingReader()
{
    unmap();
}

void RingReader::unmap()
{
    if (m_mapped) {
        munmap(m_consumer, pageBytes());
        munmap(m_producer, pageBytes() + 2 * m_bytes);
        m_mapped = false;
    }
}

std::size_t RingReader::consume(const std::function<void(std::span<const std::byte>)>& take, std::size_t most)
{
    std::size_t taken = 0;
    unsigned long at = position(m_consumer).load(std::memory_order_acquire);
    while (taken < most && at < position(m_producer).load(std::memory_order_acquire)) {
        std::byte* const place = m_producer + pageBytes() + (at & (m_bytes - 1));
        const std::uint32_t head = std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(place))
                                       .load(std::memory_order_acquire);
        if ((head & BPF_RINGBUF_BUSY_BIT) != 0) {
            break;
        }
        const std::uint32_t length = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        if ((head & BPF_RINGBUF_DISCARD_BIT) == 0) {
            take({ place + BPF_RINGBUF_HDR_SZ, length });
            ++taken;
        }
        at += (std::size_t { length } + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
        position(m_consumer).store(at, std::memory_order_release);
    }
    return taken;
}

std::uint64_t RingReader::waiting() const
{
    return position(m_producer).load(std::memory_order_acquire)
        - position(m_consumer).load(std::memory_order_acquire);
}

} // namespace prism::probes
