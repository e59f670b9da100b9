// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/read/excerpt.h"
#include "core/store/records.h"

#include <QMetaType>
#include <QString>

#include <memory>
#include <optional>

namespace prism::app {

/// Everything that the inspector shows of a point, read on a worker thread.
struct Inspection {
    PointDetail point;
    SourceRecord source;
    QString problem; ///< why there is nothing to show; empty when there is
};
Inspection inspectPoint(const QString& database, PointId point);

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
