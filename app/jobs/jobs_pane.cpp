// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/jobs_pane.h"

#include "app/theme/button_text.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

namespace prism::app {

namespace {
constexpr int rowHeight = 26;
constexpr std::size_t mostInMenu = 20;
} // namespace

JobsPane::JobsPane(JobModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_table(new QTableView(this))
    , m_details(new QPlainTextEdit(this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
    , m_retry(new QPushButton(tr("Import again"), this))
    , m_map(new QPushButton(tr("Map columns…"), this))
    , m_clear(new QPushButton(tr("Clear ended"), this))
{
    m_table->setModel(&model);
    m_table->setAccessibleName(tr("Imports"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setWordWrap(true); // a refusal stands whole
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->verticalHeader()->setMinimumSectionSize(std::max(rowHeight, fontMetrics().height() + 6));
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    // What was read and what came of it stand side by side; the text beside them has the rest.
    for (const int column : { JobModel::Name, JobModel::Progress }) {
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    }
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_details->setReadOnly(true);
    m_details->setFrameShape(QFrame::NoFrame);
    m_details->setAccessibleName(tr("What became of each file"));
    m_details->setPlaceholderText(
        tr("Imports are listed here with what they read, and why they refused a file."));

    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(4, 0, 4, 4);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_retry);
    buttons->addWidget(m_map);
    buttons->addStretch();
    buttons->addWidget(m_clear);
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->setHandleWidth(4);
    splitter->addWidget(m_table);
    splitter->addWidget(m_details);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter, 1);
    layout->addLayout(buttons);

    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (ImportJob* job = m_model.jobAt(m_table->currentIndex().row())) {
            job->cancel();
        }
    });
    connect(m_retry, &QPushButton::clicked, this, [this] {
        if (const ImportJob* job = m_model.jobAt(m_table->currentIndex().row())) {
            Q_EMIT retryRequested(job->request(), job->name());
        }
    });
    connect(m_map, &QPushButton::clicked, this, &JobsPane::requestMapping);
    connect(m_clear, &QPushButton::clicked, &m_model, &JobModel::clearEnded);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &JobsPane::showDetails);
    connect(&m_model, &JobModel::jobChanged, this, &JobsPane::showDetails);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &JobsPane::showDetails);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, [this] { m_table->selectRow(0); });
    showDetails();
}

void JobsPane::requestMapping()
{
    const ImportJob* job = m_model.jobAt(m_table->currentIndex().row());
    const std::vector<MappableFile> files = job ? mappableFiles(*job) : std::vector<MappableFile>();
    if (files.size() == 1) {
        Q_EMIT mappingRequested(files.front());
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (std::size_t i = 0; i < std::min(files.size(), mostInMenu); ++i) {
        const QString text = buttonText(QFileInfo(files[i].file).fileName());
        menu->addAction(
            files[i].mapping.isEmpty() ? text : tr("%1, by the mapping %2").arg(text, buttonText(files[i].mapping)), this,
            [this, file = files[i]] { Q_EMIT mappingRequested(file); });
    }
    if (files.size() > mostInMenu) {
        menu->addAction(tr("… and %n more; File, Import with a mapping… takes any file", nullptr,
                            int(files.size() - mostInMenu)))
            ->setEnabled(false);
    }
    menu->popup(m_map->mapToGlobal(QPoint(0, m_map->height())));
}

QString JobsPane::detailsText() const
{
    return m_details->toPlainText();
}

void JobsPane::showDetails()
{
    const ImportJob* job = m_model.jobAt(m_table->currentIndex().row());
    const QString text = job ? JobModel::details(*job) : QString();
    if (text != m_details->toPlainText()) {
        m_details->setPlainText(text);
    }
    const bool running = job && job->state() == ImportJob::State::Running;
    m_cancel->setEnabled(running);
    m_retry->setEnabled(job && !running);
    const bool mappable = job && !mappableFiles(*job).empty();
    m_map->setEnabled(mappable);
    m_map->setToolTip(mappable
            ? tr("Say what the columns of a table or of JSON are, and import it.")
            : tr("For tables and JSON that no tool is known to write: choose their import."));
    m_clear->setEnabled(m_model.rowCount() > m_model.running());
}

} // namespace prism::app
