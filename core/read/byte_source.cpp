// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/byte_source.h"

#include "core/read/errors.h"
#include "core/read/window.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace prism::read {

namespace {

class DescriptorSource : public ByteSource {
public:
    DescriptorSource(int descriptor, std::uint64_t* consumed)
        : m_descriptor(descriptor)
        , m_consumed(consumed)
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        ssize_t n = -1;
        do {
            n = ::pread(m_descriptor, buffer.data(), buffer.size(), static_cast<off_t>(m_offset));
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            return Error { {}, "byte " + std::to_string(m_offset),
                std::string("reading failed: ") + std::strerror(errno), // NOLINT(concurrency-mt-unsafe)
                "Check that the file is still there and readable" };
        }
        m_offset += static_cast<std::uint64_t>(n);
        if (m_consumed) {
            *m_consumed += static_cast<std::uint64_t>(n);
        }
        return static_cast<std::size_t>(n);
    }
    int descriptor() const override { return m_descriptor; }

private:
    int m_descriptor;
    std::uint64_t* m_consumed;
    std::uint64_t m_offset = 0;
};

class MemorySource : public ByteSource {
public:
    explicit MemorySource(std::string bytes)
        : m_bytes(std::move(bytes))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        const std::size_t n = std::min(buffer.size(), m_bytes.size() - m_offset);
        std::memcpy(buffer.data(), m_bytes.data() + m_offset, n);
        m_offset += n;
        return n;
    }

private:
    std::string m_bytes;
    std::size_t m_offset = 0;
};

} // namespace

std::unique_ptr<ByteSource> descriptorSource(int descriptor, std::uint64_t* consumed)
{
    return std::make_unique<DescriptorSource>(descriptor, consumed);
}

std::unique_ptr<ByteSource> memorySource(std::string bytes)
{
    return std::make_unique<MemorySource>(std::move(bytes));
}

Result<std::string> readAll(ByteSource& source, std::size_t limit)
{
    constexpr std::size_t step = windowOf(256u << 10);
    std::string out;
    for (;;) {
        const std::size_t filled = out.size();
        out.resize(filled + step);
        const auto n = source.read({ out.data() + filled, step });
        if (!n) {
            return n.error();
        }
        out.resize(filled + *n);
        if (out.size() > limit) {
            return overBudget("more than " + sizeText(limit));
        }
        if (*n == 0) {
            return out;
        }
    }
}

} // namespace prism::read
