// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/recording_sink.h"

#include <QtTest>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

namespace prism::test {

void RecordingSink::point(LoadPoint point)
{
    points.push_back(std::move(point));
}
void RecordingSink::request(std::uint32_t point, RequestRow row)
{
    requests[point].push_back(std::move(row));
}
void RecordingSink::gaps(std::uint32_t point, std::uint32_t request, std::span<const double> gapsMs)
{
    auto& rows = requests[point];
    while (rows.size() <= request) {
        rows.emplace_back().index = static_cast<std::uint32_t>(rows.size() - 1);
    }
    rows[request].gapsMs.assign(gapsMs.begin(), gapsMs.end());
}
void RecordingSink::series(std::uint32_t point, TimeSeries s)
{
    seriesOf[point].push_back(std::move(s));
}
void RecordingSink::spans(const TraceBatch& batch)
{
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(trace.events.spans.startNs, batch.spans.startNs);
    append(trace.events.spans.durationNs, batch.spans.durationNs);
    append(trace.events.spans.lane, batch.spans.lane);
    append(trace.events.spans.name, batch.spans.name);
    append(trace.events.spans.place, batch.spans.place);
    append(trace.events.flows.timeNs, batch.flows.timeNs);
    append(trace.events.flows.lane, batch.flows.lane);
    append(trace.events.flows.id, batch.flows.id);
}
void RecordingSink::traceSheet(const TraceSheet& sheet)
{
    trace.sheet = sheet;
}
void RecordingSink::warn(Warning warning)
{
    warnings.push_back(std::move(warning));
}
void RecordingSink::holds(std::map<std::string, std::uint64_t> c)
{
    counts = std::move(c);
}
void RecordingSink::attach(std::map<std::string, std::uint64_t> c)
{
    attached = true;
    holds(std::move(c));
}

double RecordingSink::value(std::size_t point, std::string_view metric, std::string_view stat) const
{
    const Measure* m = point < points.size() ? points[point].measure(metric, *Stat::parse(stat)) : nullptr;
    if (!m || m->status != Status::Ok) {
        qCritical("point %zu has no %.*s %.*s", point, int(metric.size()), metric.data(), int(stat.size()),
            stat.data());
        return std::numeric_limits<double>::quiet_NaN();
    }
    return m->value;
}

bool RecordingSink::has(std::size_t point, std::string_view metric, std::string_view stat) const
{
    const Measure* m = point < points.size() ? points[point].measure(metric, *Stat::parse(stat)) : nullptr;
    return m && m->status == Status::Ok;
}

std::string RecordingSink::attribute(std::size_t point, std::string_view name) const
{
    const Attribute* a = point < points.size() ? points[point].attribute(name) : nullptr;
    return a ? toText(a->value) : std::string();
}

bool RecordingSink::warned(std::string_view code) const
{
    const auto matches = [code](const Warning& w) { return w.code == code; };
    return std::any_of(warnings.begin(), warnings.end(), matches)
        || std::any_of(points.begin(), points.end(),
            [&](const LoadPoint& p) { return std::any_of(p.warnings.begin(), p.warnings.end(), matches); });
}

} // namespace prism::test
