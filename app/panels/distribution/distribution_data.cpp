// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/distribution/distribution_data.h"

#include "core/model/percentile.h"
#include "core/store/store.h"

#include <algorithm>

namespace prism::app {

namespace {

constexpr std::uint32_t page = 2000;

/// Samples of one metric in one request. Failed requests measured no latency.
void collect(const RequestRow& row, std::string_view metric, std::vector<double>& samples)
{
    const auto add = [&](const auto& value) {
        if (value) {
            samples.push_back(value->value);
        }
    };
    if (metric == "isl" && row.isl) {
        samples.push_back(double(*row.isl));
    } else if (metric == "osl" && row.osl && row.ok) {
        samples.push_back(double(*row.osl));
    }
    if (!row.ok) {
        return;
    }
    if (metric == "ttft") {
        add(row.ttft);
    } else if (metric == "e2e") {
        add(row.e2e);
    } else if (metric == "itl") {
        samples.insert(samples.end(), row.gapsMs.begin(), row.gapsMs.end());
    } else if (metric == "tpot" && row.e2e && row.ttft && row.osl && *row.osl > 1) {
        samples.push_back((row.e2e->value - row.ttft->value) / double(*row.osl - 1));
    }
}

Result<std::vector<double>> samplesOf(
    StoreReader& reader, PointId point, const Metric& metric, const std::atomic<bool>& stop)
{
    std::vector<double> samples;
    for (std::uint32_t first = 0; !stop; first += page) {
        const auto rows = reader.requests(point, first, page, metric.id == "itl");
        if (!rows) {
            return rows.error();
        }
        for (const RequestRow& row : *rows) {
            collect(row, metric.id, samples);
        }
        if (rows->size() < page) {
            break;
        }
    }
    return ascending(std::move(samples));
}

std::optional<double> percentileOf(Stat stat)
{
    switch (stat.kind()) {
    case Stat::Kind::Min:
        return 0;
    case Stat::Kind::Max:
        return 100;
    case Stat::Kind::Percentile:
        return stat.percentile();
    default:
        return std::nullopt;
    }
}

void addStated(DistributionSeries& series, const PointDetail& point, const Metric& metric)
{
    for (const Measure& m : point.measures) {
        if (m.metric != &metric || m.status != Status::Ok) {
            continue;
        }
        series.semantics = QString::fromStdString(m.semantics);
        if (m.stat.kind() == Stat::Kind::Mean) {
            series.mean = m.value;
        } else if (const auto p = percentileOf(m.stat)) {
            series.knots.push_back({ *p, m.value });
        }
    }
    std::sort(series.knots.begin(), series.knots.end(),
        [](const auto& a, const auto& b) { return a.percentile < b.percentile; });
}

} // namespace

std::vector<const Metric*> distributionMetrics()
{
    std::vector<const Metric*> out;
    for (const char* id : { "ttft", "tpot", "itl", "e2e", "isl", "osl" }) {
        out.push_back(findMetric(id));
    }
    return out;
}

std::vector<DistributionSeries> readDistributions(const QString& database,
    const std::vector<DistributionRequest>& points, const Metric& metric, bool logarithmic,
    const std::shared_ptr<std::atomic<bool>>& stop)
{
    std::vector<DistributionSeries> out;
    auto reader = StoreReader::open(database.toStdString());
    for (const DistributionRequest& request : points) {
        if (*stop) {
            break;
        }
        DistributionSeries& series = out.emplace_back();
        series.of = request;
        if (!reader) {
            series.problem = QString::fromStdString(reader.error().text());
            continue;
        }
        const auto point = (*reader)->point(request.point);
        if (!point || !*point) {
            series.problem = point ? QString() : QString::fromStdString(point.error().text());
            continue;
        }
        addStated(series, **point, metric);
        const auto samples = samplesOf(**reader, request.point, metric, *stop);
        if (!samples) {
            series.problem = QString::fromStdString(samples.error().text());
            continue;
        }
        series.samples = samples->size();
        series.histogram = histogram(*samples, logarithmic);
        series.steps = cdf(*samples);
    }
    return out;
}

} // namespace prism::app
