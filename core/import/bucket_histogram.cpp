// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bucket_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prism {

BucketHistogram BucketHistogram::fromCumulative(
    const std::vector<std::pair<double, double>>& buckets, double count, double sum)
{
    BucketHistogram out;
    out.count = count;
    out.sum = sum;
    double before = 0;
    for (const auto& [bound, cumulative] : buckets) {
        if (std::isfinite(bound)) {
            out.sound = out.sound && (out.bounds.empty() || bound > out.bounds.back());
            out.bounds.push_back(bound);
            out.counts.push_back(cumulative - before);
            before = cumulative;
        }
    }
    const double all = !buckets.empty() && std::isinf(buckets.back().first) ? buckets.back().second : count;
    out.counts.push_back(all - before);
    out.sound = out.sound && all == count && std::isfinite(count)
        && std::all_of(out.counts.begin(), out.counts.end(), [](double n) { return n >= 0; });
    return out;
}

void BucketHistogram::add(const BucketHistogram& other)
{
    if (count == 0 && sum == 0 && counts.empty()) {
        *this = other;
        return;
    }
    count += other.count;
    sum += other.sum;
    sound = sound && other.sound && bounds == other.bounds && counts.size() == other.counts.size();
    for (std::size_t i = 0; sound && i < counts.size(); ++i) {
        counts[i] += other.counts[i];
    }
}

std::optional<BucketHistogram> BucketHistogram::since(const BucketHistogram& before) const
{
    if (count < before.count || sum < before.sum) {
        return std::nullopt;
    }
    BucketHistogram out = *this;
    out.count -= before.count;
    out.sum -= before.sum;
    out.sound = sound && before.sound && bounds == before.bounds && counts.size() == before.counts.size();
    for (std::size_t i = 0; out.sound && i < counts.size(); ++i) {
        if (counts[i] < before.counts[i]) {
            return std::nullopt;
        }
        out.counts[i] -= before.counts[i];
    }
    return out;
}

std::optional<double> BucketHistogram::quantile(double q) const
{
    if (!hasBuckets() || count <= 0) {
        return std::nullopt;
    }
    const double rank = q * count;
    double below = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (counts[i] > 0 && below + counts[i] >= rank) {
            // Below the first bound observations lie between 0 and it: times and lengths are not negative.
            const double from = i > 0 ? bounds[i - 1] : std::min(0.0, bounds[0]);
            return from + (bounds[i] - from) * ((rank - below) / counts[i]);
        }
        below += counts[i];
    }
    return std::nullopt;
}

bool BucketHistogram::isBeyond(double q) const
{
    return hasBuckets() && count > 0 && !quantile(q);
}

void writeHistogram(PointWriter& out, std::string_view metric, const BucketHistogram& histogram,
    double factor, const std::string& source, std::string_view semantics)
{
    if (!(histogram.count > 0) || !std::isfinite(histogram.count) || !std::isfinite(histogram.sum)) {
        return;
    }
    out.derived(metric, Stat::count(), histogram.count, source + " count", semantics);
    out.derived(
        metric, Stat::mean(), histogram.sum / histogram.count * factor, source + " sum / count", semantics);
    const Metric* known = findMetric(metric);
    for (const double p : { 50.0, 90.0, 95.0, 99.0 }) {
        const Stat stat = Stat::percentile(p);
        if (const auto value = histogram.quantile(p / 100)) {
            const std::string meaning
                = std::string(semantics) + (semantics.empty() ? "" : ", ") + "from-buckets";
            out.derived(metric, stat, *value * factor,
                "linear between the bounds of the bucket of " + source + " that holds it", meaning);
        } else if (histogram.isBeyond(p / 100) && known) {
            const std::string bound = "> "
                + formatNumber(histogram.bounds.back() * factor, unitOf(*known, stat), NumberStyle::Reading);
            out.extra(source + ' ' + stat.name(), bound);
            out.warn("beyond-buckets",
                title(*known, stat) + " is " + bound + ": it lies above the last bucket of " + source + '.',
                {}, Severity::Note);
        }
    }
    if (!histogram.sound) {
        out.warn("unsound-buckets",
            "The buckets of " + source + " do not make up its count; no percentile is taken from them.");
    }
}

} // namespace prism
