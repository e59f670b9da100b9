// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/store/column_table.h"
#include "core/store/point_blobs.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace prism::store {

class Database;

/// Ids of measure_key to what they mean, indexed by id.
Result<std::vector<MeasureKey>> loadMeasureKeys(Database& database);

/// Fills measure columns of one column table from the file, on a connection of its own each time. One scan
/// reads every statistic of a metric, since charts ask for p50 and p99 of the same metric in turn.
/// Thread-safe.
class MeasureLoader {
public:
    MeasureLoader(std::string file, std::vector<PointId> points, std::vector<MeasureKey> keys,
        std::vector<std::uint16_t> semanticsOfKey);
    /// Where the file cannot be read, every row is Missing.
    void load(MeasureColumn& column);

private:
    struct Target {
        MeasureColumn* column = nullptr;
        std::uint16_t semantics = 0;
    };
    Result<void> scan(std::span<const Target> targetOfKey);
    void fill(std::span<const Target> targetOfKey, Row row, const MeasureBlob& blob) const;
    void reset(MeasureColumn& column) const;

    const std::string m_file;
    const std::vector<PointId> m_points; ///< of the rows, ascending
    const std::vector<MeasureKey> m_keys;
    const std::vector<std::uint16_t> m_semanticsOfKey;
    std::mutex m_mutex;
    std::map<std::pair<const Metric*, Stat>, MeasureColumn> m_siblings; ///< read along with the last column
};

} // namespace prism::store
