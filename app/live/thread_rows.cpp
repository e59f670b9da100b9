// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/thread_rows.h"

#include "core/model/metric.h"

#include <QCoreApplication>

namespace prism::app {

namespace {

constexpr std::size_t mostThreads = 4096;
constexpr std::int64_t chooseEveryNs = 1'000'000'000;
constexpr double clearlyBusier = 1.5;

QString tr(const char* text)
{
    return QCoreApplication::translate("ThreadRows", text);
}

} // namespace

std::vector<StageStyle> threadStages()
{
    return {
        { tr("running"), [](const Tokens& t) { return t.stages.queue; }, false, false, false },
        { tr("waiting for a CPU"), [](const Tokens& t) { return t.stages.read; }, false, false, false },
        { tr("blocked"), [](const Tokens& t) { return t.border; }, true, false, false },
    };
}

ThreadRows::ThreadRows(SpanLane& lane)
    : m_lane(lane)
{
}

void ThreadRows::append(const live::SchedSpan& span)
{
    if (m_threads.size() >= mostThreads && !m_threads.contains(span.thread)) {
        return;
    }
    Thread& thread = m_threads[span.thread];
    const ThreadStage stage = span.state == wire::ThreadState::Running ? ThreadStage::Running
        : span.state == wire::ThreadState::Runnable                    ? ThreadStage::Waiting
                                                                       : ThreadStage::Blocked;
    if (stage != ThreadStage::Blocked) {
        thread.busyNs += (span.end - span.begin).value;
    }
    SpanTrack& track = thread.row ? m_lane.rows()[*thread.row] : thread.track;
    track.append({ span.begin.value, span.end.value, span.thread, Stage(stage) });
    m_newest = std::max(m_newest, span.end.value);
}

void ThreadRows::take(const std::vector<live::SchedSpan>& spans, live::TargetNumber target)
{
    if (target != m_target) {
        clear();
        m_target = target;
    }
    std::size_t turns = 0;
    for (const live::SchedSpan& span : spans) {
        if (span.target == target) {
            append(span);
            ++turns;
        }
    }
    if (turns > 0) {
        m_batches.push_back({ m_newest, turns });
        m_turns += turns;
        bound();
    }
    if (m_shown.empty() || m_newest - m_chosenAt >= chooseEveryNs) {
        m_chosenAt = m_newest;
        chooseRows();
    }
}

void ThreadRows::chooseRows()
{
    std::vector<std::pair<std::int64_t, std::uint32_t>> waiting; // by what they did, the busiest first
    for (const auto& [number, thread] : m_threads) {
        if (!thread.row && thread.busyNs > 0) {
            waiting.emplace_back(thread.busyNs, number);
        }
    }
    std::sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    for (const auto& [busy, number] : waiting) {
        Thread& thread = m_threads.at(number);
        if (m_shown.size() < mostRows) {
            thread.row = m_shown.size();
            m_shown.push_back(number);
            m_lane.rows().push_back(std::exchange(thread.track, {}));
            continue;
        }
        const auto least = std::min_element(m_shown.begin(), m_shown.end(),
            [this](auto a, auto b) { return m_threads.at(a).busyNs < m_threads.at(b).busyNs; });
        Thread& other = m_threads.at(*least);
        if (double(busy) < clearlyBusier * double(other.busyNs)) {
            break;
        }
        thread.row = std::exchange(other.row, std::nullopt);
        other.track = std::exchange(m_lane.rows()[*thread.row], std::exchange(thread.track, {}));
        *least = number;
    }
}

void ThreadRows::take(const std::vector<live::ProcessFact>& processes)
{
    for (const live::ProcessFact& process : processes) {
        if (!process.name.empty() && m_names.size() < mostThreads) {
            m_names[process.pid] = QString::fromStdString(process.name);
        }
    }
}

/// Whole batches go: a turn of one that reaches into a later one stays, which is seldom.
void ThreadRows::bound()
{
    std::optional<std::int64_t> before;
    while (m_turns > mostTurns && m_batches.size() > 1) {
        before = m_batches.front().newest;
        m_turns -= m_batches.front().turns;
        m_batches.pop_front();
    }
    if (!before) {
        return;
    }
    m_dropped = true;
    for (SpanTrack& track : m_lane.rows()) {
        track.dropBefore(*before);
    }
    for (auto& [number, thread] : m_threads) {
        thread.track.dropBefore(*before);
    }
}

void ThreadRows::clear()
{
    m_threads.clear();
    m_shown.clear();
    m_lane.rows().clear();
    m_batches.clear();
    m_turns = 0;
    m_dropped = false;
    m_newest = m_chosenAt = 0;
}

QString ThreadRows::name(std::uint32_t thread) const
{
    const auto named = m_names.find(thread);
    const QString text = tr("thread %1").arg(thread);
    return named == m_names.end() ? text : text + QStringLiteral(" (%1)").arg(named->second);
}

QString ThreadRows::describe(const LaneSpan& span) const
{
    const auto stages = threadStages();
    const QString stage = stages[std::min<std::size_t>(span.span.stage, stages.size() - 1)].name;
    const Milliseconds length = toMilliseconds(Nanoseconds { span.span.endNs - span.span.startNs });
    return tr("%1: %2 for %3")
        .arg(name(span.span.item), stage,
            QString::fromStdString(formatNumber(length.value, Unit::Millisecond, NumberStyle::Reading)));
}

ThreadRows::Counts ThreadRows::at(std::int64_t ns) const
{
    Counts counts;
    for (const SpanTrack& track : m_lane.rows()) {
        const std::size_t last = track.lastIndex(ns + 1);
        if (last == 0 || track.at(last - 1).endNs <= ns) {
            continue;
        }
        counts.running += track.at(last - 1).stage == Stage(ThreadStage::Running) ? 1 : 0;
        counts.waiting += track.at(last - 1).stage == Stage(ThreadStage::Waiting) ? 1 : 0;
    }
    return counts;
}

} // namespace prism::app
