// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/stored_source.h"

#include <algorithm>

namespace prism {

namespace {

class StoredSource : public read::ByteSource {
public:
    StoredSource(StoreReader& reader, std::string sha256)
        : m_reader(reader)
        , m_sha256(std::move(sha256))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        const auto bytes = m_reader.original(m_sha256, m_offset, buffer.size());
        if (!bytes) {
            return bytes.error();
        }
        std::copy(bytes->begin(), bytes->end(), buffer.begin());
        m_offset += bytes->size();
        return bytes->size();
    }

private:
    StoreReader& m_reader;
    std::string m_sha256;
    std::uint64_t m_offset = 0;
};

} // namespace

read::OpenSource storedOriginal(StoreReader& reader, const std::string& sha256)
{
    return [&reader, sha256]() -> Result<std::unique_ptr<read::ByteSource>> {
        return std::unique_ptr<read::ByteSource>(std::make_unique<StoredSource>(reader, sha256));
    };
}

} // namespace prism
