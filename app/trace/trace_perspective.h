// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/newest_work.h"
#include "app/timeline/timeline_view.h"
#include "app/trace/trace_scene.h"
#include "core/store/records.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSplitter;
class QStackedWidget;
class QTableView;
class QTimer;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

class StageLegend;
class TraceOverlay;
class TraceStatistics;

/// The timelines of the database: lanes by process and thread, a search, arrows and the text of the chosen
/// span, and sums by name over the stretch that is selected, else in view.
class TracePerspective : public QWidget {
    Q_OBJECT
public:
    explicit TracePerspective(QString database, QWidget* parent = nullptr);
    ~TracePerspective() override;

    /// Looks for timelines anew; the newest is opened when none is.
    void refresh();
    void open(SourceId source);
    std::optional<SourceId> source() const { return m_source; }
    const std::shared_ptr<const TraceScene>& scene() const { return m_scene; }
    TimelineView& timeline() { return *m_timeline; }
    TimelineModel& lanesModel() { return m_model; }
    TraceStatistics& statistics() { return *m_statistics; }
    QLineEdit& searchField() { return *m_search; }
    QComboBox& chooser() { return *m_chooser; }
    QString detailText() const;
    void chooseSpan(std::uint32_t span, bool reveal);
    void findNext(bool forwards);
    std::vector<QWidget*> focusParts() const;
    QString windowTitle() const;
    bool isReading() const { return m_isReading; } ///< a timeline is on its way

    QSize minimumSizeHint() const override { return { 640, 420 }; }

Q_SIGNALS:
    void said(const QString& text);
    void titleChanged();
    void opened(); ///< a timeline is shown
    void statisticsShown();
    void detailShown();

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Listed {
        SourceId source = 0;
        QString path;
        QString sha256;
        std::uint64_t spans = 0;
    };
    QWidget* makeEmptyState();
    QWidget* makeBar();
    void makeParts();
    void connectParts();
    void take(std::vector<Listed> traces);
    void takeScene(SourceId source, std::shared_ptr<const TraceScene> scene, std::vector<TimeSeries> series);
    void makeLanes(const std::vector<TimeSeries>& series);
    void search();
    void askStatistics();
    void showDetail(std::uint32_t span);
    void chosen(const LaneSpan& span);
    void clearChoice();
    TimeRange stretch() const;
    QString spanText(std::uint32_t span) const;
    QString instantText(std::int64_t ns) const;
    const Listed* listed() const;

    QString m_database;
    std::vector<Listed> m_traces;
    std::optional<SourceId> m_source;
    bool m_isReading = false;
    std::shared_ptr<const TraceScene> m_scene;
    std::vector<bool> m_names; ///< that the search counts
    std::optional<std::uint32_t> m_chosen;
    TimelineModel m_model;
    NewestWork m_listing;
    NewestWork m_loading;
    NewestWork m_searching;
    NewestWork m_summing;
    NewestWork m_reading;
    QStackedWidget* m_stack = nullptr;
    QComboBox* m_chooser = nullptr;
    QLineEdit* m_search = nullptr;
    QToolButton* m_previous = nullptr;
    QToolButton* m_next = nullptr;
    QLabel* m_found = nullptr;
    StageLegend* m_legend = nullptr;
    TimelineView* m_timeline = nullptr;
    TraceOverlay* m_overlay = nullptr;
    TraceStatistics* m_statistics = nullptr;
    QTableView* m_table = nullptr;
    QLabel* m_stretch = nullptr;
    QPlainTextEdit* m_detail = nullptr;
    QSplitter* m_centre = nullptr;
    QSplitter* m_lower = nullptr;
    QTimer* m_sumLater = nullptr;
    QTimer* m_searchLater = nullptr;
};

} // namespace prism::app
