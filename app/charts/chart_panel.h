// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_data.h"
#include "app/charts/chart_view.h"
#include "core/model/result.h"

#include <QFutureWatcher>
#include <QImage>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QFrame;
class QHBoxLayout;
class QVBoxLayout;
class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

class ChartCards;
class ChartControls;
class ChartEmptyState;
class ChartHeading;
class ChartLegend;
class ChartNote;
class Workspace;

/// The chart of the Explore perspective with its controls, legend and empty states. It reads and writes only
/// the workspace; its data are built on a worker, and of several requests only the newest is shown.
class ChartPanel : public QWidget {
    Q_OBJECT
public:
    explicit ChartPanel(Workspace& workspace, QWidget* parent = nullptr);
    ~ChartPanel() override;

    const ChartSpec& spec() const { return m_spec; }
    void setSpec(const ChartSpec& spec);
    /// Spec and pinned points, for a view's file.
    QJsonObject state() const;
    bool restore(const QJsonObject& state); ///< false when it is not one of ours

    ChartView* view() const { return m_view; }
    ChartCards* cards() const { return m_cards; }
    ChartLegend* legend() const { return m_legend; }
    const QLabel* leftOutLink() const { return m_leftOut; }
    ChartEmptyState* emptyState() const { return m_empty; }
    std::shared_ptr<const ChartData> chart() const { return m_chart; }
    bool isBuilding() const { return m_stale || m_building; }
    QString describe() const { return m_view->describe(); }

    /// Title, legend and plot at twice the screen's resolution.
    QImage image();
    QByteArray svg();
    QString csv() const;
    /// By the suffix: png, svg or csv. An empty text, or why it failed.
    QString exportTo(const QString& file);

public Q_SLOTS:
    void showTable();
    void copyImage();
    void copyCsv();
    void chooseExport();

    /// Of a metric that tools measure in several ways: which one an axis draws; "" is the contract's meaning.
    void drawMeaning(bool onX, const QString& meaning);

Q_SIGNALS:
    void openFiles();
    void openFolder();
    void paste();
    void showSamples();
    void specChanged();
    void built(); ///< the newest data are on the screen
    /// Over a point, which is selected then, or over a selection; not over nothing.
    void menuRequested(const QPoint& globalPosition);
    void hiddenRequested(); ///< the link to the points that the user hid
    /// The link "3 points have no TTFT p99"; the points are selected in the workspace too.
    void leftOutRequested(const std::vector<prism::Row>& rows, const QString& reason);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void connectView();
    void connectWorkspace();
    void refresh(); ///< soon: several changes make one request
    void startBuild();
    ChartRequest request() const;
    void useDefault(const ChartSpec& spec);
    void finishBuild();
    void showChart();
    void showLeftOut();
    void openLeftOut();
    void selectLeftOut(std::size_t index);
    void showSelection();
    void hover(const std::optional<PointRef>& point);
    void click(const PointRef& point);
    void openMenu(const std::optional<PointRef>& point, const QPoint& at);
    void brush(const std::vector<std::uint32_t>& points);
    void escape();
    void toggleBaseline();
    void openLegendMenu(std::uint32_t group, const QPoint& at);
    void openExportMenu(QToolButton* button);
    void applyTheme();
    void placeLegend();
    void fitLegend();
    void renderCanvas(QPainter* painter);

    Workspace& m_workspace;
    ChartSpec m_spec;
    bool m_chosen = false; ///< the spec is the user's, not a default of the data
    std::shared_ptr<const ChartData> m_chart;
    QFutureWatcher<Result<std::shared_ptr<const ChartData>>> m_watcher;
    bool m_stale = false; ///< something changed since the last build began
    bool m_building = false; ///< until its result was taken, which is later than until it ran
    bool m_legendBeside = false;
    bool m_brushing = false; ///< the selection that changes is the brush's
    QStackedWidget* m_stack;
    QWidget* m_canvas;
    QVBoxLayout* m_column;
    QHBoxLayout* m_plotRow; ///< the legend stands in it when the plot is wide
    ChartControls* m_controls;
    QFrame* m_line;
    ChartHeading* m_heading;
    ChartNote* m_note;
    ChartLegend* m_legend;
    ChartView* m_view;
    ChartCards* m_cards;
    QLabel* m_leftOut;
    ChartEmptyState* m_empty;
};

} // namespace prism::app
