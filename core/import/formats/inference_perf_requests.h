// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/request_rows.h"
#include "core/import/request_statistics.h"
#include "core/read/documents.h"

namespace prism::formats::inference_perf {

/// Reads an array of requests without keeping their texts.
read::Plan requestsPlan();

/// The requests of per_request_lifecycle_metrics.json and the point that they make.
class Requests {
public:
    Requests(Sink& sink, std::uint32_t point)
        : m_sink(sink)
        , m_point(point)
        , m_rows(sink, point)
    {
    }
    void element(const read::Node& request);
    void finish();

private:
    Sink& m_sink;
    std::uint32_t m_point;
    RequestRows m_rows;
    RequestStatistics m_statistics;
};

} // namespace prism::formats::inference_perf
