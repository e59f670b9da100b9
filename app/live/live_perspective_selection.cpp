// SPDX-License-Identifier: GPL-3.0-or-later
// Which request is chosen, and what is shown of it.
#include "app/live/live_perspective.h"

#include "app/live/request_panel.h"
#include "app/live/request_table.h"

#include <QTabWidget>
#include <QTableView>

namespace prism::app {

void LivePerspective::fillTable()
{
    const live::Status& status = m_session.status();
    const bool seen = !m_session.isOpen() || status.targets.empty() || live::seesRequests(status);
    m_table->showRequests(tableRange(), status.told, seen ? std::optional(status.requests) : std::nullopt);
}

void LivePerspective::selectRequest(live::RequestId id, bool reveal)
{
    m_selected = id;
    m_request = id ? m_table->model().find(id) : nullptr;
    const live::RequestPtr request = m_request;
    if (request && reveal) {
        const std::int64_t begin = request->arrival.value_or(request->seen).value;
        const std::int64_t end = request->knownUntil(m_session.status().told).value;
        const TimeRange view = m_timeline->range();
        if (begin < view.fromNs || end > view.toNs) {
            const std::int64_t length = std::max(view.lengthNs(), (end - begin) * 5 / 4);
            const std::int64_t middle = begin + (end - begin) / 2;
            setFollowing(false);
            m_window = length;
            m_timeline->setRange({ middle - length / 2, middle - length / 2 + length });
            refreshColumns();
            fillTable();
        }
        if (const auto row = m_lanes->rows().rowOf(*request)) {
            m_timeline->showRow(m_lanes->requests().id(), *row);
        }
    }
    m_table->select(id);
    showSelection();
    showPanel();
    m_model.touch();
}

void LivePerspective::showSelection()
{
    if (m_selected != 0 && (!m_request || m_request->running())) {
        // It has gone on since. In neither list, it stays as it was last seen until its end is told.
        if (const live::RequestPtr now = m_table->model().find(m_selected)) {
            m_request = now;
        }
    }
    const auto row = m_request ? m_lanes->rows().rowOf(*m_request) : std::nullopt;
    if (!row) {
        m_timeline->setMarked({});
        return;
    }
    const std::int64_t begin = m_request->arrival.value_or(m_request->seen).value;
    const std::int64_t end = m_request->knownUntil(m_session.status().told).value;
    m_timeline->setMarked({ { m_lanes->requests().id(), *row, { begin, std::max(end, begin + 1) } } });
}

std::optional<RequestPanel::Content::Cpu> LivePerspective::cpuOf(const live::Request& request) const
{
    if (!m_session.isOpen()) {
        return std::nullopt;
    }
    const Nanoseconds from = request.arrival.value_or(request.seen);
    const Nanoseconds to = request.knownUntil(m_session.status().told);
    // Sums are kept in steps: those that the request touches count whole.
    constexpr std::int64_t step = LiveLanes::leastStepNs;
    const Nanoseconds first { from.value / step * step };
    const Nanoseconds last { (to.value / step + 1) * step };
    const live::Bucket sums = m_session.session()->total({ first, last });
    if (sums.threadsUnseen || sums.running.value + sums.runnable.value == 0) {
        return std::nullopt;
    }
    const double length = double((last - first).value);
    return RequestPanel::Content::Cpu { double(sums.running.value) / length,
        double(sums.runnable.value) / length };
}

void LivePerspective::showPanel()
{
    if (!m_request) {
        m_panel->clear();
        return;
    }
    const auto events = m_session.isOpen() ? m_session.session()->events(m_selected) : nullptr;
    m_panel->showRequest({ m_request, events, m_table->model().limits(), m_lanes->gapLimit(),
                             m_lanes->gapLimitIsSlo(), m_session.status().told, cpuOf(*m_request) },
        m_table->model(), [this](Nanoseconds time) { return unixTime(time); });
}

void LivePerspective::nextBroken()
{
    const Nanoseconds after = m_request ? m_request->arrival.value_or(m_request->seen)
                                        : Nanoseconds { m_timeline->range().fromNs };
    if (const live::RequestPtr next = m_table->model().nextBroken(after)) {
        selectRequest(next->id, true);
    } else {
        Q_EMIT said(m_table->model().limits().empty()
                ? tr("No limit is set: choose Limits… to say what a request may take.")
                : tr("No later request broke a limit."));
    }
}

} // namespace prism::app
