// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/constant_model.h"

#include "app/mapping/choice_delegate.h"
#include "app/theme/theme.h"
#include "core/model/load_point.h"

#include <algorithm>

namespace prism::app {

namespace {

std::vector<std::size_t> constantsOf(const Mapping& mapping)
{
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < mapping.values.size(); ++i) {
        if (mapping.values[i].column.empty()) {
            out.push_back(i);
        }
    }
    return out;
}

} // namespace

ConstantModel::ConstantModel(MappingDraft& draft, QObject* parent)
    : QAbstractTableModel(parent)
    , m_draft(draft)
    , m_numbers(constantsOf(draft.mapping()))
{
    connect(&draft, &MappingDraft::changed, this, &ConstantModel::refresh);
}

void ConstantModel::refresh()
{
    std::vector<std::size_t> now = constantsOf(m_draft.mapping());
    if (now.size() != m_numbers.size()) {
        beginResetModel();
        m_numbers = std::move(now);
        endResetModel();
        return;
    }
    m_numbers = std::move(now);
    if (!m_numbers.empty()) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    }
}

void ConstantModel::add()
{
    m_draft.edit(tr("Add a constant"), [](Mapping& mapping) {
        // The first attribute that nothing else says: what most files leave out.
        const auto names = attributeNames();
        const auto free = std::find_if(names.begin(), names.end(), [&](std::string_view name) {
            return std::none_of(mapping.values.begin(), mapping.values.end(), [&](const MappedValue& value) {
                return value.target == MappedValue::Target::Attribute && value.name == name;
            });
        });
        MappedValue value;
        value.target = MappedValue::Target::Attribute;
        value.name = free == names.end() ? names.front() : *free;
        mapping.values.push_back(std::move(value));
    });
}

void ConstantModel::remove(int row)
{
    const std::size_t number = m_numbers[std::size_t(row)];
    m_draft.edit(tr("Remove a constant"), [number](Mapping& mapping) {
        mapping.values.erase(mapping.values.begin() + std::ptrdiff_t(number));
    });
}

int ConstantModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_numbers.size());
}

int ConstantModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QString ConstantModel::text(std::size_t number, int section) const
{
    const MappedValue& value = m_draft.mapping().values[number];
    switch (section) {
    case Target:
        return targetText(value);
    case Statistic:
        return statChoices(value).isEmpty() ? QString()
            : value.stat == Stat::value()   ? tr("choose…")
                                            : qs(value.stat.name());
    case Value:
        return qs(value.constant);
    case UnitColumn:
        return !needsUnit(value) ? QString() : value.unit.empty() ? tr("choose…") : qs(value.unit);
    case State: {
        const Error* problem = m_draft.problemOf(number);
        return problem ? QStringLiteral("⚠ ") + sentence(*problem) : tr("your word, for every point");
    }
    default:
        return {};
    }
}

QVariant ConstantModel::choices(const MappedValue& value, int section) const
{
    const Choices out = section == Target ? targetChoices(m_draft.mapping().row, true)
        : section == Statistic            ? statChoices(value)
        : section == UnitColumn           ? unitChoices(value)
                                          : Choices();
    return out.isEmpty() ? QVariant() : QVariant::fromValue(out);
}

QVariant ConstantModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const std::size_t number = m_numbers[std::size_t(index.row())];
    const MappedValue& value = m_draft.mapping().values[number];
    switch (role) {
    case Qt::DisplayRole:
        return text(number, index.column());
    case Qt::ToolTipRole:
        return text(number, index.column());
    case Qt::AccessibleTextRole:
        return headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() + QStringLiteral(": ")
            + text(number, index.column());
    case Qt::EditRole:
        switch (index.column()) {
        case Target:
            return targetKey(value);
        case Statistic:
            return value.stat == Stat::value() ? QString() : qs(value.stat.name());
        case UnitColumn:
            return qs(value.unit);
        default:
            return qs(value.constant);
        }
    case Qt::ForegroundRole: {
        const Tokens& tokens = Theme::current().tokens();
        if (index.column() != State) {
            return {};
        }
        return m_draft.problemOf(number) ? tokens.warn : tokens.muted;
    }
    case ChoiceDelegate::choicesRole:
        return choices(value, index.column());
    case ChoiceDelegate::choosesRole:
        return index.column() != Value && index.column() != State;
    case ChoiceDelegate::openRole:
        return index.column() == Statistic;
    default:
        return {};
    }
}

bool ConstantModel::setData(const QModelIndex& index, const QVariant& data, int role)
{
    if (!index.isValid() || role != Qt::EditRole) {
        return false;
    }
    const std::size_t number = m_numbers[std::size_t(index.row())];
    MappedValue value = m_draft.mapping().values[number];
    value.proposed.clear();
    switch (index.column()) {
    case Target:
        setTarget(value, data.toString());
        break;
    case Statistic:
        if (const auto stat = Stat::parse(data.toString().toStdString())) {
            value.stat = *stat;
        }
        break;
    case Value:
        value.constant = data.toString().trimmed().toStdString();
        break;
    case UnitColumn:
        value.unit = data.toString().toStdString();
        break;
    default:
        return false;
    }
    m_draft.edit(tr("Change a constant"), [&](Mapping& mapping) { mapping.values[number] = value; });
    return true;
}

Qt::ItemFlags ConstantModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (!index.isValid()) {
        return flags;
    }
    const MappedValue& value = m_draft.mapping().values[m_numbers[std::size_t(index.row())]];
    const bool edits = index.column() == Target || index.column() == Value
        || (index.column() == Statistic && !statChoices(value).isEmpty())
        || (index.column() == UnitColumn && needsUnit(value));
    return edits ? flags | Qt::ItemIsEditable : flags;
}

QVariant ConstantModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Target:
        return tr("What");
    case Statistic:
        return tr("Statistic");
    case Value:
        return tr("Value");
    case UnitColumn:
        return tr("Unit");
    case State:
        return tr("Who says so");
    default:
        return {};
    }
}

} // namespace prism::app
