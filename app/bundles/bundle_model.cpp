// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bundles/bundle_model.h"

#include "app/theme/theme.h"
#include "core/model/metric.h"

#include <QDataStream>
#include <QIODevice>
#include <QMimeData>
#include <QRegularExpression>

namespace prism::app {

namespace {

const QString filesMime = QStringLiteral("application/x-prism-bundle-files");

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

QString roleText(const BundlePlan::File& entry)
{
    switch (entry.role) {
    case FileRole::Result:
        return BundleModel::tr("Result");
    case FileRole::Repetition:
        return BundleModel::tr("Repetition");
    case FileRole::Twin:
        return BundleModel::tr("Same result");
    case FileRole::Part:
        return BundleModel::tr("Part of the result");
    case FileRole::Sidecar:
        return BundleModel::tr("Configuration");
    case FileRole::Telemetry:
        return BundleModel::tr("Telemetry");
    case FileRole::Timeline:
        return BundleModel::tr("Timeline");
    case FileRole::Alone:
        return BundleModel::tr("Waits for its run");
    case FileRole::LeftOut:
        return BundleModel::tr("Left out");
    case FileRole::Refused:
        return BundleModel::tr("Cannot be read");
    case FileRole::Skipped:
        return BundleModel::tr("Not imported");
    }
    return {};
}

QString number(std::string_view metric, Stat stat, double value)
{
    const Metric* known = findMetric(metric);
    return qs(formatNumber(value, known ? unitOf(*known, stat) : Unit::One, NumberStyle::Reading));
}

QString titleOf(std::string_view metric, Stat stat)
{
    const Metric* known = findMetric(metric);
    return known ? qs(title(*known, stat)) : QString::fromUtf8(metric.data(), qsizetype(metric.size()));
}

QStandardItem* cellOf(const QString& text, int run, bool moves)
{
    auto* made = new QStandardItem(text);
    made->setEditable(false);
    made->setDragEnabled(moves);
    made->setToolTip(text);
    made->setData(run, BundleModel::RunRoleData);
    return made;
}

QList<QStandardItem*> row(const QStringList& texts, int run, bool moves = false)
{
    QList<QStandardItem*> items;
    for (const QString& text : texts) {
        items << cellOf(text, run, moves);
    }
    return items;
}

QStandardItem* heading(const QString& text, int run)
{
    QStandardItem* made = cellOf(text, run, false);
    QFont bold = made->font();
    bold.setWeight(QFont::DemiBold);
    made->setFont(bold);
    return made;
}

QString repetitionText(const BundlePlan::Repetition& repetition)
{
    QStringList spreads;
    for (const BundlePlan::Repetition::Spread& spread : repetition.spreads) {
        spreads << BundleModel::tr("%1 %2 to %3")
                       .arg(titleOf(spread.metric, spread.stat),
                           number(spread.metric, spread.stat, spread.lowest),
                           number(spread.metric, spread.stat, spread.highest));
    }
    return spreads.join(QStringLiteral("; "));
}

} // namespace

QList<QStandardItem*> BundleModel::rowOf(
    const BundlePlan::File& entry, const std::vector<FileSummary>& files, const QString& root, int run) const
{
    const QString path = qs(files[entry.file].path);
    QString why = qs(entry.why);
    if (!root.isEmpty() && why.startsWith(path)) {
        why = why.mid(path.size()).remove(QRegularExpression(QStringLiteral("^:\\s*"))); // the row names it
    }
    QList<QStandardItem*> items
        = row({ path.startsWith(root) ? path.mid(root.size()) : path, roleText(entry), why }, run,
            entry.role != FileRole::Refused && entry.role != FileRole::Skipped);
    for (QStandardItem* cell : items) {
        cell->setData(qulonglong(entry.file), FileRoleData);
        cell->setData(entry.asks, AsksRoleData);
    }
    if (entry.asks) {
        items[Role]->setText(QStringLiteral("⚠ ") + items[Role]->text());
        items[Role]->setForeground(Theme::current().tokens().warn);
    } else if (entry.byUser) {
        items[Role]->setText(QStringLiteral("✎ ") + items[Role]->text());
    }
    for (const TwinDifference& difference : entry.differences) {
        items[File]->appendRow(
            row({ titleOf(difference.metric, difference.stat),
                    number(difference.metric, difference.stat, difference.poorer),
                    tr("This file says %1; %2 says %3, which is shown.")
                        .arg(number(difference.metric, difference.stat, difference.poorer),
                            qs(files[*entry.behind].name()),
                            number(difference.metric, difference.stat, difference.richer)) },
                run));
    }
    return items;
}

void BundleModel::setPlan(const BundlePlan& plan, const std::vector<FileSummary>& files)
{
    clear();
    setHorizontalHeaderLabels({ tr("File"), tr("What it is"), tr("Why") });
    const QString root = qs(plan.root);
    for (std::size_t r = 0; r < plan.runs.size(); ++r) {
        const BundlePlan::Run& run = plan.runs[r];
        const int number = int(r);
        QStandardItem* head = heading(qs(run.title), number);
        const QString points
            = run.known ? tr("In the database already") : tr("%n point(s)", nullptr, int(run.points));
        appendRow({ head, cellOf(tr("Run"), number, false), cellOf(points, number, false) });
        for (const BundlePlan::File& entry : run.files) {
            head->appendRow(rowOf(entry, files, root, number));
        }
        for (const BundlePlan::Repetition& repetition : run.repetitions) {
            head->appendRow(row({ tr("%n times %1", nullptr, int(repetition.count)).arg(qs(repetition.load)),
                                    tr("Spread"), repetitionText(repetition) },
                number));
        }
    }
    if (plan.others.empty()) {
        return;
    }
    QStandardItem* rest = heading(tr("Files of no run"), -1);
    appendRow({ rest, cellOf({}, -1, false),
        cellOf(tr("%n file(s)", nullptr, int(plan.others.size())), -1, false) });
    for (const BundlePlan::File& entry : plan.others) {
        rest->appendRow(rowOf(entry, files, root, -1));
    }
}

std::optional<std::size_t> BundleModel::fileAt(const QModelIndex& index)
{
    const QVariant file = index.siblingAtColumn(File).data(FileRoleData);
    return file.isValid() ? std::optional(std::size_t(file.toULongLong())) : std::nullopt;
}

std::optional<std::size_t> BundleModel::runAt(const QModelIndex& index)
{
    const QVariant run = index.siblingAtColumn(File).data(RunRoleData);
    return run.isValid() && run.toInt() >= 0 ? std::optional(std::size_t(run.toInt())) : std::nullopt;
}

QModelIndex BundleModel::firstQuestion() const
{
    for (int run = 0; run < rowCount(); ++run) {
        for (int row = 0; row < rowCount(index(run, File)); ++row) {
            const QModelIndex at = index(row, File, index(run, File));
            if (at.data(AsksRoleData).toBool()) {
                return at;
            }
        }
    }
    return {};
}

QModelIndex BundleModel::indexOf(std::size_t file) const
{
    for (int run = 0; run < rowCount(); ++run) {
        for (int row = 0; row < rowCount(index(run, File)); ++row) {
            const QModelIndex at = index(row, File, index(run, File));
            if (fileAt(at) == file) {
                return at;
            }
        }
    }
    return {};
}

QStringList BundleModel::mimeTypes() const
{
    return { filesMime };
}

QMimeData* BundleModel::mimeData(const QModelIndexList& indexes) const
{
    QByteArray bytes;
    QDataStream out(&bytes, QIODevice::WriteOnly);
    bool any = false;
    for (const QModelIndex& index : indexes) {
        if (index.column() == File && fileAt(index)) {
            out << quint64(*fileAt(index));
            any = true;
        }
    }
    if (!any) {
        return nullptr;
    }
    auto* data = new QMimeData;
    data->setData(filesMime, bytes);
    return data;
}

bool BundleModel::canDropMimeData(const QMimeData* data, Qt::DropAction, int, int, const QModelIndex&) const
{
    return data && data->hasFormat(filesMime);
}

bool BundleModel::dropMimeData(
    const QMimeData* data, Qt::DropAction action, int row, int column, const QModelIndex& parent)
{
    if (!canDropMimeData(data, action, row, column, parent)) {
        return false;
    }
    std::vector<std::size_t> files;
    QDataStream in(data->data(filesMime));
    while (!in.atEnd()) {
        quint64 file = 0;
        in >> file;
        files.push_back(std::size_t(file));
    }
    // The plan is made anew with the decision: the view must not take rows away itself.
    Q_EMIT moved(files, runAt(parent));
    return false;
}

} // namespace prism::app
