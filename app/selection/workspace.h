// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/filter.h"
#include "core/analysis/slo.h"
#include "core/analysis/stated_load.h"
#include "core/store/column_table.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QString>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace prism::app {

/// Everything that the panels of a window share. Panels read it, change it through its setters and listen to
/// its signals; they never talk to each other. Lives on the GUI thread.
class Workspace : public QObject {
    Q_OBJECT
public:
    explicit Workspace(QObject* parent = nullptr);

    // The data: replaced whole when the store changed. Never null; empty at first.
    std::shared_ptr<const ColumnTable> table() const { return m_table; }
    void setTable(std::shared_ptr<const ColumnTable> table);
    QString database() const { return m_database; }
    void setDatabase(const QString& file) { m_database = file; }

    // The filter, with history. `filtered` always belongs to table() and filter().
    const Filter& filter() const { return m_filter; }
    const Filtered& filtered() const { return *m_filtered; }
    void setFilter(const Filter& filter); ///< remembers the one before
    std::size_t runCount() const { return m_runCount; }
    /// Runs with a point that passes the filter; counted once a filter.
    std::size_t passingRunCount() const { return m_passingRunCount; }
    Row passingPointCount() const { return m_passingPointCount; }
    bool canUndoFilter() const { return !m_filterHistory.empty(); }
    void undoFilter();

    // Selected points, hovered point and inspected measure.
    const std::vector<PointId>& selectedPoints() const { return m_selected; }
    void selectPoints(std::vector<PointId> points);
    std::optional<PointId> hoveredPoint() const { return m_hovered; }
    void hoverPoint(std::optional<PointId> point);
    /// Opens a point in the inspector at the place of a measure ("ttft", "p99"); empty for its beginning.
    void inspect(PointId point, const QString& metric = {}, const QString& stat = {});
    std::optional<PointId> inspectedPoint() const { return m_inspected; }

    // Comparison.
    std::optional<RunId> baseline() const { return m_baseline; }
    void setBaseline(std::optional<RunId> run);
    const std::vector<SloLimit>& sloLimits() const { return m_slo; }
    bool sloEnabled() const { return m_sloEnabled; }
    void setSlo(std::vector<SloLimit> limits, bool enabled);
    /// Verdict a row, empty when the lens is off or has no limit.
    const std::vector<SloVerdict>& verdicts() const { return m_verdicts; }
    /// Runs shown alone by a click in the legend; empty shows all.
    const QSet<RunId>& soloRuns() const { return m_solo; }
    void setSoloRuns(const QSet<RunId>& runs);

Q_SIGNALS:
    void tableChanged();
    void filterChanged(); ///< also after tableChanged, because the rows are new
    void selectionChanged();
    void hoverChanged();
    void inspected(prism::PointId point, const QString& metric, const QString& stat);
    void baselineChanged();
    void sloChanged();
    void soloChanged();

private:
    void refilter();
    void applyFilter();
    void numberRuns();

    std::shared_ptr<const ColumnTable> m_table;
    QString m_database;
    Filter m_filter;
    std::vector<Filter> m_filterHistory;
    std::unique_ptr<Filtered> m_filtered;
    std::vector<std::uint32_t> m_runNumber; ///< of each row, 0 … m_runCount - 1
    std::size_t m_runCount = 0;
    std::size_t m_passingRunCount = 0;
    Row m_passingPointCount = 0;
    std::vector<PointId> m_selected;
    std::optional<PointId> m_hovered;
    std::optional<PointId> m_inspected;
    std::optional<RunId> m_baseline;
    std::vector<SloLimit> m_slo;
    bool m_sloEnabled = false;
    std::vector<SloVerdict> m_verdicts;
    QSet<RunId> m_solo;
};

/// Names of runs as the window shows them (core/export/run_labels.h).
class RunLabels {
public:
    RunLabels() = default;
    RunLabels(const ColumnTable& table, const std::vector<RunId>& among);
    bool contains(RunId run) const { return m_labels.contains(run); }
    QString of(RunId run) const { return m_labels.value(run); }

private:
    QHash<RunId, QString> m_labels;
};

QString runLabel(const ColumnTable& table, RunId run, const std::vector<RunId>& among);
/// Name of a tool for people ("vLLM bench serve") from an importer's id.
QString toolName(std::string_view producer);
/// "concurrency 64", "rate 2.5 req/s", or the load mode where neither is stated.
QString loadLabel(const ColumnTable& table, Row row);
/// A number of the load for people: whole, or four digits of one that a tool reached by itself.
QString loadNumber(double number);
/// "64 conc.", "2.5 req/s", "4 batch", or the load mode.
QString shortLoadLabel(const ColumnTable& table, Row row);
/// What all of these runs share, for the line beside a chart's title ("Llama-3.1-70B-Instruct · FP8 · 1 024 →
/// 1 024 tokens").
QString commonLabel(const ColumnTable& table, const std::vector<RunId>& runs);

} // namespace prism::app
