// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/column_model.h"

#include "app/mapping/choice_delegate.h"
#include "app/theme/theme.h"

#include <algorithm>
#include <set>

namespace prism::app {

namespace {

constexpr std::size_t valuesShown = 4;

/// "20, 30, 41 …" of column number `at`.
QString firstValues(const FileLook& look, std::size_t at)
{
    QStringList values;
    for (const std::vector<std::string>& row : look.rows) {
        if (std::size_t(values.size()) == valuesShown) {
            values << QStringLiteral("…");
            break;
        }
        values << (row[at].empty() ? QStringLiteral("—") : qs(row[at]).simplified());
    }
    return values.join(QStringLiteral("  "));
}

} // namespace

ColumnModel::ColumnModel(MappingDraft& draft, QObject* parent)
    : QAbstractTableModel(parent)
    , m_draft(draft)
    , m_columns(columnsNow())
{
    connect(&draft, &MappingDraft::changed, this, &ColumnModel::refresh);
    connect(&Theme::current(), &Theme::changed, this, &ColumnModel::refresh);
}

std::vector<ColumnModel::FileColumn> ColumnModel::columnsNow() const
{
    std::vector<FileColumn> out;
    std::set<std::string> known;
    const FileLook* look = m_draft.look();
    const std::vector<std::string>& names = look ? look->columns : m_draft.mapping().columns;
    known.insert(names.begin(), names.end());
    for (const MappedValue& value : m_draft.mapping().values) {
        if (!value.column.empty() && known.insert(value.column).second) {
            out.push_back({ value.column, look != nullptr, {} });
        }
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        out.push_back({ names[i], false, look ? firstValues(*look, i) : QString() });
    }
    return out;
}

void ColumnModel::refresh()
{
    std::vector<FileColumn> now = columnsNow();
    const bool same = std::equal(now.begin(), now.end(), m_columns.begin(), m_columns.end(),
        [](const FileColumn& a, const FileColumn& b) {
            return a.name == b.name && a.gone == b.gone && a.values == b.values;
        });
    if (!same) {
        beginResetModel();
        m_columns = std::move(now);
        endResetModel();
    } else if (!m_columns.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

int ColumnModel::rowOf(const std::string& column) const
{
    const auto at = std::find_if(
        m_columns.begin(), m_columns.end(), [&](const FileColumn& c) { return c.name == column; });
    return at == m_columns.end() ? -1 : int(at - m_columns.begin());
}

int ColumnModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

int ColumnModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

const Error* ColumnModel::problemOf(const MappedValue* value) const
{
    return value ? m_draft.problemOf(std::size_t(value - m_draft.mapping().values.data())) : nullptr;
}

QString ColumnModel::stateText(const FileColumn& column, const MappedValue* value) const
{
    if (!value) {
        return column.gone ? tr("not in this file") : QString();
    }
    const Error* problem = problemOf(value);
    if (problem) {
        return QStringLiteral("⚠ ") + sentence(*problem);
    }
    return value->proposed.empty() ? tr("your word") : tr("Proposed: %1").arg(qs(value->proposed));
}

QString ColumnModel::text(const FileColumn& column, const MappedValue* value, int section) const
{
    switch (section) {
    case Name:
        return qs(column.name);
    case Values:
        return column.values;
    case Target:
        return value ? targetText(*value) : tr("Not used");
    case Statistic:
        return !value || statChoices(*value).isEmpty() ? QString()
            : value->stat == Stat::value()             ? tr("choose…")
                                                       : qs(value->stat.name());
    case UnitColumn:
        return !value || !needsUnit(*value) ? QString()
            : value->unit.empty()           ? tr("choose…")
                                            : qs(value->unit);
    case State:
        return stateText(column, value);
    default:
        return {};
    }
}

QVariant ColumnModel::toolTip(const FileColumn& column, const MappedValue* value, int section) const
{
    switch (section) {
    case Name:
        return qs(column.name);
    case Values:
        return tr("The first values: %1").arg(column.values);
    case Target: {
        const Metric* metric
            = value && value->target == MappedValue::Target::Measure ? findMetric(value->name) : nullptr;
        return metric ? qs(metric->summary) : tr("What the column becomes. F2 opens the list.");
    }
    case Statistic:
        return tr("Which number of the distribution the column holds.");
    case UnitColumn:
        return tr("The unit of the numbers in the file. Prism never guesses it.");
    case State:
        return value && !value->proposed.empty() ? stateText(column, value) + QLatin1Char(' ')
                + tr("Tick it to accept it, or choose something else.")
                                                 : stateText(column, value);
    default:
        return {};
    }
}

QVariant ColumnModel::colour(const FileColumn& column, const MappedValue* value, int section) const
{
    const Tokens& tokens = Theme::current().tokens();
    if (!value) {
        return section == Name ? QVariant() : QVariant(tokens.muted);
    }
    const bool missing = (section == Statistic && value->stat == Stat::value())
        || (section == UnitColumn && value->unit.empty());
    if (missing || (section == State && problemOf(value)) || (section == Name && column.gone)) {
        return tokens.warn;
    }
    return section == Values || (section == State && value->proposed.empty()) ? QVariant(tokens.muted)
                                                                              : QVariant();
}

QVariant ColumnModel::choices(const MappedValue* value, int section) const
{
    const auto given = [](const Choices& choices) {
        return choices.isEmpty() ? QVariant() : QVariant::fromValue(choices);
    };
    switch (section) {
    case Target: {
        Choices out = targetChoices(m_draft.mapping().row, false);
        const bool listed = !value || std::any_of(out.begin(), out.end(), [&](const Choice& c) {
            return c.key == targetKey(*value);
        });
        if (!listed) { // a score of a task, or what was meant when a row was something else
            out.push_back({ targetKey(*value), targetText(*value), tr("As it is now"), {} });
        }
        return given(out);
    }
    case Statistic:
        return value ? given(statChoices(*value)) : QVariant();
    case UnitColumn:
        return value ? given(unitChoices(*value)) : QVariant();
    default:
        return {};
    }
}

QVariant ColumnModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const FileColumn& column = m_columns[std::size_t(index.row())];
    const MappedValue* value = m_draft.valueOf(column.name);
    switch (role) {
    case Qt::DisplayRole:
        return text(column, value, index.column());
    case Qt::EditRole:
        return index.column() == Target ? (value ? targetKey(*value) : QString())
            : index.column() == Statistic && value && value->stat == Stat::value() ? QString()
            : index.column() == UnitColumn && value                                ? qs(value->unit)
                                                    : text(column, value, index.column());
    case Qt::ToolTipRole:
        return toolTip(column, value, index.column());
    case Qt::AccessibleTextRole:
        return headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() + QStringLiteral(": ")
            + text(column, value, index.column());
    case Qt::ForegroundRole:
        return colour(column, value, index.column());
    case Qt::CheckStateRole:
        return index.column() == State && value && !problemOf(value)
            ? QVariant(value->proposed.empty() ? Qt::Checked : Qt::Unchecked)
            : QVariant();
    case UsedRole:
        return value != nullptr;
    case ChoiceDelegate::choicesRole:
        return choices(value, index.column());
    case ChoiceDelegate::choosesRole:
        return index.column() >= Target && index.column() <= UnitColumn;
    case ChoiceDelegate::openRole:
        return index.column() == Statistic;
    default:
        return {};
    }
}

void ColumnModel::change(const std::string& column, int section, const QString& text)
{
    const MappedValue* before = m_draft.valueOf(column);
    MappedValue value = before ? *before : MappedValue {};
    value.column = column;
    value.proposed.clear(); // whoever changes a line has decided about it
    if (section == Target) {
        if (text.isEmpty()) {
            m_draft.dropValue(column);
            return;
        }
        setTarget(value, text);
    } else if (section == Statistic) {
        const auto stat = Stat::parse(text.toStdString());
        if (!stat) {
            return; // the old one stays: a word that is no statistic is none
        }
        value.stat = *stat;
    } else {
        value.unit = text.toStdString();
    }
    m_draft.setValue(value);
}

bool ColumnModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid()) {
        return false;
    }
    const std::string column = columnAt(index.row());
    if (role == Qt::CheckStateRole && index.column() == State) {
        m_draft.accept({ column });
        return true;
    }
    if (role != Qt::EditRole) {
        return false;
    }
    change(column, index.column(), value.toString());
    return true;
}

Qt::ItemFlags ColumnModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (!index.isValid()) {
        return flags;
    }
    const MappedValue* value = m_draft.valueOf(columnAt(index.row()));
    const bool edits = index.column() == Target
        || (value && index.column() == Statistic && !statChoices(*value).isEmpty())
        || (value && index.column() == UnitColumn && needsUnit(*value));
    if (edits) {
        flags |= Qt::ItemIsEditable;
    }
    if (index.column() == State && value && !value->proposed.empty() && !problemOf(value)) {
        flags |= Qt::ItemIsUserCheckable;
    }
    return flags;
}

QVariant ColumnModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Column");
    case Values:
        return tr("First values");
    case Target:
        return tr("Becomes");
    case Statistic:
        return tr("Statistic");
    case UnitColumn:
        return tr("Unit in the file");
    case State:
        return tr("Who says so");
    default:
        return {};
    }
}

} // namespace prism::app
