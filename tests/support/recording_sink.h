// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

#include <map>
#include <string>
#include <vector>

namespace prism::test {

/// Keeps everything that an importer sends.
class RecordingSink : public Sink {
public:
    void point(LoadPoint point) override;
    void request(std::uint32_t point, RequestRow row) override;
    void gaps(std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs) override;
    void series(std::uint32_t point, TimeSeries series) override;
    void spans(const TraceBatch& batch) override;
    void traceSheet(const TraceSheet& sheet) override;
    void warn(Warning warning) override;
    void holds(std::map<std::string, std::uint64_t> counts) override;
    void attach(std::map<std::string, std::uint64_t> counts) override;

    std::vector<LoadPoint> points; ///< in the order in which they were sent
    std::map<std::uint32_t, std::vector<RequestRow>> requests; ///< with the gaps that came apart
    std::map<std::uint32_t, std::vector<TimeSeries>> seriesOf;
    Trace trace; ///< all batches one behind the other
    std::vector<Warning> warnings;
    std::map<std::string, std::uint64_t> counts;
    bool attached = false;

    /// The number of a measure; NaN with a test failure when it is absent or has no number.
    double value(std::size_t point, std::string_view metric, std::string_view stat = "value") const;
    bool has(std::size_t point, std::string_view metric, std::string_view stat = "value") const;
    std::string attribute(std::size_t point, std::string_view name) const; ///< text, "" when absent
    bool warned(std::string_view code) const; ///< on the file or on any point
};

/// Recognises `text` named `name` and reads it with the importer that wins.
struct Read {
    std::string importer; ///< id, "" when nothing recognised it
    RecordingSink sink;
    std::optional<Error> error;
};
Read readText(std::string_view text, const std::string& name);
/// The same for a file below tests/data.
Read readFixture(const std::string& file);

} // namespace prism::test
