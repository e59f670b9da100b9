// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace prism::probes {

/// Reads a ring buffer of the kernel's programs through its mapped pages alone: no system call, so the parser
/// child can do it without any right. One reader a ring. Survives a fork: the child goes on where the parent
/// stood, and only one of them may read.
class RingReader {
public:
    /// Maps the ring behind a file descriptor of a BPF_MAP_TYPE_RINGBUF of `bytes`. The descriptor stays the
    /// caller's. Empty with errno set when it cannot be mapped.
    static std::optional<RingReader> map(int fd, std::size_t bytes);
    /// A ring in plain memory, for tests: layout as the kernel's, `pages` as map() would have them.
    RingReader(std::byte* consumerPage, std::byte* producerPages, std::size_t bytes);
    RingReader(RingReader&& other) noexcept;
    RingReader& operator=(RingReader&& other) noexcept;
    ~RingReader();

    /// Hands out what is in the ring, oldest first, and gives its room back after each call of `take`; stops
    /// at an event that is still being written. `most`: bounds the work of one call. Returns how many.
    std::size_t consume(const std::function<void(std::span<const std::byte>)>& take, std::size_t most);

    /// Bytes that wait, headers included.
    std::uint64_t waiting() const;

private:
    void unmap();

    std::byte* m_consumer = nullptr; ///< page with our position
    std::byte* m_producer = nullptr; ///< page with the kernel's position, behind it the data, twice
    std::size_t m_bytes = 0;
    bool m_mapped = false;
};

} // namespace prism::probes
