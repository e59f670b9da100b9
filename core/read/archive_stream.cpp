// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/archive_stream.h"

#include "core/read/errors.h"
#include "core/read/window.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cerrno>

namespace prism::read {

namespace {
constexpr std::size_t inputSize = windowOf(64u << 10);
constexpr std::uint64_t ratioFrom = 16u << 20;
} // namespace

ArchiveStream::ArchiveStream(std::unique_ptr<ByteSource> source, ExpansionLimit limit, std::stop_token stop)
    : m_source(std::move(source))
    , m_limit(limit)
    , m_stop(std::move(stop))
    , m_handle(archive_read_new())
    , m_input(new char[inputSize])
{
}

ArchiveStream::~ArchiveStream()
{
    archive_read_free(m_handle);
}

Result<std::unique_ptr<ArchiveStream>> ArchiveStream::open(
    std::unique_ptr<ByteSource> source, Content content, ExpansionLimit limit, std::stop_token stop)
{
    std::unique_ptr<ArchiveStream> out(new ArchiveStream(std::move(source), limit, std::move(stop)));
    archive* handle = out->m_handle;
    // Formats and filters one by one: what is not named here cannot be reached by a file.
    if (content == Content::Compressed) {
        archive_read_support_filter_gzip(handle);
        archive_read_support_filter_zstd(handle);
        archive_read_support_filter_xz(handle);
        archive_read_support_filter_bzip2(handle);
        archive_read_support_format_raw(handle);
    } else {
        archive_read_support_format_zip_streamable(handle);
        archive_read_support_format_tar(handle);
    }
    if (archive_read_open(handle, out.get(), nullptr, &ArchiveStream::readMore, nullptr) != ARCHIVE_OK) {
        return out->failed();
    }
    return out;
}

long ArchiveStream::readMore(archive* handle, void* self, const void** bytes)
{
    auto& stream = *static_cast<ArchiveStream*>(self);
    auto n = stream.m_stop.stop_requested() ? Result<std::size_t>(cancelled())
                                            : stream.m_source->read({ stream.m_input.get(), inputSize });
    if (!n) {
        stream.m_error = n.error();
        archive_set_error(handle, EIO, "the source failed");
        return -1;
    }
    stream.m_bytesIn += *n;
    *bytes = stream.m_input.get();
    return static_cast<long>(*n);
}

Error ArchiveStream::failed()
{
    if (!m_error) {
        const char* text = archive_error_string(m_handle);
        m_error = Error { {}, "byte " + std::to_string(m_bytesIn) + " of the compressed file",
            std::string("the file cannot be unpacked: ") + (text ? text : "it is damaged"),
            "Copy the file again, or unpack it yourself and import what is in it" };
    }
    return *m_error;
}

bool ArchiveStream::isDecompressing() const
{
    return archive_filter_code(m_handle, 0) != ARCHIVE_FILTER_NONE;
}

Result<archive_entry*> ArchiveStream::next()
{
    if (m_error) {
        return *m_error;
    }
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(m_handle, &entry);
    if (status == ARCHIVE_EOF) {
        return nullptr;
    }
    if (m_error || (status != ARCHIVE_OK && status != ARCHIVE_WARN)) {
        return failed();
    }
    return entry;
}

Result<std::size_t> ArchiveStream::read(std::span<char> buffer)
{
    if (m_error) {
        return *m_error;
    }
    const la_ssize_t n = archive_read_data(m_handle, buffer.data(), buffer.size());
    if (n < 0) {
        return failed();
    }
    m_bytesOut += static_cast<std::uint64_t>(n);
    if (m_bytesOut > m_limit.bytes) {
        m_error = overBudget("more than " + sizeText(m_limit.bytes) + " when unpacked");
        return *m_error;
    }
    const double ratio
        = static_cast<double>(m_bytesOut) / static_cast<double>(std::max<std::uint64_t>(m_bytesIn, 1));
    if (m_bytesOut > ratioFrom && ratio > m_limit.ratio) {
        m_error = overBudget("data that unpacks to more than "
            + std::to_string(static_cast<int>(m_limit.ratio)) + " times its size, as compression bombs do");
        return *m_error;
    }
    return static_cast<std::size_t>(n);
}

} // namespace prism::read
