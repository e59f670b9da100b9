// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/source_rows.h"

#include "core/store/point_blobs.h"

#include <openssl/sha.h>

#include <ctime>

namespace prism::store {

Result<SourceRecord> sourceFrom(const Statement& row, const std::string& file)
{
    SourceRecord source;
    source.id = row.integer(0);
    source.path = row.string(1);
    source.sha256 = row.string(2);
    source.bytes = static_cast<std::uint64_t>(row.integer(3));
    source.producer = row.string(4);
    source.importerVersion = static_cast<int>(row.integer(5));
    source.importedAt = row.string(6);
    source.attached = row.integer(7) != 0;
    source.twinOf = row.string(8);
    if (!readNotes(row.blob(9), source.counts, source.warnings)) {
        return damaged(file, "the notes of source " + std::to_string(source.id));
    }
    return source;
}

Error damaged(const std::string& file, const std::string& what)
{
    return { file, {}, "the database is damaged: " + what + " cannot be read",
        "Restore the backup beside it, or move the file away and import again" };
}

std::string shortHash(std::string_view text)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (int i = 0; i < 8; ++i) {
        out += digits[hash[i] >> 4];
        out += digits[hash[i] & 15];
    }
    return out;
}

std::string pointUid(std::string_view sourceSha256, std::uint32_t index)
{
    return shortHash(std::string(sourceSha256) + ':' + std::to_string(index));
}

std::string utcNow()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts {};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace prism::store
