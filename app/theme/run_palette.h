// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/run_style.h"
#include "core/store/records.h"

#include <QObject>

#include <unordered_map>
#include <vector>

namespace prism::app {

class Workspace;

/// Which colour and marker each run has. A run keeps its slot while it can: the stored one, else the first
/// that no other run has, else the first that no *shown* run has; a run beyond ten shown ones is "Other".
/// Panels ask here, so that a run looks the same in all of them. GUI thread.
class RunPalette : public QObject {
    Q_OBJECT
public:
    /// The palette of a workspace, made on first use as its child.
    static RunPalette& of(Workspace& workspace);

    /// -1 is "Other".
    int slot(RunId run) const;
    RunStyle style(RunId run) const { return runStyle(slot(run)); }
    /// The user's own choice. A shown run that has the slot already gives it up and gets another.
    void choose(RunId run, int slot);

    /// Slot that lists mark a run with: its group's while the chart colours by a property, else its own.
    int mark(RunId run) const;
    /// Slots of the groups that runs belong to; empty when colours are the runs' own.
    void markAs(std::unordered_map<RunId, int> groups);

    /// Gives slots to the runs that are shown, in their order.
    void show(const std::vector<RunId>& shown);

Q_SIGNALS:
    void changed();
    void marksChanged();
    /// A slot that should be stored with the run.
    void assigned(prism::RunId run, int slot);

private:
    explicit RunPalette(Workspace& workspace);
    void refresh();
    void assign(RunId run, int slot);

    Workspace& m_workspace;
    std::unordered_map<RunId, int> m_slots;
    std::unordered_map<RunId, int> m_marks;
    std::vector<RunId> m_shown;
};

/// Runs of the rows that pass the workspace's filter, in the order of their first row.
std::vector<RunId> shownRuns(const Workspace& workspace);

} // namespace prism::app
