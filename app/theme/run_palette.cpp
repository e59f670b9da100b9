// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/run_palette.h"

#include "app/selection/workspace.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace prism::app {

namespace {

/// First slot that is not taken, -1 when all are.
int firstFree(const std::array<bool, runStyleCount>& taken)
{
    const auto it = std::find(taken.begin(), taken.end(), false);
    return it == taken.end() ? -1 : static_cast<int>(it - taken.begin());
}

bool isSlot(int slot)
{
    return slot >= 0 && slot < runStyleCount;
}

} // namespace

RunPalette& RunPalette::of(Workspace& workspace)
{
    if (auto* existing = workspace.findChild<RunPalette*>(QString(), Qt::FindDirectChildrenOnly)) {
        return *existing;
    }
    auto* made = new RunPalette(workspace);
    made->refresh();
    return *made;
}

RunPalette::RunPalette(Workspace& workspace)
    : QObject(&workspace)
    , m_workspace(workspace)
{
    connect(&workspace, &Workspace::filterChanged, this, &RunPalette::refresh);
}

int RunPalette::slot(RunId run) const
{
    const auto it = m_slots.find(run);
    return it == m_slots.end() ? -1 : it->second;
}

int RunPalette::mark(RunId run) const
{
    const auto it = m_marks.find(run);
    return it == m_marks.end() ? slot(run) : it->second;
}

void RunPalette::markAs(std::unordered_map<RunId, int> groups)
{
    if (groups != m_marks) {
        m_marks = std::move(groups);
        Q_EMIT marksChanged();
    }
}

void RunPalette::assign(RunId run, int slot)
{
    m_slots[run] = slot;
    if (slot >= 0) {
        Q_EMIT assigned(run, slot);
    }
}

void RunPalette::choose(RunId run, int slot)
{
    for (const RunId other : m_shown) {
        if (other != run && isSlot(slot) && this->slot(other) == slot) {
            m_slots[other] = -1;
        }
    }
    assign(run, slot);
    show(m_shown);
    Q_EMIT changed();
}

void RunPalette::show(const std::vector<RunId>& shown)
{
    m_shown = shown;
    const auto before = m_slots;
    std::array<bool, runStyleCount> shownTaken {};
    std::array<bool, runStyleCount> everTaken {};
    std::vector<RunId> without;
    for (const RunId run : shown) {
        const int slot = this->slot(run);
        if (isSlot(slot) && !shownTaken[static_cast<std::size_t>(slot)]) {
            shownTaken[static_cast<std::size_t>(slot)] = true;
        } else {
            without.push_back(run);
        }
    }
    for (const auto& [run, slot] : m_slots) {
        if (isSlot(slot)) {
            everTaken[static_cast<std::size_t>(slot)] = true;
        }
    }
    for (const RunId run : without) {
        const int unused = firstFree(everTaken);
        const int slot = unused >= 0 ? unused : firstFree(shownTaken);
        assign(run, slot);
        if (slot >= 0) {
            shownTaken[static_cast<std::size_t>(slot)] = everTaken[static_cast<std::size_t>(slot)] = true;
        }
    }
    if (before != m_slots) {
        Q_EMIT changed();
    }
}

void RunPalette::refresh()
{
    const ColumnTable& table = *m_workspace.table();
    const std::vector<RunId> shown = shownRuns(m_workspace);
    for (const RunId run : shown) {
        const RunRecord* record = table.runRecord(run);
        if (!m_slots.contains(run) && record && isSlot(record->colourSlot)) {
            m_slots[run] = record->colourSlot;
        }
    }
    show(shown);
}

std::vector<RunId> shownRuns(const Workspace& workspace)
{
    const ColumnTable& table = *workspace.table();
    const RowSet& passing = workspace.filtered().passing;
    std::vector<RunId> runs;
    std::unordered_set<RunId> seen;
    for (Row row = 0; row < table.rows(); ++row) {
        if (passing.contains(row) && (runs.empty() || runs.back() != table.run(row))
            && seen.insert(table.run(row)).second) {
            runs.push_back(table.run(row));
        }
    }
    return runs;
}

} // namespace prism::app
