// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/bundle/file_summary.h"

#include "core/import/distributions.h"
#include "core/import/local_time.h"
#include "core/import/run_key.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace prism {

namespace {

std::string textOf(const LoadPoint& point, std::string_view attribute)
{
    const Attribute* found = point.attribute(attribute);
    return found ? toText(found->value) : std::string();
}

double numberOf(const LoadPoint& point, const FileSummary::Shown& shown)
{
    const Measure* measure = point.measure(shown.metric, shown.stat);
    return measure && measure->status == Status::Ok && measure->semantics.empty()
        ? measure->value
        : std::numeric_limits<double>::quiet_NaN();
}

constexpr std::size_t mostParts = 256; ///< of one file

} // namespace

const std::array<FileSummary::Shown, FileSummary::shownNumbers>& FileSummary::shown()
{
    static const std::array<Shown, shownNumbers> list { { { "ttft", Stat::mean() }, { "tpot", Stat::mean() },
        { "e2e", Stat::mean() }, { "output_throughput", Stat::value() } } };
    return list;
}

std::string FileSummary::name() const
{
    return path.substr(folder().size());
}

std::string FileSummary::folder() const
{
    const std::size_t at = path.find_last_of("/!");
    return at == std::string::npos ? std::string() : path.substr(0, at + 1);
}

void describe(FileSummary& summary, const FileResult& result, std::optional<SourceId> source)
{
    summary.path = result.source;
    summary.sha256 = result.sha256;
    summary.producer = result.producer;
    summary.outcome = result.outcome;
    summary.reason = result.reason ? result.reason->text() : std::string();
    summary.counts = result.counts;
    summary.runs = result.runs;
    summary.source = source.value_or(0);
}

std::string loadText(const LoadPoint& point)
{
    std::string out;
    const auto add = [&](std::string_view attribute, const std::string& before, const std::string& behind) {
        if (const std::string text = textOf(point, attribute); !text.empty()) {
            out += (out.empty() ? "" : ", ") + before + text + behind;
        }
    };
    add("concurrency", "concurrency ", "");
    add("request_rate", "", " req/s");
    add("batch_size", "batch ", "");
    if (out.empty()) {
        add("load_mode", "", "");
    }
    return out;
}

std::optional<TimeSpan> SummaryBuilder::measured(const LoadPoint& point)
{
    const Attribute* started = point.attribute("started_at");
    const auto* text = started ? std::get_if<std::string>(&started->value) : nullptr;
    const auto begin = text ? epochOfUtcText(*text) : std::nullopt;
    if (!begin) {
        return std::nullopt;
    }
    const Measure* duration = point.measure("duration", Stat::value());
    const bool told = duration && duration->status == Status::Ok && duration->value > 0;
    return TimeSpan { *begin, *begin + (told ? duration->value : 0) };
}

void SummaryBuilder::point(const LoadPoint& point, const std::string& runKeyHash)
{
    ++m_summary.pointCount;
    if (m_manyParts) {
        return;
    }
    auto& parts = m_summary.parts;
    const auto part = std::find_if(
        parts.begin(), parts.end(), [&](const FileSummary::Part& p) { return p.key == runKeyHash; });
    const auto number = static_cast<std::size_t>(part - parts.begin());
    if (part == parts.end()) {
        parts.push_back(
            { runKeyHash, point.label, point.group, settingsOf(point), textOf(point, "model"), 0 });
    }
    ++parts[number].points;
    m_manyParts = parts.size() > mostParts;
    if (m_manyParts || m_summary.pointCount > TwinFinder::mostPointsOfSource) {
        // Too many to be compared with those of other files: the file stands for itself.
        m_summary.points = {};
        m_prints = {};
        if (m_manyParts) {
            parts = {};
        }
        return;
    }
    FileSummary::Point& summary = m_summary.points.emplace_back();
    summary.part = number;
    summary.load = loadText(point);
    summary.setup = stemWithoutLoad(point.label);
    for (const char* length : { "isl_target", "osl_target", "context_depth" }) {
        summary.setup += '\n' + textOf(point, length);
    }
    summary.measured = measured(point);
    summary.measuredLocally = local::measured(point);
    std::transform(FileSummary::shown().begin(), FileSummary::shown().end(), summary.numbers.begin(),
        [&](const FileSummary::Shown& shown) { return numberOf(point, shown); });
    m_prints.push_back(printOf(point));
}

void SummaryBuilder::cover(std::optional<TimeSpan>& covers, double at)
{
    covers
        = covers ? TimeSpan { std::min(covers->begin, at), std::max(covers->end, at) } : TimeSpan { at, at };
}

void SummaryBuilder::series(const TimeSeries& series)
{
    ++m_summary.series;
    for (const double at : series.seconds) {
        if (std::isfinite(at)) {
            if (series.absolute) {
                cover(m_summary.covers, at);
            } else if (series.localBegin) {
                cover(m_summary.coversLocally, *series.localBegin + at);
            }
        }
    }
}

void SummaryBuilder::spans(const TraceBatch& batch)
{
    m_summary.timeline = true;
    const SpanColumns& spans = batch.spans;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto begin = static_cast<double>(spans.startNs[i]);
        const double end = begin + static_cast<double>(std::max<std::int64_t>(spans.durationNs[i], 0));
        m_spansNs = m_spansNs ? TimeSpan { std::min(m_spansNs->begin, begin), std::max(m_spansNs->end, end) }
                              : TimeSpan { begin, end };
    }
}

void SummaryBuilder::sheet(const TraceSheet& sheet)
{
    m_unixNs = sheet.unixNs;
}

std::optional<TimeSpan> SummaryBuilder::covers() const
{
    std::optional<TimeSpan> covers = m_summary.covers;
    if (m_spansNs && m_unixNs) {
        const auto zero = static_cast<double>(*m_unixNs);
        const TimeSpan spans { (zero + m_spansNs->begin) * 1e-9, (zero + m_spansNs->end) * 1e-9 };
        covers = covers ? TimeSpan { std::min(covers->begin, spans.begin), std::max(covers->end, spans.end) }
                        : spans;
    }
    return covers;
}

std::vector<PointPrint> SummaryBuilder::takePrints()
{
    return std::exchange(m_prints, {});
}

FileSummary SummaryBuilder::take()
{
    m_summary.covers = covers();
    return std::exchange(m_summary, {});
}

} // namespace prism
