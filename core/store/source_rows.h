// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/records.h"
#include "core/store/statement.h"

#include <string>
#include <string_view>

namespace prism::store {

/// Columns of `source s` that sourceFrom() reads, from column 0 on.
inline constexpr std::string_view sourceColumns
    = "s.id, s.path, s.sha256, s.bytes, s.producer, s.importer_version, s.imported_at, s.attached, "
      "s.twin_of, s.notes";
inline constexpr int sourceColumnCount = 10;

/// Condition on `source s`: its points are shown. Those of a twin are, while the richer source is not there.
inline constexpr std::string_view sourceIsShown = "s.state = 1 AND (s.twin_of IS NULL OR NOT EXISTS (SELECT "
                                                  "1 FROM source richer WHERE richer.state = 1 AND"
                                                  " richer.sha256 = s.twin_of AND richer.id <> s.id))";

/// Id of the point that holds the requests of `point p` of `source s`: itself, or the one of the same number
/// in another encoding of the same result, when that has as many points: a file of one stage and a log of all
/// number them differently. NULL when there is none.
inline constexpr std::string_view pointWithRequests
    = "CASE WHEN p.requests > 0 THEN p.id ELSE (SELECT other.id FROM source twin JOIN point other ON"
      " other.source = twin.id AND other.idx = p.idx WHERE twin.state = 1 AND twin.twin_of = s.sha256 AND"
      " other.requests > 0 AND (SELECT count(*) FROM point own WHERE own.source = twin.id) ="
      " (SELECT count(*) FROM point own WHERE own.source = s.id) LIMIT 1) END";

Result<SourceRecord> sourceFrom(const Statement& row, const std::string& file);

/// What a reader says of bytes that SQLite found sound and we do not.
Error damaged(const std::string& file, const std::string& what);

/// First 16 hex digits of a SHA-256.
std::string shortHash(std::string_view text);
/// Name of a point that is the same on every machine.
std::string pointUid(std::string_view sourceSha256, std::uint32_t index);
/// Now, UTC, RFC 3339 to the second.
std::string utcNow();

} // namespace prism::store
