// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/bundles/bundle_model.h"
#include "app/bundles/preview_job.h"

#include <QDialog>

#include <functional>
#include <memory>
#include <vector>

class QAction;
class QCheckBox;
class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTreeView;

namespace prism::app {

/// Shows which files would become which runs, and why, before anything is stored. The user drags files to
/// where they belong, or says it by the menu of a row; every step can be taken back. Import gives the request
/// with the decisions to whoever asked.
class BundleDialog : public QDialog {
    Q_OBJECT
public:
    /// `always`: shown even when there is nothing to decide; else it asks only when there is.
    BundleDialog(ImportRequest request, bool always, QWidget* parent = nullptr);
    ~BundleDialog() override;

    void start();
    void reject() override;

    QTreeView& tree() { return *m_tree; }
    BundleModel& model() { return m_model; }
    const std::vector<Decision>& decisions() const { return m_decisions; }
    /// One more decision, as by dragging.
    void decide(const std::vector<std::size_t>& files, Decision::Kind kind,
        std::optional<std::size_t> target = std::nullopt);
    void undo();
    /// What can be said of these files by naming another: the first targets, and a search where there are
    /// more.
    void addTargets(QMenu& menu, const std::vector<std::size_t>& files);

Q_SIGNALS:
    void chosen(const prism::ImportRequest& request); ///< it is to be imported like this
    void shown(); ///< the plan is on screen

private:
    void makeReadingPage();
    void makePlanPage();
    void showProgress(const ImportProgress& progress);
    void take(std::shared_ptr<BundlePreview> preview);
    void fail(const QString& why);
    void showPlan();
    void showHead();
    QString hints() const;
    void moveTo(const std::vector<std::size_t>& files, std::optional<std::size_t> run);
    void openMenu(const QPoint& at);
    struct Target {
        QString name;
        std::size_t number; ///< of the run or the file
    };
    void addChoices(QMenu& menu, const QString& title, std::vector<Target> targets,
        std::function<void(std::size_t)> take);
    std::vector<std::size_t> selectedFiles() const;
    QString nameOf(std::size_t file) const; ///< below the root
    void importNow();
    void setDecisions(std::vector<Decision> decisions);

    bool m_always;
    std::unique_ptr<PreviewJob> m_job;
    std::shared_ptr<BundlePreview> m_preview;
    BundlePlan m_plan;
    std::vector<Decision> m_decisions;
    std::vector<std::vector<Decision>> m_before; ///< of each step, to take it back
    bool m_wasRemembered = false;

    BundleModel m_model;
    QStackedWidget* m_pages;
    QLabel* m_reading = nullptr;
    QProgressBar* m_bar = nullptr;
    QLabel* m_head = nullptr;
    QLabel* m_hint = nullptr;
    QTreeView* m_tree = nullptr;
    QCheckBox* m_remember = nullptr;
    QPushButton* m_undo = nullptr;
    QPushButton* m_import = nullptr;
};

} // namespace prism::app
