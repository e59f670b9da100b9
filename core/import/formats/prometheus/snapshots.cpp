// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/formats/prometheus/snapshots.h"

#include "core/read/numbers.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace prism::formats::prometheus {

namespace {

constexpr std::size_t mostSeries = 200'000; ///< samples of one snapshot

/// Name and labels without `without`, in the order of the labels' names.
std::string keyOf(std::string_view name, const read::PrometheusSample& sample, std::string_view without = {})
{
    std::vector<std::pair<std::string_view, std::string_view>> labels;
    for (const read::PrometheusLabel& label : sample.labels) {
        if (label.name != without) {
            labels.emplace_back(label.name, label.value);
        }
    }
    std::sort(labels.begin(), labels.end());
    std::string key(name);
    for (const auto& [label, value] : labels) {
        key += '\x1f';
        key += label;
        key += '=';
        key += value;
    }
    return key;
}

Labels labelsOf(const read::PrometheusSample& sample)
{
    Labels labels;
    for (const std::string_view name : { "model_name", "model" }) {
        if (const auto model = sample.label(name); model && labels.model.empty()) {
            labels.model = *model == "undefined" ? std::string_view() : *model; // TensorRT-LLM's own word
        }
    }
    labels.reason = sample.label("finished_reason").value_or("");
    return labels;
}

bool cut(std::string_view& name, std::string_view suffix)
{
    if (!name.ends_with(suffix) || name.size() == suffix.size()) {
        return false;
    }
    name.remove_suffix(suffix.size());
    return true;
}

bool isHistogram(const read::PrometheusSample& sample)
{
    using read::FamilyType;
    const FamilyType type = sample.family->type;
    return type == FamilyType::Histogram
        || (type == FamilyType::Untyped && sample.name.ends_with("_bucket") && sample.label("le"));
}

bool isCounter(const read::PrometheusSample& sample)
{
    using read::FamilyType;
    const FamilyType type = sample.family->type;
    return type == FamilyType::Counter || (type == FamilyType::Untyped && sample.name.ends_with("_total"));
}

bool isGauge(const read::PrometheusSample& sample)
{
    using read::FamilyType;
    return sample.family->type == FamilyType::Gauge || sample.family->type == FamilyType::Untyped;
}

} // namespace

BucketHistogram Histogram::totals() const
{
    auto rising = buckets;
    std::stable_sort(
        rising.begin(), rising.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return BucketHistogram::fromCumulative(rising, count, sum);
}

Growth Growth::sinceStart(const Snapshot& snapshot)
{
    Growth growth;
    growth.counters = snapshot.counters;
    growth.gauges = snapshot.gauges;
    growth.shapes = snapshot.histograms;
    for (const auto& [key, histogram] : snapshot.histograms) {
        growth.histograms[key] = histogram.totals();
    }
    return growth;
}

void Growth::add(const Snapshot& before, const Snapshot& after)
{
    const bool restarted
        = before.processStart && after.processStart && *after.processStart > *before.processStart + 1;
    const auto beganAnew = [&](const std::string& key) {
        const auto then = before.created.find(key);
        const auto now = after.created.find(key);
        return restarted
            || (then != before.created.end() && now != after.created.end() && now->second > then->second);
    };
    for (const auto& [key, now] : after.counters) {
        Counter& total = counters.try_emplace(key, Counter { now.name, now.labels, 0 }).first->second;
        const auto then = before.counters.find(key);
        const double old = then == before.counters.end() ? 0 : then->second.value;
        const bool anew = old > 0 && (now.value < old || beganAnew(key));
        resets += anew ? 1 : 0;
        total.value += anew ? now.value : now.value - old;
    }
    for (const auto& [key, now] : after.histograms) {
        shapes.emplace(key, now);
        const BucketHistogram all = now.totals();
        const auto then = before.histograms.find(key);
        std::optional<BucketHistogram> grown = all;
        if (then != before.histograms.end() && then->second.count > 0) {
            grown = beganAnew(key) ? std::nullopt : all.since(then->second.totals());
            resets += grown ? 0 : 1;
        }
        histograms[key].add(grown ? *grown : all);
    }
    gauges = after.gauges;
    if (before.seconds && after.seconds && *after.seconds > *before.seconds) {
        seconds = seconds.value_or(0) + *after.seconds - *before.seconds;
    }
}

bool isBackwards(const Snapshot& before, const Snapshot& after)
{
    if (before.seconds && after.seconds && *before.seconds != *after.seconds) {
        return *after.seconds < *before.seconds;
    }
    if (before.processStart && after.processStart
        && std::abs(*before.processStart - *after.processStart) > 1) {
        return *after.processStart < *before.processStart;
    }
    std::size_t down = 0;
    std::size_t up = 0;
    for (const auto& [key, now] : after.counters) {
        const auto then = before.counters.find(key);
        if (then != before.counters.end()) {
            down += now.value < then->second.value ? 1 : 0;
            up += now.value > then->second.value ? 1 : 0;
        }
    }
    return down > 0 && up == 0;
}

bool areOfOneServer(const Snapshot& a, const Snapshot& b)
{
    const auto models = [](const Snapshot& snapshot) {
        std::set<std::string> all;
        for (const auto& [key, counter] : snapshot.counters) {
            all.insert(counter.labels.model);
        }
        for (const auto& [key, histogram] : snapshot.histograms) {
            all.insert(histogram.labels.model);
        }
        return all;
    };
    const bool shared = std::any_of(a.counters.begin(), a.counters.end(),
        [&](const auto& counter) { return b.counters.contains(counter.first); });
    return shared && models(a) == models(b);
}

Result<void> SnapshotReader::sample(const read::PrometheusSample& sample)
{
    std::string key = keyOf(sample.name, sample);
    if (m_seen.contains(key) || sample.name == "prism_snapshot") {
        next();
    }
    if (m_seen.size() >= mostSeries) {
        ++m_leftOut;
        return {};
    }
    m_seen.emplace(key, true);
    takeTime(sample);
    std::string_view name = sample.name;
    if (name == "process_start_time_seconds" && sample.labels.empty()) {
        m_snapshot.processStart = sample.number.value;
    } else if (name == "prism_snapshot") {
        m_snapshot.file = sample.label("file").value_or("");
    } else if (cut(name, "_created")) {
        m_snapshot.created[keyOf(name, sample)] = sample.number.value;
        m_snapshot.created[keyOf(std::string(name) + "_total", sample)] = sample.number.value;
    } else if (isHistogram(sample)) {
        histogram(sample);
    } else if (untypedTotal(sample)) {
        return {};
    } else if (isCounter(sample) && std::isfinite(sample.number.value)) {
        m_snapshot.counters[std::move(key)] = { std::string(name), labelsOf(sample), sample.number.value };
    } else if (isGauge(sample) && std::isfinite(sample.number.value)) {
        m_snapshot.gauges[std::move(key)] = { std::string(name), labelsOf(sample), sample.number.value };
    }
    return {};
}

void SnapshotReader::histogram(const read::PrometheusSample& sample)
{
    std::string_view name = sample.name;
    const bool isBucket = cut(name, "_bucket");
    const bool isSum = !isBucket && cut(name, "_sum");
    const bool isCount = !isBucket && !isSum && cut(name, "_count");
    const std::string key = keyOf(name, sample, isBucket ? "le" : std::string_view());
    const auto at = m_snapshot.histograms.try_emplace(key);
    Histogram& histogram = at.first->second;
    if (at.second) {
        if (const auto early = m_early.find(key); early != m_early.end()) {
            histogram = std::move(early->second);
        }
        histogram.name = name;
        histogram.labels = labelsOf(sample);
    }
    if (isBucket) {
        const std::string_view text = sample.label("le").value_or("");
        const auto bound = read::parseDecimal(text);
        histogram.buckets.emplace_back(bound.value_or(HUGE_VAL), sample.number.value);
    }
    histogram.sum = isSum ? sample.number.value : histogram.sum;
    histogram.count = isCount ? sample.number.value : histogram.count;
}

/// Without a TYPE line only its buckets tell that a "…_sum" or "…_count" is a histogram's.
bool SnapshotReader::untypedTotal(const read::PrometheusSample& sample)
{
    std::string_view name = sample.name;
    const bool isSum = cut(name, "_sum");
    if (sample.family->type != read::FamilyType::Untyped || (!isSum && !cut(name, "_count"))) {
        return false;
    }
    const std::string key = keyOf(name, sample);
    const auto known = m_snapshot.histograms.find(key);
    Histogram& histogram = known != m_snapshot.histograms.end() ? known->second : m_early[key];
    (isSum ? histogram.sum : histogram.count) = sample.number.value;
    return true;
}

void SnapshotReader::takeTime(const read::PrometheusSample& sample)
{
    if (sample.timestamp) {
        m_stamp = std::max(m_stamp.value_or(0), sample.timestamp->value);
    }
}

void SnapshotReader::next()
{
    if (m_stamp && *m_stamp > 0) {
        // Milliseconds in Prometheus text, seconds in OpenMetrics: a thousand times apart, so the size tells.
        m_snapshot.seconds = *m_stamp > 1e11 ? *m_stamp / 1000 : *m_stamp;
    }
    if (!m_snapshot.isEmpty()) {
        m_each(std::move(m_snapshot));
    }
    m_snapshot = {};
    m_early.clear();
    m_seen.clear();
    m_stamp.reset();
}

bool SnapshotReader::passesOver(const Error& fault)
{
    ++m_passedOver;
    m_firstFault = m_firstFault ? m_firstFault : fault;
    return true;
}

Result<void> SnapshotReader::end(read::Place)
{
    next();
    return {};
}

} // namespace prism::formats::prometheus
