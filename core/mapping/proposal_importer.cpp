// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/proposal_importer.h"

#include "core/mapping/mapped_row.h"
#include "core/mapping/proposal.h"
#include "core/read/text.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace prism {

namespace {

using Cells = std::vector<std::string>;

constexpr std::size_t longestCell = 200;
constexpr std::size_t rowsLookedAt = 200;

std::string shortened(std::string_view text)
{
    return std::string(text.substr(0, longestCell));
}

/// What a file looks like: its columns, and its first rows in their order.
struct Look {
    Mapping::Format format = Mapping::Format::Csv;
    std::uint32_t headerRow = 0;
    std::string rows;
    std::vector<std::string> columns;
    std::vector<Cells> cells;
};

bool isNumber(const std::string& text)
{
    return read::consoleNumber(text).has_value();
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

Result<Look> lookAtTable(Input& input)
{
    std::vector<Cells> rows;
    const auto report = input.csv([&](const read::CsvRow& cells) -> Result<void> {
        Cells& row = rows.emplace_back();
        for (const read::Cell& cell : cells) {
            row.push_back(shortened(cell.text));
        }
        return rows.size() < rowsLookedAt ? Result<void>() : Error { {}, {}, "enough", {} };
    });
    if (!report && rows.size() < rowsLookedAt) {
        return report.error();
    }
    Look out;
    out.headerRow = headerOf(rows);
    for (std::size_t i = out.headerRow > 0 ? out.headerRow - 1 : 0; i < rows.size(); ++i) {
        if (rows[i].empty()) {
            continue;
        }
        if (out.columns.empty()) {
            for (std::size_t c = 0; c < rows[i].size(); ++c) {
                const bool named = out.headerRow > 0 && !rows[i][c].empty();
                out.columns.push_back(named ? rows[i][c] : std::to_string(c + 1));
            }
            if (out.headerRow > 0) {
                continue;
            }
        }
        out.cells.push_back(std::move(rows[i]));
    }
    return out;
}

/// Finds where the rows of documents are: documents one behind the other, or the longest array of objects.
class Documents : public read::DocumentHandler {
public:
    Look look;

    Result<void> document(const read::Node& root, std::size_t number) override
    {
        look.format = Mapping::Format::Json;
        if (number == 0) {
            const read::Node* array = longestArray(root);
            look.rows = array ? array->pointer() : std::string();
            if (array) {
                for (const read::Node& row : *array) {
                    take(row);
                }
                outside(root, *array);
                return {};
            }
        }
        take(root);
        return look.cells.size() < rowsLookedAt ? Result<void>() : Error { {}, {}, "enough", {} };
    }

private:
    static const read::Node* longestArray(const read::Node& root)
    {
        std::vector<const read::Node*> pending { &root };
        const read::Node* best = nullptr;
        for (std::size_t i = 0; i < pending.size(); ++i) {
            const read::Node& node = *pending[i];
            const bool ofObjects = node.isArray() && node.at("/0") && node.at("/0")->isObject();
            if (ofObjects && (!best || node.size() > best->size())) {
                best = &node;
            }
            if (node.isObject()) {
                for (const read::Node& child : node) {
                    pending.push_back(&child);
                }
            }
        }
        return best;
    }

    void take(const read::Node& row)
    {
        if (!row.isObject() || look.cells.size() >= rowsLookedAt) {
            return;
        }
        if (look.columns.empty()) {
            look.columns = columnsOf(row);
        }
        const JsonMappedRow mapped(row);
        Cells& cells = look.cells.emplace_back();
        for (const std::string& column : look.columns) {
            const auto cell = mapped.cell(column);
            const bool array = cell && cell->node->isArray();
            cells.push_back(array ? "[" + std::to_string(cell->node->size()) + " values]"
                                  : shortened(cell ? cell->text : std::string()));
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
                look.columns.push_back('^' + node.pointer());
                for (Cells& cells : look.cells) {
                    cells.push_back(shortened(node.text()));
                }
            }
        }
    }
};

Result<Look> lookAtDocuments(Input& input)
{
    Documents handler;
    read::Plan plan;
    plan.sampleElements = rowsLookedAt;
    plan.sampleStringBytes = longestCell;
    const auto report = input.documents(std::move(plan), handler);
    if (!report && handler.look.cells.empty()) {
        return report.error();
    }
    return std::move(handler.look);
}

Mapping mappingOf(const Look& look, const std::string& name)
{
    std::vector<ColumnSample> samples;
    for (std::size_t c = 0; c < look.columns.size(); ++c) {
        ColumnSample& sample = samples.emplace_back();
        sample.name = look.columns[c];
        for (const Cells& row : look.cells) {
            if (c < row.size()) {
                sample.values.push_back(row[c]);
            }
        }
    }
    Mapping out = proposeMapping(name, look.format, samples);
    out.headerRow = look.headerRow;
    out.rows = look.rows;
    // The shape is the row's: what stands beside the rows is no column of theirs.
    std::erase_if(out.columns, [](const std::string& column) { return column.starts_with('^'); });
    return out;
}

} // namespace

Result<void> ProposalImporter::read(Input& input, Sink& sink) const
{
    const bool document = input.family() == Family::Json || input.family() == Family::Yaml;
    auto look = document ? lookAtDocuments(input) : lookAtTable(input);
    if (!look) {
        return look.error();
    }
    if (look->cells.empty()) {
        return Error { input.name(), {}, "there are no rows in it that could be points or requests",
            "Choose a table (CSV, TSV) or JSON with an array of objects" };
    }
    LoadPoint point;
    const std::string name = mappingName(std::filesystem::path(input.baseName()).stem().string());
    point.extras.push_back({ "mapping", toJson(mappingOf(*look, name)) });
    for (const std::string& column : look->columns) {
        point.extras.push_back({ "column", column });
    }
    for (std::size_t i = 0; i < std::min(look->cells.size(), rowsShown); ++i) {
        for (std::string& cell : look->cells[i]) {
            point.extras.push_back({ "row/" + std::to_string(i), std::move(cell) });
        }
    }
    sink.point(std::move(point));
    return {};
}

} // namespace prism
