// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sink.h"

#include <optional>
#include <vector>

namespace prism {

/// Numbers the requests of a point and makes their start times relative to the first of them.
///
/// Files list requests in the order in which they ended, so the earliest start is not in the first row. Where
/// the producer says when the first one began (`zero`), that is the origin; else the earliest start among the
/// first rows, which are held back for it: memory is bounded, and a request that began still earlier gets a
/// negative start.
class RequestRows {
public:
    RequestRows(Sink& sink, std::uint32_t point)
        : m_sink(sink)
        , m_point(point)
    {
    }

    /// `start` in seconds on the producer's clock.
    void add(RequestRow row, std::optional<double> start, std::optional<double> zero);
    /// Sends what is held back. Must be the last call.
    void finish();
    std::uint32_t count() const { return m_next; }

private:
    struct Held {
        RequestRow row;
        std::optional<double> start;
    };
    static constexpr std::size_t mostHeld = 1024;

    void send(Held held);
    void settle();

    Sink& m_sink;
    std::uint32_t m_point;
    std::uint32_t m_next = 0;
    std::optional<double> m_zero;
    bool m_settled = false;
    std::vector<Held> m_held;
};

} // namespace prism
