// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/inspector/inspection.h"
#include "app/panels/inspector/measure_model.h"
#include "app/selection/workspace.h"

#include <QFuture>
#include <QWidget>

class QLabel;
class QSplitter;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace prism::app {

class AttachedView;
class SourceView;

/// Every measure of one point, where it came from, and the original text of the file beside it. Reads on a
/// worker thread; the newest request wins.
class InspectorPanel : public QWidget {
    Q_OBJECT
public:
    explicit InspectorPanel(Workspace* workspace, QWidget* parent = nullptr);

    MeasureModel& model() { return m_model; }
    QTableView& table() { return *m_table; }
    SourceView& source() { return *m_source; }
    AttachedView& attached() { return *m_attached; }
    QToolButton& mappingButton() { return *m_mapping; } ///< hidden where no mapping read the file

Q_SIGNALS:
    void loaded(); ///< the point is on screen
    void sourceLoaded(); ///< the text is on screen
    /// The user wrote another value over an attribute; empty goes back to the file's.
    void attributeEdited(prism::PointId point, const QString& name, const QString& value);
    void timelineRequested(prism::SourceId source);
    /// The user wants to see a series of a file that belongs to the run drawn.
    void seriesRequested(prism::SourceId source, const QString& name);
    /// The user wants to see the saved mapping that read a file.
    void mappingRequested(const QString& file, const QString& mapping);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeHead();
    void takeTable();
    void showWords(const PointDetail& point);
    void editCurrent();
    QWidget* makeBody();
    void load(PointId point, const QString& metric, const QString& stat);
    /// On a worker thread; what goes wrong is the answer's problem.
    QFuture<Inspection> inspect(PointId point) const;
    void show(const Inspection& inspection, const QString& metric, const QString& stat);
    void showSource(const QString& place);
    void fitColumns();
    void showChecks(const PointDetail& point);
    void showMapping(const SourceRecord& source);
    void colourChecks();
    void copyTable();

    Workspace* m_workspace;
    MeasureModel m_model;
    QStackedWidget* m_stack;
    QLabel* m_title;
    QLabel* m_subtitle;
    QLabel* m_words; ///< what the user said of the point and its run
    QLabel* m_checks;
    bool m_doubtful = false; ///< a check failed
    AttachedView* m_attached;
    QLabel* m_place;
    QToolButton* m_mapping;
    QSplitter* m_splitter;
    QTableView* m_table;
    SourceView* m_source;
    std::optional<PointId> m_point;
    bool m_hasRow = false; ///< else the user hid it, or it was removed
    std::string m_sha256;
    bool m_keepsText = false; ///< the same point is shown again
    int m_request = 0; ///< number of the newest load; older answers are dropped
    int m_sourceRequest = 0;
};

} // namespace prism::app
