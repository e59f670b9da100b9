// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_stages.h"
#include "app/live/request_table_model.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QStackedWidget;
class QTableWidget;
QT_END_NAMESPACE

namespace prism::app {

/// The gap before each token of one request, on a logarithmic scale; each pixel column shows its longest.
class GapPlot : public QWidget {
    Q_OBJECT
public:
    explicit GapPlot(QWidget* parent = nullptr);
    /// `isSlo`: the limit is the user's and is drawn as a line.
    void setGaps(std::vector<double> milliseconds, Milliseconds limit, bool isSlo);
    const std::vector<double>& gaps() const { return m_gaps; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    std::vector<double> m_gaps;
    Milliseconds m_limit;
    bool m_isSlo = false;
};

/// One request with its full timing and its slowest gaps.
class RequestPanel : public QWidget {
    Q_OBJECT
public:
    explicit RequestPanel(QWidget* parent = nullptr);

    struct Content {
        live::RequestPtr request;
        std::shared_ptr<const live::RequestEvents> events; ///< null when they are kept no longer
        std::vector<SloLimit> limits;
        Milliseconds gapLimit { 100 };
        bool gapLimitIsSlo = false;
        Nanoseconds now;
        /// Thread seconds a second of the server while the request ran; empty where the scheduler is not
        /// seen.
        struct Cpu {
            double ran = 0, waited = 0;
        };
        std::optional<Cpu> cpu = {};
    };
    /// `model` answers what else happened and what the clock was.
    void showRequest(
        const Content& content, const RequestTableModel& model, const RequestTableModel::Clock& clock);
    void clear();
    QTableWidget& slowestGaps() { return *m_gaps; }
    QTableWidget& stages() { return *m_stages; }
    GapPlot& plot() { return *m_plot; }

Q_SIGNALS:
    void requestLinked(prism::live::RequestId id);
    void instantChosen(std::int64_t ns);

private:
    void showHead(const Content& content, const RequestTableModel::Clock& clock);
    void showStages(const Content& content);
    void showCpu(const Content& content);
    void showGaps(const Content& content, const RequestTableModel& model);

    QStackedWidget* m_stack;
    QLabel* m_title;
    QLabel* m_verdict;
    QLabel* m_facts;
    QLabel* m_times;
    QTableWidget* m_stages;
    QLabel* m_cpu;
    QLabel* m_plotTitle;
    GapPlot* m_plot;
    QLabel* m_plotEnds;
    QLabel* m_gapsTitle;
    QTableWidget* m_gaps;
    QLabel* m_meanwhile;
    std::vector<StageStyle> m_styles; ///< the stage table's cells point at them
    std::vector<std::int64_t> m_gapBegins; ///< by row of m_gaps
};

} // namespace prism::app
