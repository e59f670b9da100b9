// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/byte_source.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

struct archive;
struct archive_entry;

namespace prism::read {

/// How much may come out of compressed bytes.
struct ExpansionLimit {
    std::uint64_t bytes = 0;
    double ratio = 0; ///< checked after the first 16 MiB
};

/// libarchive over a ByteSource, in memory and forward only. After the first error every call returns it.
class ArchiveStream {
public:
    enum class Content {
        Compressed, ///< one stream of bytes under gzip, zstd, xz or bzip2
        Members, ///< zip or tar, not compressed as a whole
    };

    static Result<std::unique_ptr<ArchiveStream>> open(
        std::unique_ptr<ByteSource> source, Content content, ExpansionLimit limit, std::stop_token stop = {});
    ~ArchiveStream();
    ArchiveStream(const ArchiveStream&) = delete;
    ArchiveStream& operator=(const ArchiveStream&) = delete;

    /// Goes to the next entry, null behind the last one.
    Result<archive_entry*> next();
    /// Bytes of the current entry, 0 at its end.
    Result<std::size_t> read(std::span<char> buffer);
    /// Whether a compression was recognised, once next() was called.
    bool isDecompressing() const;
    const std::optional<Error>& error() const { return m_error; }

private:
    ArchiveStream(std::unique_ptr<ByteSource> source, ExpansionLimit limit, std::stop_token stop);
    static long readMore(archive* handle, void* self, const void** bytes);
    Error failed();

    std::unique_ptr<ByteSource> m_source;
    const ExpansionLimit m_limit;
    std::stop_token m_stop;
    archive* m_handle = nullptr;
    std::unique_ptr<char[]> m_input;
    std::uint64_t m_bytesIn = 0;
    std::uint64_t m_bytesOut = 0;
    std::optional<Error> m_error;
};

} // namespace prism::read
