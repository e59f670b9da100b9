// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/archive_stream.h"
#include "core/read/byte_source.h"

#include <algorithm>
#include <archive_entry.h>
#include <array>
#include <cstring>

namespace prism::read {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t longestMagic = 6;
/// By the bytes that no text begins with; bzip2's "BZh" alone could be one.
bool isCompressed(std::string_view head)
{
    const auto begins = [head](std::string_view magic) { return head.substr(0, magic.size()) == magic; };
    const bool bzip2 = begins("BZh"sv) && head.size() > 4 && head[4] == '1';
    return begins("\x1F\x8B"sv) || begins("\x28\xB5\x2F\xFD"sv)
        || begins("\xFD"
                  "7zXZ\0"sv)
        || bzip2;
}

/// Gives back the bytes that were read to look at them, then the rest.
class ResumedSource : public ByteSource {
public:
    ResumedSource(std::string head, std::unique_ptr<ByteSource> rest)
        : m_head(std::move(head))
        , m_rest(std::move(rest))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        if (m_taken == m_head.size()) {
            return m_rest->read(buffer);
        }
        const std::size_t n = std::min(buffer.size(), m_head.size() - m_taken);
        std::memcpy(buffer.data(), m_head.data() + m_taken, n);
        m_taken += n;
        return n;
    }
    int descriptor() const override { return m_rest->descriptor(); }

private:
    std::string m_head;
    std::size_t m_taken = 0;
    std::unique_ptr<ByteSource> m_rest;
};

class DecompressedSource : public ByteSource {
public:
    explicit DecompressedSource(std::unique_ptr<ArchiveStream> stream)
        : m_stream(std::move(stream))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override { return m_stream->read(buffer); }

private:
    std::unique_ptr<ArchiveStream> m_stream;
};

} // namespace

Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> inner, const Budgets& budgets)
{
    std::string head;
    std::array<char, longestMagic> bytes {};
    while (head.size() < longestMagic) {
        const auto n = inner->read({ bytes.data(), longestMagic - head.size() });
        if (!n) {
            return n.error();
        }
        if (*n == 0) {
            break;
        }
        head.append(bytes.data(), *n);
    }
    const bool compressed = isCompressed(head);
    auto whole = std::make_unique<ResumedSource>(std::move(head), std::move(inner));
    if (!compressed) {
        return std::unique_ptr<ByteSource>(std::move(whole));
    }
    auto stream = ArchiveStream::open(std::move(whole), ArchiveStream::Content::Compressed,
        { budgets.totalBytes, budgets.compressionRatio });
    if (!stream) {
        return stream.error();
    }
    const auto entry = (*stream)->next();
    if (!entry) {
        return entry.error();
    }
    if (!(*stream)->isDecompressing()) {
        return Error { {}, {}, "the compressed file is damaged at its beginning", "Copy the file again" };
    }
    return std::unique_ptr<ByteSource>(std::make_unique<DecompressedSource>(std::move(*stream)));
}

} // namespace prism::read
