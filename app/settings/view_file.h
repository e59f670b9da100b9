// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/selection/workspace.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace prism::app {

/// What a window shows, apart from the data: filter, chart, limits, baseline, columns. Saved as a .prismview
/// file and in the settings. Runs are named by their uid, which is the same on every machine.
struct View {
    Filter filter;
    QJsonObject chart; ///< ChartPanel::state()
    std::vector<SloLimit> limits;
    bool limitsOn = false;
    QString baselineUid; ///< empty without a baseline
    QStringList columns; ///< RunTable::columnIds()

    QJsonObject toJson() const;
    /// Empty for what is no view, or one of a later version.
    static std::optional<View> fromJson(const QJsonObject& json);
};

/// Writes all of it or nothing. An empty text, or why it failed.
QString saveView(const View& view, const QString& file);
/// The view, or nothing with the reason in `problem`.
std::optional<View> openView(const QString& file, QString& problem);

} // namespace prism::app
