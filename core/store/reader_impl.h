// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/aliases.h"
#include "core/store/database.h"
#include "core/store/measure_loader.h"
#include "core/store/point_blobs.h"
#include "core/store/store.h"
#include "core/store/stored_results.h"
#include "core/store/words.h"

#include <optional>

namespace prism {

namespace store {

/// What tells that a file on which nothing may be locked was changed after all.
struct Stamp {
    std::int64_t inode = 0, size = 0, seconds = 0, nanoseconds = 0;
    bool journal = false;
    friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// One state of the database for several statements. Nested ones belong to the outermost.
class Snapshot {
public:
    explicit Snapshot(Database& database)
        : m_database(database)
        , m_nested(database.inTransaction())
        , m_begun(m_nested ? Result<void>() : database.exec("BEGIN"))
    {
    }
    ~Snapshot()
    {
        if (!m_nested && m_database.inTransaction()) {
            (void)m_database.exec("ROLLBACK");
        }
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    const Result<void>& begun() const { return m_begun; }

private:
    Database& m_database;
    bool m_nested;
    Result<void> m_begun;
};

} // namespace store

struct StoreReader::Impl {
    std::string file;
    std::unique_ptr<store::Database> database;
    bool immutable = false;
    store::Stamp stamp;
    store::Statement dataVersion, readRevision;
    std::int64_t lastDataVersion = -1;
    std::uint64_t lastRevision = 0;

    std::optional<std::uint64_t> dictionariesAt; ///< revision to which the following belong
    std::vector<std::string> names;
    std::vector<store::MeasureKey> keys;
    store::Aliases aliases;
    store::Words words;

    Result<void> connect(bool asImmutable);
    Result<void> reconnectIfChanged();
    Result<std::uint64_t> currentRevision();
    Result<void> loadDictionaries();
    /// Begins `snapshot` of the file as it is now, with the dictionaries of that state.
    Result<void> begin(std::optional<store::Snapshot>& snapshot);
    enum class AttributeReading { AsStored, WithAliases };
    /// Of a point's row; none where the bytes are damaged.
    std::optional<std::vector<Attribute>> attributesFrom(
        std::span<const char> bytes, AttributeReading reading) const;
    /// False where the file has no points that are shown, or more than these.
    Result<bool> fillPoints(store::Statement& points, StoredResults::File& into, std::size_t mostPoints);
    Result<PointDetail> pointFrom(const store::Statement& row, const std::string& sha256);
    Result<bool> isShown(PointId point);
    /// The shown point's own id, or that of its twin, whichever holds request rows; empty when neither does.
    Result<std::optional<PointId>> withRequests(PointId point);
    Result<std::vector<TimeSeries>> seriesWhere(const std::string& condition, std::int64_t id);
};

} // namespace prism
