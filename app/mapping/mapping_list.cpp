// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_list.h"

#include "app/mapping/mapping_words.h"
#include "app/theme/theme.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QUndoCommand>

#include <algorithm>

namespace prism::app {

namespace {

QString pathOf(const QString& name)
{
    return qs(mappingFolder()) + QLatin1Char('/') + name + QStringLiteral(".json");
}

QString written(QSaveFile& file, const QByteArray& text)
{
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit()) {
        return MappingList::tr("%1 cannot be written: %2. Check the folder's rights and free space.")
            .arg(file.fileName(), file.errorString());
    }
    return {};
}

} // namespace

/// Files of the folder before and behind a change, byte for byte: what a newer version wrote there survives.
class FolderEdit : public QUndoCommand {
public:
    FolderEdit(MappingList& list, const QString& text, std::vector<MappingList::Entry> before,
        std::vector<MappingList::Entry> after)
        : QUndoCommand(text)
        , m_list(list)
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
    }
    void undo() override { put(m_before); }
    void redo() override
    {
        if (!std::exchange(m_first, false)) { // it is done already when it is pushed
            put(m_after);
        }
    }

private:
    void put(const std::vector<MappingList::Entry>& entries)
    {
        for (const MappingList::Entry& entry : entries) {
            if (const QString problem = MappingList::put(entry); !problem.isEmpty()) {
                Q_EMIT m_list.failed(problem);
            }
        }
        m_list.refresh();
    }

    MappingList& m_list;
    std::vector<MappingList::Entry> m_before;
    std::vector<MappingList::Entry> m_after;
    bool m_first = true;
};

MappingList::MappingList(QObject* parent)
    : QAbstractTableModel(parent)
    , m_all(savedMappings())
{
}

void MappingList::refresh()
{
    beginResetModel();
    m_all = savedMappings();
    endResetModel();
}

QString MappingList::nameAt(int row) const
{
    return QFileInfo(qs(at(row).file)).completeBaseName();
}

int MappingList::rowOf(const QString& name) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (nameAt(row) == name) {
            return row;
        }
    }
    return -1;
}

std::optional<QByteArray> MappingList::textOf(const QString& name)
{
    QFile file(pathOf(name));
    return file.open(QIODevice::ReadOnly) ? std::optional(file.readAll()) : std::nullopt;
}

QString MappingList::put(const Entry& entry)
{
    if (!entry.text) {
        QFile file(pathOf(entry.name));
        return !file.exists() || file.remove() ? QString()
                                               : tr("%1 cannot be removed: %2. Check the folder's rights.")
                                                     .arg(file.fileName(), file.errorString());
    }
    QDir().mkpath(qs(mappingFolder()));
    QSaveFile file(pathOf(entry.name));
    return written(file, *entry.text);
}

QString MappingList::change(const QString& text, const std::vector<Entry>& after)
{
    std::vector<Entry> before;
    for (const Entry& entry : after) {
        before.push_back({ entry.name, textOf(entry.name) });
    }
    for (const Entry& entry : after) {
        if (QString problem = put(entry); !problem.isEmpty()) {
            for (const Entry& old : before) {
                put(old);
            }
            return problem;
        }
    }
    m_undo.push(new FolderEdit(*this, text, std::move(before), after));
    refresh();
    return {};
}

QString MappingList::rename(const QString& from, const QString& to)
{
    if (to == from) {
        return {};
    }
    if (to.isEmpty() || qs(mappingName(to.toStdString())) != to) {
        return tr("“%1” cannot be the name of a mapping. Choose one of small letters, digits, - and _.")
            .arg(to);
    }
    if (QFileInfo::exists(pathOf(to))) {
        return tr("There is a mapping %1 already. Choose another name.").arg(to);
    }
    auto mapping = loadMapping(pathOf(from).toStdString());
    if (!mapping) {
        return sentence(mapping.error());
    }
    mapping->name = to.toStdString();
    return change(tr("Rename %1").arg(from),
        { { to, QByteArray::fromStdString(toJson(*mapping)) }, { from, std::nullopt } });
}

QString MappingList::remove(const QString& name)
{
    return change(tr("Delete %1").arg(name), { { name, std::nullopt } });
}

QString MappingList::take(const QString& file, QString& name)
{
    auto mapping = loadMapping(QFileInfo(file).absoluteFilePath().toStdString());
    if (!mapping) {
        return QFileInfo(file).fileName() + QStringLiteral(": ") + sentence(mapping.error());
    }
    mapping->name = freeMappingName(
        mapping->name.empty() ? QFileInfo(file).completeBaseName().toStdString() : mapping->name);
    name = qs(mapping->name);
    return change(tr("Take in %1").arg(name), { { name, QByteArray::fromStdString(toJson(*mapping)) } });
}

QString MappingList::write(const QString& name, const QString& file) const
{
    const auto text = textOf(name);
    if (!text) {
        return tr("The mapping %1 is not there any more.").arg(name);
    }
    QSaveFile out(file);
    return written(out, *text);
}

int MappingList::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_all.size());
}

int MappingList::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant MappingList::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const SavedMapping& saved = at(index.row());
    const bool readable = !saved.mapping.name.empty();
    const QString state = saved.error
        ? QStringLiteral("⚠ ") + tr("Not applied. %1").arg(sentence(*saved.error))
        : tr("applies itself to files with its columns");
    if (role == Qt::ForegroundRole) {
        return index.column() == State && saved.error ? QVariant(Theme::current().tokens().warn) : QVariant();
    }
    if (role == Qt::TextAlignmentRole) {
        return index.column() == Columns ? QVariant(int(Qt::AlignRight | Qt::AlignVCenter)) : QVariant();
    }
    if (role == Qt::ToolTipRole) {
        return index.column() == State ? state : qs(saved.file);
    }
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole) {
        return {};
    }
    switch (index.column()) {
    case Name:
        return nameAt(index.row());
    case RowIs:
        return readable ? rowText(saved.mapping.row) : QString();
    case Columns:
        return readable ? QString::number(saved.mapping.columns.size()) : QString();
    default:
        return state;
    }
}

QVariant MappingList::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Mapping");
    case RowIs:
        return tr("A row is");
    case Columns:
        return tr("Columns");
    default:
        return tr("State");
    }
}

} // namespace prism::app
