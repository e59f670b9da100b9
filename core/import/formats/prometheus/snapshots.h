// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bucket_histogram.h"
#include "core/read/prometheus.h"

#include <functional>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prism::formats::prometheus {

/// What a label set says to us; the whole of it is part of the series' key.
struct Labels {
    std::string model;
    std::string reason; ///< finished_reason
};

struct Counter {
    std::string name;
    Labels labels;
    double value = 0;
};

struct Histogram {
    std::string name; ///< without _bucket, _sum, _count
    Labels labels;
    std::vector<std::pair<double, double>> buckets; ///< bound and cumulative count
    double sum = 0;
    double count = 0;

    BucketHistogram totals() const;
};

/// What a server said at one moment. Keys are names with all labels in their order by name.
struct Snapshot {
    std::string file; ///< of a text that was put together of several files
    std::optional<double> seconds; ///< since 1970, where the samples carry timestamps
    std::optional<double> processStart;
    std::map<std::string, Counter> counters;
    std::map<std::string, Histogram> histograms;
    std::map<std::string, Counter> gauges; ///< what holds at this moment
    std::map<std::string, double> created; ///< when a counter began, by its key without the suffix

    bool isEmpty() const { return counters.empty() && histograms.empty(); }
};

/// What counters and histograms grew by between snapshots, by the same keys.
struct Growth {
    std::map<std::string, Counter> counters;
    std::map<std::string, Histogram> shapes; ///< names and labels of `histograms`
    std::map<std::string, BucketHistogram> histograms;
    std::map<std::string, Counter> gauges; ///< of the last snapshot
    std::uint64_t resets = 0; ///< series that began anew: what they hold now is what they grew by
    std::optional<double> seconds; ///< between the first and the last snapshot

    /// From zero: what a single snapshot says.
    static Growth sinceStart(const Snapshot& snapshot);
    /// Adds what came between two snapshots of one server.
    void add(const Snapshot& before, const Snapshot& after);
};

/// Whether counters go down from `before` to `after` and up the other way round: they are in the wrong order.
bool isBackwards(const Snapshot& before, const Snapshot& after);
/// Whether two snapshots can be of one server: one names no model that the other does not.
bool areOfOneServer(const Snapshot& a, const Snapshot& b);

/// Cuts an exposition into snapshots: a series that comes again begins the next one, as "# EOF" ends one.
class SnapshotReader : public read::PrometheusHandler {
public:
    using Each = std::function<void(Snapshot)>;
    explicit SnapshotReader(Each each)
        : m_each(std::move(each))
    {
    }
    Result<void> sample(const read::PrometheusSample& sample) override;
    Result<void> end(read::Place place) override;
    bool passesOver(const Error& fault) override;
    std::uint64_t passedOver() const { return m_passedOver; } ///< lines that are no samples
    const std::optional<Error>& firstFault() const { return m_firstFault; }
    void finish() { next(); }
    std::uint64_t leftOut() const { return m_leftOut; } ///< samples for which there was no room

private:
    void next();
    void histogram(const read::PrometheusSample& sample);
    bool untypedTotal(const read::PrometheusSample& sample);
    void takeTime(const read::PrometheusSample& sample);

    Each m_each;
    Snapshot m_snapshot;
    /// Sums and counts of untyped series whose buckets have not come yet, by the key of their histogram.
    std::map<std::string, Histogram> m_early;
    std::map<std::string, bool> m_seen; ///< keys of the snapshot, buckets included
    std::optional<double> m_stamp; ///< largest timestamp as written
    std::uint64_t m_leftOut = 0;
    std::uint64_t m_passedOver = 0;
    std::optional<Error> m_firstFault; ///< of the lines that were passed over
};

} // namespace prism::formats::prometheus
