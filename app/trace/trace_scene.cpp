// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_scene.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <numeric>
#include <tuple>

namespace prism::app {

namespace {

std::string lowered(std::string_view text)
{
    std::string out(text);
    for (char& c : out) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

bool has(const std::string& text, std::initializer_list<std::string_view> words)
{
    return std::any_of(words.begin(), words.end(),
        [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// By the category as the producers write it.
TraceStage stageOf(const std::string& category)
{
    const std::string c = lowered(category);
    return has(c, { "memcpy", "memset", "memcopy" })                  ? TraceStage::Copy
        : has(c, { "annotation", "nvtx" })                            ? TraceStage::Annotation
        : has(c, { "kernel", "graph" })                               ? TraceStage::Kernel
        : has(c, { "runtime", "driver", "osrt", "overhead", "sync" }) ? TraceStage::Call
        : has(c, { "cpu_op", "operator" })                            ? TraceStage::Operator
                                                                      : TraceStage::Other;
}

} // namespace

const std::string& TraceScene::categoryOf(std::uint32_t span) const
{
    return sheet().categories[sheet().names[spans().name[span]].category];
}

std::shared_ptr<const TraceScene> TraceScene::of(Trace trace, const Cancelled& cancelled)
{
    auto scene = std::make_shared<TraceScene>();
    scene->m_trace = std::move(trace);
    const TraceSheet& sheet = scene->m_trace.sheet;
    const SpanColumns& spans = scene->m_trace.events.spans;
    for (const TraceSheet::Name& name : sheet.names) {
        scene->m_stages.push_back(static_cast<Stage>(stageOf(sheet.categories[name.category])));
    }
    scene->resolveOpen();
    std::vector<std::vector<std::uint32_t>> byLane(sheet.lanes.size());
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
        byLane[spans.lane[i]].push_back(i);
    }
    std::vector<std::uint32_t> order;
    for (std::uint32_t lane = 0; lane < byLane.size(); ++lane) {
        if (!byLane[lane].empty()) {
            order.push_back(lane);
        }
    }
    const auto key = [&](std::uint32_t lane) {
        const TraceSheet::Lane& l = sheet.lanes[lane];
        return std::tie(l.processOrder, l.process, l.threadOrder, l.thread);
    };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return key(a) < key(b); });
    scene->m_hiddenLanes = order.size() - std::min(order.size(), mostLanes);
    order.resize(std::min(order.size(), mostLanes));
    scene->m_sceneLane.assign(sheet.lanes.size(), -1);
    scene->m_rows.resize(spans.size());
    for (const std::uint32_t lane : order) {
        if (cancelled && cancelled()) {
            return nullptr;
        }
        scene->m_sceneLane[lane] = static_cast<std::int32_t>(scene->m_lanes.size());
        SceneLane& made = scene->m_lanes.emplace_back();
        made.lane = lane;
        made.spans = std::move(byLane[lane]);
        scene->layOut(made);
        scene->m_extent = scene->m_extent.united(made.extent);
    }
    scene->joinArrows();
    scene->findMainRange();
    return scene;
}

void TraceScene::resolveOpen()
{
    SpanColumns& spans = m_trace.events.spans;
    std::vector<std::int64_t> last(m_trace.sheet.lanes.size(), INT64_MIN);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        // Sums beyond the end of time stop there.
        std::int64_t& duration = spans.durationNs[i];
        const std::int64_t start = spans.startNs[i];
        duration = start > 0 ? std::min(duration, INT64_MAX - start) : duration;
        last[spans.lane[i]] = std::max(last[spans.lane[i]], start + std::max<std::int64_t>(0, duration));
    }
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (spans.durationNs[i] == SpanColumns::open) {
            spans.durationNs[i] = last[spans.lane[i]] - spans.startNs[i];
        }
    }
}

/// A span takes the first row that is free at its start: nested ones go below those that hold them.
void TraceScene::layOut(SceneLane& lane)
{
    const auto before = [this](std::uint32_t a, std::uint32_t b) {
        return startOf(a) != startOf(b) ? startOf(a) < startOf(b) : endOf(a) > endOf(b);
    };
    if (!std::is_sorted(lane.spans.begin(), lane.spans.end(), before)) {
        std::stable_sort(lane.spans.begin(), lane.spans.end(), before);
    }
    std::vector<std::int64_t> rowEnds;
    for (const std::uint32_t span : lane.spans) {
        const std::int64_t start = startOf(span);
        auto row
            = std::find_if(rowEnds.begin(), rowEnds.end(), [&](std::int64_t end) { return end <= start; });
        if (row == rowEnds.end() && rowEnds.size() < mostRows) {
            rowEnds.push_back(start);
            row = rowEnds.end() - 1;
        } else if (row == rowEnds.end()) {
            --row;
        }
        *row = std::max(*row, endOf(span));
        m_rows[span] = static_cast<std::uint8_t>(row - rowEnds.begin());
        lane.extent = lane.extent.united({ start, std::max(start + 1, endOf(span)) });
    }
    lane.rows = rowEnds.size();
}

void TraceScene::joinArrows()
{
    const FlowColumns& flows = m_trace.events.flows;
    std::vector<std::uint32_t> order(flows.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::tie(flows.id[a], flows.timeNs[a], a) < std::tie(flows.id[b], flows.timeNs[b], b);
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const std::uint32_t from = order[i - 1];
        const std::uint32_t to = order[i];
        if (flows.id[from] == flows.id[to]) {
            m_arrows.push_back({ flows.lane[from], flows.lane[to], flows.timeNs[from], flows.timeNs[to] });
        }
    }
    for (std::uint32_t i = 0; i < m_arrows.size(); ++i) {
        m_ends.push_back({ m_arrows[i].fromLane, m_arrows[i].fromNs, i });
        m_ends.push_back({ m_arrows[i].toLane, m_arrows[i].toNs, i });
    }
    std::sort(m_ends.begin(), m_ends.end(), [](const End& a, const End& b) {
        return std::tie(a.lane, a.ns, a.arrow) < std::tie(b.lane, b.ns, b.arrow);
    });
    m_trace.events.flows = {};
}

/// Distances from the median, by their bits: where a thousandfold distance holds nothing, what lies beyond it
/// is of another clock.
void TraceScene::findMainRange()
{
    m_mainRange = m_extent;
    const std::vector<std::int64_t>& starts = spans().startNs;
    if (starts.empty()) {
        return;
    }
    std::vector<std::int64_t> sample;
    const std::size_t step = std::max<std::size_t>(1, starts.size() / 1001);
    for (std::size_t i = 0; i < starts.size(); i += step) {
        sample.push_back(starts[i]);
    }
    std::nth_element(sample.begin(), sample.begin() + std::ptrdiff_t(sample.size() / 2), sample.end());
    const std::int64_t middle = sample[sample.size() / 2];
    const auto bits = [middle](std::int64_t ns) {
        const std::uint64_t distance = ns >= middle
            ? static_cast<std::uint64_t>(ns) - static_cast<std::uint64_t>(middle)
            : static_cast<std::uint64_t>(middle) - static_cast<std::uint64_t>(ns);
        return static_cast<std::size_t>(std::bit_width(distance));
    };
    std::array<bool, 65> seen {};
    for (const std::int64_t start : starts) {
        seen[bits(start)] = true;
    }
    std::size_t limit = seen.size();
    std::size_t empty = 0;
    for (std::size_t b = 0; b < seen.size(); ++b) {
        if (seen[b] && empty >= 10 && b >= 42) {
            limit = b;
            break;
        }
        empty = seen[b] ? 0 : empty + 1;
    }
    if (limit == seen.size()) {
        return;
    }
    m_mainRange = {};
    for (std::uint32_t i = 0; i < starts.size(); ++i) {
        if (bits(starts[i]) < limit) {
            m_mainRange = m_mainRange.united({ starts[i], std::max(starts[i] + 1, endOf(i)) });
        }
    }
}

std::optional<std::uint32_t> TraceScene::spanAt(std::uint32_t lane, std::int64_t ns) const
{
    if (lane >= m_sceneLane.size() || m_sceneLane[lane] < 0) {
        return std::nullopt;
    }
    const auto& spans = m_lanes[std::size_t(m_sceneLane[lane])].spans;
    auto at = std::upper_bound(
        spans.begin(), spans.end(), ns, [this](std::int64_t t, std::uint32_t s) { return t < startOf(s); });
    // Those that hold an instant began before it; nested ones last.
    for (int looks = 0; at != spans.begin() && looks < 10'000; ++looks) {
        --at;
        if (endOf(*at) >= ns) {
            return *at;
        }
    }
    return std::nullopt;
}

std::vector<bool> TraceScene::namesWith(const std::string& text) const
{
    const std::string wanted = lowered(text);
    std::vector<bool> names;
    names.reserve(sheet().names.size());
    for (const TraceSheet::Name& name : sheet().names) {
        names.push_back(wanted.empty() || lowered(name.text).find(wanted) != std::string::npos);
    }
    return names;
}

std::uint64_t TraceScene::matches(const std::vector<bool>& names) const
{
    const auto& column = spans().name;
    return static_cast<std::uint64_t>(
        std::count_if(column.begin(), column.end(), [&](std::uint32_t name) { return names[name]; }));
}

std::vector<SpanTrack> TraceScene::tracksOf(const SceneLane& lane, const std::vector<bool>& names) const
{
    std::vector<std::size_t> sizes(lane.rows);
    for (const std::uint32_t span : lane.spans) {
        ++sizes[m_rows[span]];
    }
    std::vector<SpanTrack> tracks(lane.rows);
    for (std::size_t row = 0; row < lane.rows; ++row) {
        tracks[row].reserve(sizes[row]);
    }
    for (const std::uint32_t span : lane.spans) {
        const std::uint32_t name = spans().name[span];
        tracks[m_rows[span]].append({ startOf(span), endOf(span), span,
            names[name] ? m_stages[name] : static_cast<Stage>(TraceStage::Dimmed) });
    }
    return tracks;
}

std::vector<TraceScene::Statistic> TraceScene::statistics(
    const TimeRange& range, const std::vector<bool>& names, const Cancelled& cancelled) const
{
    std::vector<Statistic> byName(sheet().names.size());
    for (const SceneLane& lane : m_lanes) {
        if (cancelled && cancelled()) {
            return {};
        }
        for (const std::uint32_t span : lane.spans) {
            const std::int64_t start = startOf(span);
            if (start >= range.toNs) {
                break;
            }
            const std::int64_t end = endOf(span);
            const std::uint32_t name = spans().name[span];
            if (!names[name] || (end <= range.fromNs && start < range.fromNs)) {
                continue;
            }
            Statistic& s = byName[name];
            const std::int64_t length = end - start;
            s.leastNs = s.count == 0 ? length : std::min(s.leastNs, length);
            s.mostNs = std::max(s.mostNs, length);
            s.totalNs += std::min(end, range.toNs) - std::max(start, range.fromNs);
            ++s.count;
        }
    }
    std::vector<Statistic> found;
    for (std::uint32_t name = 0; name < byName.size(); ++name) {
        if (byName[name].count > 0) {
            found.push_back(byName[name]);
            found.back().name = name;
        }
    }
    std::sort(found.begin(), found.end(), [](const Statistic& a, const Statistic& b) {
        return a.totalNs != b.totalNs ? a.totalNs > b.totalNs : a.name < b.name;
    });
    return found;
}

std::optional<std::uint32_t> TraceScene::nextOf(
    const std::vector<bool>& names, std::int64_t ns, bool forwards) const
{
    std::optional<std::uint32_t> best;
    for (const SceneLane& lane : m_lanes) {
        for (const std::uint32_t span : lane.spans) {
            const std::int64_t start = startOf(span);
            const bool beyond = forwards ? start > ns : start < ns;
            if (beyond && names[spans().name[span]]
                && (!best || (forwards ? start < startOf(*best) : start > startOf(*best)))) {
                best = span;
            }
        }
    }
    return best;
}

std::vector<TraceScene::Arrow> TraceScene::arrowsOf(std::uint32_t span, std::size_t most) const
{
    const std::uint32_t lane = spans().lane[span];
    const auto from = std::lower_bound(m_ends.begin(), m_ends.end(), std::pair(lane, startOf(span)),
        [](const End& end, const auto& at) { return std::pair(end.lane, end.ns) < at; });
    std::vector<Arrow> arrows;
    for (auto at = from;
         at != m_ends.end() && at->lane == lane && at->ns <= endOf(span) && arrows.size() < most; ++at) {
        arrows.push_back(m_arrows[at->arrow]);
    }
    return arrows;
}

} // namespace prism::app
