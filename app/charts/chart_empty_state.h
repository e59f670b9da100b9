// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
QT_END_NAMESPACE

namespace prism::app {

/// What stands in a chart's place while there is nothing to draw.
class ChartEmptyState : public QWidget {
    Q_OBJECT
public:
    enum class Reason { NoRuns, NoMatch, NothingToDraw, Building };

    explicit ChartEmptyState(QWidget* parent = nullptr);
    /// `detail` is the text of NothingToDraw: why no point has a place. `other`: axes that fit can be
    /// offered.
    void setReason(Reason reason, const QString& detail = {}, bool other = false);
    Reason reason() const { return m_reason; }
    void setSamplesAvailable(bool available); ///< else their link is not there

Q_SIGNALS:
    void openFiles();
    void openFolder();
    void paste();
    void showSamples();
    void clearLastFilter();
    void clearAllFilters();
    void fittingAxes();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void applyTheme();

    Reason m_reason = Reason::NoRuns;
    bool m_samples = false;
    bool m_other = false;
    QWidget* m_sketch;
    QLabel* m_head;
    QLabel* m_text;
    QPushButton* m_files;
    QPushButton* m_folder;
    QPushButton* m_paste;
    QPushButton* m_clearLast;
    QPushButton* m_clearAll;
    QPushButton* m_fitting;
    QLabel* m_samplesLink;
};

} // namespace prism::app
