// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/series/series_data.h"
#include "app/panels/series/series_table.h"
#include "app/selection/workspace.h"
#include "app/timeline/timeline_model.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QStackedWidget;
class QTableView;
class QTimer;
class QToolButton;

namespace prism::app {

class TimelineView;

/// What was recorded over the time of the inspected point: a lane a series under the load levels of its run.
/// Reads on a worker thread while it is visible; the newest request wins.
class SeriesPanel : public QWidget {
    Q_OBJECT
public:
    explicit SeriesPanel(Workspace* workspace, QWidget* parent = nullptr);

    TimelineView& timeline() { return *m_timeline; }
    TimelineModel& lanes() { return m_lanes; }
    QComboBox& fileChooser() { return *m_chooser; }
    QToolButton& tableButton() { return *m_asTable; }
    SeriesTable& table() { return m_table; }
    QString note() const;
    /// Brings the lane of a series into view, once it is read.
    void reveal(std::optional<SourceId> source, const QString& name);

public Q_SLOTS:
    void copyPng();
    void copyCsv();
    QString saveAs(const QString& file); ///< .png, .svg or .csv; an empty text, or why not

Q_SIGNALS:
    void loaded();

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeTools();
    QMenu* makeExportMenu();
    void reload();
    void take(PointSeries series);
    void showFile();
    void addLoads(const SeriesFile& file);
    void addSeries(const TimeSeries& series);
    void showNote(const SeriesFile& file);
    void resetTime();
    void fitTable();
    void chooseFile();
    std::int64_t nsOf(double seconds) const;

    Workspace* m_workspace;
    std::optional<PointId> m_point;
    PointSeries m_series;
    std::shared_ptr<const SeriesFile> m_file;
    std::pair<std::optional<PointId>, QString> m_shown; ///< point and file whose time the view began at
    double m_zero = 0; ///< where the ruler counts from, in the file's seconds
    TimeRange m_own; ///< of the point, else of all samples
    std::optional<std::pair<std::optional<SourceId>, QString>> m_reveal;
    TimelineModel m_lanes;
    SeriesTable m_table;
    QStackedWidget* m_stack = nullptr;
    QLabel* m_empty = nullptr;
    TimelineView* m_timeline = nullptr;
    QTableView* m_tableView = nullptr;
    QComboBox* m_chooser = nullptr;
    QLineEdit* m_find = nullptr;
    QLabel* m_note = nullptr;
    QToolButton* m_asTable = nullptr;
    QTimer* m_later = nullptr;
    int m_request = 0; ///< number of the newest load; older answers are dropped
};

} // namespace prism::app
