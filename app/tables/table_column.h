// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/metric.h"

#include <QList>
#include <QString>

#include <optional>

namespace prism::app {

/// One column of the run table. Its id is stored in settings and views: "load", "measure ttft p99",
/// "difference output_throughput value", "trend output_throughput value", "attribute precision".
struct TableColumn {
    enum class Kind { Load, Measure, Difference, Trend, Slo, Attribute };

    Kind kind = Kind::Load;
    const Metric* metric = nullptr; ///< of Measure, Difference and Trend
    Stat stat = Stat::value();
    QString attribute;

    QString id() const;
    QString title() const; ///< first line of the header
    QString unit() const; ///< second line, may be empty
    QString toolTip() const;
    bool isNumber() const { return kind == Kind::Load || kind == Kind::Measure || kind == Kind::Difference; }

    static std::optional<TableColumn> fromId(const QString& id);
    static TableColumn measure(const char* metric, Stat stat);
    static TableColumn difference(const char* metric, Stat stat);
    static TableColumn trend(const char* metric, Stat stat); ///< a small curve over the loads of a run

    friend bool operator==(const TableColumn&, const TableColumn&) = default;
};

QList<TableColumn> defaultTableColumns();

} // namespace prism::app
