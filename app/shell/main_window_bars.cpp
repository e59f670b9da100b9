// SPDX-License-Identifier: GPL-3.0-or-later
// The main window's menus, tool bar and status bar.
#include "app/shell/main_window.h"

#include "app/jobs/jobs_pane.h"

#include "app/actions/command_field.h"
#include "app/live/live_perspective.h"
#include "app/shell/message_bar.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>

namespace prism::app {

namespace {

QString countText(std::uint64_t count)
{
    return QString::fromStdString(formatNumber(double(count), Unit::One, NumberStyle::Column));
}

} // namespace

void MainWindow::makeMenus()
{
    const QString order[] = { tr("File"), tr("Edit"), tr("View"), tr("Runs"), tr("Points"), tr("Chart"),
        tr("Live"), tr("Help") };
    for (const QString& title : order) {
        QMenu* menu = menuBar()->addMenu(title);
        menu->setToolTipsVisible(true);
        for (QAction* action : m_actions.actions()) {
            if (m_actions.menuOf(action) == title) {
                menu->addAction(action);
            }
        }
    }
}

void MainWindow::makeToolBar()
{
    QToolBar* bar = addToolBar(tr("Main tools"));
    bar->setObjectName(QStringLiteral("mainTools"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize({ 16, 16 });
    bar->addAction(m_actions.action(QStringLiteral("view.explore")));
    bar->addAction(m_actions.action(QStringLiteral("view.live")));
    bar->addAction(m_actions.action(QStringLiteral("view.trace")));
    bar->addSeparator();
    for (const char* id : { "file.open", "file.openFolder", "live.attach" }) {
        bar->addAction(m_actions.action(QString::fromLatin1(id)));
    }
    bar->addSeparator();
    for (const char* id : { "edit.undo", "edit.redo" }) {
        QAction* action = m_actions.action(QString::fromLatin1(id));
        bar->addAction(action);
        if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action))) {
            button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        }
    }
    auto* space = new QWidget(bar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    m_viewChooserItem = bar->addWidget(makeViewChooser(bar));
    bar->addWidget(new CommandField(*m_actions.action(QStringLiteral("edit.commands")), bar));
}

/// Recent view files; the current one is chosen.
QWidget* MainWindow::makeViewChooser(QWidget* parent)
{
    auto* box = new QWidget(parent);
    auto* layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 0, 8, 0);
    auto* label = new QLabel(tr("View"), box);
    m_viewChooser = new QComboBox(box);
    m_viewChooser->setObjectName(QStringLiteral("viewChooser"));
    m_viewChooser->setAccessibleName(tr("View"));
    m_viewChooser->setToolTip(tr("Show a saved view; Ctrl+S saves this one."));
    m_viewChooser->setMinimumContentsLength(18);
    m_viewChooser->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    label->setBuddy(m_viewChooser);
    layout->addWidget(label);
    layout->addWidget(m_viewChooser);
    connect(m_viewChooser, &QComboBox::activated, this, [this](int at) {
        const QString file = m_viewChooser->itemData(at).toString();
        const QString problem = file.isEmpty() ? QString() : openViewFile(file);
        if (!problem.isEmpty()) {
            say(problem);
        }
        showViews();
    });
    showViews();
    return box;
}

void MainWindow::showViews()
{
    m_viewChooser->clear();
    if (m_viewFile.isEmpty()) {
        m_viewChooser->addItem(tr("Not saved"));
    }
    const QStringList files = m_settings.recentViews();
    for (const QString& file : files) {
        m_viewChooser->addItem(QFileInfo(file).completeBaseName(), file);
        m_viewChooser->setItemData(m_viewChooser->count() - 1, file, Qt::ToolTipRole);
    }
    m_viewChooser->setCurrentIndex(m_viewFile.isEmpty() ? 0 : m_viewChooser->findData(m_viewFile));
}

void MainWindow::nameView(const QString& file)
{
    m_viewFile = QFileInfo(file).absoluteFilePath();
    m_settings.addRecentView(m_viewFile);
    showTitle();
    showViews();
}

void MainWindow::makeStatusBar()
{
    setStatusBar(new MessageBar(this));
    m_shownLabel = new QLabel(this);
    m_jobState = new QToolButton(this);
    m_jobState->setObjectName(QStringLiteral("jobState"));
    m_jobState->setAutoRaise(true);
    m_jobState->hide();
    connect(m_jobState, &QToolButton::clicked, this, [this] { m_tabs->setCurrentWidget(m_jobsPane); });
    m_databaseLabel = new QLabel(this);
    for (QLabel* label : { m_shownLabel, m_databaseLabel }) {
        label->setTextFormat(Qt::PlainText);
        label->setContentsMargins(6, 0, 6, 0);
    }
    statusBar()->addWidget(m_shownLabel);
    statusBar()->addWidget(&m_live->statusWidget(), 1);
    m_live->statusWidget().hide();
    m_liveMemory = new QLabel(this);
    m_liveMemory->setForegroundRole(QPalette::PlaceholderText);
    statusBar()->addPermanentWidget(m_liveMemory);
    connect(m_live, &LivePerspective::memoryChanged, this, [this](const LiveStatus::Kept& kept) {
        m_liveMemory->setText(kept.text);
        m_liveMemory->setToolTip(kept.lines);
    });
    m_cancelJob = new QToolButton(this);
    m_cancelJob->setObjectName(QStringLiteral("cancelJob"));
    m_cancelJob->setText(tr("Cancel"));
    m_cancelJob->setToolTip(tr("Stop the import; files that are complete stay."));
    m_cancelJob->hide();
    connect(m_cancelJob, &QToolButton::clicked, this, [this] {
        for (int row = 0; row < m_jobs.rowCount(); ++row) {
            if (ImportJob* job = m_jobs.jobAt(row); job->state() == ImportJob::State::Running) {
                job->cancel();
                break; // the one that the status bar shows
            }
        }
    });
    statusBar()->addPermanentWidget(m_jobState);
    statusBar()->addPermanentWidget(m_cancelJob);
    statusBar()->addPermanentWidget(m_databaseLabel);
    statusBar()->setSizeGripEnabled(false);
}

void MainWindow::showStatus()
{
    const Row points = m_workspace.table()->rows();
    const Row shown = m_workspace.passingPointCount();
    const int hidden = int(m_workspace.table()->hidden().size());
    const QString hiddenText = hidden == 0
        ? QString()
        : QStringLiteral("  |  ") + tr("%n point(s) hidden by you", nullptr, hidden);
    m_shownLabel->setText(points == 0
            ? tr("No runs") + hiddenText
            : tr("%n run(s)", nullptr, int(m_workspace.runCount())) + QStringLiteral(" · ")
                + tr("%1 point(s)", nullptr, int(points)).arg(countText(points)) + QStringLiteral("  |  ")
                + tr("%1 point(s) shown", nullptr, int(shown)).arg(countText(shown)) + hiddenText);
    const QFileInfo file(m_database);
    const QString name = m_databaseLabel->fontMetrics().elidedText(file.fileName(), Qt::ElideMiddle, 280);
    m_databaseLabel->setText(m_databaseProblem.isEmpty()
            ? name + QStringLiteral(" · ")
                + QString::fromStdString(formatNumber(double(file.size()), Unit::Byte, NumberStyle::Reading))
            : QStringLiteral("⚠ ") + name); // stays when the message has gone
    m_databaseLabel->setToolTip(m_databaseProblem.isEmpty() ? m_database : m_databaseProblem);
}

void MainWindow::say(const QString& text)
{
    statusBar()->showMessage(text, 15'000);
}

} // namespace prism::app
