// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/inspector/attached_data.h"
#include "core/analysis/repetitions.h"
#include "core/read/excerpt.h"
#include "core/store/records.h"

#include <QMetaType>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace prism::app {

/// Everything that the inspector shows of a point, read on a worker thread.
struct Inspection {
    PointDetail point;
    SourceRecord source;
    std::vector<AttachedFile> attached; ///< of its run
    Repetitions repetitions; ///< of its load, in the table that was given
    QString problem; ///< why there is nothing to show; empty when there is
};
Inspection inspectPoint(
    const QString& database, const std::shared_ptr<const ColumnTable>& table, PointId point);

/// The text of a source around a place of it.
struct SourceText {
    QString text;
    int firstLine = 1;
    int markBegin = 0; ///< in characters of `text`
    int markEnd = 0;
    bool cutBefore = false;
    bool cutBehind = false;
    QString problem;
};
SourceText sourceText(const QString& database, const std::string& sha256, const QString& place);

} // namespace prism::app
