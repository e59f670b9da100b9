// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/store/records.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism {

/// Index of a row in a ColumnTable, 0 … rows()-1.
using Row = std::uint32_t;
using Code = std::uint32_t;

/// A dictionary-coded attribute of all points. Code 0 is "not stated".
struct CategoryColumn {
    std::string name; ///< attribute name, or "run", "producer", "source", "evidence", "tags"…
    std::vector<std::string> dictionary; ///< text of each code; [0] is empty
    std::vector<Code> codes; ///< one a row
    std::vector<double> numbers; ///< of each code, NaN where the text is no number; empty when none is
    /// Codes that a code stands for where a row has several values (tags); shorter than the dictionary, and
    /// empty for a code of one value. A code with members is no value of its own.
    std::vector<std::vector<Code>> members {};

    bool isSeveral(Code code) const { return code < members.size() && !members[code].empty(); }
};

/// A point that the user hid: it has no row.
struct HiddenPoint {
    PointId point = 0;
    RunId run = 0;
};

/// One statistic of one metric of all points.
struct MeasureColumn {
    const Metric* metric = nullptr;
    Stat stat = Stat::value();
    std::vector<double> values; ///< NaN wherever status is not Ok
    std::vector<Status> status;
    std::vector<Origin> origin;
    std::vector<std::uint16_t>
        semantics; ///< index into ColumnTable::semanticsTexts(); 0 is the contract's meaning
    std::size_t present = 0; ///< rows with status Ok
};

/// All load points of a store in memory, immutable: a new import makes a new table with a higher revision
/// that shares what did not change. Measure columns are made on first use and dropped, least recently used
/// first, beyond the memory budget; a column handed out lives as long as its pointer. Thread-safe.
class ColumnTable {
public:
    /// How a table gets the values of one column: the store reads them, tests make them up. Fills all four
    /// vectors to rows() entries.
    using LoadMeasures = std::function<void(MeasureColumn&)>;

    struct Contents {
        std::uint64_t revision = 0;
        std::vector<PointId> points; ///< id of each row
        std::vector<RunId> runs; ///< run of each row
        std::vector<std::uint32_t> order; ///< rank of the row within its run by load, then index
        std::vector<CategoryColumn> categories;
        std::vector<std::pair<const Metric*, Stat>> available; ///< every measure that some point has
        std::vector<std::string> semanticsTexts; ///< [0] is empty
        std::unordered_map<RunId, RunRecord> runRecords; ///< of the runs with a row
        std::vector<HiddenPoint> hidden;
        std::vector<bool> usersCounts; ///< of each row; empty: of none
        LoadMeasures load;
    };
    explicit ColumnTable(Contents contents, std::size_t budgetBytes = 512u << 20);

    std::uint64_t revision() const { return m_contents.revision; }
    Row rows() const { return static_cast<Row>(m_contents.points.size()); }
    PointId point(Row row) const { return m_contents.points[row]; }
    RunId run(Row row) const { return m_contents.runs[row]; }
    std::uint32_t loadRank(Row row) const { return m_contents.order[row]; }
    std::optional<Row> rowOf(PointId point) const;
    const RunRecord* runRecord(RunId run) const;
    /// The number of accelerators of the row is the user's word, also as a constant of his mapping.
    bool isUsersCount(Row row) const
    {
        return row < m_contents.usersCounts.size() && m_contents.usersCounts[row];
    }
    std::span<const HiddenPoint> hidden() const { return m_contents.hidden; }
    std::span<const CategoryColumn> categories() const { return m_contents.categories; }
    const CategoryColumn* category(std::string_view name) const;
    std::span<const std::pair<const Metric*, Stat>> available() const { return m_contents.available; }
    std::span<const std::string> semanticsTexts() const { return m_contents.semanticsTexts; }

    /// Text of a category in a row, empty when not stated.
    std::string_view text(std::string_view category, Row row) const;

    std::shared_ptr<const MeasureColumn> measures(const Metric& metric, Stat stat) const;
    /// Rows that have a number in the column, ascending by it. Kept with the column.
    std::shared_ptr<const std::vector<Row>> ascending(const Metric& metric, Stat stat) const;

private:
    struct Cached {
        std::shared_ptr<const MeasureColumn> column;
        std::shared_ptr<const std::vector<Row>> ascending;
        std::uint64_t used = 0;
    };
    void evict(std::size_t keepIndex) const;

    Contents m_contents;
    std::size_t m_budgetBytes;
    std::unordered_map<PointId, Row> m_rowOf;
    mutable std::mutex m_mutex;
    mutable std::uint64_t m_clock = 0;
    mutable std::vector<std::pair<std::pair<const Metric*, Stat>, Cached>> m_cache;
};

} // namespace prism
