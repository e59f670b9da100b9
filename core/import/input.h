// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/sample.h"
#include "core/read/csv.h"
#include "core/read/documents.h"
#include "core/read/number_marks.h"
#include "core/read/sqlite_input.h"
#include "core/read/text.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace prism {

/// The only document of a JSON file, as it was read without a plan, and what was odd about its text.
struct KeptDocument {
    std::unique_ptr<read::KeptJson> json;
    read::ReadReport report;
};

/// The file that an importer reads. Each reading call starts at the first byte; the first one is free, a
/// second one may have to decompress or walk an archive again.
class Input {
public:
    Input(
        std::string name, Family family, read::OpenSource open, read::Budgets budgets, std::stop_token stop);
    /// A small file was read whole to recognise it: who wants whole documents need not read it again.
    void keep(std::shared_ptr<const KeptDocument> document) { m_kept = std::move(document); }

    const std::string& name() const { return m_name; } ///< path or member as the user gave it
    std::string baseName() const; ///< last part of it
    Family family() const { return m_family; }
    const read::Budgets& budgets() const { return m_budgets; }
    std::stop_token stopToken() const { return m_stop; }
    /// A preview looks at no more rows of a table than these and says so; 0: all of them.
    std::uint64_t mostRows() const { return m_mostRows; }
    void setMostRows(std::uint64_t rows) { m_mostRows = rows; }

    /// JSON or YAML, by the family; the plan's budgets are the input's.
    Result<read::ReadReport> documents(read::Plan plan, read::DocumentHandler& handler);
    /// The same for importers that want each whole document and nothing streamed.
    Result<read::ReadReport> documents(
        const std::function<Result<void>(const read::Node& root, std::size_t number)>& each);
    /// Cells have the numbers in their texts with decimal points (see core/read/number_marks.h), unclear ones
    /// marked as such: a table between semicolons or tabs is looked at as a whole first, once for all calls,
    /// one between commas from its first number with a comma on. An error where a number before that is
    /// unclear for what follows. `texts` are columns of `Reach::Table` that hold no numbers.
    Result<read::ReadReport> csv(const std::function<Result<void>(const read::CsvRow&)>& row,
        char delimiter = 0, read::Reach reach = read::Reach::Column,
        const std::vector<std::size_t>& texts = {});
    /// The first number of a table that an importer asked a cell for and that is unclear.
    const std::optional<read::UnclearNumber>& unclear() const { return m_unclear; }
    /// The rows as they are, for who looks at titles.
    Result<read::ReadReport> rawCsv(const std::function<Result<void>(const read::CsvRow&)>& row);
    Result<read::ReadReport> lines(const std::function<Result<void>(const read::TextLine&)>& line);
    /// The file as an SQLite database; must not outlive the input.
    Result<std::unique_ptr<read::SqliteInput>> database();
    /// The bytes as they are, for formats that are no text.
    Result<std::unique_ptr<read::ByteSource>> bytes() { return open(); }

private:
    Result<std::unique_ptr<read::ByteSource>> open();
    void learnMarks(read::ByteSource& source, const read::CsvOptions& options);

    std::string m_name;
    Family m_family;
    read::OpenSource m_open;
    read::Budgets m_budgets;
    std::stop_token m_stop;
    std::shared_ptr<const KeptDocument> m_kept;
    std::uint64_t m_mostRows = 0;
    read::TableEvidence m_evidence;
    std::optional<char> m_evidenceOf; ///< the delimiter that it was collected with
    std::optional<read::UnclearNumber> m_unclear;
    std::deque<read::PlainRows> m_plain; ///< one a call: cells that are kept look at its titles
};

} // namespace prism
