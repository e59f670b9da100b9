// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/timeline/lane.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QMenu;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

/// Swatches and names of stages in one line.
class StageLegend : public QWidget {
    Q_OBJECT
public:
    explicit StageLegend(QWidget* parent = nullptr);
    void setStages(std::vector<StageStyle> stages);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return { 0, sizeHint().height() }; }

Q_SIGNALS:
    void stagesChanged();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<StageStyle> m_stages;
};

/// Follow, pause, the window's length, rows, lanes, limits and the legend.
class TimelineBar : public QWidget {
    Q_OBJECT
public:
    explicit TimelineBar(QWidget* parent = nullptr);

    void setFollowing(bool following);
    std::int64_t windowNs() const;
    void setWindow(std::int64_t ns); ///< selects it where it is one of the choices
    StageLegend& legend() { return *m_legend; }
    QToolButton& followButton() { return *m_follow; }
    QToolButton& pauseButton() { return *m_pause; }
    QComboBox& windowChoice() { return *m_window; }
    QComboBox& rowsChoice() { return *m_rows; }
    QToolButton& lanesButton() { return *m_lanes; }
    QToolButton& limitsButton() { return *m_limits; }
    QComboBox& speedChoice() { return *m_speed; } ///< of a replay
    void setReplaying(bool replaying);
    double speed() const; ///< of a replay; 0: as fast as possible
    void setSpeed(double speed); ///< selects it where it is one of the choices
    enum class Rows { Automatic, Packed, Stacked };
    Rows rows() const;
    void setRows(Rows rows);

Q_SIGNALS:
    void followRequested(bool on);
    void windowChosen(std::int64_t ns);
    void rowsChosen();
    void limitsRequested();
    void speedChosen(double speed); ///< 0: as fast as possible

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void applyTheme();
    void fitLabels();
    int neededWidth(bool labels) const;

    QToolButton* m_follow;
    QToolButton* m_pause;
    QComboBox* m_window;
    QComboBox* m_rows;
    QToolButton* m_lanes;
    QToolButton* m_limits;
    QComboBox* m_speed;
    StageLegend* m_legend;
    QLabel* m_speedLabel;
    std::vector<QLabel*> m_labels; ///< of the choices; they go first where there is too little room
    bool m_replaying = false;
};

} // namespace prism::app
