// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/distribution/distribution_plot.h"
#include "app/selection/workspace.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QMenu;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace prism::app {

/// The distribution of one metric at the selected points: from requests where the store has them, else the
/// percentiles that the file states. Reads on a worker thread; the newest request wins.
class DistributionPanel : public QWidget {
    Q_OBJECT
public:
    explicit DistributionPanel(Workspace* workspace, QWidget* parent = nullptr);
    ~DistributionPanel() override;

    DistributionPlot& plot() { return *m_plot; }
    QComboBox& metricChooser() { return *m_metric; }
    QComboBox& kindChooser() { return *m_kind; }

public Q_SLOTS:
    void copyPng();
    void copyCsv();
    void showTable();
    QString saveAs(const QString& file); ///< .png, .svg or .csv; an empty text, or why not

Q_SIGNALS:
    void loaded();

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeTools();
    QMenu* makeExportMenu();
    void showLegend(const std::vector<DistributionSeries>& series);
    void reload();
    void show(std::vector<DistributionSeries> series, const QString& problem);
    std::vector<DistributionRequest> requests() const;
    void chooseFile();
    QPixmap picture();

    Workspace* m_workspace;
    QStackedWidget* m_stack;
    QComboBox* m_metric;
    QComboBox* m_kind;
    QCheckBox* m_logarithmic;
    QLabel* m_summary;
    QWidget* m_picture; ///< legend and plot: what a picture of the distribution holds
    QWidget* m_legend; ///< a line's colour and name
    DistributionPlot* m_plot;
    QTimer* m_later; ///< a brush changes the selection many times; one read follows it
    std::shared_ptr<std::atomic<bool>> m_stop;
    int m_request = 0;
};

} // namespace prism::app
