// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapped_reader.h"

#include "core/import/point_writer.h"
#include "core/mapping/mapped_requests.h"
#include "core/mapping/mapped_row.h"
#include "core/read/number_marks.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace prism {

namespace {

std::string listed(const std::vector<std::string>& names)
{
    std::string out;
    for (std::size_t i = 0; i < names.size() && i < 12; ++i) {
        out += (out.empty() ? "" : ", ") + names[i];
    }
    return names.size() > 12 ? out + ", …" : out;
}

/// Counts and filters the rows, and makes points or requests of them.
class Rows {
public:
    /// `most` rows are read, 0: all.
    Rows(const Mapping& mapping, Sink& sink, std::uint64_t most)
        : m_mapping(mapping)
        , m_sink(sink)
        , m_requests(mapping, sink)
        , m_most(most)
    {
        for (const MappedValue& value : mapping.values) {
            m_mapped.insert(value.column);
        }
    }

    /// The rows that a preview wants are read: what ended the reading is no error.
    bool isFull() const { return m_full; }

    Result<void> row(const MappedRow& row)
    {
        if (m_most > 0 && m_seen == m_most) {
            m_full = true;
            return Error { {}, row.place(), "a preview reads no further", {} };
        }
        if (m_seen++ < m_mapping.leaveOutFirst) {
            ++m_first;
            return {};
        }
        for (std::size_t i = 0; i < m_mapping.leaveOut.size(); ++i) {
            if (matches(m_mapping.leaveOut[i], row, isDecimalComma(m_mapping))) {
                m_leftOut.resize(m_mapping.leaveOut.size());
                ++m_leftOut[i];
                return {};
            }
        }
        ++m_kept;
        if (m_mapping.row == Mapping::Row::Request) {
            return m_requests.add(row);
        }
        point(row);
        return {};
    }

    /// For extras: what no value of the mapping names.
    void unmapped(PointWriter& out, const std::string& path, const std::string& name, std::string_view text)
    {
        if (!text.empty() && !isMapped(name)) {
            out.extra(path, name + " = " + std::string(text));
        }
    }

    Result<void> finish(const std::string& file)
    {
        m_requests.finish();
        if (m_kept == 0) {
            return Error { file, {}, m_seen == 0 ? "there is no row in it" : "every row of it is left out",
                "Check the mapping's rows and filters" };
        }
        if (m_full) {
            m_sink.warn({ "first-rows", "Only the first " + std::to_string(m_most) + " rows were read.", {},
                Severity::Note });
        }
        note(m_first, "at the beginning");
        for (std::size_t i = 0; i < m_leftOut.size(); ++i) {
            const RowFilter& filter = m_mapping.leaveOut[i];
            note(m_leftOut[i], filter.why.empty() ? "by the filter on " + filter.column : filter.why);
        }
        return {};
    }

    const std::vector<std::string>* names = nullptr; ///< of the CSV columns, for extras
    const read::CsvRow* cells = nullptr;
    const read::Node* node = nullptr;

private:
    bool isMapped(const std::string& name) const { return m_mapped.contains(name); }

    void note(std::uint64_t count, const std::string& why)
    {
        if (count > 0) {
            m_sink.warn({ "rows-left-out",
                std::to_string(count) + (count == 1 ? " row is" : " rows are") + " left out: " + why + ".",
                {}, Severity::Note });
        }
    }

    void point(const MappedRow& row)
    {
        PointWriter out(m_points++);
        for (const MappedValue& value : m_mapping.values) {
            apply(out, value, m_mapping, row);
        }
        if (names && cells) {
            for (std::size_t i = 0; i < std::min(names->size(), cells->size()); ++i) {
                unmapped(out, (*cells)[i].place.text(), (*names)[i], (*cells)[i].text);
            }
        }
        if (node) {
            out.extras(*node);
        }
        m_sink.point(out.take());
    }

    const Mapping& m_mapping;
    Sink& m_sink;
    MappedRequests m_requests;
    std::unordered_set<std::string> m_mapped; ///< names of columns
    std::uint64_t m_most;
    bool m_full = false;
    std::uint64_t m_seen = 0;
    std::uint64_t m_kept = 0;
    std::uint64_t m_first = 0;
    std::vector<std::uint64_t> m_leftOut;
    std::uint32_t m_points = 0;
};

Error missing(const Mapping& mapping, const std::vector<std::string>& gone, const std::string& there)
{
    return { {}, {},
        "the mapping " + mapping.name + " needs the column" + (gone.size() == 1 ? " " : "s ") + listed(gone)
            + ", and the file has " + there,
        "Edit the mapping, or choose another one" };
}

/// All columns that the mapping reads or filters by.
std::vector<std::string> needed(const Mapping& mapping)
{
    std::vector<std::string> out;
    for (const MappedValue& value : mapping.values) {
        if (!value.column.empty()) {
            out.push_back(value.column);
        }
    }
    for (const RowFilter& filter : mapping.leaveOut) {
        out.push_back(filter.column);
    }
    return out;
}

/// The user has said what the commas mean: they are not looked at.
Result<read::ReadReport> readWithCommas(
    const Mapping& mapping, Input& input, const std::function<Result<void>(const read::CsvRow&)>& row)
{
    auto source = input.bytes();
    if (!source) {
        return source.error();
    }
    read::PlainRows plain(read::decimalCommas);
    return read::readCsv(
        **source, { mapping.delimiter, input.budgets() },
        [&](const read::CsvRow& cells) { return row(plain.row(cells)); }, input.stopToken());
}

Result<void> readCsvRows(const Mapping& mapping, Input& input, Sink& sink, Rows& rows)
{
    std::vector<std::string> names;
    std::map<std::string, std::size_t> columns;
    std::uint32_t number = 0;
    const auto header = [&](const read::CsvRow& cells) -> Result<void> {
        names = columnsOf(cells, mapping.headerRow > 0);
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!columns.emplace(names[i], i).second) {
                sink.warn(
                    { "column-twice", "The column " + names[i] + " stands twice; the first one is read.",
                        cells[i].place.text(), Severity::Warning });
            }
        }
        std::vector<std::string> gone = needed(mapping);
        std::erase_if(gone, [&](const std::string& name) { return columns.contains(name); });
        return gone.empty() ? Result<void>() : missing(mapping, gone, listed(names));
    };
    const auto take = [&](const read::CsvRow& cells) -> Result<void> {
        ++number;
        if (number < mapping.headerRow || cells.empty()) {
            return {};
        }
        if (names.empty()) {
            auto read = header(cells);
            if (!read || mapping.headerRow > 0) {
                return read;
            }
        }
        rows.names = &names;
        rows.cells = &cells;
        return rows.row(CsvMappedRow(columns, cells));
    };
    const auto report
        = mapping.decimalComma ? readWithCommas(mapping, input, take) : input.csv(take, mapping.delimiter);
    if (!report) {
        return rows.isFull() ? Result<void>() : report.error();
    }
    sink.report(*report);
    return {};
}

class JsonRows : public read::DocumentHandler {
public:
    JsonRows(const Mapping& mapping, Rows& rows)
        : m_mapping(mapping)
        , m_rows(rows)
        , m_gone(needed(mapping))
    {
    }

    Result<void> element(const read::Node& row) override { return take(row); }

    Result<void> document(const read::Node& root, std::size_t) override
    {
        const read::Node* at = root.at(m_mapping.rows);
        if (!at || (at->isArray() && m_streamed)) {
            return {};
        }
        if (!at->isArray()) {
            return take(*at);
        }
        for (const read::Node& row : *at) {
            if (auto taken = take(row); !taken) {
                return taken;
            }
        }
        return {};
    }

    /// Rows of JSON may leave members out; a column that no row has is gone.
    const std::vector<std::string>& gone() const { return m_gone; }
    /// Rows are kept only one at a time, unless something outside of them is mapped.
    void stream() { m_streamed = true; }
    std::vector<std::string> there; ///< columns of the first row

private:
    Result<void> take(const read::Node& node)
    {
        if (!node.isObject()) {
            return {};
        }
        const JsonMappedRow row(node);
        if (!m_gone.empty()) {
            std::erase_if(m_gone, [&](const std::string& column) { return row.cell(column).has_value(); });
        }
        if (there.empty()) {
            there = columnsOf(node);
        }
        m_rows.node = &node;
        return m_rows.row(row);
    }

    const Mapping& m_mapping;
    Rows& m_rows;
    std::vector<std::string> m_gone;
    bool m_streamed = false;
};

/// A plan streams members of an object as it streams elements of an array, and a row must stay whole.
bool beginsWithArray(Input& input)
{
    auto source = input.bytes();
    std::array<char, 256> head {};
    const auto size = source ? (*source)->read(head) : Result<std::size_t>(std::size_t { 0 });
    const std::string_view text(head.data(), size ? *size : 0);
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '[';
}

Result<void> readJsonRows(const Mapping& mapping, Input& input, Sink& sink, Rows& rows)
{
    JsonRows handler(mapping, rows);
    read::Plan plan;
    const std::vector<std::string> columns = needed(mapping);
    const bool outside = std::any_of(
        columns.begin(), columns.end(), [](const std::string& c) { return c.starts_with('^'); });
    if (!outside && (!mapping.rows.empty() || beginsWithArray(input))) {
        plan.stream = { mapping.rows };
        handler.stream();
    }
    const auto report = input.documents(std::move(plan), handler);
    if (!report && !rows.isFull()) {
        return report.error();
    }
    if (!handler.gone().empty() && !handler.there.empty()) {
        return missing(mapping, handler.gone(), listed(handler.there));
    }
    if (report) {
        sink.report(*report);
    }
    return {};
}

} // namespace

Result<void> readMapped(const Mapping& mapping, Input& input, Sink& sink)
{
    if (auto checked = check(mapping); !checked) {
        return checked.error();
    }
    Rows rows(mapping, sink, input.mostRows());
    auto read = mapping.format == Mapping::Format::Csv ? readCsvRows(mapping, input, sink, rows)
                                                       : readJsonRows(mapping, input, sink, rows);
    return read ? rows.finish(input.name()) : read;
}

} // namespace prism
