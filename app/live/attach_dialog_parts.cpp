// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the attach dialog.
#include "app/live/attach_dialog.h"

#include "app/settings/window_settings.h"
#include "app/theme/theme.h"
#include "core/live/probe_budget.h"
#include "core/settings/settings.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prism::app {

namespace {

constexpr int dialogWidth = 900;
constexpr int rowHeight = 26;

} // namespace

AttachDialog::AttachDialog(QWidget* parent, FindWays findWays)
    : QDialog(parent)
    , m_findWays(std::move(findWays))
{
    setWindowTitle(tr("Attach to a server"));
    setObjectName(QStringLiteral("attachDialog"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 12, 14, 12);
    column->setSpacing(6);
    column->addWidget(makeWhere());
    column->addWidget(makeList(), 1);
    m_observe = new QLabel(this);
    m_observe->setTextFormat(Qt::RichText);
    m_observe->setWordWrap(true);
    column->addWidget(m_observe);
    m_notes = new QLabel(this);
    m_notes->setWordWrap(true);
    m_notes->setTextFormat(Qt::PlainText);
    m_notes->setForegroundRole(QPalette::PlaceholderText);
    column->addWidget(m_notes);
    auto* frame = new QFrame(this);
    frame->setFrameShape(QFrame::StyledPanel);
    frame->setAutoFillBackground(true);
    frame->setBackgroundRole(QPalette::Base);
    m_tiers = frame;
    m_tierColumn = new QVBoxLayout(frame);
    m_tierColumn->setContentsMargins(0, 0, 0, 0);
    m_tierColumn->setSpacing(0);
    column->addWidget(frame);
    m_budgetRow = makeBudget();
    column->addWidget(m_budgetRow);
    m_router = new QCheckBox(this);
    m_router->setChecked(true);
    column->addWidget(m_router);
    m_metrics = new QCheckBox(tr("Ask the server for its own /metrics once a second"), this);
    m_metrics->setToolTip(
        tr("The one thing that talks to the server: its log may show it. Its own counts stand beside ours."));
    m_metrics->setChecked(readsServerMetrics());
    column->addWidget(m_metrics);
    m_message = new QLabel(this);
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_message);
    m_alone = makeAlone();
    column->addWidget(m_alone);
    column->addWidget(makeFooter());
    resize(dialogWidth, 600);
    m_tiers->hide();
    m_budgetRow->hide();
    m_router->hide();
    m_metrics->hide();
    m_message->hide();
    m_alone->hide();
    m_model.setRates([this](const live::FoundServer& server) { return m_rates.shown(server); });
    connect(&m_rates, &ServerRates::changed, &m_model, &ServerModel::ratesChanged);
    connect(m_metrics, &QCheckBox::toggled, this, &AttachDialog::watchRates);
    scan();
}

QWidget* AttachDialog::makeWhere()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_local = new QRadioButton(tr("This machine"), box);
    m_remote = new QRadioButton(tr("Another machine over ssh"), box);
    m_local->setChecked(true);
    m_host = new QLineEdit(WindowSettings().liveHost(), box);
    m_host->setPlaceholderText(tr("user@host"));
    m_host->setAccessibleName(tr("Host"));
    m_host->setFixedWidth(210);
    m_host->setEnabled(false);
    m_find = new QLineEdit(box);
    m_find->setPlaceholderText(tr("Find a server"));
    m_find->setAccessibleName(tr("Find a server"));
    m_find->setClearButtonEnabled(true);
    m_find->setFixedWidth(170);
    m_rescan = new QToolButton(box);
    m_rescan->setText(tr("Rescan"));
    m_rescan->setIcon(Theme::current().icon(QStringLiteral("view-refresh")));
    m_rescan->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_rescan->setAutoRaise(true);
    for (QWidget* w : std::initializer_list<QWidget*> { m_local, m_remote, m_host }) {
        row->addWidget(w);
    }
    row->addStretch(1);
    row->addWidget(m_find);
    row->addWidget(m_rescan);
    connect(m_remote, &QRadioButton::toggled, this, [this](bool remote) {
        m_host->setEnabled(remote);
        m_model.setServers({});
        if (!remote || !m_host->text().trimmed().isEmpty()) {
            scan();
        } else {
            m_host->setFocus();
            setBusy({});
            say(tr("Name the machine as ssh knows it; prism-probed must be installed there."));
        }
    });
    connect(m_host, &QLineEdit::returnPressed, this, &AttachDialog::scan);
    connect(m_find, &QLineEdit::textChanged, this, [this](const QString& text) {
        const live::FoundServer* before = chosen();
        const std::uint32_t pid = before ? before->pid : 0;
        m_model.setSearch(text);
        m_view->setCurrentIndex(m_model.index(std::max(0, m_model.rowOfPid(pid)), 0));
        showFound();
        showServer(); // a list made anew tells nobody that the choice went
    });
    connect(m_rescan, &QToolButton::clicked, this, &AttachDialog::scan);
    return box;
}

QWidget* AttachDialog::makeList()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_heading = new QLabel(box);
    m_heading->setTextFormat(Qt::RichText);
    column->addWidget(m_heading);
    m_view = new QTableView(box);
    m_view->setModel(&m_model);
    m_view->setAccessibleName(tr("Servers"));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(std::max(rowHeight, fontMetrics().height() + 8));
    m_view->horizontalHeader()->setFixedHeight(std::max(24, fontMetrics().height() + 6));
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    const int widths[] = { 160, 196, 66, 110, 84, 92, 76, 72 };
    for (int column2 = 0; column2 < ServerModel::ColumnCount; ++column2) {
        m_view->setColumnWidth(column2, widths[column2]);
    }
    m_view->setMinimumHeight(120);
    column->addWidget(m_view);
    connect(
        m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &AttachDialog::showServer);
    connect(m_view, &QTableView::activated, this, &AttachDialog::attach);
    return box;
}

QWidget* AttachDialog::makeBudget()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_budget = new QComboBox(box);
    m_budget->setAccessibleName(tr("What kernel programs may take"));
    std::vector<double> offered { 0.0025, 0.005, 0.01, 0.02, std::numeric_limits<double>::infinity() };
    const double chosen = live::budget::fromSettings();
    if (std::find(offered.begin(), offered.end(), chosen) == offered.end()) {
        offered.insert(offered.begin(), chosen);
    }
    for (const double cores : offered) {
        m_budget->addItem(std::isinf(cores)
                ? tr("as much as it takes")
                : tr("at most %1 % of a core").arg(QString::fromStdString(live::budget::text(cores))),
            cores);
    }
    m_budget->setCurrentIndex(m_budget->findData(chosen));
    m_budgetNote = new QLabel(box);
    m_budgetNote->setForegroundRole(QPalette::PlaceholderText);
    m_budgetNote->setWordWrap(true);
    row->addWidget(new QLabel(tr("Kernel programs may take"), box));
    row->addWidget(m_budget);
    row->addWidget(m_budgetNote, 1);
    connect(m_budget, &QComboBox::currentIndexChanged, this, &AttachDialog::showBudget);
    return box;
}

QWidget* AttachDialog::makeAlone()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(4);
    auto* text = new QLabel(
        tr("Without a helper only what a server reports at its own /metrics can be seen: running and "
           "waiting requests, tokens a second, KV cache. No single request, no latency, no thread."),
        box);
    text->setWordWrap(true);
    column->addWidget(text);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    m_alonePort = new QSpinBox(box);
    m_alonePort->setRange(1, 65535);
    m_alonePort->setValue(8000);
    m_alonePort->setAccessibleName(tr("Port"));
    m_aloneWatch = new QPushButton(tr("Watch /metrics alone"), box);
    m_aloneWatch->setAutoDefault(false);
    row->addWidget(new QLabel(tr("Port on this machine"), box));
    row->addWidget(m_alonePort);
    row->addWidget(m_aloneWatch);
    row->addStretch(1);
    column->addLayout(row);
    connect(m_aloneWatch, &QPushButton::clicked, this, &AttachDialog::watchAlone);
    return box;
}

QWidget* AttachDialog::makeFooter()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 6, 0, 0);
    m_machine = new QToolButton(box);
    m_machine->setText(tr("Check this machine…"));
    m_machine->setIcon(Theme::current().icon(QStringLiteral("configure")));
    m_machine->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_machine->setAutoRaise(true);
    m_machine->setToolTip(tr("What its kernel and your rights allow, and what would change that."));
    connect(m_machine, &QToolButton::clicked, this, &AttachDialog::checkMachine);
    row->addWidget(m_machine);
    row->addStretch(1);
    m_password = new QLabel(box);
    m_password->setForegroundRole(QPalette::PlaceholderText);
    row->addWidget(m_password);
    m_cancel = new QPushButton(tr("Cancel"), box);
    m_attach = new QPushButton(tr("Attach"), box);
    for (QPushButton* button : { m_cancel, m_attach }) {
        button->setMinimumSize(86, 26);
        button->setAutoDefault(false);
        row->addWidget(button);
    }
    m_attach->setDefault(true);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_attach, &QPushButton::clicked, this, &AttachDialog::attach);
    return box;
}

} // namespace prism::app
