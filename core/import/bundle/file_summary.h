// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/import/twins.h"
#include "core/model/load_point.h"
#include "core/model/time_span.h"
#include "core/model/trace.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism {

/// What a file tells that decides where it belongs: small enough to be kept for every file of a folder.
struct FileSummary {
    /// Numbers of a point that the spread of repetitions is shown in; NaN where there is none.
    static constexpr std::size_t shownNumbers = 4;

    struct Point {
        std::size_t part = 0; ///< of `parts`
        std::string load; ///< loadText()
        std::string setup; ///< what else tells points of one part apart; equal in repetitions
        std::optional<TimeSpan> measured;
        std::optional<TimeSpan> measuredLocally = {}; ///< by a clock that names no zone
        std::array<double, shownNumbers> numbers {}; ///< of shown()
    };
    /// Points of one run, as long as nothing joins it with another.
    struct Part {
        std::string key; ///< hash of what RunKeys gives
        std::string label; ///< the producer's own name of it
        std::string group; ///< the producer's own id that joins points
        std::string settings; ///< settingsOf()
        std::string model;
        std::size_t points = 0;
    };
    struct Shown {
        std::string_view metric;
        Stat stat;
    };
    static const std::array<Shown, shownNumbers>& shown();

    std::string path;
    std::string sha256;
    std::string producer;
    Outcome outcome = Outcome::Refused;
    std::string reason; ///< of a refusal or a skip
    SourceId source = 0; ///< in the store, 0 while it is not there
    bool log = false; ///< documents between the lines of a log
    std::map<std::string, std::uint64_t> counts;
    std::uint64_t pointCount = 0;
    std::uint64_t requests = 0;
    std::uint64_t series = 0;
    bool timeline = false;
    bool pending = false; ///< attached before this import, and still of no run
    std::vector<Part> parts; ///< none where there are too many to be shown
    std::vector<Point> points; ///< all of them, or none where there are too many to compare
    std::uint64_t runs = 0;
    std::optional<TimeSpan> covers; ///< its samples or spans, in absolute time
    std::optional<TimeSpan> coversLocally; ///< its samples, by a clock that names its day but no zone

    bool isResult() const { return pointCount > 0; }
    /// A sidecar, telemetry or a timeline.
    bool isAttached() const { return outcome == Outcome::Attached; }
    /// It is looked for the run that it belongs to. A snapshot of a server's counters has points, and is no
    /// sidecar of another run.
    bool seeksRun() const { return isAttached() && (!isResult() || series > 0 || timeline); }
    std::string name() const; ///< last part of the path
    std::string folder() const; ///< what stands before it, with its separator
};

/// What the job told of the file, into its summary.
void describe(FileSummary& summary, const FileResult& result, std::optional<SourceId> source);

/// Makes the summary of a file, and what tells its twins, from what the parser says of it.
class SummaryBuilder {
public:
    void point(const LoadPoint& point, const std::string& runKeyHash);
    void requests(std::uint64_t rows) { m_summary.requests += rows; }
    void series(const TimeSeries& series);
    void spans(const TraceBatch& batch);
    void sheet(const TraceSheet& sheet);

    /// When the point was measured, where it tells that in absolute time.
    static std::optional<TimeSpan> measured(const LoadPoint& point);
    /// What its samples or spans cover so far.
    std::optional<TimeSpan> covers() const;
    /// What its samples cover so far by a clock that names its day but no zone.
    std::optional<TimeSpan> coversLocally() const { return m_summary.coversLocally; }
    /// Prints of the points, as long as they are few enough to be compared.
    std::vector<PointPrint> takePrints();
    FileSummary take();

private:
    static void cover(std::optional<TimeSpan>& covers, double at);

    FileSummary m_summary;
    std::vector<PointPrint> m_prints;
    bool m_manyParts = false;
    std::optional<TimeSpan> m_spansNs; ///< on the trace's own clock
    std::optional<std::int64_t> m_unixNs;
};

/// "concurrency 4, 2 req/s": what a point says of its load; empty when it says nothing.
std::string loadText(const LoadPoint& point);

} // namespace prism
