// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_draft.h"

#include "core/mapping/proposal.h"

#include <QUndoCommand>

#include <algorithm>
#include <iterator>
#include <set>

namespace prism::app {

namespace {

constexpr int mostUndo = 200;

/// Two values for one number are a mistake that no proposal should begin with.
bool isTaken(const Mapping& mapping, const MappedValue& value)
{
    return std::any_of(mapping.values.begin(), mapping.values.end(), [&](const MappedValue& other) {
        return other.target == value.target && other.name == value.name && other.stat == value.stat;
    });
}

bool fits(const MappedValue& value, Mapping::Row row)
{
    return value.target == MappedValue::Target::Attribute || value.column.empty()
        || (value.target == MappedValue::Target::Request) == (row == Mapping::Row::Request);
}

} // namespace

/// Both states whole: a mapping is small, and a step back can then not miss anything.
class MappingEdit : public QUndoCommand {
public:
    MappingEdit(MappingDraft& draft, const QString& text, Mapping after)
        : QUndoCommand(text)
        , m_draft(draft)
        , m_before(draft.mapping())
        , m_after(std::move(after))
    {
    }
    void undo() override { m_draft.take(m_before); }
    void redo() override { m_draft.take(m_after); }

private:
    MappingDraft& m_draft;
    Mapping m_before;
    Mapping m_after;
};

MappingDraft::MappingDraft(QObject* parent)
    : QObject(parent)
{
    m_undo.setUndoLimit(mostUndo);
    check();
}

void MappingDraft::start(Mapping mapping)
{
    m_undo.clear();
    take(mapping);
}

void MappingDraft::setLook(std::shared_ptr<const FileLook> look, bool propose)
{
    m_look = std::move(look);
    if (propose && m_look) {
        Mapping mapping = m_mapping;
        mapping.columns = m_look->proposal.columns;
        // Of the columns that another way of reading the file had, only the user's own words stay.
        const std::set<std::string> there(m_look->columns.begin(), m_look->columns.end());
        std::erase_if(mapping.values, [&](const MappedValue& value) {
            return !value.column.empty() && !value.proposed.empty() && !there.contains(value.column);
        });
        proposeForRest(mapping, {});
        m_mapping = std::move(mapping);
    }
    check();
    Q_EMIT lookChanged();
    Q_EMIT changed();
}

void MappingDraft::edit(const QString& text, const std::function<void(Mapping&)>& change)
{
    Mapping after = m_mapping;
    change(after);
    if (after != m_mapping) {
        m_undo.push(new MappingEdit(*this, text, std::move(after)));
    }
}

void MappingDraft::take(const Mapping& mapping)
{
    m_mapping = mapping;
    check();
    Q_EMIT changed();
}

const MappedValue* MappingDraft::valueOf(const std::string& column) const
{
    const auto at = m_values.find(column);
    return at == m_values.end() ? nullptr : &m_mapping.values[at->second];
}

void MappingDraft::setValue(const MappedValue& value)
{
    edit(tr("Map %1").arg(QString::fromStdString(value.column)), [&](Mapping& mapping) {
        const auto at = m_values.find(value.column);
        if (at != m_values.end()) {
            mapping.values[at->second] = value;
        } else {
            mapping.values.push_back(value);
        }
    });
}

void MappingDraft::dropValue(const std::string& column)
{
    edit(tr("Do not use %1").arg(QString::fromStdString(column)), [&](Mapping& mapping) {
        std::erase_if(mapping.values, [&](const MappedValue& value) { return value.column == column; });
    });
}

void MappingDraft::accept(const std::vector<std::string>& columns)
{
    const std::set<std::string> chosen(columns.begin(), columns.end());
    edit(tr("Accept a proposal"), [&](Mapping& mapping) {
        for (MappedValue& value : mapping.values) {
            if (chosen.contains(value.column)) {
                value.proposed.clear();
            }
        }
    });
}

void MappingDraft::acceptAll()
{
    edit(tr("Accept all proposals"), [this](Mapping& mapping) {
        for (std::size_t i = 0; i < mapping.values.size(); ++i) {
            if (!problemOf(i)) {
                mapping.values[i].proposed.clear();
            }
        }
    });
}

void MappingDraft::setRow(Mapping::Row row)
{
    edit(row == Mapping::Row::Request ? tr("A row is a request") : tr("A row is a load point"),
        [&](Mapping& mapping) {
            mapping.row = row;
            std::vector<MappedValue> before = std::move(mapping.values);
            mapping.values.clear();
            std::copy_if(before.begin(), before.end(), std::back_inserter(mapping.values),
                [row](const MappedValue& value) { return fits(value, row); });
            std::map<std::string, std::string> units; // of the columns that are mapped anew
            for (const MappedValue& value : before) {
                if (!fits(value, row)) {
                    units.emplace(value.column, value.unit);
                }
            }
            proposeForRest(mapping, units);
        });
}

/// Adds what the names of columns without a value say. `units` are what the user said of a column's numbers
/// before: that still holds.
void MappingDraft::proposeForRest(Mapping& mapping, const std::map<std::string, std::string>& units) const
{
    std::set<std::string> mapped;
    for (const MappedValue& value : mapping.values) {
        mapped.insert(value.column);
    }
    for (std::size_t i = 0; m_look && i < m_look->columns.size(); ++i) {
        ColumnSample sample { m_look->columns[i], {} };
        if (mapped.contains(sample.name)) {
            continue;
        }
        for (const std::vector<std::string>& cells : m_look->rows) {
            sample.values.push_back(cells[i]);
        }
        auto value = proposeValue(sample, mapping.row);
        if (!value || isTaken(mapping, *value)) {
            continue;
        }
        const auto unit = keptUnit(*value);
        const auto said = units.find(sample.name);
        if (said != units.end() && unit && sourceUnit(said->second, *unit)) {
            value->unit = said->second;
        }
        mapping.values.push_back(std::move(*value));
    }
}

int MappingDraft::acceptable() const
{
    int count = 0;
    for (std::size_t i = 0; i < m_mapping.values.size(); ++i) {
        count += !m_mapping.values[i].proposed.empty() && !problemOf(i) ? 1 : 0;
    }
    return count;
}

int MappingDraft::proposals() const
{
    return static_cast<int>(std::count_if(m_mapping.values.begin(), m_mapping.values.end(),
        [](const MappedValue& value) { return !value.proposed.empty(); }));
}

const Error* MappingDraft::problemOf(std::size_t value) const
{
    const auto at = m_problemOf.find(value);
    return at == m_problemOf.end() ? nullptr : &m_problems[at->second].error;
}

void MappingDraft::check()
{
    m_values.clear();
    for (std::size_t i = 0; i < m_mapping.values.size(); ++i) {
        if (!m_mapping.values[i].column.empty()) {
            m_values.emplace(m_mapping.values[i].column, i);
        }
    }
    Mapping mapping = m_mapping;
    mapping.name = "draft"; // its name is given when it is saved
    m_problems = problemsOf(mapping);
    // That nobody accepted a proposal is told apart.
    std::erase_if(m_problems, [](const MappingProblem& problem) { return problem.isProposal; });
    std::set<std::size_t> wrong;
    for (const MappingProblem& problem : m_problems) {
        wrong.insert(problem.value);
    }
    std::set<std::string> there;
    if (m_look) {
        there.insert(m_look->columns.begin(), m_look->columns.end());
    }
    for (std::size_t i = 0; i < m_mapping.values.size(); ++i) {
        const MappedValue& value = m_mapping.values[i];
        if (value.column.empty() && value.constant.empty()) {
            m_problems.push_back(
                { i, { {}, "constant", "this constant has no value", "Type the value, or remove the row" } });
        } else if (m_look && !value.column.empty() && !there.contains(value.column) && !wrong.contains(i)) {
            m_problems.push_back({ i,
                { {}, "column " + value.column, "the file has no column " + value.column,
                    "Map another column to it, or do not use it" } });
        }
    }
    for (const RowFilter& filter : m_mapping.leaveOut) {
        if (m_look && !there.contains(filter.column)) {
            m_problems.push_back({ MappingProblem::ofAll,
                { {}, "column " + filter.column,
                    "rows are left out by the column " + filter.column + ", which the file does not have",
                    "Choose another column, or remove the filter" } });
        }
    }
    m_problemOf.clear();
    for (std::size_t i = 0; i < m_problems.size(); ++i) {
        m_problemOf.emplace(m_problems[i].value, i);
    }
}

Mapping MappingDraft::named(const std::string& name) const
{
    Mapping out = m_mapping;
    out.name = name;
    if (m_look) {
        out.columns = m_look->proposal.columns;
    }
    std::erase_if(
        out.values, [](const MappedValue& value) { return value.column.empty() && value.constant.empty(); });
    return out;
}

} // namespace prism::app
