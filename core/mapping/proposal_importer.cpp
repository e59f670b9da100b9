// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/proposal_importer.h"

#include "core/mapping/mapped_row.h"
#include "core/mapping/proposal.h"
#include "core/read/number_marks.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <unordered_map>

namespace prism {

namespace {

using Cells = std::vector<std::string>;

constexpr std::size_t longestCell = 200;
constexpr std::size_t rowsLookedAt = 200;
/// Wide tables are looked at less far: their cells must not outgrow the parser's memory.
constexpr std::size_t mostCells = 400'000;

std::string shortened(std::string_view text)
{
    return std::string(text.substr(0, longestCell));
}

/// What a file looks like: its columns, and its first rows in their order.
struct Look {
    Mapping::Format format = Mapping::Format::Csv;
    std::uint32_t headerRow = 0;
    char delimiter = 0;
    std::string rows;
    std::vector<std::string> columns;
    std::set<std::string> shape; ///< columns of the first row
    std::vector<std::string> arrays;
    std::vector<Cells> cells;
    std::vector<std::map<std::size_t, std::string>> numbers; ///< of each row, by column

    bool isEnough() const
    {
        return cells.size() >= rowsLookedAt || cells.size() * columns.size() >= mostCells;
    }
};

const Error enough { {}, {}, "enough", {} };

Error tooWide(const Input& input)
{
    return { input.name(), {},
        "it has more than " + std::to_string(ProposalImporter::mostColumns)
            + " columns, which is more than a mapping can name",
        "Turn the table round, so that its columns are rows" };
}

bool isNumber(const std::string& text)
{
    return read::isNumberText(text);
}

/// The first row that is as wide as most rows and holds no number, if numbers follow; 0 when there is none.
std::uint32_t headerOf(const std::vector<Cells>& rows)
{
    std::map<std::size_t, std::size_t> widths;
    for (const Cells& row : rows) {
        ++widths[row.size()];
    }
    const auto usual = std::max_element(
        widths.begin(), widths.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].size() != usual->first || rows[i].empty()) {
            continue;
        }
        return std::none_of(rows[i].begin(), rows[i].end(), isNumber) ? static_cast<std::uint32_t>(i + 1) : 0;
    }
    return 0;
}

bool mayBeUnclear(const std::string& cell)
{
    return read::isCommaNumber(cell) || read::isEitherNumber(cell);
}

/// How an import reads the numbers of the first rows, by row and column, where their marks count: the whole
/// file tells what they mean.
std::vector<std::map<std::size_t, std::string>> numbersOf(
    Input& input, char delimiter, const std::vector<Cells>& rows)
{
    std::vector<std::map<std::size_t, std::string>> numbers(rows.size());
    const bool any = std::any_of(rows.begin(), rows.end(),
        [](const Cells& row) { return std::any_of(row.begin(), row.end(), mayBeUnclear); });
    std::size_t at = 0;
    const auto take = [&](const read::CsvRow& row) -> Result<void> {
        for (std::size_t i = 0; i < row.size() && at < rows.size(); ++i) {
            if (row[i].number != row[i].text) {
                numbers[at].emplace(i, row[i].number);
            }
        }
        return ++at < rows.size() ? Result<void>() : enough;
    };
    if (any) {
        // What breaks off here breaks off for an import too, which says so.
        (void)input.csv(take, delimiter);
    }
    return numbers;
}

Result<Look> lookAtTable(Input& input, const Mapping* as)
{
    std::vector<Cells> rows;
    std::size_t cells = 0;
    std::size_t widest = 0;
    const std::size_t wanted = rowsLookedAt + (as ? as->headerRow : 0);
    Look out;
    out.delimiter = as ? as->delimiter : '\0';
    auto source = input.bytes();
    if (!source) {
        return source.error();
    }
    const auto report = read::readCsv(
        **source, { out.delimiter, input.budgets() },
        [&](const read::CsvRow& read) -> Result<void> {
            Cells& row = rows.emplace_back();
            for (const read::Cell& cell : read) {
                row.push_back(shortened(cell.text));
            }
            cells += row.size();
            widest = std::max(widest, row.size());
            return rows.size() < wanted && cells < mostCells ? Result<void>() : enough;
        },
        input.stopToken());
    if (widest > ProposalImporter::mostColumns) {
        return tooWide(input);
    }
    if (!report && rows.size() < wanted && cells < mostCells) {
        return report.error();
    }
    out.headerRow = as ? as->headerRow : headerOf(rows);
    std::vector<std::map<std::size_t, std::string>> numbers = numbersOf(input, out.delimiter, rows);
    for (std::size_t i = out.headerRow > 0 ? out.headerRow - 1 : 0; i < rows.size(); ++i) {
        if (rows[i].empty()) {
            continue;
        }
        if (out.columns.empty()) {
            for (std::size_t c = 0; c < rows[i].size(); ++c) {
                const bool named = out.headerRow > 0 && !rows[i][c].empty();
                out.columns.push_back(named ? rows[i][c] : std::to_string(c + 1));
            }
            out.shape.insert(out.columns.begin(), out.columns.end());
            if (out.headerRow > 0) {
                continue;
            }
        }
        out.cells.push_back(std::move(rows[i]));
        out.numbers.push_back(std::move(numbers[i]));
    }
    return out;
}

/// Whether a name in it tells a number of a point or of a request.
bool tells(const read::Node& row)
{
    const auto isNumber = [](const NamedCell& cell, Mapping::Row kind) {
        const auto value = cell.node->isScalar()
            ? proposeValue({ cell.column, { shortened(cell.node->text()) } }, kind)
            : std::nullopt;
        return value && value->target != MappedValue::Target::Attribute && isNumeric(*value);
    };
    const std::vector<NamedCell> cells = cellsOf(row);
    return std::any_of(cells.begin(), cells.end(), [&isNumber](const NamedCell& cell) {
        return isNumber(cell, Mapping::Row::Point) || isNumber(cell, Mapping::Row::Request);
    });
}

/// Finds where the rows of documents are: documents one behind the other, or the longest array of objects
/// that tell something. Without one it is the longest of all, unless the document itself tells it.
class Documents : public read::DocumentHandler {
public:
    explicit Documents(const Mapping* as)
        : m_as(as)
    {
        look.format = Mapping::Format::Json;
        look.rows = as ? as->rows : std::string();
    }
    Look look;

    Result<void> document(const read::Node& root, std::size_t number) override
    {
        const read::Node* rows = m_as ? root.at(m_as->rows) : &root;
        if (number == 0) {
            const read::Node* longest = findArrays(root);
            if (!m_as && longest) {
                rows = longest;
                look.rows = within(root, *longest);
            }
        }
        if (rows && rows->isArray()) {
            for (const read::Node& row : *rows) {
                take(row);
            }
        } else if (rows) {
            take(*rows);
        }
        if (rows && rows != &root) {
            outside(root, *rows);
        }
        // A document with an array of rows is the only one of its file, as a rule.
        return look.isEnough() || (!m_as && rows && rows != &root) ? enough : Result<void>();
    }

    bool tooWide = false; ///< a row has more columns than a mapping can name

private:
    /// A document of several has its number before its pointers.
    static std::string within(const read::Node& root, const read::Node& node)
    {
        return node.pointer().substr(root.pointer().size());
    }

    const read::Node* findArrays(const read::Node& root)
    {
        std::vector<const read::Node*> pending { &root };
        const read::Node* longest = nullptr;
        const read::Node* telling = nullptr;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            const read::Node& node = *pending[i];
            if (node.isArray() && node.at("/0") && node.at("/0")->isObject()) {
                longest = !longest || node.size() > longest->size() ? &node : longest;
                if (look.arrays.size() < mostArrays) {
                    look.arrays.push_back(within(root, node));
                    const bool more = !telling || node.size() > telling->size();
                    telling = more && tells(*node.at("/0")) ? &node : telling;
                }
            }
            if (node.isObject()) {
                for (const read::Node& child : node) {
                    pending.push_back(&child);
                }
            }
        }
        return telling ? telling : root.isObject() && tells(root) ? nullptr : longest;
    }

    void take(const read::Node& row)
    {
        if (!row.isObject() || look.isEnough()) {
            return;
        }
        const std::vector<NamedCell> found = cellsOf(row);
        if (look.columns.size() + found.size() > 2 * ProposalImporter::mostColumns) {
            tooWide = true;
            return;
        }
        const bool first = look.cells.empty();
        auto& numbers = look.numbers.emplace_back();
        Cells& cells = look.cells.emplace_back(look.columns.size());
        for (const NamedCell& cell : found) {
            const auto [at, isNew] = m_numbers.emplace(cell.column, look.columns.size());
            if (isNew) {
                look.columns.push_back(cell.column);
                cells.emplace_back();
            }
            if (first) {
                look.shape.insert(cell.column);
            }
            const read::Node& node = *cell.node;
            cells[at->second] = node.isArray() ? "[" + std::to_string(node.size()) + " values]"
                : node.isNull()                ? std::string()
                                               : shortened(node.text());
            if (!node.isString() && mayBeUnclear(cells[at->second])) {
                numbers.emplace(at->second, cells[at->second]);
            }
        }
    }

    /// What stands beside the rows holds for all of them.
    void outside(const read::Node& root, const read::Node& rows)
    {
        if (!root.isObject() || look.cells.empty()) {
            return;
        }
        for (const read::Node& node : root) {
            if (node.isScalar() && !node.isNull() && &node != &rows) {
                const auto [at, isNew] = m_numbers.emplace('^' + within(root, node), look.columns.size());
                if (isNew) {
                    look.columns.push_back(at->first);
                }
                for (Cells& cells : look.cells) {
                    cells.resize(look.columns.size());
                    std::string& cell = cells[at->second];
                    cell = cell.empty() ? shortened(node.text()) : cell;
                }
            }
        }
    }

    static constexpr std::size_t mostArrays = 100;

    const Mapping* m_as;
    std::unordered_map<std::string, std::size_t> m_numbers; ///< of the columns
};

Result<Look> lookAtDocuments(Input& input, const Mapping* as)
{
    Documents handler(as);
    read::Plan plan;
    plan.sampleElements = rowsLookedAt;
    plan.sampleStringBytes = longestCell;
    const auto report = input.documents(std::move(plan), handler);
    if (handler.tooWide || handler.look.columns.size() > ProposalImporter::mostColumns) {
        return tooWide(input);
    }
    if (!report && handler.look.cells.empty()) {
        return report.error();
    }
    for (Cells& cells : handler.look.cells) {
        cells.resize(handler.look.columns.size());
    }
    return std::move(handler.look);
}

read::MarkEvidence evidenceOf(const Look& look, std::size_t column)
{
    read::MarkEvidence out;
    for (const Cells& row : look.cells) {
        out.add(column < row.size() ? row[column] : std::string());
    }
    return out;
}

/// Says to every value whose numbers have commas how they are read; whoever accepts the mapping accepts that.
/// Only columns that are read as numbers tell it.
void proposeCommas(Mapping& mapping, const Look& look, const std::vector<read::MarkEvidence>& columns)
{
    std::vector<std::pair<MappedValue*, read::MarkEvidence>> numbers;
    for (MappedValue& value : mapping.values) {
        const auto at = std::find(look.columns.begin(), look.columns.end(), value.column);
        const auto column = static_cast<std::size_t>(at - look.columns.begin());
        if (column < columns.size() && isNumeric(value) && columns[column].hasCommas()) {
            numbers.emplace_back(&value, columns[column]);
        }
    }
    const auto any = [&](read::Mark mark) {
        return std::any_of(numbers.begin(), numbers.end(),
            [mark](const auto& number) { return number.second.marks().comma == mark; });
    };
    mapping.decimalComma = any(read::Mark::Decimal) && !any(read::Mark::Thousands);
    for (auto& [value, evidence] : numbers) {
        if (mapping.decimalComma) {
            value->proposed += "; its commas are taken for decimal ones";
        } else if (evidence.marks().comma == read::Mark::Unclear) {
            value->proposed += "; whether its commas are decimal cannot be told: set decimal_comma";
        }
    }
}

Mapping mappingOf(const Look& look, const std::string& name)
{
    std::vector<read::MarkEvidence> evidence(look.columns.size());
    std::vector<ColumnSample> samples;
    for (std::size_t c = 0; c < look.columns.size(); ++c) {
        ColumnSample& sample = samples.emplace_back();
        sample.name = look.columns[c];
        if (look.format == Mapping::Format::Csv) {
            evidence[c] = evidenceOf(look, c);
        }
        const read::NumberMarks marks = evidence[c].marks();
        for (const Cells& row : look.cells) {
            if (c < row.size()) {
                sample.values.push_back(read::plainNumber(row[c], marks).value_or(row[c]));
            }
        }
    }
    Mapping out = proposeMapping(name, look.format, samples);
    out.headerRow = look.headerRow;
    out.delimiter = look.delimiter;
    out.rows = look.rows;
    proposeCommas(out, look, evidence);
    // The shape is the first row's: what stands beside the rows is no column of theirs, and what only later
    // rows have is not seen when a file is recognised.
    std::erase_if(out.columns, [&](const std::string& column) { return !look.shape.contains(column); });
    return out;
}

} // namespace

Result<void> ProposalImporter::read(Input& input, Sink& sink) const
{
    const bool document = input.family() == Family::Json || input.family() == Family::Yaml;
    const Mapping* as = m_as ? &*m_as : nullptr;
    auto look = document ? lookAtDocuments(input, as) : lookAtTable(input, as);
    if (!look) {
        return look.error();
    }
    if (look->cells.empty()) {
        const bool nowhere = as && document && !as->rows.empty();
        return Error { input.name(), {},
            nowhere ? "there are no objects at " + as->rows + " in it"
                    : "there are no rows in it that could be points or requests",
            "Choose a table (CSV, TSV) or JSON with an array of objects" };
    }
    LoadPoint point;
    const std::string name = mappingName(std::filesystem::path(input.baseName()).stem().string());
    point.extras.push_back({ "mapping", toJson(mappingOf(*look, name)) });
    for (const std::string& column : look->columns) {
        point.extras.push_back({ "column", column });
    }
    for (const std::string& array : look->arrays) {
        point.extras.push_back({ "array", array });
    }
    sink.point(std::move(point));
    for (std::size_t i = 0; i < std::min(look->cells.size(), rowsShown); ++i) {
        LoadPoint row;
        row.index = static_cast<std::uint32_t>(i + 1);
        for (std::string& cell : look->cells[i]) {
            row.extras.push_back({ "cell", std::move(cell) });
        }
        for (auto& [column, number] : look->numbers[i]) {
            row.extras.push_back({ "number/" + std::to_string(column), std::move(number) });
        }
        sink.point(std::move(row));
    }
    return {};
}

} // namespace prism
