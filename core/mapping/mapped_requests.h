// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"
#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/mapping/mapped_row.h"

#include <memory>

namespace prism {

/// Writes one value of the mapping into a point: a measure, an attribute, or nothing for a field of a
/// request.
void apply(PointWriter& out, const MappedValue& value, const Mapping& mapping, const MappedRow& row);

/// Rows that are requests, by point: a point is a combination of the columns that are attributes.
class MappedRequests {
public:
    static constexpr std::size_t mostPoints = 10'000;

    MappedRequests(const Mapping& mapping, Sink& sink)
        : m_mapping(mapping)
        , m_sink(sink)
    {
    }
    /// An error when there are more combinations than any sweep has.
    Result<void> add(const MappedRow& row);
    void finish();

private:
    struct Point {
        Point(Sink& sink, std::uint32_t index)
            : writer(index)
            , rows(sink, index)
        {
        }
        PointWriter writer;
        RequestRows rows;
        RequestStatistics statistics;
    };

    Result<Point*> pointOf(const MappedRow& row);
    /// Says of the first unclear number, and of the first unclear list of gaps, why it is left out.
    void noteUnclear(const MappedValue& value, const MappedRow& row);

    const Mapping& m_mapping;
    Sink& m_sink;
    std::map<std::string, std::unique_ptr<Point>> m_points;
    bool m_gapsTold = false;
    bool m_numberTold = false;
};

} // namespace prism
