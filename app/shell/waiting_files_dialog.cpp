// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/waiting_files_dialog.h"

#include "app/jobs/caught.h"

#include <QDateTime>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <QtConcurrentRun>

namespace prism::app {

namespace {

constexpr int margin = 14;

QString holds(const LinkRecord& file)
{
    return file.timeline ? WaitingFilesDialog::tr("timeline")
        : file.series    ? WaitingFilesDialog::tr("telemetry")
                         : WaitingFilesDialog::tr("configuration");
}

QString timesOf(const LinkRecord& file)
{
    if (!file.covers) {
        return WaitingFilesDialog::tr("not stated");
    }
    const auto text = [](double seconds, const QString& format) {
        return QDateTime::fromMSecsSinceEpoch(qint64(seconds * 1000), Qt::UTC).toString(format);
    };
    return WaitingFilesDialog::tr("%1 to %2 UTC")
        .arg(text(file.covers->begin, QStringLiteral("yyyy-MM-dd HH:mm:ss")),
            text(file.covers->end, QStringLiteral("HH:mm:ss")));
}

} // namespace

WaitingFilesDialog::WaitingFilesDialog(const QString& database, QWidget* parent)
    : QDialog(parent)
    , m_hint(new QLabel(this))
    , m_list(new QTreeWidget(this))
{
    setWindowTitle(tr("Files that wait for a run"));
    resize(760, 380);
    m_hint->setText(
        tr("These files are stored, but nothing says to which run they belong. Select some and give "
           "them to one."));
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setWordWrap(true);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_list->setHeaderLabels({ tr("File"), tr("Holds"), tr("Recorded") });
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->setUniformRowHeights(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setAccessibleName(windowTitle());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* give = buttons->addButton(tr("Give to a run…"), QDialogButtonBox::ActionRole);
    give->setObjectName(QStringLiteral("give"));
    give->setEnabled(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(m_hint);
    layout->addWidget(m_list, 1);
    layout->addWidget(buttons);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this,
        [this, give] { give->setEnabled(!m_list->selectedItems().isEmpty()); });
    connect(give, &QPushButton::clicked, this, [this] {
        const std::vector<SourceId> files = selected();
        accept();
        Q_EMIT this->give(files);
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    QtConcurrent::run([database] {
        return caughtAs([&] { return read(database); },
            [](const Error& error) {
                return Files { QString::fromStdString(error.text()), {} };
            });
    }).then(this, [this](const Files& files) { show(files); });
}

WaitingFilesDialog::Files WaitingFilesDialog::read(const QString& database)
{
    auto reader = StoreReader::open(database.toStdString());
    auto waiting = reader ? (*reader)->unlinked() : reader.error();
    return waiting ? Files { {}, std::move(*waiting) }
                   : Files { QString::fromStdString(waiting.error().text()), {} };
}

void WaitingFilesDialog::show(const Files& files)
{
    if (!files.problem.isEmpty() || files.waiting.empty()) {
        m_hint->setText(
            files.problem.isEmpty() ? tr(
                "No file waits: every configuration, telemetry and timeline that is stored belongs to a run.")
                                    : files.problem);
    }
    for (const LinkRecord& file : files.waiting) {
        const QString path = QString::fromStdString(file.source.path);
        auto* item
            = new QTreeWidgetItem(m_list, { path.section(QLatin1Char('/'), -2), holds(file), timesOf(file) });
        item->setData(0, Qt::UserRole, qlonglong(file.source.id));
        item->setToolTip(0, path);
    }
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    if (m_list->topLevelItemCount() > 0) {
        m_list->setCurrentItem(m_list->topLevelItem(0));
    }
    Q_EMIT loaded();
}

std::vector<SourceId> WaitingFilesDialog::selected() const
{
    std::vector<SourceId> files;
    for (const QTreeWidgetItem* item : m_list->selectedItems()) {
        files.push_back(item->data(0, Qt::UserRole).toLongLong());
    }
    return files;
}

} // namespace prism::app
