// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/filter_model.h"

#include "app/mapping/choice_delegate.h"
#include "app/theme/theme.h"
#include "core/mapping/mapped_row.h"
#include "core/read/number_marks.h"

#include <QCoreApplication>

#include <algorithm>

namespace prism::app {

namespace {

constexpr RowFilter::Is comparisons[]
    = { RowFilter::Is::Equal, RowFilter::Is::NotEqual, RowFilter::Is::Less, RowFilter::Is::More };

/// A row of the look behind the names of its columns, so that it is judged as an import judges it.
class LookedAtRow : public MappedRow {
public:
    LookedAtRow(const Mapping& mapping, const FileLook& look, std::size_t row)
        : m_mapping(mapping)
        , m_look(look)
        , m_row(row)
    {
    }
    std::optional<RowCell> cell(const std::string& column) const override
    {
        const auto at = std::find(m_look.columns.begin(), m_look.columns.end(), column);
        const auto number = std::size_t(at - m_look.columns.begin());
        if (at == m_look.columns.end() || m_look.rows[m_row][number].empty()) {
            return std::nullopt;
        }
        const std::string& text = m_look.rows[m_row][number];
        const bool table = m_mapping.format == Mapping::Format::Csv;
        const std::string* told = readAs(number);
        if (!table && !told) {
            return RowCell { text, {}, nullptr };
        }
        const bool commas = table && m_mapping.decimalComma;
        return RowCell { text, {}, nullptr,
            commas     ? read::plainNumber(text, read::decimalCommas).value_or(text)
                : told ? *told
                       : text };
    }
    std::string place() const override { return {}; }

private:
    const std::string* readAs(std::size_t column) const
    {
        if (m_row >= m_look.numbers.size()) {
            return nullptr;
        }
        const auto at = m_look.numbers[m_row].find(column);
        return at == m_look.numbers[m_row].end() ? nullptr : &at->second;
    }

    const Mapping& m_mapping;
    const FileLook& m_look;
    std::size_t m_row;
};

} // namespace

QString comparisonText(RowFilter::Is is)
{
    switch (is) {
    case RowFilter::Is::Equal:
        return FilterModel::tr("is");
    case RowFilter::Is::NotEqual:
        return FilterModel::tr("is not");
    case RowFilter::Is::Less:
        return FilterModel::tr("is less than");
    case RowFilter::Is::More:
        return FilterModel::tr("is more than");
    }
    return {};
}

QString leftOutBecause(const Mapping& mapping, const FileLook& look, std::size_t row)
{
    if (row < mapping.leaveOutFirst) {
        return FilterModel::tr("one of the first %1 rows").arg(mapping.leaveOutFirst);
    }
    for (const RowFilter& filter : mapping.leaveOut) {
        if (matches(filter, LookedAtRow(mapping, look, row), isDecimalComma(mapping))) {
            return filter.why.empty()
                ? FilterModel::tr("%1 %2 %3")
                      .arg(qs(filter.column), comparisonText(filter.is), qs(filter.value))
                : qs(filter.why);
        }
    }
    return {};
}

FilterModel::FilterModel(MappingDraft& draft, QObject* parent)
    : QAbstractTableModel(parent)
    , m_draft(draft)
    , m_rows(int(draft.mapping().leaveOut.size()))
{
    connect(&draft, &MappingDraft::changed, this, &FilterModel::refresh);
}

void FilterModel::refresh()
{
    const int now = int(m_draft.mapping().leaveOut.size());
    if (now != m_rows) {
        beginResetModel();
        m_rows = now;
        endResetModel();
    } else if (m_rows > 0) {
        Q_EMIT dataChanged(index(0, 0), index(m_rows - 1, ColumnCount - 1));
    }
}

void FilterModel::add()
{
    const FileLook* look = m_draft.look();
    const std::vector<std::string>& columns = look ? look->columns : m_draft.mapping().columns;
    if (columns.empty()) {
        return;
    }
    m_draft.edit(tr("Add a filter"), [&](Mapping& mapping) {
        RowFilter filter;
        filter.column = columns.front();
        mapping.leaveOut.push_back(std::move(filter));
    });
}

void FilterModel::remove(int row)
{
    m_draft.edit(tr("Remove a filter"),
        [row](Mapping& mapping) { mapping.leaveOut.erase(mapping.leaveOut.begin() + row); });
}

int FilterModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

int FilterModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

bool FilterModel::isGone(const RowFilter& filter) const
{
    const FileLook* look = m_draft.look();
    return look
        && std::find(look->columns.begin(), look->columns.end(), filter.column) == look->columns.end();
}

QVariant FilterModel::choices(int section) const
{
    Choices out;
    if (section == FileColumn) {
        const FileLook* look = m_draft.look();
        for (const std::string& column : look ? look->columns : m_draft.mapping().columns) {
            out.push_back({ qs(column), qs(column), {}, {} });
        }
    } else if (section == Is) {
        for (const RowFilter::Is is : comparisons) {
            out.push_back({ QString::number(int(is)), comparisonText(is), {}, {} });
        }
    }
    return out.isEmpty() ? QVariant() : QVariant::fromValue(out);
}

QVariant FilterModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const RowFilter& filter = m_draft.mapping().leaveOut[std::size_t(index.row())];
    const QString texts[]
        = { qs(filter.column), comparisonText(filter.is), qs(filter.value), qs(filter.why) };
    const QString text = texts[index.column()];
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == FileColumn && isGone(filter) ? QStringLiteral("⚠ ") + text : text;
    case Qt::EditRole:
        return index.column() == Is ? QString::number(int(filter.is)) : text;
    case Qt::ToolTipRole:
        return index.column() == FileColumn && isGone(filter)
            ? tr("The file does not have this column. Choose another one, or remove the filter.")
            : index.column() == Value ? tr("Compared as numbers where both are numbers.")
            : index.column() == Why   ? tr("Your reason: it stands with the points that come of the file.")
                                      : text;
    case Qt::AccessibleTextRole:
        return headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() + QStringLiteral(": ")
            + text;
    case Qt::ForegroundRole:
        return index.column() == FileColumn && isGone(filter) ? QVariant(Theme::current().tokens().warn)
                                                              : QVariant();
    case ChoiceDelegate::choicesRole:
        return choices(index.column());
    case ChoiceDelegate::choosesRole:
        return index.column() == FileColumn || index.column() == Is;
    default:
        return {};
    }
}

bool FilterModel::setData(const QModelIndex& index, const QVariant& data, int role)
{
    if (!index.isValid() || role != Qt::EditRole) {
        return false;
    }
    const std::size_t row = std::size_t(index.row());
    m_draft.edit(tr("Change a filter"), [&](Mapping& mapping) {
        RowFilter& filter = mapping.leaveOut[row];
        const std::string text = data.toString().trimmed().toStdString();
        switch (index.column()) {
        case FileColumn:
            filter.column = text;
            break;
        case Is:
            filter.is = comparisons[std::size_t(std::clamp(data.toInt(), 0, 3))];
            break;
        case Value:
            filter.value = text;
            break;
        default:
            filter.why = text;
        }
    });
    return true;
}

Qt::ItemFlags FilterModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.isValid() ? flags | Qt::ItemIsEditable : flags;
}

QVariant FilterModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case FileColumn:
        return tr("Leave a row out when");
    case Is:
        return tr("compares");
    case Value:
        return tr("with");
    case Why:
        return tr("because");
    default:
        return {};
    }
}

} // namespace prism::app
