// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/node.h"

#include <map>
#include <optional>

namespace prism::formats::guidellm {

/// The requests of a document as they stream by, one list behind the other: successful, errored, incomplete
/// (0.2 and later), results and errors (0.1).
class Requests {
public:
    explicit Requests(Sink& sink)
        : m_sink(sink)
    {
    }

    /// The next document's points are numbered from here.
    void startDocument(std::uint32_t firstPoint)
    {
        m_firstPoint = firstPoint;
        m_statistics.clear();
    }
    void element(const read::Node& element);
    void finish();
    /// What 0.1 leaves to be computed, of the point with this index.
    const RequestStatistics* statistics(std::uint32_t point) const;

private:
    void add(std::uint32_t point, RequestRow row, std::optional<double> start, std::optional<double> zero);

    Sink& m_sink;
    std::uint32_t m_firstPoint = 0;
    std::uint32_t m_point = 0;
    std::optional<RequestRows> m_rows;
    std::map<std::uint32_t, RequestStatistics> m_statistics;
};

/// Number of a benchmark of 0.1, which lie in groups, among all of the document.
std::uint32_t nestedIndex(const read::Node& benchmark);

} // namespace prism::formats::guidellm
